"""The ladder for any input: unknown values never count as healthy, and no action gets weaker while its cause holds."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace
from math import inf, nan

import pytest
from hypothesis import given, strategies as st

from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.flight.watch.ladder import Ladder, Situation
from blindspot.flight.watch.surroundings import CALM, Computer, Other

odd = st.sampled_from([nan, inf, -inf])
MUST_BE_KNOWN = (
    "east_m", "north_m", "height_m", "heading_deg", "east_mps", "north_mps", "up_mps", "thrust_east_mps2",
    "thrust_north_mps2", "battery_fraction", "gimbal_pitch_deg", "gimbal_heading_deg", "state_age_s", "position_age_s",
    "motion_age_s", "battery_age_s", "gimbal_age_s",
)  # fmt: skip
MAY_BE_UNKNOWN = {"stamp_s", "up_m", "battery_c", "gps_error_m", "clock_offset_s", "baro_m", "status_text_age_s"}
"""The step's own time; derived from height and home; assumed from the drone's file; in the air the estimator's report
counts; judged before take-off; without it no height of home is taken for a correction; of a text that is shown."""


def test_no_number_of_the_telemetry_is_left_out():
    numbers = {entry.name for entry in fields(Telemetry) if entry.type == "float"}
    assert set(MUST_BE_KNOWN) | MAY_BE_UNKNOWN == numbers


@given(name=st.sampled_from(MUST_BE_KNOWN), value=odd)
def test_an_unknown_number_in_flight_is_never_well(begin, name, value):
    if value == -inf and name.endswith("_age_s"):
        value = inf  # an age is never negative
    due = begin().due(31.0, **{name: value})
    assert due, f"{name} {value} and all is well"


@given(
    changes=st.sampled_from(["ground_silent_s", "land_within_s", "temperature_c", "disk_free_mb", "silent_s", "up_m"]),
    value=st.sampled_from([nan]),
)
def test_unknown_surroundings_in_flight_are_never_well(begin, changes, value):
    other = Other("drone2", 80.0, 40.0, 62.0, silent_s=0.0)
    computer = CALM.computer
    if changes in ("silent_s", "up_m"):
        other = replace(other, **{changes: value})
    elif changes in ("temperature_c", "disk_free_mb"):
        computer = replace(computer, **{changes: value})
    unknown = replace(CALM, others=(other,), computer=computer)
    if changes in ("ground_silent_s", "land_within_s"):
        unknown = replace(unknown, **{changes: value})
    assert begin().due(12.0, around=unknown)


@st.composite
def situations(draw):
    """Any state of a drone in the air, mostly healthy."""

    def mostly(well, *wrong):
        return draw(st.sampled_from([well] * 4 + list(wrong)))

    seen = {
        "connected": mostly(True, False), "position_ok": mostly(True, False), "system_status": mostly(4, 5),
        "east_m": mostly(30.0, 95.0, 120.0, nan), "east_mps": mostly(0.0, 8.0, nan), "up_mps": mostly(0.0, 3.0),
        "height_m": mostly(60.0, 69.0, 75.0), "battery_fraction": mostly(0.9, 0.19, 0.02, nan),
        "state_age_s": mostly(0.5, 4.0, inf), "motion_age_s": mostly(0.1, 9.0), "gimbal_age_s": mostly(0.1, inf),
        "thrust_east_mps2": mostly(0.0, 5.5, nan), "landed": mostly("in_air", "taking_off", "unknown"),
    }  # fmt: skip
    others = mostly((), (Other("drone2"),), (Other("drone2", 35.0, 40.0, 62.0, silent_s=0.0),))
    computer = mostly(CALM.computer, Computer())
    lease = mostly("ok", "inhibit", "hold", "return")
    near = replace(CALM, ground_silent_s=mostly(0.0, 11.0, nan), others=others, computer=computer,
                   land_within_s=mostly(inf, 9.0, nan))  # fmt: skip
    return {**seen, "lease": lease, "camera_silent_s": mostly(0.0, 31.0, nan), "around": near}


@given(before=situations(), cause=situations(), lasts=st.integers(2, 12))
def test_an_action_never_gets_weaker_while_its_cause_holds(begin, settings, before, cause, lasts):
    flight = begin()
    flight.due(3.0, **before)
    flight.due(settings.dwell_s, **cause)  # earlier rows may end
    flight.due(12.0, **cause)  # the wind's average has arrived where it goes
    worst: set[str] = set()
    for _ in range(lasts):
        due = flight.due(3.0, **cause)
        assert worst <= due
        worst = due


def test_a_step_is_a_fact_that_no_judgement_changes(settings, route, flying):
    step = Situation(flying(), "ok", 0.0, route, settings, CALM)
    before = replace(step)
    assert Ladder(settings, route).judge(step) == Ladder(settings, route).judge(before)
    assert step == before
    with pytest.raises(FrozenInstanceError):
        step.lease = "return"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        step.seen.mode = "POSCTL"  # type: ignore[misc]
