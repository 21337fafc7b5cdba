"""RET-01, RET-02, DWL-02: what a computer keeps of earlier recordings, by its disk and its journal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blindspot.evidence.acts import kept_on_computer as module
from blindspot.evidence.acts.erasure import Erasure
from blindspot.evidence.acts.kept_on_computer import what_is_kept
from blindspot.evidence.acts.receipts import RECEIPT
from blindspot.evidence.journals.journal import Journal, JournalError
from blindspot.evidence.kept.recorded_files import due_facts, write_flag, write_hold
from blindspot.evidence.recording import Recording
from blindspot.law.keys import ComputerKey

BEGUN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
DUE = BEGUN + timedelta(hours=24)


class Computer:
    """The runs of a drone's computer, with its journal and its erasure."""

    def __init__(self, root):
        self.root, self.journal = root, Journal(root / "journal.jsonl", "recorder")
        self.start()

    def start(self, key=None, refused=""):
        """Begin the erasure again, with a key, and with a journal that refuses an act."""

        def enter(act, **facts):
            if act == refused:
                raise JournalError(self.root, "the disk is full", "make room")
            self.journal.write(act, **facts)

        self.erasure = Erasure(self.root, "drone1", print, enter, print, self.root, key)

    def record(self, run="evening", *, authorisation="A", closed=True):
        path = self.root / run / "recording" / "drone1-1.mcap"
        path.parent.mkdir(parents=True)
        self.journal.write("recording", run=run, drone="drone1", file=path.name, authorisation=authorisation)
        recording = Recording(path, [], {"run": run, **due_facts(24.0, BEGUN)})
        sha256 = recording.close()
        if closed:
            self.journal.write("recording_sealed", run=run, drone="drone1", file=path.name, sha256=sha256)
        return path

    def kept(self):
        journal = self.root / "journal.jsonl"
        return what_is_kept(self.root, "drone1", journal, "A", self.erasure.kept())


@pytest.fixture
def computer(tmp_path):
    return Computer(tmp_path)


def test_a_computer_without_a_recording_keeps_none(computer):
    kept = computer.kept()
    assert (kept.recordings, kept.training_copies, kept.flagged) == ((), 0, ())


def test_a_recording_is_kept_until_its_time_and_erased_after_it(computer):
    computer.record()
    [here] = computer.kept().recordings
    assert (here.name, here.due, here.erased) == ("evening/recording/drone1-1.mcap", DUE, None)
    now = DUE + timedelta(minutes=5)
    computer.erasure.erase(now, now)
    [gone] = computer.kept().recordings
    assert (gone.due, gone.erased, gone.receipt_signed) == (DUE, now, False), "this computer has no key"
    assert gone.late_start is not None


def test_a_recording_that_may_be_due_by_one_clock_has_an_unknown_time(computer):
    computer.record()
    computer.erasure.erase(BEGUN, DUE + timedelta(days=1))
    [here] = computer.kept().recordings
    assert here.due is None


@pytest.mark.parametrize("refused", ["", RECEIPT])
def test_a_receipt_that_the_journal_does_not_take_is_no_receipt(computer, refused):
    computer.start(ComputerKey(Ed25519PrivateKey.generate()), refused)
    computer.record()
    computer.erasure.erase(DUE, DUE)
    assert computer.kept().recordings[0].receipt_signed is (refused == "")


def test_a_closed_recording_that_was_moved_away_is_unknown_until_a_person_purges_its_run(computer, tmp_path):
    path = computer.record()
    path.parent.rename(tmp_path / "elsewhere")
    [moved] = computer.kept().recordings
    assert (moved.name, moved.due) == ("evening/recording/drone1-1.mcap", None)
    computer.journal.write("purge", run="evening", person="A. Admin", reason="the disk broke")
    assert computer.kept().recordings == ()


def test_only_closed_recordings_of_the_authorisation_are_missed(computer):
    for run, facts in {"other": {"authorisation": "B"}, "cut": {"closed": False}}.items():
        path = computer.record(run, **facts)
        for each in path.parent.iterdir():
            each.unlink()
    assert computer.kept().recordings == ()


def test_a_flag_counts_from_what_was_seen_and_a_hold_stops_it(computer):
    path = computer.record()
    write_flag(path, BEGUN)
    assert computer.kept().flagged == ((BEGUN, None),)
    write_hold(path, BEGUN + timedelta(hours=1))
    assert computer.kept().flagged == ((BEGUN + timedelta(days=7), None),)


def test_photographs_films_and_copies_of_recordings_count_and_the_maps_of_a_plan_do_not(computer, monkeypatch):
    computer.record()
    for name in ("plan.png", "report.html", "summary.json"):
        (computer.root / "evening" / name).touch()
    assert computer.kept().training_copies == 0
    for name in ("frame.PNG", "film.mp4", "drone1-1.mcap"):
        (computer.root / "evening" / name).touch()
    assert computer.kept().training_copies == 3
    monkeypatch.setattr(module, "MOST_FILES", 2)
    assert computer.kept().training_copies is None
