"""`blindspot runs purge`: a run is deleted only with a journal entry, and never while it is flown or written."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from test.unit.acts.conftest import FIRST, SECOND, SIM, WHO, entries, left

from blindspot.core.errors import InputError
from blindspot.evidence.journals.journal import Journal
from blindspot.evidence.journals.journal_check import verify_journal
from blindspot.flight.missions import KeptMission, KeptMissions, keep
from blindspot.flight.missions.kept import KeptOrder
from blindspot.stack.stack_record import write_launched


def test_a_run_is_deleted_after_an_entry_in_its_stacks_journal(run, out, stack):
    before = len(left(out))
    result = run("purge", FIRST, *WHO, answer="y\n")
    assert result.exit_code == 0 and "deleted" in result.output
    assert not (stack / FIRST).exists() and (stack / SECOND).exists() and len(left(out)) == before - 4
    entry = entries(stack)[-1]
    assert entry["act"] == "purge" and entry["by"] == "runs purge"
    facts = {"run": FIRST, "folder": FIRST, "person": "A. Person", "reason": "retention is over", "files": 4}
    assert entry["facts"].items() >= facts.items()
    assert verify_journal(stack / "journal.jsonl").is_whole


@pytest.mark.parametrize("answer", ["n\n", "", "\n"])
def test_without_a_yes_nothing_is_deleted(run, out, answer):
    before = left(out)
    result = run("purge", FIRST, *WHO, answer=answer)
    assert result.exit_code == 1 and FIRST in result.output and left(out) == before
    assert "Delete 1 run for ever?" in result.output
    assert "Delete 2 runs for ever?" in run("purge", FIRST, SIM, *WHO, answer=answer).output


def test_old_runs_are_deleted_together(run, out, stack, make_run):
    young = make_run(out / "29990101T000000Z-town")
    result = run("purge", "--older-than", 0, *WHO, "--yes")
    assert result.exit_code == 0
    assert left(out) == sorted(
        [f"{stack.name}/journal.jsonl", *(f"{young.name}/{n}" for n in ("plan.json", "summary.json"))]
    )
    assert "no such run" in run("purge", "--older-than", 36500, *WHO, "--yes").output
    assert "no entry records this" not in result.output, "a recording of unknown origin is entered on this computer"


def test_the_journal_in_the_folder_of_a_run_stays(
    run,
    out,
):
    Journal(out / SIM / "journal.jsonl", "authority").write("order", run="")
    run("purge", SIM, *WHO, "--yes")
    assert [path.name for path in (out / SIM).iterdir()] == ["journal.jsonl"]
    assert [entry["act"] for entry in entries(out / SIM)] == ["order", "purge"]
    assert verify_journal(out / SIM / "journal.jsonl").is_whole


def test_a_journal_in_a_folder_of_a_run_stays_and_so_does_a_run_deeper_inside(run, out, make_run):
    old = out / SIM / "old" / "journal-2025.jsonl"
    old.parent.mkdir()
    Journal(old, "authority").write("order", run="")
    (old.parent / "notes.txt").write_text("x")
    make_run(out / SIM / "others" / "inner")
    run("purge", SIM, *WHO, "--yes")
    assert left(out / SIM) == ["old/journal-2025.jsonl", "others/inner/plan.json", "others/inner/summary.json"]
    assert verify_journal(old).is_whole


def test_one_of_many_runs_that_must_stay_keeps_no_other_one(run, out, stack, make_run):
    """The older runs of a list come last: one that stays must not keep those whose time is over longer ago."""
    bad = make_run(out / "20261129T000000Z-bad" / "20261129T010000Z-town")
    (bad.parent / "journal.jsonl").write_text("damaged\n")
    with pytest.raises(InputError, match="stays unchanged"):
        run("purge", "--older-than", 0, *WHO, "--yes")
    assert (bad / "plan.json").exists()
    assert not (stack / FIRST).exists() and not (stack / SECOND).exists() and not (out / SIM).exists()


def test_a_run_whose_entry_cannot_be_written_stays(run, out, stack):
    with (stack / "journal.jsonl").open("a") as file:
        file.write("hello\n")
    before = left(out)
    with pytest.raises(InputError, match="stays unchanged"):
        run("purge", FIRST, *WHO, "--yes")
    assert left(out) == before


def test_a_run_of_a_stack_that_still_runs_stays(run, out, stack, alive):
    alive(stack)
    with pytest.raises(InputError, match="still runs"):
        run("purge", FIRST, *WHO, "--yes")
    result = run("purge", "--older-than", 0, *WHO, "--yes")
    assert f"{stack.name}/{FIRST} stays" in result.output
    assert (stack / FIRST / "summary.json").exists() and not (out / SIM).exists()


@pytest.fixture
def in_flight():
    """Writes the file of a stack's missions, with one in progress."""

    def write(stack_dir, run_name):
        order = KeptOrder(file="town.yaml", sha256="0" * 64, run=run_name, person="A. Person", reason="an alarm")
        one = KeptMission(order=order, requester="r", name="town", drones=("drone1",), stage="flying", plans=("{}",))
        keep(stack_dir, KeptMissions(missions=(one,)))

    return write


def test_a_run_in_flight_of_a_launched_stack_stays(run, stack, in_flight):
    """`ros2 launch` has no supervisor of ours, so only the file of the missions shows it."""
    in_flight(stack, FIRST)
    with pytest.raises(InputError, match=r"is in progress by .*missions\.json"):
        run("purge", FIRST, *WHO, "--yes")
    assert f"{stack.name}/{FIRST} stays" in run("purge", "--older-than", 0, *WHO, "--yes").output
    assert (stack / FIRST / "summary.json").exists()
    (stack / "missions.json").write_text("{")
    with pytest.raises(InputError, match=r"may be in progress: .*missions\.json"):
        run("purge", FIRST, *WHO, "--yes")
    (stack / "missions.json").rename(stack / "missions.json.unreadable-20260301T200507.000000Z")
    with pytest.raises(InputError, match=r"may be in progress: .*missions\.json"):
        run("purge", FIRST, *WHO, "--yes")


def test_a_run_in_flight_of_a_stack_that_was_killed_goes(run, stack, in_flight):
    in_flight(stack, FIRST)
    (stack / "supervised.json").write_text('{"boot": "", "processes": {}}')
    run("purge", FIRST, *WHO, "--yes")
    assert not (stack / FIRST).exists()


def test_a_run_of_a_launched_stack_stays(run, stack, monkeypatch, tmp_path):
    """A launch has no notes of a supervisor, and its logbook may still write a report."""
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    launched = SimpleNamespace(
        mode="embedded", fleet=SimpleNamespace(path=Path("fleet.yaml")), journal=stack / "journal.jsonl", watched=(),
        public_key=None, simulated=True,
    )  # fmt: skip
    assert write_launched(os.environ, launched, stack) == ""
    with pytest.raises(InputError, match="belongs to a stack that still runs"):
        run("purge", FIRST, *WHO, "--yes")
    assert (stack / FIRST / "summary.json").exists()


def test_a_path_that_leads_outside_is_refused(run, out, tmp_path, make_run):
    outside = make_run(tmp_path / "outside")
    (out / "link").symlink_to(outside)
    (out / "other").symlink_to(out / SIM)
    for name in (outside, "../outside", "link", "other", out / ".." / "outside"):
        with pytest.raises(InputError, match="outside"):
            run("purge", name, *WHO, "--yes")
    assert outside.exists() and (out / SIM).exists()
    assert not {"link", "other"} & {one["run"] for one in json.loads(run("list", "--json").output)}


def test_links_in_a_run_are_removed_and_their_targets_stay(run, out, tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("x")
    (out / SIM / "folder").symlink_to(tmp_path / "kept")
    (out / SIM / "recording" / "link").symlink_to(tmp_path / "kept" / "file")
    run("purge", SIM, *WHO, "--yes")
    assert not (out / SIM).exists() and (tmp_path / "kept" / "file").read_text() == "x"


def test_a_run_inside_the_folder_of_another_is_a_run_of_its_own(run, out, make_run):
    inner = make_run(out / SIM / "inner")
    run("purge", SIM, *WHO, "--yes")
    assert left(out / SIM) == ["inner/plan.json", "inner/summary.json"] and inner.exists()


@pytest.mark.parametrize(
    "arguments",
    [(), (SIM, "--older-than", "3"), (SIM, "--person", " \t"), (SIM, "--reason", "\x1b"), (SIM, "--person", "\u200b")],
)
def test_a_choice_a_person_and_a_reason_are_needed(run, out, arguments):
    with pytest.raises(InputError):
        run("purge", *WHO, *arguments, "--yes")
    assert (out / SIM).exists()


def test_a_run_that_cannot_be_deleted_stays_in_the_list(run, monkeypatch):
    def fail(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(shutil, "rmtree", fail)
    with pytest.raises(InputError, match="Permission denied"):
        run("purge", SIM, *WHO, "--yes")
    assert SIM in run("list").output


def test_a_run_of_an_older_stack_of_real_drones_is_deleted_with_an_entry_in_their_common_journal(run, out, tmp_path):
    """The stack's own record is overwritten by the next stack's."""
    common = tmp_path / "state" / "journal.jsonl"
    Journal(common, "mission_manager").write("order", run="evening", person="A. Person")
    result = run("purge", SIM, *WHO, "--yes")
    assert "in the journal" in result.output and not (out / SIM).exists()
    assert [(entry["act"], entry["facts"]["folder"]) for entry in entries(common.parent)[1:]] == [("purge", SIM)]


def test_a_run_that_left_only_a_recording_is_listed_and_deleted(run, out, stack, make_run):
    """Flown for a client that keeps no files of its own."""
    folder = make_run(stack / "20261128T030000Z-town", None, recording__drone1_mcap="masked")
    assert json.loads(run("list", "--json").output)[0]["run"] == f"{stack.name}/{folder.name}"
    run("purge", folder.name, *WHO, "--yes")
    assert not folder.exists()
