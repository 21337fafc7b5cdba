"""Every row of the failsafe table: false just inside its threshold, true just beyond."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest

from blindspot.flight.ladder import SEVERITY, Ladder, Situation, rows
from blindspot.flight.settings import battery_for_home


@pytest.fixture
def situation(flying, route, settings):
    def make(*, lease="ok", camera_silent_s=0.0, **seen):
        return Situation(flying(**seen), lease, camera_silent_s, route, settings)

    return make


def due(ladder: Ladder, situation: Situation, at_s: float):
    row = ladder.judge(replace(situation, seen=replace(situation.seen, stamp_s=at_s)))
    return row.name if row is not None else None


def test_all_is_well(situation, settings):
    assert Ladder(settings).judge(situation()) is None


@pytest.mark.parametrize(
    ("well", "wrong", "row", "for_s"),
    [
        ({"lease": "ok"}, {"lease": "inhibit"}, "lease lapsed", 0.0),
        ({"lease": "ok"}, {"lease": "hold"}, "lease lost", 0.0),
        ({"lease": "ok"}, {"lease": "return"}, "lease gone", 0.0),
        ({"position_age_s": 1.5}, {"position_age_s": 1.6}, "position unsure", 0.0),
        ({"position_ok": True}, {"position_ok": False}, "position unsure", 0.0),
        ({}, {"position_ok": False}, "position lost", 10.0),
        ({"battery_age_s": 5.0}, {"battery_age_s": 5.1}, "battery unknown", 5.0),
        ({}, {"battery_fraction": nan}, "battery unknown", 5.0),
        ({"state_age_s": 3.0}, {"state_age_s": 3.1}, "vehicle silent", 0.0),
        ({}, {"connected": False}, "vehicle silent", 0.0),
        ({}, {"state_age_s": 3.1}, "vehicle lost", 30.0),
        ({"camera_silent_s": 30.0}, {"camera_silent_s": 30.1}, "camera lost", 0.0),
    ],
)
def test_a_row_is_due_just_beyond_its_threshold(situation, settings, well, wrong, row, for_s):
    ladder = Ladder(settings)
    assert due(ladder, situation(**well), 100.0) is None
    first = due(ladder, situation(**wrong), 200.0)
    assert (first == row) == (for_s == 0.0)
    if for_s:
        assert due(ladder, situation(**wrong), 200.0 + for_s - 0.1) != row
        assert due(ladder, situation(**wrong), 200.0 + for_s) == row
    assert due(ladder, situation(**well), 300.0) is None


def test_the_battery_row_knows_the_way_home(situation, settings, route, flying):
    needed = battery_for_home(settings, route, flying())
    for spare, expected in ((0.001, None), (-0.001, "battery low")):
        ladder = Ladder(settings)
        due(ladder, situation(battery_fraction=needed + spare), 0.0)
        assert due(ladder, situation(battery_fraction=needed + spare), 2.0) == expected


def test_the_way_home_costs_more_from_further_and_higher(settings, route, flying):
    near = battery_for_home(settings, route, flying(east_m=10.0, north_m=0.0))
    far = battery_for_home(settings, route, flying(east_m=90.0, north_m=0.0))
    low = battery_for_home(settings, route, flying(east_m=10.0, north_m=0.0, height_m=20.0))
    assert settings.landing_battery_fraction < near < far
    assert low > near, "below the return altitude it must climb first"


def test_a_silent_vehicle_is_judged_by_its_silence_alone(situation, settings):
    ladder = Ladder(settings)
    silent = situation(state_age_s=12.0, position_age_s=12.0, battery_age_s=12.0)
    due(ladder, silent, 0.0)
    row = ladder.judge(replace(silent, seen=replace(silent.seen, stamp_s=12.0)))
    assert row is not None
    assert row.action == "inhibit"


def test_a_short_gap_starts_the_time_anew(situation, settings):
    ladder = Ladder(settings)
    due(ladder, situation(position_ok=False), 0.0)
    due(ladder, situation(), 9.0)
    assert due(ladder, situation(position_ok=False), 11.0) == "position unsure"


def test_every_row_says_what_it_does(settings):
    for row in rows(settings):
        assert row.action in SEVERITY
        assert row.reason
        assert row.threshold
