"""From arming to landing, at a bounded rate and size, never while the sensor is inhibited; gaps are logged."""

from __future__ import annotations

import io
import os
from collections import Counter
from math import nan

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from mcap.reader import make_reader

from blindspot.evidence import recording as recording_module
from blindspot.evidence.acts.access import RECORDING, SEALED
from blindspot.evidence.journals.journal import JournalError
from blindspot.evidence.recorder import PART_S, SEEN, Recorder, RecordingLimits
from blindspot.evidence.recording import RecordedTopic
from blindspot.evidence.sealed.halves import AUTHORITY, SERVICE, Sealing, keys_file
from blindspot.evidence.sealed.opened import open_part
from blindspot.flight.route.phases import PHASES
from blindspot.law.recorded_topics import CLOSED_LIST, PICTURES, POSES, STATUS

TOPICS = {topic: RecordedTopic(f"/drone1/{topic}", "std_msgs/msg/String", "string data\n") for topic in CLOSED_LIST}
PRIVATE = {holder: X25519PrivateKey.generate() for holder in (SERVICE, AUTHORITY)}
SEALING = Sealing({holder: key.public_key() for holder, key in PRIVATE.items()}, Ed25519PrivateKey.generate())
AIRBORNE = frozenset(name for name, phase in PHASES.items() if phase.airborne)


class Flight:
    """A recorder and a clock that it is fed with; both times go on together."""

    def __init__(self, folder, sealing=None, **limits):
        self.folder, self.messages, self.now_s, self.forbidden = folder, [], 1000.0, ""
        self.recorder = Recorder(
            folder, "drone1", TOPICS, self.facts, AIRBORNE, RecordingLimits(**limits), self.messages.append, self.enter,
            sealing, lambda now_s: self.forbidden,
        )  # fmt: skip
        self.entries, self.journal_fails = [], False

    def facts(self):
        return {"begun_s": f"{self.now_s:g}"}

    def enter(self, *entry):
        if self.journal_fails:
            raise JournalError(self.folder, "the disk is full", "see it")
        self.entries.append((*entry, sorted(path.name for path in self.folder.iterdir())))

    def status(self, phase="en_route", *, inhibited=False):
        self.recorder.on_status(phase, self.now_s, self.now_s, inhibited=inhibited)
        self.hear(STATUS)

    def hear(self, topic, data=b"data"):
        self.recorder.heard(topic, data, self.now_s, self.now_s)

    def fly(self, seconds, *, pictures=True, inhibited=False, free_mb=9000.0):
        """At 5 Hz poses and perhaps pictures, at 1 Hz a status and a look around."""
        for step in range(round(5 * seconds)):
            self.now_s += 0.2
            if step % 5 == 0:
                self.status(inhibited=inhibited)
                self.recorder.tick(self.now_s, self.now_s, free_mb)
            self.hear(POSES)
            if pictures:
                self.hear(PICTURES)

    def land(self):
        self.status("landed", inhibited=True)

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())

    def read(self, number=1):
        """How many messages of each topic, and the notes."""
        with (self.folder / f"drone1-{number}.mcap").open("rb") as file:
            return contents(file)

    def opened(self, number):
        """The same of a sealed part, with the state of the part."""
        target = io.BytesIO()
        read = open_part(self.folder / f"drone1-{number}.mcap.sealed", PRIVATE, target)
        target.seek(0)
        return (read.state, *contents(target))

    def opened_bytes(self, number):
        """(state, clear bytes) of a sealed part that may end too early."""
        target = io.BytesIO()
        return open_part(self.folder / f"drone1-{number}.mcap.sealed", PRIVATE, target).state, target.getvalue()


def contents(file):
    reader = make_reader(file)
    found = Counter(c.topic.removeprefix("/drone1/") for _, c, _ in reader.iter_messages())
    return found, [(note.name, note.metadata) for note in reader.iter_metadata()]


@pytest.fixture
def flight(tmp_path):
    return lambda **limits: Flight(tmp_path / "recording", **limits)


def test_each_recording_states_the_facts_of_its_own_begin(flight):
    """Among them the time to erase: a mission may wait for its second flight longer than the first one is kept."""
    both = flight()
    for begun_s in (1000.0, 9000.0):
        both.now_s = begun_s
        both.status("armed", inhibited=True)
        both.land()
    notes = [both.read(number)[1] for number in (1, 2)]
    assert notes == [[("recording", {"begun_s": "1000"})], [("recording", {"begun_s": "9000"})]]


def test_what_the_law_forbids_to_see_is_left_out_and_noted_with_its_reason(flight):
    one = flight()
    one.status("armed", inhibited=True)
    one.fly(2)
    before, one.forbidden = one.recorder.counts[PICTURES], "DWL-02 the axis rests on a façade"
    one.fly(2)
    assert one.recorder.counts[PICTURES] == before and one.recorder.trouble == ""
    poses = one.recorder.counts[POSES]
    one.fly(4)
    assert one.recorder.counts[POSES] == poses and one.recorder.counts[STATUS] > 6
    assert one.recorder.trouble == "no pictures are recorded: DWL-02 the axis rests on a façade"
    one.forbidden = ""
    one.fly(2)
    assert one.recorder.counts[PICTURES] > before and one.recorder.trouble == "", "no gap: the camera is in order"
    one.land()
    [(_, _), (name, note)] = one.read()[1]
    assert name == "interruption" and note["why"].startswith("DWL-02")
    assert float(note["until_s"]) - float(note["from_s"]) == pytest.approx(6.0, abs=0.3)
    assert [said for said in one.messages if "leaves out 6.0 s of pictures: DWL-02" in said]


def test_a_flight_is_one_sealed_file_and_the_next_one_another(flight):
    both = flight()
    for number in (1, 2):
        both.status("preflight", inhibited=True)
        assert both.recorder.recording is None
        both.status("armed", inhibited=True)
        both.fly(4)
        both.land()
        found, _ = both.read(number)
        assert (found[STATUS], found[POSES]) == (5, 20)
    names = ["drone1-1.mcap", "drone1-1.mcap.sha256", "drone1-2.mcap", "drone1-2.mcap.sha256"]
    assert both.files() == names
    assert both.messages[:2] == ["recording into drone1-1.mcap", "drone1-1.mcap is closed and sealed"]


@pytest.mark.parametrize(("rate_hz", "expected"), [(1.0, 10), (2.0, 17), (5.0, 50), (0.1, 1)])
def test_pictures_are_recorded_at_most_at_the_rate(flight, rate_hz, expected):
    seen = flight(picture_rate_hz=rate_hz)
    seen.fly(10)
    assert seen.recorder.counts[PICTURES] == expected
    assert seen.recorder.counts[POSES] == 50


def test_nothing_that_the_camera_saw_is_recorded_while_it_is_inhibited(flight):
    seen = flight()
    seen.status("takeoff", inhibited=True)
    seen.fly(5, inhibited=True)
    for topic in CLOSED_LIST:
        seen.hear(topic)
    assert not set(seen.recorder.counts) & SEEN
    assert seen.recorder.counts["clearance"] == 1
    assert set(CLOSED_LIST) - {STATUS, "clearance"} == SEEN


def test_nor_while_the_state_of_the_sensor_is_unknown(flight):
    silent = flight(status_timeout_s=3.0)
    silent.status()
    silent.now_s += 3.0
    silent.hear(POSES)
    assert silent.recorder.counts[POSES] == 1
    silent.now_s += 0.1
    silent.hear(POSES)
    assert silent.recorder.counts[POSES] == 1


def test_missing_masked_pictures_are_a_gap_that_is_logged_and_noted(flight):
    seen = flight(gap_s=5.0)
    seen.fly(10)
    seen.fly(8, pictures=False)
    assert seen.recorder.trouble == "the camera takes pictures, but no masked pictures arrive" == seen.messages[-1]
    seen.fly(1)
    assert seen.recorder.trouble == ""
    seen.land()
    (_, (name, gap)) = seen.read()[1]
    assert name == "gap"
    assert float(gap["until_s"]) - float(gap["from_s"]) == pytest.approx(8.2)
    assert gap["of"] == PICTURES
    assert "the recording has a gap of 8.2 s without pictures" in seen.messages


@pytest.mark.parametrize(("simulated_s", "wall_s"), [(0.2, 1.1), (2.0, 0.2)], ids=["slow world", "fast world"])
def test_a_world_that_runs_at_another_pace_makes_no_gap(flight, simulated_s, wall_s):
    """At 0.18 of real time a picture a second comes every 5.5 s of the wall; at ten times real time the wall counts."""
    seen = flight(gap_s=5.0)
    seen.status()
    for step in range(100):
        now_s, steady_s = 1000 + simulated_s * step, 1000 + wall_s * step
        seen.recorder.on_status("en_route", now_s, steady_s, inhibited=False)
        seen.recorder.heard(POSES, b"data", now_s, steady_s)
        seen.recorder.tick(now_s, steady_s, 9000.0)
        assert seen.recorder.trouble == ""
        if step % 5 == 0:
            seen.recorder.heard(PICTURES, b"data", now_s, steady_s)


def test_a_gap_at_the_end_is_noted_too(flight):
    seen = flight(gap_s=5.0)
    seen.fly(8, pictures=False)
    seen.land()
    assert [name for name, _ in seen.read()[1]] == ["recording", "gap"]


def test_a_recorder_that_is_started_in_the_air_waits_before_it_calls_that_a_gap(flight):
    seen = flight(gap_s=5.0)
    seen.fly(4, pictures=False)
    assert seen.recorder.trouble == ""
    seen.fly(2, pictures=False)
    assert seen.recorder.gap_since_s == pytest.approx(1000.2)


def test_silence_of_a_camera_that_may_not_look_is_no_gap(flight):
    seen = flight(gap_s=5.0)
    seen.fly(20, pictures=False, inhibited=True)
    seen.land()
    assert [name for name, _ in seen.read()[1]] == ["recording"]


def test_a_flight_that_failed_goes_on_being_recorded(flight):
    seen = flight()
    seen.fly(2)
    for phase in ("failed", "pilot", "reattach", "something new"):
        seen.status(phase, inhibited=True)
        assert seen.recorder.recording is not None
    seen.status("idle")
    assert seen.files() == ["drone1-1.mcap", "drone1-1.mcap.sha256"]


@pytest.mark.parametrize("free_mb", [499.0, nan])
def test_on_a_short_disk_it_stops_seals_and_logs(flight, free_mb):
    seen = flight(min_free_mb=500.0)
    seen.fly(2)
    seen.fly(1, free_mb=free_mb)
    assert seen.files() == ["drone1-1.mcap", "drone1-1.mcap.sha256"]
    assert seen.recorder.trouble == seen.messages[-1] == f"recording stopped: {free_mb:.0f} MB are left on the disk"
    seen.fly(2)  # room again, and still nothing
    seen.land()
    seen.status("armed")
    assert len(seen.files()) == 2


def test_more_than_it_may_it_does_not_record_over_all_its_flights(flight):
    seen = flight(max_mb=1.0)
    for _ in range(4):
        for _ in range(5):
            seen.fly(1)
            seen.hear("clearance", bytes(80_000))
        seen.land()
    sizes = [path.stat().st_size for path in seen.folder.glob("*.mcap")]
    assert len(sizes) == 3
    assert 1e6 < sum(sizes) < 1.2e6
    assert seen.recorder.trouble == "recording stopped: the limit of 1 MB is reached"


def test_a_recorder_that_is_started_again_counts_what_the_mission_has_recorded_before(flight):
    for _ in range(3):
        seen = flight(max_mb=1.0)
        for _ in range(5):
            seen.fly(1)
            seen.hear("clearance", bytes(80_000))
    assert seen.recorder.trouble == "recording stopped: the limit of 1 MB is reached"
    assert sum(path.stat().st_size for path in seen.folder.glob("*.mcap")) < 1.2e6


def test_a_disk_that_refuses_ends_the_recording_not_the_node(flight, monkeypatch):
    seen = flight()
    seen.fly(2)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recording_module.os, "write", full)
    seen.hear("clearance", bytes(5000))  # a chunk is full
    monkeypatch.undo()
    assert seen.recorder.trouble == "recording stopped, drone1-1.mcap is not sealed: No space left on device"
    seen.fly(2)
    seen.land()
    assert seen.files() == ["drone1-1.mcap"]


def test_a_seal_that_the_disk_refuses_ends_the_recording_not_the_node(flight, monkeypatch):
    seen = flight()
    seen.fly(2)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recording_module, "write_whole", full)
    seen.land()
    assert seen.recorder.trouble == "recording stopped, drone1-1.mcap is not sealed: No space left on device"
    assert seen.files() == ["drone1-1.mcap"]


def test_a_folder_that_can_not_be_made_is_reported(tmp_path):
    (tmp_path / "recording").touch()
    seen = Flight(tmp_path / "recording")
    seen.fly(2)
    assert seen.recorder.trouble == f"nothing is recorded: {os.strerror(17)}"


def test_log_01_the_journal_has_each_recording_before_it_begins_and_its_hash_when_it_is_closed(tmp_path):
    flight = Flight(tmp_path)
    flight.fly(2)
    flight.land()
    (begun, sealed) = flight.entries
    assert begun == ("recording", "drone1-1.mcap", "", []), "before there is a file"
    seal = (tmp_path / "drone1-1.mcap.sha256").read_text().split()[0]
    assert sealed[:3] == ("recording_sealed", "drone1-1.mcap", seal)


def test_log_01_without_its_entry_nothing_is_recorded(tmp_path):
    flight = Flight(tmp_path)
    flight.journal_fails = True
    flight.fly(2)
    assert flight.files() == [] and "the disk is full" in flight.recorder.stopped


def test_a_sealed_flight_is_parts_of_at_most_five_minutes_and_no_picture_is_in_clear(flight):
    """All parts together hold every message once, and each has entries of its own."""
    seen = flight(sealing=SEALING)
    seen.status("takeoff")
    seen.hear(PICTURES, b"the face of a passer-by")
    seen.fly(620, pictures=False)
    seen.land()
    parts = [seen.opened(number) for number in (1, 2, 3)]
    assert [state for state, *_ in parts] == ["closed"] * 3
    assert sum((found for _, found, _ in parts), Counter()) == seen.recorder.counts
    assert max(found[POSES] for _, found, _ in parts) <= 5 * PART_S
    assert all(dict(notes)["recording"] for *_, notes in parts)
    acts = [(act, file) for act, file, *_ in seen.entries]
    names = [f"drone1-{number}.mcap.sealed" for number in (1, 2, 3)]
    assert acts == [(act, name) for name in names for act in (RECORDING, SEALED)]
    assert all(b"passer-by" not in path.read_bytes() for path in seen.folder.iterdir())
    assert not list(seen.folder.glob("*.mcap"))


def test_hard_05_a_full_disk_in_mid_block_ends_the_recording_and_all_blocks_before_it_open(flight, monkeypatch):
    seen = flight(sealing=SEALING)
    seen.fly(30)
    before = seen.recorder.recording.size_bytes

    def full(fd, data, write=os.write):
        if len(data) > 10:
            write(fd, bytes(data[: len(data) // 2]))
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as failing:
        failing.setattr(os, "write", full)
        seen.fly(30)
    assert seen.recorder.recording is None and "No space left" in seen.recorder.stopped and before > 0
    state, found = seen.opened_bytes(1)
    assert state == "interrupted" and b"/drone1/" in found


@pytest.mark.parametrize("refused", [".keys", ".sealed"])
def test_hard_05_without_a_key_file_there_is_no_part_and_without_a_part_no_key_file(flight, monkeypatch, refused):
    seen = flight(sealing=SEALING)

    def full(path, *rest, opens=os.open, **named):
        if str(path).endswith(refused):
            raise OSError(28, "No space left on device")
        return opens(path, *rest, **named)

    monkeypatch.setattr(os, "open", full)
    seen.fly(3)
    assert seen.recorder.recording is None and "nothing is recorded: No space left" in seen.recorder.stopped
    assert seen.files() == []


def test_the_number_of_an_erased_part_is_not_used_again_in_a_flight(flight):
    seen = flight(sealing=SEALING)
    seen.fly(5)
    seen.land()
    for path in seen.folder.iterdir():
        path.unlink()
    seen.fly(5)
    assert seen.recorder.recording.path.name == "drone1-2.mcap.sealed"
    assert keys_file(seen.recorder.recording.path).exists()
