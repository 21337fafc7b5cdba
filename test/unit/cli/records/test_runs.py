"""`blindspot runs`: runs are listed, shown, exported as one archive, and deleted only with a journal entry."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from contextlib import closing

import pytest
from typer.testing import CliRunner

from blindspot.cli.records.run_folders import facts_of, find_run
from blindspot.cli.records.runs import app
from blindspot.core.errors import InputError
from blindspot.evidence.journal import Journal
from blindspot.evidence.journal_check import verify_journal
from blindspot.evidence.observed import EventLog
from blindspot.flight.missions import KeptMission, KeptMissions, KeptOrder, keep

WHO = ("--person", "A. Person", "--reason", "retention is over")
SIM, FIRST, SECOND = "20261127T100000Z-town", "20261128T010000Z-town", "20261128T020000Z-field"


@pytest.fixture
def run(out):
    def invoke(*arguments, answer=None, out=out):
        words = [str(argument) for argument in (*arguments, "--out", out)]
        return CliRunner().invoke(app, words, input=answer, catch_exceptions=False)

    return invoke


def entries(stack):
    return [json.loads(line) for line in (stack / "journal.jsonl").read_text().splitlines()]


def left(out):
    return sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())


def test_runs_of_simulations_and_of_stacks_are_listed_newest_first(run, out, stack):
    listed = json.loads(run("list", "--json").output)
    assert [one["run"] for one in listed] == [f"{stack.name}/{SECOND}", f"{stack.name}/{FIRST}", SIM]
    size = sum(file.stat().st_size for file in (out / SIM).rglob("*") if file.is_file())
    assert listed[2] == {
        "run": SIM, "mission": "town", "start": "2026-11-27T10:00:00+00:00", "outcome": "completed", "bytes": size,
        "seen_blind_fraction": 0.98, "flight_time_s": 180.0, "recording": True, "ulg": True,
    }  # fmt: skip
    assert (listed[0]["outcome"], listed[0]["seen_blind_fraction"]) == ("", None)


def test_the_table_shows_the_same(run):
    lines = run("list").output.splitlines()
    assert lines[3].split() == [SIM, "town", "2026-11-27", "10:00", "completed", "98", "3.0", "0.0", "yes", "yes"]
    assert lines[1].split()[4:] == ["-", "-", "-", "0.0", "-", "-"]


def test_a_part_of_the_blind_ground_never_reads_as_all_of_it(run, out):
    (out / SIM / "summary.json").write_text('{"coverage": {"seen_blind_fraction": 0.996}}')
    assert "99" in run("list").output.splitlines()[3].split()
    assert "seen: 99 %" in run("show", SIM, *WHO).output


def test_a_folder_without_runs_and_a_missing_one(run, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "holds no run" in run("list", out=tmp_path / "empty").output
    with pytest.raises(InputError, match="is no folder"):
        run("list", out=tmp_path / "gone")


@pytest.mark.parametrize(
    "summary", ["", "[]", "{", "[" * 100_000, '{"coverage": 3, "drones": 4, "outcome": {"a": 1}}',
                '{"drones": [3, {"flight_time_s": "x"}, {"flight_time_s": NaN}, {"flight_time_s": 1e999}]}',
                '{"coverage": {"seen_blind_fraction": ' + "9" * 400 + "}}"],
)  # fmt: skip
def test_a_hostile_summary_leaves_its_facts_unknown(run, out, summary):
    (out / SIM / "summary.json").write_text(summary)
    (out / SIM / "plan.json").write_text(summary)
    one = next(one for one in json.loads(run("list", "--json").output) if one["run"] == SIM)
    assert one["seen_blind_fraction"] is None and one["flight_time_s"] is None and one["mission"] == "town"
    assert run("list").exit_code == run("show", SIM, *WHO).exit_code == 0
    assert "broken limits: unknown" in run("show", SIM, *WHO).output


@pytest.mark.parametrize("name", [FIRST, f"20261128T000000Z-fleet/{FIRST}", "PATH"])
def test_a_run_is_shown_with_its_files_its_entries_and_its_report(run, stack, name):
    shown = run("show", stack / FIRST if name == "PATH" else name).output
    assert "completed" in shown and "98 %" in shown and "3.0 min" in shown and "broken limit" not in shown
    assert "summary.json" in shown and f"xdg-open {stack / FIRST}/report.html" in shown
    assert "3 entries" in shown and "A. Person" in shown and "drone1, drone2" in shown and "B. Person" not in shown


def test_the_document_of_a_run_holds_its_summary_and_its_entries(run, stack):
    document = json.loads(run("show", FIRST, "--json").output)
    assert document["summary"]["outcome"] == "completed"
    assert [entry["act"] for entry in document["entries"]] == ["order", "clearance", "withdrawal"]
    assert {"name": "plan.json", "bytes": (stack / FIRST / "plan.json").stat().st_size} in document["files"]
    (stack.parent / SIM / "recording" / "drone1.mcap").unlink()
    assert json.loads(run("show", SIM, "--json").output)["journal"] is None


def test_a_summary_with_numbers_that_json_does_not_have_gives_a_document_that_every_reader_takes(run, out):
    def refuse(constant):
        raise ValueError(constant)

    (out / SIM / "summary.json").write_text('{"a": NaN, "b": [-Infinity, 1e999], "c": 1.5}')
    document = json.loads(run("show", SIM, *WHO, "--json").output, parse_constant=refuse)
    assert document["summary"] == {"a": None, "b": [None, None], "c": 1.5}


def test_an_unknown_name_and_one_of_two_runs_are_refused(run, out, make_run):
    with pytest.raises(InputError, match="'nothing' is no run"):
        run("show", "nothing")
    make_run(out / "another" / FIRST)
    with pytest.raises(InputError, match="names 2 runs"):
        run("show", FIRST)


def test_an_archive_holds_all_files_but_private_keys_with_their_hashes(run, stack, tmp_path):
    path = tmp_path / "run.zip"
    assert "lease/lease.key" in run("export", FIRST, path).output
    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        named = [file["name"] for file in manifest["files"]]
        assert archive.namelist() == [*named, "manifest.json"]
        assert named == [f"{FIRST}/{name}" for name in ("plan.json", "report.html", "summary.json")] + [
            "journal-entries.jsonl"
        ]
        for file in manifest["files"]:
            content = archive.read(file["name"])
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
        lines = (stack / "journal.jsonl").read_bytes().splitlines(keepends=True)
        assert archive.read("journal-entries.jsonl") == lines[0] + lines[2] + lines[3]
    head = verify_journal(stack / "journal.jsonl").head
    assert manifest["journal"] == {"entries_of_run": 3, "entries": 4, "head": head, "whole": True}


def test_a_run_without_a_name_gets_no_entries_of_other_stacks_from_the_journal_of_the_computer(run, out, tmp_path):
    (out / SIM / "recording" / "drone1.mcap").unlink()
    Journal(tmp_path / "state" / "journal.jsonl", "mission_manager").write("order", run="", person="P. Pilot")
    assert json.loads(run("show", SIM, "--json").output)["entries"] == []
    assert run("export", SIM, tmp_path / "run.zip").exit_code == 0
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        assert "journal-entries.jsonl" not in archive.namelist()


def test_an_archive_names_the_recordings_that_differ_from_their_hash_in_the_journal(run, stack, tmp_path):
    folder, journal = stack / FIRST / "recording", Journal(stack / "journal.jsonl", "recorder")
    folder.mkdir()
    for name in ("whole", "edited", "interrupted"):
        (folder / f"{name}.mcap").write_bytes(name.encode())
    for name in ("whole", "edited"):
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        journal.write("recording_sealed", run=FIRST, drone="drone1", file=f"{name}.mcap", sha256=sha256)
    (folder / "edited.mcap").write_bytes(b"another picture")
    unlike = [f"{FIRST}/recording/{name}.mcap" for name in ("edited", "interrupted")]
    result = run("export", FIRST, tmp_path / "run.zip", *WHO)
    assert "or never closed, by the journal: " + ", ".join(unlike) in result.output
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        assert json.loads(archive.read("manifest.json"))["changed"] == unlike


def test_an_archive_names_the_recordings_of_the_journal_that_are_not_there_and_were_not_erased(run, stack, tmp_path):
    folder, journal = stack / FIRST / "recording", Journal(stack / "journal.jsonl", "recorder")
    folder.mkdir()
    for name in ("here", "gone", "erased"):
        journal.write("recording", run=FIRST, drone="drone1", file=f"{name}.mcap")
    journal.write("recording_sealed", run=FIRST, drone="drone1", file="gone.mcap", sha256="0" * 64)
    journal.write("recording_erased", run=FIRST, drone="drone1", file="erased.mcap")
    (folder / "here.mcap").write_bytes(b"x")
    result = run("export", FIRST, tmp_path / "run.zip", *WHO)
    assert "not here: gone.mcap" in result.output
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        assert json.loads(archive.read("manifest.json"))["missing"] == ["gone.mcap"]


@pytest.mark.parametrize("changed_s", [-1e9, 0.0, 4.4e9, 3e11])
def test_a_file_of_an_impossible_time_is_archived(run, out, tmp_path, changed_s):
    os.utime(out / SIM / "report.html", (changed_s, changed_s))
    assert run("export", SIM, tmp_path / "run.zip", *WHO).exit_code == 0
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        assert archive.read(f"{SIM}/report.html") == b"<p>"


def test_a_name_that_leads_out_of_a_folder_on_another_system_stays_out(run, out, tmp_path):
    (out / SIM / "..\\..\\startup.bat").write_text("x")
    assert "startup.bat" in run("export", SIM, tmp_path / "run.zip", *WHO).output
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        assert not [name for name in archive.namelist() if "startup" in name]


def test_two_archives_of_a_run_are_equal(run, tmp_path):
    for name in ("a.zip", "b.zip"):
        run("export", FIRST, tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_an_archive_follows_no_link_out_of_the_run(run, out, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "file").write_text("x")
    (out / SIM / "folder").symlink_to(tmp_path / "secret")
    (out / SIM / "link").symlink_to(tmp_path / "secret" / "file")
    assert run("export", SIM, tmp_path / "run.zip", *WHO).exit_code == 0
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        assert not [name for name in archive.namelist() if "link" in name or "folder" in name]
        assert f"{SIM}/recording/drone1.mcap" in archive.namelist()


def test_an_archive_is_never_overwritten_and_lies_outside_of_the_run(run, out, tmp_path):
    (tmp_path / "run.zip").write_text("kept")
    with pytest.raises(InputError, match="is there already"):
        run("export", SIM, tmp_path / "run.zip", *WHO)
    assert (tmp_path / "run.zip").read_text() == "kept"
    with pytest.raises(InputError, match="own folder"):
        run("export", SIM, out / SIM / "run.zip", *WHO)
    with pytest.raises(InputError, match="can't be written"):
        run("export", SIM, tmp_path / "gone" / "run.zip", *WHO)


def test_a_failed_archive_leaves_no_part(run, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    with pytest.raises(InputError, match="No space left"):
        run("export", SIM, tmp_path / "run.zip", *WHO)
    assert not (tmp_path / "run.zip").exists()


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


def test_a_run_whose_entry_cannot_be_written_stays(run, out, stack):
    with (stack / "journal.jsonl").open("a") as file:
        file.write("hello\n")
    before = left(out)
    with pytest.raises(InputError, match="stays as it is"):
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


def test_a_run_in_flight_of_a_stack_that_was_killed_goes(run, stack, in_flight):
    in_flight(stack, FIRST)
    (stack / "supervised.json").write_text('{"boot": "", "processes": {}}')
    run("purge", FIRST, *WHO, "--yes")
    assert not (stack / FIRST).exists()


def test_a_run_that_a_command_follows_stays(run, stack):
    with closing(EventLog(stack / FIRST / "events.jsonl")), pytest.raises(InputError, match="a command that still"):
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


def test_the_recordings_on_a_drones_own_computer_are_a_run_of_its_stack(out, make_run):
    """`ros2 launch` started this stack: it has none of the files that a stack of `blindspot up` has."""
    folder = out / "20261129T000000Z-launch" / "20261129T010000Z-town" / "recording"
    folder.mkdir(parents=True)
    (folder / "drone2-1.mcap").write_text("masked")
    found = find_run("20261129T010000Z-town", out)
    assert found.id == "20261129T010000Z-town" and found.stack_dir.name == "20261129T000000Z-launch"
    assert facts_of(found).has_recording
