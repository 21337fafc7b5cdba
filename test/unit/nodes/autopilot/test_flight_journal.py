"""The journal of a flight is written by a thread: the flight sees an entry's result only when it asks for it."""

from __future__ import annotations

import fcntl
import json
import time

import pytest

from blindspot.nodes.autopilot.flight_journal import FlightJournal


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
