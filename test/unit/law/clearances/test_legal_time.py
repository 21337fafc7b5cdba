"""Legal time in a simulation is each run's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from blindspot.law.clearances.legal_time import MOST_RUNS, LegalTime

START = datetime(2026, 11, 6, 19, 0, tzinfo=UTC)
MISSION = SimpleNamespace(file=SimpleNamespace(start=START))


def since_s(legal, run, now_s, mission="a"):
    return (legal.now_utc(MISSION, mission, run, now_s) - START).total_seconds()


def test_it_begins_with_the_first_clearance_of_a_run_and_leaves_other_runs_alone():
    legal = LegalTime(simulated=True)
    assert since_s(legal, "one", 50.0) == 0.0
    legal.begin("a", "one", 100.0)
    assert since_s(legal, "one", 130.0) == 30.0
    assert since_s(legal, "two", 130.0) == since_s(legal, "one", 130.0, mission="b") == 0.0
    legal.begin("a", "two", 140.0)
    legal.begin("a", "one", 150.0)
    assert (since_s(legal, "one", 160.0), since_s(legal, "two", 160.0)) == (60.0, 20.0)


def test_runs_of_long_ago_are_forgotten_and_one_in_flight_is_not():
    legal = LegalTime(simulated=True)
    legal.begin("a", "flies", 0.0)
    for number in range(3 * MOST_RUNS):
        legal.begin("a", f"run{number}", 1.0)
        assert since_s(legal, "flies", 10.0) == 10.0
    assert since_s(legal, "run0", 10.0) == 0.0
    assert since_s(legal, f"run{3 * MOST_RUNS - 1}", 10.0) == 9.0


def test_with_a_real_autopilot_it_is_the_systems_clock():
    legal = LegalTime(simulated=False)
    legal.begin("a", "", 0.0)
    assert datetime.now(UTC) - legal.now_utc(MISSION, "a", "", 1e6) < timedelta(minutes=1)
