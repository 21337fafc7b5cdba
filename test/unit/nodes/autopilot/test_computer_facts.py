"""The facts that a drone's computer reports of itself."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Event
from types import SimpleNamespace

import pytest

from blindspot.nodes.autopilot import computer_facts
from blindspot.nodes.autopilot.computer_facts import AGAIN_S, ComputerFacts
from blindspot.nodes.autopilot.drone_facts import FRESH_S


@pytest.fixture
def computer(monkeypatch, tmp_path):
    """A computer's facts, its wall clock, and its connections, which a test allows to be read."""
    made = SimpleNamespace(now_s=100.0, may_read=SimpleQueue(), reads=0)

    def peers():
        ends = made.may_read.get(timeout=10.0)
        made.reads += 1
        return ends

    monkeypatch.setattr(computer_facts, "peers", peers)
    monkeypatch.setattr(computer_facts, "time", SimpleNamespace(monotonic=lambda: made.now_s))
    made.facts = ComputerFacts(tmp_path / "journal.jsonl")
    return made


def peers_of(computer, *, later_s: float = 0.0) -> list[str]:
    computer.now_s += later_s
    return [value for key, value in computer.facts.values() if key == computer_facts.PEER]


def read(computer, *ends: str) -> None:
    """Let one reading end."""
    computer.may_read.put(ends)
    while peers_of(computer) != list(ends):
        Event().wait(0.001)


def test_the_kernels_tables_are_read_at_most_every_two_seconds_of_wall_time(computer):
    read(computer, "192.168.0.7")
    assert [peers_of(computer, later_s=0.1) for _ in range(10)] == [["192.168.0.7"]] * 10
    assert computer.reads == 1, "the simulated clock runs ten times as fast"
    peers_of(computer, later_s=AGAIN_S)
    read(computer, "192.168.0.8")
    assert peers_of(computer) == ["192.168.0.8"] and computer.reads == 2


def test_facts_whose_reading_hangs_are_left_out_when_they_are_old(computer):
    read(computer, "192.168.0.7")
    assert peers_of(computer, later_s=AGAIN_S) == ["192.168.0.7"], "the second reading hangs from here on"
    assert peers_of(computer, later_s=FRESH_S) == []
    computer.may_read.put(())
