"""The register of uses, as the journal has it."""

from datetime import UTC, datetime, timedelta

import pytest

from blindspot.evidence.acts.register import REGISTER_SENT, register_sent, uses_since
from blindspot.evidence.journals.journal import Journal

GRANT = {
    "granted": True, "authorisation": "PP-1", "profile": "FR-CSI-L242-5", "purpose": "L242-5-I-1",
    "drones": ["drone1"], "viewers": ["V. Viewer"], "extractors": ["E. Extractor"], "person": "A. Martin",
}  # fmt: skip


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.jsonl"


@pytest.fixture
def fly(path):
    """Writes the entries of a mission under an authority."""
    journal = Journal(path, "test")

    def write(run, **grant):
        journal.write("clearance", run=run, plan=run, **GRANT | grant)
        journal.write("recording", run=run, drone="drone1", file="drone1-1.mcap")
        journal.write("recording_sealed", run=run, drone="drone1", file="drone1-1.mcap")
        journal.write("mission_ended", run=run, outcome="completed", reason="")

    return write


def test_each_use_has_its_purpose_its_recording_and_the_people_with_access(path, fly):
    fly("evening")
    [use], _ = uses_since(path, "cabinet")
    assert (use.run, use.authorisation, use.purpose, use.person) == ("evening", "PP-1", "L242-5-I-1", "A. Martin")
    assert use.access == ("V. Viewer", "E. Extractor") and use.outcome == "completed"
    assert 0.0 <= use.recorded_s < 60.0 and use.ended is not None and use.begun <= use.ended


@pytest.mark.parametrize("said", ["2026-03-01T20:00:00.000000+00:00", "2026-03-01T20:00:00", "at eight", 5])
def test_a_use_ended_when_its_flight_did_and_not_when_a_full_disk_had_room_again(path, said):
    journal = Journal(path, "test")
    journal.write("clearance", run="evening", plan="evening", **GRANT)
    journal.write("mission_ended", run="evening", outcome="returned", reason="", happened_at=said)
    [use], _ = uses_since(path, "cabinet")
    is_time = str(said).endswith("+00:00")
    assert (use.ended == datetime(2026, 3, 1, 20, tzinfo=UTC)) == is_time
    assert use.ended is not None and use.ended.tzinfo is not None


def test_refused_flights_and_those_of_no_authority_are_no_uses(path, fly):
    fly("refused", granted=False)
    fly("range", profile="TEST-RANGE")
    assert uses_since(path, "cabinet")[0] == []


def test_the_next_register_begins_after_the_last_one_that_was_sent(path, fly):
    assert register_sent(path) is None
    fly("monday")
    Journal(path, "test").write(REGISTER_SENT, person="A. Martin", recipient="cabinet")
    fly("tuesday")
    assert register_sent(path) is not None
    assert [use.run for use in uses_since(path, "cabinet")[0]] == ["tuesday"]
    assert [use.run for use in uses_since(path, "another")[0]] == ["monday", "tuesday"]


@pytest.fixture
def send(path):
    """Sends a register, as the command does; the names of its runs."""

    def now(after=lambda: None):
        uses, until = uses_since(path, "cabinet")
        after()
        Journal(path, "test").write(REGISTER_SENT, recipient="cabinet", until=until)
        return [use.run for use in uses]

    return now


def test_a_run_that_goes_on_when_the_register_is_sent_is_in_the_next_one_with_its_end(path, send):
    journal = Journal(path, "test")
    journal.write("clearance", run="late", plan="late", **GRANT)
    assert send() == ["late"]
    journal.write("mission_ended", run="late", outcome="returned", reason="")
    [use], _ = uses_since(path, "cabinet")
    assert (use.run, use.outcome) == ("late", "returned")
    assert send() == ["late"] and send() == []


def test_a_clearance_between_reading_and_sending_is_in_the_next_register(path, fly, send):
    fly("monday")
    assert send(after=lambda: fly("meanwhile")) == ["monday"]
    assert send() == ["meanwhile"]


class Earlier(datetime):
    """A clock that was set back by two days."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) - timedelta(days=2)


def test_a_clock_that_is_set_back_hides_no_run_from_the_register(path, fly, send, monkeypatch):
    fly("monday")
    assert send() == ["monday"]
    monkeypatch.setattr("blindspot.evidence.journals.journal.datetime", Earlier)
    fly("tuesday")
    assert send() == ["tuesday"]


def test_a_recording_that_was_not_closed_has_no_known_length(path, fly):
    fly("evening")
    Journal(path, "test").write("recording", run="evening", drone="drone2", file="drone2-1.mcap")
    [use], _ = uses_since(path, "cabinet")
    assert use.recorded_s is None


def test_a_recording_that_a_clock_closed_before_its_begin_has_no_known_length(path, fly, monkeypatch):
    fly("evening")
    facts = {"run": "evening", "drone": "drone2", "file": "drone2-1.mcap"}
    Journal(path, "test").write("recording", **facts)
    monkeypatch.setattr("blindspot.evidence.journals.journal.datetime", Earlier)
    Journal(path, "test").write("recording_sealed", **facts)
    [use], _ = uses_since(path, "cabinet")
    assert use.recorded_s is None
