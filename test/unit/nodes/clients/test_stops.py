"""The stops of people in a journal, as a scheduler notices them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from blindspot.evidence.journals.journal import Journal
from blindspot.nodes.clients import stops
from blindspot.nodes.clients.stops import Stops

NOW = datetime(2026, 11, 2, 19, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal.jsonl", "mission_manager")


def order(journal, order="hold", person="B. Roy"):
    journal.write("order", order=order, drones=[], person=person, reason="a crane", run="", signature="")


@pytest.mark.parametrize("simulated", [True, False])
def test_a_new_stop_counts_from_the_moment_at_which_it_is_noticed(journal, tmp_path, simulated):
    seen = Stops(tmp_path / "journal.jsonl", simulated=simulated)
    assert seen.latest(NOW) == (None, "")
    for other in ("confirm", "skip", "resume", "fly"):
        order(journal, other)
    assert seen.latest(NOW) == (None, "")
    order(journal, "return_home")
    assert seen.latest(NOW) == (NOW, "B. Roy ordered return home")
    assert seen.latest(NOW + timedelta(minutes=1)) == (NOW, "B. Roy ordered return home")


def test_a_stop_of_before_the_start_counts_by_its_own_time_but_not_in_a_simulation(journal, tmp_path):
    """A confirmation waited for the scheduler, drones were stopped, and the scheduler came back and flew."""
    before = datetime.now(UTC)
    order(journal)
    stopped, said = Stops(tmp_path / "journal.jsonl", simulated=False).latest(NOW)
    assert before <= stopped <= datetime.now(UTC) and said == "B. Roy ordered hold"
    assert Stops(tmp_path / "journal.jsonl", simulated=True).latest(NOW) == (None, "")


def test_a_journal_that_can_not_be_read_may_hold_a_stop(journal, tmp_path, monkeypatch):
    monkeypatch.setattr(stops, "AGAIN_S", 0.0)
    order(journal, "resume")
    path = tmp_path / "journal.jsonl"
    seen, whole = Stops(path, simulated=False), path.read_bytes()
    path.write_bytes(whole + b"noise\n")
    for now in (NOW, NOW + timedelta(minutes=1)):
        stopped, why = seen.latest(now)
        assert stopped == now and "the journal says no more whether a person stopped the drones" in why
    path.write_bytes(whole)
    assert seen.latest(NOW) == (None, "")
