"""The time limit of a return that the ground station commands: the pilot's time and a restart of the manager."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blindspot.flight.control.take_over import TakeOver


def watch(take_over, from_s: int, to_s: int) -> None:
    for second in range(from_s, to_s):
        take_over.step(float(second))


@pytest.mark.parametrize(("mode", "status"), [("AUTO.MISSION", 4), ("AUTO.LAND", 4), ("AUTO.LOITER", 5)])
def test_a_way_home_that_never_ends_is_not_accounted_for(vehicle, flying, mode, status):
    """Also one that the autopilot chose by itself."""
    vehicle.now = flying(mode=mode, system_status=status)
    take_over = TakeOver(vehicle, "en_route", limit_s=300.0)
    watch(take_over, 0, 301)
    assert take_over.outcome is None
    asked = list(vehicle.asked)
    watch(take_over, 301, 303)
    assert take_over.outcome == "unaccounted"
    assert "not accounted for: not down within 300 s, last heard" in take_over.reason
    assert vehicle.asked == asked, "the time-out commands nothing"


def test_a_pilot_has_all_the_time(vehicle, flying, parked):
    vehicle.now = flying()
    take_over = TakeOver(vehicle, "en_route", limit_s=300.0)
    watch(take_over, 0, 290)
    for mode in ("POSCTL", "AUTO.RTL"):
        vehicle.now = flying(mode=mode)
        watch(take_over, 290, 2000)
        assert take_over.outcome is None
    vehicle.now = replace(parked, mode="AUTO.RTL")
    take_over.step(2060.0)
    assert take_over.outcome == "aborted" and vehicle.asked == ["AUTO.RTL"]


def test_a_pilot_who_takes_it_from_a_failsafe_has_all_the_time_too(vehicle, flying):
    vehicle.now = flying(mode="AUTO.LOITER", system_status=5)
    take_over = TakeOver(vehicle, "en_route", limit_s=300.0)
    watch(take_over, 0, 290)
    vehicle.now = flying(mode="POSCTL", system_status=5)
    watch(take_over, 290, 2000)
    assert take_over.outcome is None


def test_an_ordered_landing_gets_its_own_time(vehicle, flying):
    vehicle.now = flying()
    take_over = TakeOver(vehicle, "en_route", limit_s=300.0)
    watch(take_over, 0, 290)
    take_over.abort()
    watch(take_over, 290, 580)
    assert take_over.outcome is None


def since(take_over) -> float:
    assert take_over.since_s is not None
    return take_over.since_s


def test_a_take_over_that_a_restarted_manager_goes_on_with_counts_from_its_start(vehicle, flying):
    vehicle.now = flying()
    before = TakeOver(vehicle, "en_route", limit_s=300.0)
    assert before.since_s is None
    watch(before, 1000, 1100)
    kept = since(before)
    assert kept == 1000.0, "the same at each step: it is written to a file"
    take_over = TakeOver(vehicle, "en_route ground", limit_s=300.0, since_s=kept)
    assert take_over.since_s == kept
    watch(take_over, 1120, 1301)
    assert take_over.outcome is None and since(take_over) == kept
    watch(take_over, 1301, 1303)
    assert take_over.outcome == "unaccounted"


def test_the_time_with_the_pilot_does_not_count_for_a_restarted_manager_either(vehicle, flying):
    vehicle.now = flying()
    before = TakeOver(vehicle, "en_route", limit_s=300.0)
    watch(before, 0, 100)
    vehicle.now = flying(mode="POSCTL")
    watch(before, 100, 1005)
    assert since(before) in (890.0, 900.0), "not later than it is"
    take_over = TakeOver(vehicle, "en_route ground", limit_s=300.0, since_s=since(before))
    watch(take_over, 1005, 3000)
    assert take_over.outcome is None


@pytest.mark.parametrize("kept_s", [-5000.0, 9000.0])
def test_a_restarted_manager_has_time_to_command_the_way_home_whatever_was_kept(vehicle, flying, parked, kept_s):
    """The limit is over, or the clock was set back: then the time counts as over, too."""
    vehicle.now = flying(state_age_s=10.0)
    take_over = TakeOver(vehicle, "en_route ground", limit_s=300.0, since_s=kept_s)
    watch(take_over, 0, 20)
    assert take_over.outcome is None and vehicle.asked == []
    vehicle.now = flying()
    take_over.step(20.0)
    assert vehicle.asked == ["AUTO.RTL"]
    watch(take_over, 21, 40)
    assert take_over.outcome == "unaccounted"
