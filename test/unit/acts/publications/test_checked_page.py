"""The check of a public page: a hidden flight shows in the register of its recipient."""

import json

import pytest

from blindspot.acts.duties import send_register
from blindspot.core.errors import InputError
from blindspot.evidence.public import check_page


@pytest.fixture
def held(stack, publish, tmp_path, monkeypatch):
    """A page of two flights, and the register that its recipient holds."""
    monkeypatch.setattr("blindspot.evidence.acts.register.is_of_authority", lambda profile: True)
    stack("first", 0)
    folder = stack("second", 1)
    journal = folder / "journal.jsonl"
    sent = tmp_path / "register.csv"
    before = journal.read_bytes()
    send_register(sent, "A. Martin", "cabinet", journal)
    return folder, before, sent


def states(checks):
    return {check.name: check.state for check in checks}


def test_a_page_with_each_flight_of_the_register_passes(held, publish, tmp_path):
    _, _, register = held
    publish()
    found = states(check_page(tmp_path / "page", register))
    assert (found["pages"], found["flights"], found["anchor"]) == ("proven", "proven", "unknown")


def test_a_flight_cut_off_the_journal_before_the_page_is_shown_by_the_register(held, publish, tmp_path):
    folder, before, register = held
    (folder / "journal.jsonl").write_bytes(b"".join(before.splitlines(keepends=True)[:4]))
    for file in (folder / "second").iterdir():
        file.unlink()
    publish()
    checks = {check.name: check for check in check_page(tmp_path / "page", register)}
    assert checks["flights"].state == "broken" and "second, begun 2026-03-02" in checks["flights"].sentence
    assert checks["anchor"].state == "broken" and "entry 8" in checks["anchor"].sentence
    assert checks["pages"].state == "proven", "the page itself looks whole"


def test_a_flight_of_the_register_that_is_younger_than_the_delay_is_not_missing(held, publish, tmp_path):
    publish(days=2.5)
    found = states(check_page(tmp_path / "page", held[2]))
    assert found["flights"] == "proven"
    assert len(json.loads((tmp_path / "page" / "flights.json").read_text())["flights"]) == 1


def test_an_edited_page_and_a_foreign_signature_are_broken(held, publish, tmp_path):
    publish()
    index, facts = tmp_path / "page" / "index.html", tmp_path / "page" / "flights.json"
    index.write_text(index.read_text().replace("vols", "vol"))
    read = json.loads(facts.read_text())
    read["heads"][0]["signed"] = {"number": 1, "hash": "0" * 64, "key_id": "0" * 64, "signature": "0" * 128}
    facts.write_text(json.dumps(read))
    found = states(check_page(tmp_path / "page"))
    assert (found["pages"], found["heads"]) == ("broken", "broken")


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "", "\x00\xff"])
def test_another_file_than_a_register_is_refused(held, publish, tmp_path, content):
    publish()
    (tmp_path / "other.csv").write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match="is no table of a register"):
        check_page(tmp_path / "page", tmp_path / "other.csv")


@pytest.mark.parametrize("content", ["{}", "[]", "[" * 100_000, '{"written": "1"}'])
def test_another_document_than_the_facts_of_a_page_is_refused(tmp_path, content):
    (tmp_path / "flights.json").write_text(content)
    with pytest.raises(InputError, match="holds no facts of a public page"):
        check_page(tmp_path)
