"""LOG-01, ACC-01: runs under an authority are seen, exported and erased by designated people, with an entry before."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from blindspot.cli.records.runs import app
from blindspot.cli.records.verify import verify
from blindspot.core.errors import InputError
from blindspot.evidence.acts.retention import lost_entry, note_head
from blindspot.evidence.journals.journal import FIRST, Journal, line_of
from blindspot.evidence.journals.journal_check import verify_journal
from blindspot.law.rules import KEPT_DAYS

ROOT = Path(__file__).resolve().parents[4]
RUN = "20261128T030000Z-evening"
PEOPLE = {"viewers": ["V. Viewer"], "extractors": ["E. Extractor"], "admins": ["A. Admin"], "auditors": ["U. Auditor"]}
COMMANDS = {
    "consultation": ("show", "V. Viewer", "viewer"), "communication": ("export", "E. Extractor", "extractor"),
    "purge": ("purge", "A. Admin", "admin"),
}  # fmt: skip


@pytest.fixture
def guarded(stack, make_run):
    """A run under an authority; returns its stack's journal."""
    make_run(stack / RUN, recording__drone1_mcap="masked", report_html="<p>")
    Journal(stack / "journal.jsonl", "authority").write(
        "clearance", run=RUN, plan="P2", granted=True, profile="FR-CSI-L242-5", **PEOPLE
    )
    return stack / "journal.jsonl"


@pytest.fixture
def act(out, tmp_path):
    def do(command, *who):
        words = {"show": [RUN], "export": [RUN, str(tmp_path / "run.zip")], "purge": [RUN, "--yes"]}[command]
        options = [word for pair in zip(("--person", "--reason"), who, strict=False) for word in pair]
        if command == "export":
            options += ["--basis", "ART40", "--second", "V. Viewer"]
        return CliRunner().invoke(app, [command, *words, *options, "--out", str(out)], catch_exceptions=False)

    return do


def entries(journal):
    return [json.loads(line) for line in journal.read_text().splitlines()]


@pytest.mark.parametrize("kind", COMMANDS)
def test_the_entry_with_person_act_reason_and_run_comes_before_the_act(guarded, act, kind, out, stack, monkeypatch):
    command, person, _ = COMMANDS[kind]
    assert act(command, person, "a report").exit_code == 0
    last = entries(guarded)[-1]
    said = {name: last["facts"][name] for name in ("run", "person", "reason")}
    assert (last["act"], said) == (kind, {"run": RUN, "person": person, "reason": "a report"})
    assert verify_journal(guarded).is_whole


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_run_of_a_service_is_guarded_by_its_journal_whose_folder_the_shell_does_not_name(out, make_run, act, kind):
    """The service's state folder holds its runs and its journal; the state folder of the shell is another one."""
    make_run(out / "20261128T023000Z-real" / RUN, report_html="<p>")
    journal = out.parent / "journal.jsonl"
    Journal(journal, "authority").write(
        "clearance", run=RUN, plan="P2", granted=True, profile="FR-CSI-L242-5", **PEOPLE
    )
    command, person, role = COMMANDS[kind]
    with pytest.raises(InputError, match=f"D. Stranger is no {role} of its authorisation"):
        act(command, "D. Stranger", "curiosity")
    assert act(command, person, "a report").exit_code == 0
    assert [entry["act"] for entry in entries(journal)] == ["clearance", kind]


@pytest.mark.parametrize("kind", COMMANDS)
def test_without_an_entry_nothing_is_read_or_erased(guarded, act, kind, stack, tmp_path):
    command, person, _ = COMMANDS[kind]
    with guarded.open("a") as file:
        file.write("damaged\n")
    with pytest.raises(InputError, match="stays unchanged"):
        act(command, person, "a report")
    assert (stack / RUN / "recording" / "drone1.mcap").exists() and not (tmp_path / "run.zip").exists()


@pytest.mark.parametrize("kind", COMMANDS)
def test_people_without_a_name_or_the_role_are_refused_by_the_missing_role(guarded, act, kind, stack, tmp_path):
    command, person, role = COMMANDS[kind]
    before = guarded.read_bytes()
    for other in {"V. Viewer", "E. Extractor", "A. Admin", "U. Auditor", "D. Stranger"} - {person}:
        with pytest.raises(InputError, match=f"{re.escape(other)} is no {role} of its authorisation"):
            act(command, other, "a report")
    for nobody in ((), ("V. Viewer",)) if command != "purge" else ():
        with pytest.raises(InputError, match="without a name and a reason"):
            act(command, *nobody)
    assert guarded.read_bytes() == before
    assert (stack / RUN / "recording" / "drone1.mcap").exists() and not (tmp_path / "run.zip").exists()


@pytest.mark.parametrize("kind", COMMANDS)
def test_an_edited_clearance_opens_its_run_to_nobody(guarded, act, kind, stack, tmp_path):
    Journal(guarded, "authority").write("order", run="another")
    guarded.write_bytes(guarded.read_bytes().replace(b'"profile":"FR-CSI', b'"profile":"XX-CSI'))
    before = guarded.read_bytes()
    with pytest.raises(InputError, match=r"line 5: is no valid entry .* check it with blindspot verify"):
        act(COMMANDS[kind][0], "D. Stranger", "curiosity")
    assert guarded.read_bytes() == before and (stack / RUN / "recording" / "drone1.mcap").exists()


@pytest.mark.parametrize("path", ["{stack}/{run}/lease/..", "{stack}/latest", "{stack}/../{name}/{run}/lease/../"])
@pytest.mark.parametrize("kind", COMMANDS)
def test_a_run_is_guarded_by_whichever_path_it_is_named(guarded, out, stack, tmp_path, kind, path):
    """On the ground station, which has no recording of it: a link, and a path with `..`, end in other names."""
    (stack / RUN / "recording" / "drone1.mcap").unlink()
    (stack / RUN / "lease").mkdir()
    (stack / "latest").symlink_to(RUN)
    command = COMMANDS[kind][0]
    more = {"show": [], "export": [str(tmp_path / "run.zip")], "purge": ["--yes"]}[command]
    words = [command, path.format(stack=stack, run=RUN, name=stack.name), *more, "--out", str(out)]
    with pytest.raises(InputError, match=r"D\. Stranger is no|leads outside"):
        CliRunner().invoke(app, [*words, "--person", "D. Stranger", "--reason", "curiosity"], catch_exceptions=False)
    assert (stack / RUN / "summary.json").exists() and not (tmp_path / "run.zip").exists()


def edit(journal, old=b'"profile":"FR-CSI', new=b'"profile":"XX-CSI'):
    Journal(journal, "authority").write("order", run="another")
    content = journal.read_bytes()
    assert old in content
    journal.write_bytes(content.replace(old, new))


def due(stack):
    """The run's recording is older than the law's time."""
    os.utime(stack / RUN / "recording" / "drone1.mcap", (1e9, 1e9))


def test_a_recording_that_is_due_is_erased_though_an_entry_was_edited_and_the_journal_says_so(guarded, act, stack):
    edit(guarded)
    due(stack)
    for kind in ("consultation", "communication"):
        with pytest.raises(InputError, match="who may act on it is unknown"):
            act(*COMMANDS[kind][:2], "a report")
    assert act("purge", "A. Admin", "its time is over").exit_code == 0
    assert not (stack / RUN).exists()
    last = entries(guarded)[-1]
    assert (last["act"], last["facts"]["person"]) == ("purge", "A. Admin")
    assert "line 5" in last["facts"]["unproven"]


def test_the_entries_that_are_left_still_name_who_may_erase_it(guarded, act, stack):
    Journal(guarded, "authority").write(
        "clearance", run=RUN, plan="P2", granted=True, profile="FR-CSI-L242-5", **PEOPLE
    )
    Journal(guarded, "authority").write("sensor_release", run=RUN, drone="drone1")
    edit(guarded, b'"drone":"drone1"', b'"drone":"drone2"')
    due(stack)
    with pytest.raises(InputError, match=r"D\. Stranger is no admin"):
        act("purge", "D. Stranger", "curiosity")
    assert act("purge", "A. Admin", "its time is over").exit_code == 0


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_recording_without_an_entry_in_a_broken_journal_is_opened_to_nobody(guarded, act, kind, stack):
    """The entry that names its people may be the one that was lost or edited."""
    edit(guarded, f'"run":"{RUN}"'.encode(), b'"run":"20261128T030000Z-evenlng"')
    with pytest.raises(InputError, match=r"line 5 was edited.*who may act on it is unknown"):
        act(COMMANDS[kind][0], "D. Stranger", "curiosity")
    lines = guarded.read_bytes().splitlines(keepends=True)
    guarded.write_bytes(b"".join([*lines[:4], *lines[5:]]))
    with pytest.raises(InputError, match=r"entry 5 is missing.*who may act on it is unknown"):
        act(COMMANDS[kind][0], "D. Stranger", "curiosity")
    due(stack)
    assert act("purge", "A. Admin", "its time is over").exit_code == 0


def test_a_run_without_a_recording_is_never_due(guarded, act, stack):
    edit(guarded)
    (stack / RUN / "recording" / "drone1.mcap").unlink()
    with pytest.raises(InputError, match="who may act on it is unknown"):
        act("purge", "A. Admin", "its time is over")


@pytest.mark.parametrize("moved", ["journal-2026.jsonl", "journal.jsonl.old.jsonl"])
def test_a_journal_that_was_moved_away_still_names_who_may_act(guarded, act, stack, tmp_path, moved):
    """As the guide says to do with a journal that takes no entry any more, and with that of years ago."""
    guarded.rename(guarded.with_name(moved))
    for begun in (False, True):
        if begun:
            Journal(guarded, "authority").write("order", run="another")
        for kind, (command, _, role) in COMMANDS.items():
            with pytest.raises(InputError, match=f"is no {role} of its authorisation"):
                act(command, "D. Stranger", f"curiosity: {kind}")
    assert act("show", "V. Viewer", "a report").exit_code == 0
    assert act("purge", "A. Admin", "its time is over").exit_code == 0
    assert [entry["act"] for entry in entries(guarded)] == ["order", "consultation", "purge"]


def test_so_does_a_moved_journal_of_this_computer_s_real_drones(act, out, make_run, tmp_path):
    make_run(out / "any-name" / RUN, None, recording__drone1_mcap="masked")
    old = tmp_path / "state" / "journal-2025.jsonl"
    Journal(old, "recorder").write("recording", run=RUN, drone="drone1", profile="FR-CSI-L242-5", **PEOPLE)
    with pytest.raises(InputError, match=r"D\. Stranger is no viewer"):
        act("show", "D. Stranger", "curiosity")
    assert act("show", "V. Viewer", "a report").exit_code == 0
    assert [entry["act"] for entry in entries(old.with_name("journal.jsonl"))] == ["consultation"]


def test_a_journal_that_takes_no_entry_is_moved_away_by_its_sentence_and_then_the_run_is_erased(guarded, act, stack):
    guarded.write_bytes(guarded.read_bytes() + b"damaged\n")
    with pytest.raises(InputError, match=r"rename it to journal-\*\.jsonl in its folder"):
        act("purge", "A. Admin", "its time is over")
    guarded.rename(guarded.with_name("journal-old.jsonl"))
    with pytest.raises(InputError, match="is no admin"):
        act("purge", "D. Stranger", "curiosity")
    assert act("purge", "A. Admin", "its time is over").exit_code == 0


def test_the_journal_survives_the_purge_of_its_pictures_also_after_it_was_moved_away(guarded, act, stack):
    for name in ("journal.jsonl", "journal-2025.jsonl", "journal.jsonl.head"):
        (stack / RUN / name).write_text("kept")
    assert act("purge", "A. Admin", "retention is over").exit_code == 0
    assert sorted(path.name for path in (stack / RUN).iterdir()) == [
        "journal-2025.jsonl", "journal.jsonl", "journal.jsonl.head",
    ]  # fmt: skip
    assert {"clearance", "purge"} <= {entry["act"] for entry in entries(guarded)}


def test_a_recording_whose_stack_left_no_journal_is_entered_in_this_computer_s_journal(act, out, make_run, tmp_path):
    make_run(out / RUN, recording__drone1_mcap="masked")
    with pytest.raises(InputError, match="without a name and a reason"):
        act("show")
    assert act("show", "V. Viewer", "a report").exit_code == 0
    [entry] = entries(tmp_path / "state" / "journal.jsonl")
    assert entry["act"] == "consultation" and entry["facts"]["folder"] == RUN


def test_the_run_without_a_name_of_another_stack_says_nothing_about_this_one(act, out, make_run, tmp_path):
    """Each stack that flies in its own folder has a run named "", and stacks of real drones share a journal."""
    make_run(out / RUN, recording__drone1_mcap="masked")
    shared = Journal(tmp_path / "state" / "journal.jsonl", "authority")
    shared.write("clearance", run="", granted=True, profile="SIM-ONLY")
    with pytest.raises(InputError, match="without a name and a reason"):
        act("show")
    Journal(out / RUN / "journal.jsonl", "authority").write("clearance", run="", granted=True, profile="SIM-ONLY")
    assert act("show").exit_code == 0


def test_a_recording_in_a_stack_s_folder_of_any_name_is_guarded_by_its_run_s_entries(act, out, make_run, tmp_path):
    """On a drone's own computer, whose stack was started with run_dir, and shares the journal of all stacks."""
    make_run(out / "any-name" / RUN, None, recording__drone1_mcap="masked")
    shared = tmp_path / "state" / "journal.jsonl"
    Journal(shared, "recorder").write("recording", run=RUN, drone="drone1", profile="FR-CSI-L242-5", **PEOPLE)
    with pytest.raises(InputError, match=r"D\. Stranger is no viewer"):
        act("show", "D. Stranger", "curiosity")
    assert act("show", "V. Viewer", "a report").exit_code == 0
    assert entries(shared)[-1]["facts"]["run"] == RUN


def test_a_simulation_s_recording_needs_no_name_and_is_entered(act, stack, make_run):
    make_run(stack / RUN, recording__drone1_mcap="masked")
    Journal(stack / "journal.jsonl", "authority").write("clearance", run=RUN, granted=True, profile="SIM-ONLY")
    assert act("show").exit_code == 0
    assert entries(stack / "journal.jsonl")[-1]["act"] == "consultation"


def test_an_auditor_verifies_a_journal_of_an_authority_and_leaves_it_as_it_is(guarded):
    before = guarded.read_bytes()
    with pytest.raises(InputError, match="without a name"):
        verify(guarded)
    with pytest.raises(InputError, match=r"V\. Viewer is no auditor"):
        verify(guarded, person="V. Viewer", reason="x")
    with pytest.raises(typer.Exit) as end:
        verify(guarded, person="U. Auditor", reason="yearly audit")
    assert end.value.exit_code == 0
    assert guarded.read_bytes() == before


def test_a_later_flight_on_a_test_range_does_not_open_the_journal_of_an_authority(guarded):
    Journal(guarded, "authority").write(
        "clearance", run="range", plan="P3", granted=True, profile="TEST-RANGE", auditors=["T. Tester"]
    )
    with pytest.raises(InputError, match="without a name"):
        verify(guarded)
    with pytest.raises(InputError, match=r"T\. Tester is no auditor"):
        verify(guarded, person="T. Tester", reason="x")
    with pytest.raises(typer.Exit):
        verify(guarded, person="U. Auditor", reason="yearly audit")


class TestPurgeOfAJournal:
    """`runs purge-journal`: three years after its last entry."""

    @pytest.fixture
    def old(self, tmp_path):
        path = tmp_path / "journal-old.jsonl"
        Journal(path, "authority").write("order", run="a")
        return path

    @pytest.fixture
    def purge(self, old, monkeypatch):
        """At this time after its last entry."""

        def at(after, path=old, person="A. Admin"):
            last = max(verify_journal(old).last, datetime.fromtimestamp(old.stat().st_mtime, UTC))

            class Then(datetime):
                @classmethod
                def now(cls, tz=None):
                    return last + after

            monkeypatch.setattr("blindspot.acts.old_journals.datetime", Then)
            words = ["purge-journal", str(path), "--person", person, "--reason", "three years are over"]
            return CliRunner().invoke(app, words, catch_exceptions=False)

        return at

    def test_not_before_three_years(self, purge, old):
        with pytest.raises(InputError, match="is kept: the last entry is of"):
            purge(timedelta(days=KEPT_DAYS, microseconds=-1))
        assert old.exists()

    def test_after_three_years_with_an_entry_in_the_journal_beside_it(self, purge, old):
        assert purge(timedelta(days=KEPT_DAYS)).exit_code == 0
        assert not old.exists()
        [entry] = entries(old.with_name("journal.jsonl"))
        assert entry["act"] == "purge_journal" and entry["facts"]["person"] == "A. Admin"

    def test_the_erased_journal_does_not_count_as_lost(self, purge, old):
        beside, check = old.with_name("journal.jsonl"), verify_journal(old)
        note_head(beside, check.entries, check.head)
        assert purge(timedelta(days=KEPT_DAYS)).exit_code == 0
        assert lost_entry(beside) is None

    def test_a_file_that_was_touched_later_counts_from_then(self, purge, old):
        os.utime(old, (4e9, 4e9))
        with pytest.raises(InputError, match="is kept"):
            purge(timedelta(days=KEPT_DAYS, microseconds=-1))

    def test_never_the_one_in_use_another_file_a_link_or_without_a_name(self, purge, old, tmp_path):
        later = timedelta(days=2 * KEPT_DAYS)
        Journal(tmp_path / "journal.jsonl", "authority").write("order", run="b")
        (tmp_path / "journal-text.jsonl").write_text("no entry\n")
        (tmp_path / "journal-link.jsonl").symlink_to(old)
        for name, why in (
            ("journal.jsonl", "in use"),
            ("journal-text.jsonl", "no entry"),
            ("journal-link.jsonl", "in use"),
        ):
            with pytest.raises(InputError, match=why):
                purge(later, tmp_path / name)
            assert (tmp_path / name).exists()
        for nobody in (" ", "\u200b"):
            with pytest.raises(InputError, match="is empty"):
                purge(later, person=nobody)

    def test_a_clock_that_was_set_back_makes_no_journal_older(self, old, tmp_path):
        lines, head = [], FIRST
        for number, at in enumerate(("2026-11-01T00:00:00.000000+00:00", "1970-01-01T00:00:05.000000+00:00"), 1):
            content = {"act": "order", "at": at, "by": "x", "facts": {}, "n": number, "previous": head}
            line, head = line_of(content)
            lines.append(line)
        old.write_bytes(b"".join(lines))
        os.utime(old, (5.0, 5.0))
        words = ["purge-journal", str(old), "--person", "A. Admin", "--reason", "it is old"]
        with pytest.raises(InputError, match="is kept: the last entry is of 2026-11-01"):
            CliRunner().invoke(app, words, catch_exceptions=False)
        assert old.exists()


def test_every_reader_of_recordings_is_known():
    """The files of the product that open, pack or erase the files of a run. A new one needs an entry before its act."""
    marks = re.compile(r"\.mcap|run\.files\(\)|RECORDINGS|StreamReader|make_reader|bag\", \"play")
    known = {
        "acts/run_acts.py": "asks whether a run has a recording",
        "acts/checked_runs.py": "verify: hashes alone, for the auditors of the journal",
        "acts/run_folders.py": "names and sizes for the list",
        "acts/run_view.py": "show: entered",
        "acts/run_purge.py": "purge: entered",
        "evidence/about_run.py": "names and times of erasure for the report",
        "evidence/acts/erasure.py": "erases what is due: entered",
        "evidence/kept/recorded_files.py": "reads the facts of a recording alone",
        "evidence/recorder.py": "writes; entered",
        "evidence/verified/entries_check.py": "names of recordings alone",
        "evidence/verified/verify_blindspot.py": "checks hashes and signatures, and opens nothing",
        "nodes/recorder.py": "writes; entered",
        "acts/run_archive.py": "export: entered by runs export",
        "stack/programs/launch_table.py": "the text of an option",
        "stack/parts/on_board.py": "asks whether recordings are left to erase",
    }
    product = ROOT / "src" / "blindspot"
    found = {str(file.relative_to(product)) for file in product.rglob("*.py") if marks.search(file.read_text())}
    assert found - set(known) == set(), "does it read what a run recorded?"
