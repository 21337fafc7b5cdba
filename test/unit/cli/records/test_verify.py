"""`blindspot verify`: the journal is found, and the exit code and the sentences say its state."""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from blindspot.acts import Run, export_run
from blindspot.cli import __main__ as command_line
from blindspot.cli.records.verify import verify
from blindspot.core.errors import InputError
from blindspot.evidence.acts.access import Actor
from blindspot.evidence.acts.retention import note_head
from blindspot.evidence.journals.journal import Journal
from blindspot.evidence.journals.journal_check import verify_journal
from blindspot.law.keys import ComputerKey, keep_computer_key, load_computer_key, public_computer_key, public_half


def run(*arguments):
    app = typer.Typer()
    app.command()(verify)
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def test_a_whole_journal_is_described_in_plain_words(stack, transcript):
    result = run(stack / "journal.jsonl")
    assert result.exit_code == 0
    assert f"head: {verify_journal(stack / 'journal.jsonl').head}" in result.output
    transcript(result.output)


def test_the_journal_of_a_stack_is_found(stack):
    assert run(stack).output == run(stack / "journal.jsonl").output


def test_a_run_is_checked_with_the_journal_of_its_stack(stack, transcript):
    folder = stack / "20261128T010000Z-town"
    result = run(folder)
    assert result.exit_code == 0
    transcript(result.output)
    journal = stack / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"B. Person", b"C. Person"))
    assert run(folder).exit_code == 1


def test_a_recording_that_differs_from_the_journal_is_broken(stack):
    folder = stack / "20261128T010000Z-town"
    (folder / "recording").mkdir()
    (folder / "recording" / "drone1-1.mcap").write_bytes(b"pictures")
    journal = Journal(stack / "journal.jsonl", "recorder")
    facts = {"run": folder.name, "drone": "drone1", "file": "drone1-1.mcap"}
    journal.write("recording", **facts)
    journal.write("recording_sealed", **facts, sha256=hashlib.sha256(b"pictures").hexdigest())
    assert run(folder).exit_code == 0
    (folder / "recording" / "drone1-1.mcap").write_bytes(b"Pictures")
    assert "broken: recordings: changed since it was closed: drone1-1.mcap" in run(folder).output
    (folder / "recording" / "drone1-1.mcap").unlink()
    assert "broken: recordings: missing, and not erased: drone1-1.mcap" in run(folder).output


def test_an_archive_is_checked_with_the_key_of_its_computer(stack, tmp_path, monkeypatch):
    key = tmp_path / "computer.key"
    keep_computer_key(key)
    monkeypatch.setattr("blindspot.acts.run_archive.own_computer_key", lambda: load_computer_key(key))
    archive = tmp_path / "run.zip"
    export_run(Run(stack / "20261128T010000Z-town", "town"), archive, Actor("A. Person", "test"))
    assert "unknown: author" in run(archive).output
    assert "proven: author" in run(archive, "--computer-key", public_half(key)).output
    assert "proven: author" in run(archive, "--computer-key", public_computer_key(key)).output
    assert run(archive, "--computer-key", "0" * 64).exit_code == 1


def test_a_hostile_archive_is_one_sentence(tmp_path):
    with zipfile.ZipFile(tmp_path / "run.zip", "w") as archive:
        archive.writestr("../out", "x")
    with pytest.raises(InputError, match="leads out of the archive's folder"):
        run(tmp_path / "run.zip")


def test_a_journal_whose_head_another_key_signed_is_broken_for_a_reader_who_names_a_key(tmp_path):
    path, key = tmp_path / "journal.jsonl", ComputerKey(Ed25519PrivateKey.generate())
    Journal(path, "mission_manager", key).write("mission_ended", run="evening")
    assert run(path, "--computer-key", key.key_id).exit_code == 0
    result = run(path, "--computer-key", "0" * 64)
    assert result.exit_code == 1 and key.key_id in result.output


def test_each_break_is_a_sentence_with_its_line(stack, transcript):
    path = stack / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0].replace(b"A. Person", b"B. Person"), lines[1], lines[3]]))
    result = run(path)
    assert result.exit_code == 1
    transcript(result.output)


def test_entries_cut_off_after_the_gate_had_noted_the_last_one_are_a_break(stack, transcript):
    path = stack / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    note_head(path, 4, verify_journal(path).head)
    assert run(path).exit_code == 0
    path.write_bytes(b"".join(lines[:2]))
    result = run(path)
    assert result.exit_code == 1
    transcript(result.output)
    path.with_name("journal-old.jsonl").write_bytes(b"".join(lines))  # moved away, and a new one begun
    assert run(path).exit_code == 0


def test_a_note_of_the_last_entry_that_cannot_be_read_is_a_break(stack):
    (stack / "journal.jsonl.head").write_text("four\n")
    result = run(stack / "journal.jsonl", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["breaks"] == ["journal.jsonl.head, the note of its last entry, can't be read"]


def test_the_breaks_of_a_file_that_is_no_journal_are_counted(tmp_path):
    (tmp_path / "plan.json").write_text("{\n" * 25)
    output = run(tmp_path / "plan.json").output
    assert output.count("break: line") == 20 and "breaks: 5 more; --json lists all" in output


def test_the_document_holds_the_same(stack):
    document = json.loads(run(stack, "--json").output)
    assert (document["whole"], document["entries"], document["breaks"]) == (True, 4, [])
    assert document["journal"].endswith("journal.jsonl") and document["not_proven"]


@pytest.mark.parametrize("content", ["", '{"act":"ord'])
def test_a_journal_without_an_entry_proves_nothing(tmp_path, content, transcript):
    (tmp_path / "journal.jsonl").write_text(content)
    result = run(tmp_path)
    assert result.exit_code == 2
    transcript(result.output)
    document = json.loads(run(tmp_path, "--json").output)
    assert (document["whole"], document["entries"], document["proven"], document["breaks"]) == (False, 0, [], [])


def test_a_journal_whose_entries_were_all_removed_is_broken_if_its_last_one_was_noted(stack):
    path = stack / "journal.jsonl"
    note_head(path, 4, verify_journal(path).head)
    path.write_bytes(b"")
    assert run(path).exit_code == 1 and "BROKEN" in run(path).output


@pytest.mark.parametrize(("what", "says"), [("gone", "does not exist"), (".", "has no journal.jsonl")])
def test_a_missing_journal_is_one_sentence(tmp_path, what, says):
    with pytest.raises(InputError, match=says):
        run(tmp_path / what)


def test_something_to_check_must_be_named():
    with pytest.raises(InputError, match="WHAT"):
        run()


def test_a_missing_journal_is_exit_code_2(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command_line, "take_interrupts", lambda: None)
    monkeypatch.setattr(sys, "argv", ["blindspot", "verify", str(tmp_path / "gone")])
    with pytest.raises(SystemExit) as end:
        command_line.main()
    assert end.value.code == 2 and "does not exist" in capsys.readouterr().err


def test_the_journal_of_the_latest_stack_is_found_by_its_record(tmp_path, stack, record):
    record(tmp_path / "old", 7)
    record(stack, 3)
    assert "entries: 4" in run("--journal").output
    elsewhere = tmp_path / "elsewhere.jsonl"
    Journal(elsewhere, "authority").write("order")
    record(stack, 3, journal=str(elsewhere))
    assert "entries: 1" in run("--journal").output


def test_the_journal_of_a_stack_that_did_nothing_has_no_entry_yet(tmp_path, record):
    record(tmp_path / "idle", 3)
    with pytest.raises(InputError, match="has no entry yet"):
        run("--journal")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"stack_dir": 3}', "[" * 100_000])
def test_a_broken_record_is_no_record(tmp_path, record, content):
    record(tmp_path).write_text(content)
    with pytest.raises(InputError, match="no record of a stack"):
        run("--journal")


def test_a_stacks_journal_elsewhere_is_found_by_its_record(tmp_path, make_run, record):
    elsewhere = tmp_path / "state" / "journal.jsonl"
    Journal(elsewhere, "authority").write("order")
    folder = make_run(tmp_path / "runs" / "stack" / "run")
    record(folder.parent, journal=str(elsewhere))
    assert run(folder).exit_code == 0


def test_the_journal_of_a_runs_own_stack_comes_before_that_of_the_computers_real_drones(tmp_path, stack):
    Journal(tmp_path / "state" / "journal.jsonl", "authority").write("order", run="another")
    for what in (stack, stack / "20261128T010000Z-town"):
        assert "entries: 4" in run(what).output


def test_the_journal_of_the_computers_real_drones_says_nothing_about_a_folder_that_it_does_not_name(tmp_path, stack):
    """A removed journal of a simulated stack must not read as a whole one."""
    (stack / "journal.jsonl").unlink()
    shared = Journal(tmp_path / "state" / "journal.jsonl", "authority")
    shared.write("order", run="another")
    for what in (stack, stack / "20261128T010000Z-town"):
        with pytest.raises(InputError, match=r"has no journal\.jsonl"):
            run(what)
    shared.write("order", run="20261128T010000Z-town")
    for what in (stack, stack / "20261128T010000Z-town"):
        assert "entries: 2" in run(what).output


def test_the_journal_of_a_service_is_found_from_the_folders_of_its_stacks_and_runs(tmp_path, make_run):
    """The shell's state folder is another one."""
    folder = make_run(tmp_path / "runs" / "20261128T023000Z-real" / "20261128T030000Z-evening")
    journal = Journal(tmp_path / "journal.jsonl", "authority")
    journal.write("order", run="another")
    for what in (folder, folder.parent):
        with pytest.raises(InputError, match=r"has no journal\.jsonl"):
            run(what)
    journal.write("order", run=folder.name)
    for what in (folder, folder.parent):
        assert "entries: 2" in run(what).output
