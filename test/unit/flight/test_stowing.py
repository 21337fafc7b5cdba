"""The camera on the way home or down, and in a hold without a lease: level, ahead."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("order", ["return_home", "abort"])
def test_on_the_way_home_or_down_the_camera_is_stowed_once(en_route, vehicle, order):
    assert getattr(en_route, order)() == ""
    for second in range(21, 60):
        en_route.step(float(second), "ok")
    assert vehicle.aims == [(0.0, 0.0)], "level, ahead, where the nose points"


def test_without_a_lease_it_is_stowed_in_the_hold_and_on_the_way_home_not_again(en_route, vehicle):
    en_route.step(21.0, "inhibit")
    assert vehicle.aims == [], "a lapse of seconds: its leg goes on"
    for second, lease in ((22.0, "hold"), (23.0, "hold"), (42.0, "return"), (43.0, "return")):
        en_route.step(second, lease)
    assert en_route.phase == "return" and len(vehicle.aims) == 1


def test_at_the_end_of_its_mission_it_is_stowed(en_route, vehicle, flying):
    vehicle.now = flying(mission_seq=len(en_route.items) - 1)
    en_route.step(50.0, "ok")
    en_route.step(50.1, "ok")
    assert en_route.phase == "landing" and len(vehicle.aims) == 1


@pytest.mark.parametrize("state", ["refused", "timed out"])
def test_a_camera_that_is_not_stowed_is_reported_once_and_not_requested_again(en_route, vehicle, state):
    vehicle.answers["gimbal"] = (state, "gimbal pitchyaw refused (result 2)")
    en_route.return_home()
    for second in range(21, 60):
        en_route.step(float(second), "ok")
    assert len(vehicle.aims) == 1
    assert en_route.reason.count("not stowed: gimbal pitchyaw refused (result 2)") == 1


@pytest.mark.parametrize(
    ("mode", "status"), [("POSCTL", 4), ("AUTO.RTL", 4), ("AUTO.LAND", 4), ("AUTO.RTL", 5), ("AUTO.LAND", 5)]
)
def test_the_gimbal_is_left_alone_while_the_pilot_or_the_failsafe_flies(en_route, vehicle, flying, mode, status):
    vehicle.now = flying(mode=mode, system_status=status)
    for second in range(21, 60):
        en_route.step(float(second), "return")
    assert vehicle.aims == []


def test_a_pilot_who_comes_while_it_is_stowed_ends_that(en_route, vehicle, flying):
    vehicle.answers["gimbal"] = ("pending", "")
    en_route.return_home()
    en_route.step(21.0, "ok")
    vehicle.now = flying(mode="POSCTL")
    for second in range(22, 40):
        en_route.step(float(second), "ok")
    assert en_route.phase == "pilot" and len(vehicle.aims) == 1 and vehicle.abandoned


def test_it_is_stowed_only_once_the_autopilot_shows_that_it_returns(en_route, vehicle, flying):
    """PX4 takes the gimbal when it begins a return, and would deny what was asked a moment before."""
    vehicle.answers["AUTO.RTL"] = ("pending", "")
    en_route.return_home()
    for second in (21.0, 22.0):
        en_route.step(second, "ok")
    assert vehicle.aims == []
    vehicle.replies["AUTO.RTL"].settle("ok")
    vehicle.now = flying(mode="AUTO.RTL")
    en_route.step(23.0, "ok")
    assert len(vehicle.aims) == 1
