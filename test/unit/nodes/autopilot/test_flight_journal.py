"""The journal of a flight is written by a thread: the flight sees an entry's result only when it asks for it."""

from __future__ import annotations

import fcntl
import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from blindspot.evidence.journals import journal as journals
from blindspot.nodes.autopilot.flight_journal import FlightJournal, has_asked_to_arm


@pytest.fixture
def journal(tmp_path):
    """A journal in a file, and its warnings."""
    journal = FlightJournal(tmp_path / "journal.jsonl", "/drone1/flight_control", (warnings := []).append)
    journal.warnings = warnings
    yield journal
    journal.close()


def settled(journal, reply):
    deadline_s = time.monotonic() + 60.0
    while reply.pending:
        assert time.monotonic() < deadline_s
        journal.settle()
    return reply


def test_an_entry_is_on_the_disk_when_its_reply_is_ok(journal, tmp_path):
    assert settled(journal, journal.write("arming", drone="drone1", run="evening")).ok
    entry = json.loads((tmp_path / "journal.jsonl").read_text())
    assert (entry["act"], entry["by"]) == ("arming", "/drone1/flight_control")
    assert entry["facts"] == {"drone": "drone1", "run": "evening"} and journal.warnings == []


def test_an_entry_that_can_not_be_written_is_refused_and_reported(journal, tmp_path):
    (tmp_path / "journal.jsonl").mkdir()
    reply = settled(journal, journal.write("arming"))
    assert reply.state == "refused" and "no entry can be written" in reply.detail
    assert journal.warnings == [reply.detail]


def test_a_process_that_holds_the_file_delays_the_entry_alone(journal, tmp_path):
    with (tmp_path / "journal.jsonl").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        reply = journal.write("sensor_release")
        journal.settle()
        assert reply.pending
    assert settled(journal, reply).ok


def test_at_the_end_the_queue_is_written(journal, tmp_path):
    for number in range(20):
        journal.write("landing", drone=f"drone{number}")
    journal.close()
    assert len((tmp_path / "journal.jsonl").read_text().splitlines()) == 20


FLIGHT = {"drone": "drone1", "run": "evening", "plan": "a" * 64}


@pytest.fixture
def asked(tmp_path):
    """Whether a restarted flight_control finds its arming in a journal with these entries of the last process."""

    def ask(*entries, by="/drone1/flight_control", **flight):
        file = journals.Journal(tmp_path / "journal.jsonl", by)
        for act, changes in entries:
            file.write(act, **(FLIGHT | changes))
        return has_asked_to_arm(tmp_path / "journal.jsonl", "/drone1/flight_control", **(FLIGHT | flight))

    return ask


def test_an_arming_that_was_about_to_be_requested_is_found_after_a_restart(asked):
    assert asked(("arming", {}), ("sensor_release", {}), ("arming", {"drone": "drone2"}))


@pytest.mark.parametrize(("published", "found"), [
    ("preflight", "armed"), ("", ""), ("lost", "lost"), ("pilot", "pilot"), ("en_route", "en_route"),
])  # fmt: skip
def test_only_a_flight_whose_checks_were_published_last_was_armed_by_us(asked, journal, published, found):
    assert asked(("arming", {}))
    assert journal.left_in(published, **FLIGHT) == found
    assert journal.left_in(published, **(FLIGHT | {"run": "noon"})) == published


@pytest.mark.parametrize(("entries", "flight"), [
    ([], {}), ([("arming", {}), ("landing", {})], {}), ([("arming", {"run": "noon"})], {}),
    ([("arming", {})], {"plan": "b" * 64}), ([("arming", {}), ("arming", {"plan": "b" * 64})], {}),
    ([("arming", {})], {"drone": "drone2"}),
])  # fmt: skip
def test_no_arming_or_that_of_another_flight_is_not_ours(asked, entries, flight):
    assert not asked(*entries, **flight)


def test_an_arming_by_another_node_is_not_ours(asked):
    assert not asked(("arming", {}), by="/drone1/another")


@pytest.mark.parametrize(("later_s", "is_ours"), [(59.0, True), (61.0, False), (-1.0, False)])
def test_an_old_arming_or_one_by_another_clock_is_not_ours(asked, tmp_path, monkeypatch, later_s, is_ours):
    class Then(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(UTC) - timedelta(seconds=later_s)

    with monkeypatch.context() as then:
        then.setattr(journals, "datetime", Then)
        asked(("arming", {}))
    assert asked() == is_ours


def test_an_arming_in_a_journal_that_can_not_be_read_is_not_ours(asked, tmp_path):
    (tmp_path / "journal.jsonl").write_bytes(b"\xff" * 500_000)
    assert not has_asked_to_arm(tmp_path / "journal.jsonl", "/drone1/flight_control", **FLIGHT)
    assert not has_asked_to_arm(tmp_path, "/drone1/flight_control", **FLIGHT)
