"""`authority end-run`: the end of a mission whose stack died before it could note it."""

import json
import os
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from blindspot.cli.law.authority import app
from blindspot.core.errors import InputError
from blindspot.evidence.journals.journal import Journal
from blindspot.nodes.autopilot.journal_facts import register_complete
from blindspot.stack.stack_record import end_stack_record, note_ready, write_stack_record

BY = ("--person", "A. Martin", "--reason", "power cut, both drones on their pads")


@pytest.fixture
def journal(tmp_path, monkeypatch):
    """An evening that ended, and one in which the computer lost its power."""
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path))
    path = tmp_path / "journal.jsonl"
    for act, run in (("mission", "monday"), ("mission_ended", "monday"), ("mission", "tuesday")):
        Journal(path, "mission_manager").write(act, run=run)
    return path


def end_run(*words):
    return CliRunner().invoke(app, ["end-run", *words, "--json"], catch_exceptions=False)


def test_the_end_that_a_person_notes_completes_the_register(journal):
    assert not register_complete(journal, ())
    assert json.loads(end_run("--journal", str(journal)).output)["open"] == ["tuesday"]
    assert end_run("tuesday", *BY, "--journal", str(journal)).exit_code == 0
    assert register_complete(journal, ())
    last = json.loads(journal.read_text().splitlines()[-1])
    assert (last["act"], last["facts"]["outcome"], last["facts"]["person"]) == (
        "mission_ended", "unaccounted", "A. Martin",
    )  # fmt: skip
    assert json.loads(end_run("--journal", str(journal)).output)["open"] == []


@pytest.mark.parametrize("run", ["monday", "wednesday"])
def test_a_run_that_has_ended_or_never_began_gets_no_end(journal, run):
    with pytest.raises(InputError, match="is no run without an end; they are tuesday"):
        end_run(run, *BY, "--journal", str(journal))


@pytest.mark.parametrize("words", [("--person", "A. Martin"), ("--reason", "power cut")])
def test_nobody_ends_a_run_without_name_and_reason(journal, words):
    with pytest.raises(InputError, match="is missing"):
        end_run("tuesday", *words, "--journal", str(journal))
    assert not register_complete(journal, ())


def test_a_run_of_a_stack_that_runs_now_is_ended_by_that_stack_alone(journal, tmp_path):
    what = SimpleNamespace(
        mode="hardware",
        fleet=SimpleNamespace(path=tmp_path),
        journal=journal,
        watched=(),
        public_key=None,
        simulated=False,
    )
    write_stack_record(os.environ, what, tmp_path)
    note_ready(os.environ)
    Journal(journal, "mission_manager").write("mission", run="wednesday")
    with pytest.raises(InputError, match="shut that stack down first"):
        end_run("wednesday", *BY)
    end_stack_record(os.environ)
    assert end_run("wednesday", *BY).exit_code == 0
