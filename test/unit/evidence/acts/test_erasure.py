"""RET-01: a recording is erased when its time is over, after an entry, and never before."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from blindspot.evidence.acts.access import ERASED
from blindspot.evidence.acts.erasure import Erasure
from blindspot.evidence.acts.receipts import RECEIPT, why_not_erased
from blindspot.evidence.journals.journal import Entry, JournalError
from blindspot.evidence.kept.recorded_files import FLAG, HOLD, due_facts, due_of, write_flag, write_hold
from blindspot.evidence.recording import RecordedTopic, Recording
from blindspot.evidence.sealed.halves import Sealing, keys_file
from blindspot.law.keys import ComputerKey

BEGUN = datetime(2026, 11, 28, 21, 0, tzinfo=UTC)
HOLDER, KEY = X25519PrivateKey.generate(), ComputerKey(Ed25519PrivateKey.generate())
DUE = BEGUN + timedelta(hours=24)
TOPIC = RecordedTopic("/drone1/words", "std_msgs/msg/String", "string data\n")


class Disk:
    """The runs of a drone's computer, and what its recorder enters and logs."""

    def __init__(self, root):
        self.root, self.entries, self.logged, self.journal_fails = root, [], [], False
        self.closed, self.seal, self.refused = [], None, set()
        self.erasure = Erasure(root, "drone1", self.close, self.enter, self.logged.append, root, KEY)

    def close(self, recording):
        self.closed.append(recording)
        if self.seal is not None:
            self.seal.write_text("of the open one")

    def enter(self, act, **facts):
        if self.journal_fails or act in self.refused:
            raise JournalError(self.root, "the disk is full", "see it")
        self.entries.append((act, facts))

    def record(self, name="drone1-1.mcap", folder="stack/run", *, is_closed=True):
        path = self.root / folder / "recording" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        recording = Recording(path, [TOPIC], {"run": "run", **due_facts(24.0, BEGUN)})
        recording.write("/drone1/words", b"hello", 1)
        if is_closed:
            recording.close()
        else:
            recording.abandon()
        return path


def erase(disk, now, clock=None):
    """The recorder's look at this confirmed time; the system's clock says the same, unless it is given."""
    disk.erasure.erase(now, clock or now)


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path)


@pytest.mark.parametrize("folder", ["run", "stack/run"])
@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "interrupted"])
def test_a_recording_stays_until_its_time_is_over_and_not_a_second_longer(disk, folder, is_closed):
    path = disk.record(folder=folder, is_closed=is_closed)
    assert due_of(path) == DUE
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    erase(disk, DUE - timedelta(seconds=1))
    assert path.exists() and not disk.entries
    erase(disk, DUE)
    assert not list(path.parent.iterdir()), "its hash goes, too"
    [(entered, facts), (received, receipt)] = disk.entries
    said = {"run": "run", "drone": "drone1", "folder": folder, "file": path.name, "sha256": digest}
    assert (entered, received) == (ERASED, RECEIPT)
    assert facts == {**said, "due": DUE.isoformat(), "late": False}
    assert receipt.items() >= {**said, "late": False, "erased_at": DUE.isoformat(timespec="milliseconds")}.items()


def sealed(disk, name="drone1-1.mcap.sealed", **facts):
    path = disk.root / "stack" / "run" / "recording" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    said = {"run": "run", **due_facts(24.0, BEGUN), **facts}
    recording = Recording(path, [TOPIC], said, sealing=Sealing({"service": HOLDER.public_key()}, KEY.private))
    recording.write("/drone1/words", b"hello", 1)
    recording.close()
    return path


def entries_of(disk):
    """What the disk entered, as entries of a journal."""
    return [
        Entry(number, "", DUE, act, "recorder", facts, "", b"") for number, (act, facts) in enumerate(disk.entries, 1)
    ]


def test_a_sealed_part_is_erased_with_its_key_file_and_the_receipt_is_signed(disk):
    path = sealed(disk)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    erase(disk, DUE + timedelta(seconds=30))
    assert not list(path.parent.iterdir())
    [(_, entered), (_, receipt)] = disk.entries
    assert entered["sha256"] == receipt["sha256"] == digest and receipt["key_id"] == KEY.key_id
    assert why_not_erased(entries_of(disk)) == ()


@pytest.mark.parametrize(("name", "value"), [("late", True), ("erased_at", "2026-11-29T00:00:00+00:00")])
def test_an_edited_receipt_shows(disk, name, value):
    sealed(disk)
    erase(disk, DUE)
    disk.entries[-1][1][name] = value
    assert [sentence for sentence in why_not_erased(entries_of(disk)) if "was changed" in sentence]


def test_an_erasure_without_its_receipt_and_one_of_another_content_show(disk):
    sealed(disk)
    erase(disk, DUE)
    [one, two] = disk.entries
    disk.entries = [one]
    assert why_not_erased(entries_of(disk)) == (
        "entry 1: the erasure of drone1-1.mcap.sealed has no receipt: it failed, or was cut off",
    )
    disk.entries = [(one[0], {**one[1], "sha256": "0" * 64}), two]
    assert "names another content" in why_not_erased(entries_of(disk))[0]
    disk.entries = [two]
    assert "has no entry of its erasure before" in why_not_erased(entries_of(disk))[0]


def test_the_key_goes_before_the_part_and_a_power_cut_between_leaves_what_nobody_opens(disk, monkeypatch):
    path = sealed(disk)

    def cut(self, missing_ok=False, unlink=Path.unlink):
        if self == path:
            raise PermissionError(13, "Permission denied", str(path))
        unlink(self, missing_ok)

    with monkeypatch.context() as failing:
        failing.setattr(type(path), "unlink", cut)
        erase(disk, DUE)
    assert path.exists() and not keys_file(path).exists()
    again = Disk(disk.root)
    erase(again, DUE + timedelta(seconds=10))
    assert not path.exists() and [act for act, _ in again.entries] == [ERASED, RECEIPT]


def test_a_receipt_that_the_journal_refuses_is_written_at_the_next_look(disk):
    path = sealed(disk)
    disk.refused = {RECEIPT}
    erase(disk, DUE)
    assert not path.exists() and "its receipt can't be written" in disk.erasure.trouble
    disk.refused = set()
    erase(disk, DUE + timedelta(seconds=30))
    assert disk.erasure.trouble == "" and why_not_erased(entries_of(disk)) == ()


def test_hard_06_after_nine_days_off_each_due_part_is_erased_at_the_first_look_and_late(disk):
    for number in range(1, 4):
        sealed(disk, f"drone1-{number}.mcap.sealed")
    erase(disk, BEGUN + timedelta(days=9))
    assert not list((disk.root / "stack" / "run" / "recording").iterdir())
    assert [facts["late"] for act, facts in disk.entries if act == RECEIPT] == [True] * 3


def test_an_erasure_is_late_after_a_minute(disk):
    for after_s, late in ((60.0, False), (60.1, True)):
        sealed(disk)
        erase(disk, DUE + timedelta(seconds=after_s))
        assert disk.entries[-1][1]["late"] is late


def test_a_flagged_part_alone_is_due_after_the_time_of_a_dwelling(disk):
    flagged, other = (sealed(disk, f"drone1-{number}.mcap.sealed", dwelling_purge_h="6") for number in (1, 2))
    write_flag(flagged, BEGUN + timedelta(minutes=2))
    assert due_of(flagged) == BEGUN + timedelta(hours=6, minutes=2) and due_of(other) == DUE
    write_flag(flagged, BEGUN + timedelta(minutes=1))
    write_flag(flagged, BEGUN + timedelta(minutes=3))
    erase(disk, BEGUN + timedelta(hours=6, minutes=1))
    assert not flagged.exists() and other.exists()
    assert [path.name for path in other.parent.iterdir() if "drone1-1" in path.name] == [], "the flag goes, too"


@pytest.mark.parametrize("text", ["", "{}", '{"seen": "soon"}', "[" * 9000])
def test_a_damaged_flag_counts_from_the_begin_and_a_damaged_hold_holds_nothing(disk, text):
    path = sealed(disk, dwelling_purge_h="6")
    for end in (FLAG, HOLD):
        path.with_name(path.name + end).write_text(text)
    assert due_of(path) == BEGUN + timedelta(hours=6)


def test_the_time_of_a_held_part_stands_still_for_seven_days(disk):
    path = sealed(disk)
    assert write_hold(path, BEGUN + timedelta(hours=20)) == BEGUN + timedelta(days=7, hours=20)
    assert due_of(path) == DUE + timedelta(days=7)
    write_hold(path, BEGUN + timedelta(days=1))
    assert due_of(path) == DUE + timedelta(days=7, hours=4), "a second hold counts from now"
    write_hold(path, BEGUN + timedelta(days=8, hours=6))
    assert due_of(path) == DUE + timedelta(days=14, hours=4), "and one after the end adds its own time"
    erase(disk, DUE + timedelta(days=14))
    assert path.exists() and disk.erasure.trouble == ""
    erase(disk, DUE + timedelta(days=14, hours=4))
    assert not path.exists()


def test_an_open_recording_is_closed_before_it_is_erased(disk):
    """Its seal comes first and goes with it; if the drone still flies, the next recording begins."""
    path = disk.record(is_closed=False)
    disk.seal = path.with_name(f"{path.name}.sha256")
    erase(disk, DUE)
    assert disk.closed == [path] and not list(path.parent.iterdir())


def test_after_a_power_off_it_is_erased_at_the_next_start_and_its_entry_says_late(disk):
    disk.record()
    erase(disk, DUE + timedelta(days=3))
    assert [facts["late"] for _, facts in disk.entries] == [True, True]


def test_no_entry_no_erasure_and_the_next_try_repeats_it(disk):
    path = disk.record()
    disk.journal_fails = True
    erase(disk, DUE)
    assert path.exists() and "the disk is full" in disk.erasure.trouble and path.name in disk.erasure.trouble
    disk.journal_fails = False
    erase(disk, DUE)
    assert not path.exists() and disk.erasure.trouble == ""


def test_a_recording_that_states_no_time_is_erased_at_the_law_s_limit_after_its_last_change(disk):
    path = disk.root / "run" / "recording" / "drone1-1.mcap"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x89MCAP0\r\n and then nothing that can be read")
    os.utime(path, (BEGUN.timestamp(), BEGUN.timestamp()))
    assert due_of(path) == BEGUN + timedelta(hours=168)
    erase(disk, BEGUN + timedelta(hours=168))
    assert not path.exists()


@pytest.mark.parametrize("erase_by", ["2999-01-01T00:00:00+00:00", "9999-12-31T23:59:59-12:00", "soon"])
def test_a_recording_that_states_an_impossible_time_is_erased_at_the_law_s_limit_too(disk, erase_by):
    """A clock that was wrong, or a damaged file: its neighbours are erased in time all the same."""
    path, neighbour = disk.root / "run" / "recording" / "drone1-1.mcap", disk.record()
    path.parent.mkdir(parents=True)
    Recording(path, [TOPIC], {"run": "r" * 100_000, "erase_by": erase_by}).close()
    os.utime(path, (BEGUN.timestamp(), BEGUN.timestamp()))
    erase(disk, BEGUN + timedelta(hours=167.9))
    assert path.exists() and not neighbour.exists()
    erase(disk, BEGUN + timedelta(hours=168))
    assert not path.exists() and len(disk.entries[-1][1]["run"]) <= 200


def test_recordings_of_other_drones_links_and_other_folders_stay(disk):
    others = [
        disk.record("drone2-1.mcap"),
        disk.record(folder="stack/run/deeper"),
        disk.record("notes-1.mcap"),
    ]
    link = disk.root / "run" / "recording" / "drone1-1.mcap"
    link.parent.mkdir(parents=True)
    link.symlink_to(others[0])
    erase(disk, DUE + timedelta(days=400))
    assert all(path.exists() for path in (*others, link)) and not disk.entries


@pytest.mark.parametrize("link", ["archive", "stack/archive", "run/recording"])
def test_recordings_below_the_link_of_a_folder_stay(disk, tmp_path_factory, link):
    """A person keeps them elsewhere, and the link of a run is no second recording."""
    elsewhere = Disk(tmp_path_factory.mktemp("elsewhere"))
    path = elsewhere.record(folder=".") if link.endswith("recording") else elsewhere.record()
    (disk.root / link).parent.mkdir(exist_ok=True)
    (disk.root / link).symlink_to(path.parent if link.endswith("recording") else path.parents[2 - link.count("/")])
    assert list(disk.root.glob("*/recording/*.mcap")) or list(disk.root.glob("*/*/recording/*.mcap"))
    erase(disk, DUE)
    assert path.exists() and not disk.entries and disk.erasure.trouble == ""


def test_files_that_can_not_be_deleted_are_reported(disk, monkeypatch):
    path = disk.record()

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as failing:
        failing.setattr(type(path), "unlink", refuse)
        for minute in range(3):
            erase(disk, DUE + timedelta(minutes=minute))
    assert "Permission denied" in disk.erasure.trouble
    erase(disk, DUE + timedelta(minutes=3))
    assert not path.exists() and [act for act, _ in disk.entries] == [ERASED, RECEIPT], "one erasure has one entry"


YEARS = timedelta(days=4000)


@pytest.mark.parametrize(
    ("confirmed", "clock"), [(BEGUN, BEGUN + YEARS), (BEGUN + YEARS, BEGUN)], ids=["clock ahead", "clock back"]
)
def test_one_jump_of_the_clock_erases_nothing_and_is_reported(disk, confirmed, clock):
    paths = [disk.record(folder=f"run{number}") for number in range(3)]
    for minute in range(2):
        erase(disk, confirmed + timedelta(minutes=minute), clock + timedelta(minutes=minute))
    assert all(path.exists() for path in paths)
    assert "3 recordings of drone1 may be due and stay" in disk.erasure.trouble
    assert f"{clock:%Y-%m-%d}" in disk.erasure.trouble and f"{confirmed:%Y-%m-%d}" in disk.erasure.trouble
    assert [act for act, _ in disk.entries] == ["erasure_waits"] * 3, "once for each recording"
    erase(disk, BEGUN + timedelta(hours=23))
    assert disk.erasure.trouble == "" and all(path.exists() for path in paths)
    erase(disk, DUE)
    assert not any(path.exists() for path in paths)


def test_a_recording_that_began_under_a_clock_ahead_does_not_stay_in_silence(disk):
    path = disk.record()
    erase(disk, BEGUN - YEARS)
    assert path.exists() and "1 recordings of drone1 may be due and stay" in disk.erasure.trouble
