"""The register of uses, as the journal has it."""

from datetime import UTC, datetime, timedelta

import pytest

from blindspot.core.errors import InputError
from blindspot.evidence.acts.recorded import RECORDED
from blindspot.evidence.acts.register import REGISTER_SENT, register_sent, uses_since
from blindspot.evidence.journals.journal import Journal

GRANT = {
    "granted": True, "authorisation": "PP-1", "profile": "FR-CSI-L242-5", "purpose": "L242-5-I-1",
    "drones": ["drone1"], "viewers": ["V. Viewer"], "extractors": ["E. Extractor"], "person": "A. Martin",
}  # fmt: skip


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


def length(path):
    [use], _ = uses_since(path, "cabinet")
    return use.recorded_s, use.recorded_is


def grant(write, at_s, plan="ab", drones=("drone1", "drone2")):
    write(at_s, "clearance", plan=plan, **GRANT | {"drones": list(drones)})


def test_a_drone_with_an_own_computer_reports_the_length_of_its_recordings(path, write):
    grant(write, 0.0)
    write(300.0, RECORDED, drone="drone1", plan="ab", length_s=250.0)
    write(310.0, RECORDED, drone="drone2", plan="ab", length_s=0.0)
    write(320.0, "mission_ended", outcome="completed", reason="")
    assert length(path) == (250.0, "measured")


def test_a_drone_that_reports_nothing_counts_with_its_whole_flight(path, write):
    grant(write, 0.0)
    write(300.0, RECORDED, drone="drone1", plan="ab", length_s=250.0)
    assert length(path) == (None, "unknown"), "the run goes on"
    write(320.0, "mission_ended", outcome="completed", reason="")
    assert length(path) == (250.0 + 320.0, "at most")


def test_a_report_before_the_last_take_off_counts_no_later_recording(path, write):
    grant(write, 0.0, drones=["drone1"])
    write(300.0, RECORDED, drone="drone1", plan="ab", length_s=250.0)
    grant(write, 500.0, plan="cd", drones=["drone1"])
    write(900.0, "mission_ended", outcome="failed", reason="")
    assert length(path) == (900.0, "at most")
    write(910.0, RECORDED, drone="drone1", plan="cd", length_s=610.0)
    assert length(path) == (610.0, "measured"), "a late report"


@pytest.mark.parametrize("said", [None, -1.0, 1e9, "250", True])
def test_a_wrong_report_counts_as_none_and_the_longer_one_of_two(path, write, said):
    grant(write, 0.0, drones=["drone1"])
    write(300.0, RECORDED, drone="drone1", plan="ab", length_s=said)
    write(320.0, "mission_ended", outcome="completed", reason="")
    assert length(path) == (320.0, "at most")
    write(330.0, RECORDED, drone="drone1", plan="ab", length_s=400.0)
    assert length(path) == (400.0, "at most")


@pytest.mark.parametrize(("ended_s", "outcome"), [(320.0, "unaccounted"), (-60.0, "completed")])
def test_a_drone_whose_place_is_unknown_or_a_clock_that_was_set_back_bounds_nothing(path, write, ended_s, outcome):
    grant(write, 0.0, drones=["drone1"])
    write(ended_s, "mission_ended", outcome=outcome, reason="")
    assert length(path) == (None, "unknown")


def test_a_recording_is_as_long_as_the_clock_says_that_nobody_sets(path, write):
    grant(write, 0.0, drones=["drone1"])
    write(10.0, "recording", drone="drone1", file="drone1-1.mcap")
    write(200.0, "recording_sealed", drone="drone1", file="drone1-1.mcap", length_s=250.0)
    write(320.0, "mission_ended", outcome="completed", reason="")
    assert length(path) == (250.0, "measured")


@pytest.fixture
def drone_journal(tmp_path, write):
    """The journal of drone1's own computer, with a recording of 250 s and its erasure by a signed receipt."""

    def made(plan="ab", closes=True):
        other = tmp_path / "drone1.jsonl"
        facts = {"drone": "drone1", "file": "drone1-1.mcap.sealed"}
        write(5.0, "arming", journal=other, drone="drone1", plan=plan)
        write(10.0, "recording", journal=other, **facts)
        if closes:
            write(260.0, "recording_sealed", journal=other, length_s=250.0, **facts)
        write(300.0, "landing", journal=other, drone="drone1", outcome="completed")
        return other

    return made


def test_the_journal_of_a_drones_own_computer_measures_its_recordings(path, write, drone_journal):
    grant(write, 0.0, drones=["drone1"])
    write(320.0, "mission_ended", outcome="completed", reason="")
    assert length(path) == (320.0, "at most")
    [use], _ = uses_since(path, "cabinet", [drone_journal()])
    assert (use.recorded_s, use.recorded_is) == (250.0, "measured")


@pytest.mark.parametrize("made", [{"plan": "an earlier one"}, {"closes": False}])
def test_a_drones_journal_without_the_latest_flight_or_the_end_of_a_recording_bounds_nothing(
    path, write, drone_journal, made
):
    grant(write, 0.0, drones=["drone1"])
    write(320.0, "mission_ended", outcome="completed", reason="")
    [use], _ = uses_since(path, "cabinet", [drone_journal(**made)])
    assert (use.recorded_s, use.recorded_is) == (320.0, "at most")


def test_a_damaged_journal_of_a_drone_is_refused(path, write, drone_journal):
    grant(write, 0.0, drones=["drone1"])
    other = drone_journal()
    other.write_bytes(other.read_bytes().replace(b'"length_s":250.0', b'"length_s":1.0'))
    with pytest.raises(InputError, match="is no valid entry"):
        uses_since(path, "cabinet", [other])


def test_an_erasure_brings_its_flight_into_the_next_register_with_its_receipt(path, write, fly, send):
    fly("evening")
    assert send() == ["evening"] and send() == []
    facts = {"drone": "drone1", "file": "drone1-1.mcap", "late": True}
    write(7e5, "recording_erased", **facts)
    [use], _ = uses_since(path, "cabinet")
    assert str(use.receipts[0]).startswith(
        "drone1 drone1-1.mcap: erased 2026-03-09T22:26:40+00:00, late (entry without"
    )
    write(7e5 + 1, "erasure_receipt", key_id="c0ffee", **facts)
    [use], _ = uses_since(path, "cabinet")
    assert [receipt.key_id for receipt in use.receipts] == ["c0ffee"], "the receipt closes the entry"


def test_an_erasure_on_a_drones_own_computer_brings_its_flight_too(path, fly, send, drone_journal, write, tmp_path):
    fly("evening")
    assert send() == ["evening"]
    other = drone_journal()
    assert uses_since(path, "cabinet", [other])[0] == []
    long_after_s = 1e9
    write(long_after_s, "erasure_receipt", journal=other, drone="drone1", file="drone1-1.mcap.sealed", late=False)
    [use], _ = uses_since(path, "cabinet", [other])
    assert use.receipts[0].file == "drone1-1.mcap.sealed"
