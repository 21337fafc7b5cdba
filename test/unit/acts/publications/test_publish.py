"""The publication: which flights are on the page, its entry, and the words that never leave the computer."""

import json

import pytest
from test.unit.acts.publications.conftest import ROOT, SUMMARY

from blindspot.core.errors import InputError


def entries(folder):
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


def test_each_flight_under_the_authorisation_has_a_running_number_from_its_begin(stack, publish):
    for run, day in (("b-run", 0), ("a-run", 1), ("c-run", 2)):
        stack(run, day)
    _, page = publish()
    assert [(one["number"], one["begun"][:10]) for one in page["flights"]] == [
        (1, "2026-03-01"), (2, "2026-03-02"), (3, "2026-03-03"),
    ]  # fmt: skip


def test_a_flight_younger_than_the_delay_is_left_out_by_rule(stack, publish):
    stack("old", 0)
    stack("young", 1)
    _, page = publish(days=3.0)
    assert len(page["flights"]) == 1
    _, page = publish(days=3.1)
    assert len(page["flights"]) == 2


def test_a_deleted_run_stays_on_the_page_by_its_journal(stack, publish):
    stack("kept", 0)
    stack("deleted", 1, summary=None)
    _, page = publish()
    assert [one["seen_m2"] for one in page["flights"]] == [6636.0, None]


def test_the_publication_is_entered_and_the_entry_has_the_hash_of_the_index(stack, publish, tmp_path):
    folder = stack("run", 0)
    done, page = publish()
    last = entries(folder)[-1]
    assert (last["act"], last["by"]) == ("published", "publish")
    assert last["facts"].items() >= {"person": "Ada Martin", "folder": str(tmp_path / "page"), "flights": 1}.items()
    assert last["facts"]["sha256"] == done.index_sha256 == page["pages"]["index.html"]
    assert page["heads"] == [{"number": last["n"] - 1, "sha256": last["previous"]}]


def test_no_person_no_run_no_drone_and_no_route_is_in_the_bytes_of_a_page(stack, publish, tmp_path):
    stack("run-of-the-mayor", 0)
    publish()
    content = b"".join(file.read_bytes() for file in sorted((tmp_path / "page").iterdir()))
    for hidden in (b"Ada", b"Martin", b"mayor", b"drone-secret", b'"detections"', b'route"', b"base64", b"<img"):
        assert hidden not in content, hidden
    assert b"east-west street" in content, "the map names the streets"


def test_a_run_over_another_town_than_the_area_of_the_authorisation_gives_a_map_without_streets(
    stack, publish, tmp_path
):
    folder = stack("run", 0)
    (folder / "run" / "plan.json").write_text(json.dumps({"site": str(ROOT / "config" / "sites" / "nantes")}))
    _, page = publish()
    assert len(page["flights"]) == 1
    assert b"east-west street" not in (tmp_path / "page" / "index.html").read_bytes()


def test_runs_of_another_authorisation_are_refused_and_beside_ours_left_out(stack, publish):
    stack("other", 0, authorisation="PP-2")
    with pytest.raises(InputError, match=r"holds no flight under SIM-CROSSROADS, and flights under PP-2"):
        publish()
    stack("ours", 1)
    _, page = publish()
    assert len(page["flights"]) == 1


def test_a_run_that_can_not_be_read_is_refused_in_one_sentence(stack, publish, tmp_path):
    stack("broken", 0, summary="{")
    with pytest.raises(InputError, match=r"broken/summary\.json: can't be read"):
        publish()
    assert not (tmp_path / "page").exists()


def test_a_run_whose_entries_were_cut_off_is_refused(stack, publish):
    stack("first", 0)
    folder = stack("hidden", 1)
    lines = (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "journal.jsonl").write_bytes(b"".join(lines[:4]))
    with pytest.raises(InputError, match=r"hidden: is a run that no journal here names"):
        publish()


def test_a_simulation_in_one_process_has_no_journal_and_is_counted_as_left_out(stack, publish):
    folder = stack("run", 0)
    (folder.parent / "practice").mkdir()
    (folder.parent / "practice" / "summary.json").write_text(json.dumps(SUMMARY | {"in_process": True}))
    done, page = publish()
    assert (done.in_process, len(page["flights"])) == (1, 1)


def test_a_damaged_journal_is_refused(stack, publish):
    folder = stack("run", 0)
    content = (folder / "journal.jsonl").read_text()
    (folder / "journal.jsonl").write_text(content.replace("completed", "COMPLETED"))
    with pytest.raises(InputError, match="is no valid entry"):
        publish()


@pytest.mark.parametrize("name", ["index.html", "photo.jpg"])
def test_a_folder_with_another_page_stays_as_it_is(stack, publish, tmp_path, name):
    folder = stack("run", 0)
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / name).write_text("<h1>the town</h1>")
    with pytest.raises(InputError, match="holds other files than a page of this command"):
        publish()
    assert [file.name for file in (tmp_path / "page").iterdir()] == [name]
    assert entries(folder)[-1]["act"] == "mission_ended"


def test_the_next_page_replaces_the_last_and_loses_no_flight_of_it(stack, publish):
    folder = stack("first", 0)
    stack("second", 1)
    before = (folder / "journal.jsonl").read_bytes()
    publish()
    publish(days=31.0)
    (folder / "journal.jsonl").write_bytes(b"".join(before.splitlines(keepends=True)[:4]))
    (folder / "second" / "summary.json").unlink()
    with pytest.raises(InputError, match="lists flight 2, which is in no journal here"):
        publish(days=32.0)


def test_without_a_journal_or_without_its_entry_nothing_is_published(stack, publish, tmp_path):
    (tmp_path / "runs").mkdir()
    with pytest.raises(InputError, match="holds no journal"):
        publish()
    folder = stack("run", 0)
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(b"no entry")
    with pytest.raises(InputError):
        publish()
    assert not (tmp_path / "page").exists()
