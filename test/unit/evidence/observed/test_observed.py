"""The slot by which a flight is judged: a simulation's clock is the mission's, a real flight's is the system's."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from blindspot.evidence.observed.observed import slot_left_s
from blindspot.evidence.observed.track import Track
from blindspot.law.authorisation import load_authorisation

AUTH = load_authorisation(Path(__file__).parents[4] / "config" / "authorisations" / "crossroads_sim.yaml")
"""Its slots end at 23:00 in Paris."""
MISSION = SimpleNamespace(file=SimpleNamespace(start=datetime(2026, 11, 6, 19, 0, tzinfo=UTC)))
LATER = datetime(2027, 3, 1, 21, 30, tzinfo=UTC)
"""Half an hour before the end of the slot of another day."""


def flown(began: datetime) -> dict[str, Track]:
    """A minute on the pad, a minute in the air."""
    stamps_s = began.timestamp() + np.arange(0.0, 121.0)
    count, in_air = len(stamps_s), np.arange(0, 121) >= 60
    return {"drone1": Track(stamps_s, np.zeros((count, 3)), np.ones(count), in_air, in_air, in_air.astype(str))}


def test_a_real_flight_is_judged_by_the_slot_of_its_own_day():
    assert slot_left_s(MISSION, AUTH, flown(LATER), simulated=False) == pytest.approx(1800.0)


def test_a_real_flight_outside_the_slots_has_none_whatever_its_mission_says():
    night = flown(LATER + timedelta(minutes=45))
    assert slot_left_s(MISSION, AUTH, night, simulated=False) == -math.inf
    assert slot_left_s(MISSION, AUTH, night, simulated=True) == 3 * 3600.0


def test_a_real_flight_that_takes_off_as_its_slot_begins_may_stand_ready_before():
    begins = datetime(2027, 3, 1, 5, 0, tzinfo=UTC)
    assert slot_left_s(MISSION, AUTH, flown(begins - timedelta(minutes=1)), simulated=False) == 17 * 3600.0 + 60.0


def test_without_a_flight_nothing_is_late_and_a_stamp_that_no_clock_shows_is_unknown():
    assert slot_left_s(MISSION, AUTH, {}, simulated=False) == math.inf
    odd = flown(LATER)
    odd["drone1"].stamp_s[:] -= 1e11
    assert slot_left_s(MISSION, AUTH, odd, simulated=False) is None
