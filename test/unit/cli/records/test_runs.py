"""`blindspot runs`: runs are listed, shown, and exported as one archive."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile

import pytest
from test.unit.acts.conftest import FIRST, SECOND, SIM, WHO

from blindspot.acts.run_folders import facts_of, find_run
from blindspot.core.errors import InputError
from blindspot.evidence.journals.journal import Journal, JournalError
from blindspot.evidence.journals.journal_check import verify_journal


def test_runs_of_simulations_and_of_stacks_are_listed_newest_first(run, out, stack):
    listed = json.loads(run("list", "--json").output)
    assert [one["run"] for one in listed] == [f"{stack.name}/{SECOND}", f"{stack.name}/{FIRST}", SIM]
    size = sum(file.stat().st_size for file in (out / SIM).rglob("*") if file.is_file())
    assert listed[2] == {
        "run": SIM, "simulated": True, "mission": "town", "ulg": True, "recording": True,
        "start": "2026-11-27T10:00:00+00:00",
        "outcome": "completed", "bytes": size, "seen_blind_fraction": 0.98, "flight_time_s": 180.0,
    }  # fmt: skip
    assert (listed[0]["outcome"], listed[0]["seen_blind_fraction"]) == ("", None)


def test_the_table_shows_the_same(run):
    lines = run("list").output.splitlines()
    assert lines[3].split()[:3] == [SIM, "SIMULATED", "town"]
    assert lines[3].split()[3:] == ["2026-11-27", "10:00", "completed", "98", "%", "3.0", "0.0", "yes", "yes"]
    assert lines[1].split()[1] == "unknown", "a run without a summary is never called a simulation"
    assert lines[1].split()[5:] == ["-", "-", "-", "0.0", "-", "-"]


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
def test_a_run_is_shown_with_its_files_its_entries_and_its_report(run, stack, name, transcript):
    transcript(run("show", stack / FIRST if name == "PATH" else name).output)


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
            "verify_blindspot.py",
            "journal-entries.jsonl",
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


def test_the_entry_of_an_archive_has_its_hash_and_comes_before_it(run, stack, out, tmp_path, monkeypatch):
    """A recipient's copy is compared with the journal."""
    path, seen = tmp_path / "run.zip", []
    write = Journal.write
    monkeypatch.setattr(Journal, "write", lambda *of, **facts: (seen.append(path.exists()), write(*of, **facts))[1])
    folder = stack / FIRST / "recording"
    folder.mkdir()
    (folder / "drone1.mcap").write_bytes(b"x")
    assert run("export", FIRST, path, *WHO).exit_code == 0
    entry = json.loads((stack / "journal.jsonl").read_text().splitlines()[-1])
    assert (entry["act"], entry["facts"]["archive"]) == ("communication", "run.zip")
    assert entry["facts"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert seen == [False] and [each.name for each in tmp_path.glob("*.zip*")] == ["run.zip"]


def test_without_its_entry_there_is_no_archive(run, stack, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise JournalError(stack, "the disk is full", "see it")

    monkeypatch.setattr(Journal, "write", refuse)
    with pytest.raises(InputError, match="the disk is full"):
        run("export", SIM, tmp_path / "run.zip", *WHO)
    assert not [path for path in tmp_path.iterdir() if "zip" in path.name]


def test_a_failed_archive_leaves_no_part(run, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    with pytest.raises(InputError, match="No space left"):
        run("export", SIM, tmp_path / "run.zip", *WHO)
    assert not [path for path in tmp_path.iterdir() if "zip" in path.name]


def test_the_recordings_on_a_drones_own_computer_are_a_run_of_its_stack(out, make_run):
    """`ros2 launch` started this stack: it has none of the files that a stack of `blindspot up` has."""
    folder = out / "20261129T000000Z-launch" / "20261129T010000Z-town" / "recording"
    folder.mkdir(parents=True)
    (folder / "drone2-1.mcap").write_text("masked")
    found = find_run("20261129T010000Z-town", out)
    assert found.id == "20261129T010000Z-town" and found.stack_dir.name == "20261129T000000Z-launch"
    assert facts_of(found).has_recording
