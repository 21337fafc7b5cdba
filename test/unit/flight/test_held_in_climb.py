"""A hold in the climb: in the air the autopilot takes a take-off for done, and would fly straight to the first step."""

from __future__ import annotations

from dataclasses import replace
from math import hypot

import pytest
from shapely.geometry import Polygon

from blindspot.flight.route.mission_items import TAKEOFF, WAYPOINT, climb_items, missions_on_board, route_items
from blindspot.mission.failsafe_settings import failsafe
from blindspot.mission.mission_file import Wind
from blindspot.site.ground.terrain import FLAT
from blindspot_sim.fleet import vehicle_config
from blindspot_sim.in_process.fleet_flight import TICK_S, InProcessDrone
from blindspot_sim.mavros.simulated_mavros import SimulatedMavros

UP_M = 60.0
"""Height of the route above its pad."""


@pytest.fixture(params=["straight", "along"])
def climbing(request, new_flight, vehicle, route, along, settings, parked, flying):
    """Flies a flight up to a height over its pad, for both kinds of return."""
    firmware = replace(parked.firmware, version=(1, 17, 0))

    def climb(height_m, *, kind=request.param, **there):
        flown = along(route) if kind == "along" else route
        flight, items = new_flight(vehicle, flown, settings), len(route_items(flown))
        vehicle.now = replace(parked, firmware=firmware)
        flight.start(0.0)
        flight.step(0.1, "ok")
        above = {"east_m": 0.4, "north_m": -0.3, "up_m": 2.0 + height_m, "height_m": height_m, "mission_seq": 0}
        vehicle.now = flying(mission_items=items, **(above | there))
        flight.step(3.0, "ok")
        assert flight.phase == "takeoff"
        vehicle.asked.clear()
        return flight

    return climb


def held(flight, vehicle, **there):
    assert flight.hold("held by A. Martin") == "" and flight.phase == "hold"
    vehicle.now = replace(vehicle.now, **there)
    flight.step(4.0, "ok")
    vehicle.asked.clear()
    return flight


def steps(flight, *times_s, lease="ok"):
    for time_s in times_s:
        flight.step(time_s, lease)


@pytest.mark.parametrize("height_m", [5.5, 20.0, 56.5])
def test_a_resume_leads_up_over_the_pad_first(climbing, vehicle, height_m):
    """Above 5 m the hold ended the flight: no resume led on from there."""
    flight = held(climbing(height_m), vehicle)
    assert flight.resume("A. Martin", "the crane is gone") == ""
    steps(flight, 4.1, 4.2, 4.3)
    at = next(seq for seq, item in enumerate(flight.items) if item.command == WAYPOINT)
    over_pad = flight.items[at]
    assert (over_pad.step, over_pad.at, over_pad.above_home_m) == (-1, (0.0, 0.0), UP_M)
    assert flight.phase == "en_route" and vehicle.asked[-2:] == [f"item {at}", "AUTO.MISSION"]
    assert "A. Martin: the crane is gone" in flight.reason and flight.sensor_inhibited


@pytest.mark.parametrize(("there", "refusal"), [
    ({"height_m": 4.9, "up_m": 6.9}, "5 m are needed"), ({"height_m": float("nan")}, "uncertain"),
    ({"east_m": 3.5}, "off the route"), ({"height_m": 63.5, "up_m": 65.5}, "off the route"),
    ({"north_m": float("nan")}, "uncertain"), ({"landed": "unknown"}, "not in the air"),
])  # fmt: skip
def test_outside_of_the_column_over_its_pad_it_is_not_resumed(climbing, vehicle, there, refusal):
    flight = held(climbing(20.0), vehicle, **there)
    assert refusal in flight.resume("A. Martin")
    steps(flight, 4.1, 4.2, 4.3)
    assert not {"mission", "AUTO.MISSION"} & set(vehicle.asked)


def test_a_hold_in_the_rest_of_the_climb_is_resumed_without_another_upload(climbing, vehicle):
    flight = held(climbing(20.0), vehicle)
    flight.resume("A. Martin")
    steps(flight, 4.1, 4.2)
    vehicle.now = replace(vehicle.now, height_m=30.0, up_m=32.0)
    steps(flight, 5.0)
    held(flight, vehicle)
    assert flight.resume("A. Martin") == "" and "mission" not in vehicle.asked
    assert (flight.phase, vehicle.asked[-1]) == ("en_route", "AUTO.MISSION")


def test_the_rest_of_the_climb_is_no_place_to_stand_by(climbing, vehicle):
    flight = held(climbing(20.0), vehicle)
    flight.resume("A. Martin")
    steps(flight, 4.1, 4.2)
    assert (flight.phase, flight.stand_by()) == ("en_route", "the drone climbs: it stands by at the route's height")


def test_a_lease_that_is_back_leads_on_in_the_climb_too(climbing, vehicle):
    flight = climbing(20.0)
    steps(flight, 3.5, 4.5, lease="hold")
    assert flight.phase == "hold"
    steps(flight, 5.0, 8.0, 8.1, 8.2)
    assert (flight.phase, vehicle.asked[-1]) == ("en_route", "AUTO.MISSION")


def test_without_a_lease_the_rest_of_the_climb_is_uploaded_but_not_flown(climbing, vehicle):
    flight = held(climbing(20.0, kind="straight"), vehicle)
    flight.resume("A. Martin")
    steps(flight, 4.1, 4.2, 4.3, lease="inhibit")
    assert flight.phase == "hold" and "AUTO.MISSION" not in vehicle.asked
    steps(flight, 8.0, 8.1)
    assert flight.phase == "en_route"


def test_a_refused_upload_keeps_the_drone_in_its_hold(climbing, vehicle):
    flight = held(climbing(20.0, kind="straight"), vehicle)
    vehicle.answers["mission"] = ("refused", "the mission is not read back equal")
    flight.resume("A. Martin")
    steps(flight, 4.1, 4.2, 4.3)
    assert flight.phase == "hold" and "not read back equal" in flight.reason
    assert "call the drone home" in flight.resume("A. Martin") and "AUTO.MISSION" not in vehicle.asked


def test_in_the_last_metres_of_the_climb_the_mission_on_board_goes_on(climbing, vehicle):
    flight = held(climbing(58.0), vehicle)
    assert flight.resume("A. Martin") == ""
    assert flight.phase == "en_route" and "mission" not in vehicle.asked


def test_a_pilot_flies_a_drone_up_before_a_resume_if_the_mission_does_not_climb(climbing, vehicle):
    flight = climbing(20.0, kind="straight")
    vehicle.now = replace(vehicle.now, mode="POSCTL")
    steps(flight, 3.1)
    assert "fly it back first" in flight.resume("A. Martin") and flight.phase == "pilot"


def test_the_mission_of_a_held_climb_is_known_after_a_restart(route):
    mission, own = climb_items(route), route_items(route)
    assert own[0].command == TAKEOFF and mission[0].command == WAYPOINT and mission[1:] == own[1:]
    assert list(missions_on_board(route, len(own)))[:2] == [own, mission]


@pytest.mark.parametrize("seq", [0, None])
def test_a_drone_over_its_pad_whose_step_is_unknown_after_a_restart_does_not_climb(
    new_flight, vehicle, route, settings, flying, seq
):
    """It may be on its way down, with its whole route flown."""
    flight = new_flight(vehicle, route, settings)
    over_pad = {"east_m": 0.0, "north_m": 0.0, "up_m": 22.0, "height_m": 20.0}
    vehicle.now = flying(mode="AUTO.LOITER", system_status=5, mission_seq=seq, **over_pad)
    flight.reattach(10.0, "landing")
    steps(flight, 10.1)
    vehicle.now = replace(vehicle.now, system_status=4)
    steps(flight, *(11.0 + k / 2 for k in range(16)))
    assert flight.phase == "hold"
    assert (flight.resume("A. Martin") == "") == (seq == 0)


@pytest.mark.parametrize("rtl_type", [0, 4])
def test_the_simulated_autopilot_flies_the_rest_of_the_climb_in_the_column_over_the_pad(
    route, model, origin, settings, rtl_type
):
    settings_of = failsafe(model, 8.0, UP_M, Polygon(route.failsafe.fence), rtl_type)
    flown = route.model_copy(update={"failsafe": settings_of})
    config = vehicle_config(model, "drone1", 1, origin, route.home, Wind(from_deg=250.0, speed_mps=6.0), FLAT)
    drone = InProcessDrone(SimulatedMavros(config, seed=1), flown, model, origin)
    flight, ticks = drone.flight, 0
    flight.start(0.0)

    def fly_until(is_there):
        nonlocal ticks
        while not is_there(drone.mavros.truth):
            ticks += 1
            assert ticks < 1500, f"{flight.phase}: {flight.reason}"
            drone.leases.heard(True, ticks * TICK_S + 5.0, ticks * TICK_S, "", may_look=True)
            drone.step(ticks * TICK_S)
            yield drone.mavros.truth

    list(fly_until(lambda _: flight.phase == "takeoff" and flight.seen.height_m > 10.0))
    assert flight.hold("held by A. Martin") == ""
    held_until = ticks + 80
    list(fly_until(lambda _: ticks >= held_until))
    assert flight.phase == "hold" and flight.resume("A. Martin") == ""
    climb = [(truth.up_m, hypot(truth.east_m, truth.north_m)) for truth in fly_until(lambda at: at.north_m > 10.0)]
    assert max(off_m for up_m, off_m in climb if up_m < flown.takeoff_up_m - 2.0) < settings.off_route_m
    assert flight.phase == "en_route" and climb[-1][0] > flown.takeoff_up_m - 2.0
