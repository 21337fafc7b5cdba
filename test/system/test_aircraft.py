"""A crewed aircraft comes near a drone on its route, outside ROS: whole flights with a simulated ADS-B receiver."""

from __future__ import annotations

import pytest
from test.system.test_in_process import capturing, route

from blindspot_sim.mavros.adsb import AircraftNearby

OVER_THE_FIELD = {"east_m": 50.0, "north_m": 50.0, "amsl_m": 130.0}


def fly_until_capture(fleet):
    fleet.run(until=capturing, limit_s=200.0)
    return fleet.drones["drone1"], fleet.now_s


@pytest.fixture
def watched(fleet_of):
    """Makes a flight whose true heights are kept, by time."""

    def make(flown):
        fleet = fleet_of(flown)
        fleet.heights = []
        step = fleet.step

        def noted():
            step()
            fleet.heights.append((fleet.now_s, fleet.drones["drone1"].mavros.truth.up_m))

        fleet.step = noted
        return fleet

    return make


def climb_m(fleet, after_s):
    """How much higher it got than it was then."""
    heights = [up_m for at_s, up_m in fleet.heights if at_s >= after_s]
    return max(heights) - heights[0]


def test_a_helicopter_that_comes_near_sends_it_home_without_a_climb(watched):
    """At the return altitude. It is seen from afar, at 60 m/s towards the field."""
    fleet = watched(route("drone1", 0.0, 62.0))
    drone, at_s = fly_until_capture(fleet)
    drone.mavros.aircraft = AircraftNearby(at_s, 5000.0, 30.0, 130.0, east_mps=-60.0)
    fleet.run(until=lambda f: f.now_s >= at_s + 8.0)
    assert drone.flight.phase == "en_route", "more than a minute away"
    fleet.run(until=lambda f: f.now_s >= at_s + 25.0)
    assert (drone.flight.phase, drone.flight.sensor_inhibited) == ("return", True)
    assert drone.flight.reason.startswith("a crewed aircraft is near")
    fleet.run(limit_s=600.0)
    assert (drone.flight.outcome, drone.mavros.truth.landed) == ("returned", True)
    assert climb_m(fleet, at_s) < 1.0


def test_a_drone_below_its_return_altitude_holds_as_long_as_the_aircraft_is_near(watched):
    """Its way home would climb by 20 m. The aircraft leaves after three minutes."""
    low = route("drone1", 0.0, 62.0)
    failsafe = low.failsafe.model_copy(update={"rtl_return_alt_m": 80.0, "fence_max_alt_m": 100.0})
    fleet = watched(low.model_copy(update={"failsafe": failsafe}))
    drone, at_s = fly_until_capture(fleet)
    drone.mavros.aircraft = AircraftNearby(at_s, **OVER_THE_FIELD)
    fleet.run(until=lambda f: f.now_s >= at_s + 180.0)
    assert drone.flight.phase == "hold"
    assert climb_m(fleet, at_s) < 1.0
    drone.mavros.aircraft = None
    fleet.run(limit_s=900.0)
    assert drone.flight.outcome == "returned"
    assert "a crewed aircraft is near" in drone.flight.reason


def test_an_aircraft_high_above_or_far_away_changes_nothing(watched):
    fleet = watched(route("drone1", 0.0, 62.0))
    drone, at_s = fly_until_capture(fleet)
    drone.mavros.aircraft = AircraftNearby(at_s, **(OVER_THE_FIELD | {"amsl_m": 600.0}))
    fleet.run(until=lambda f: f.now_s >= at_s + 10.0)
    drone.mavros.aircraft = AircraftNearby(at_s, **(OVER_THE_FIELD | {"east_m": 3000.0}))
    fleet.run(limit_s=900.0)
    assert drone.flight.outcome == "completed"
    assert "AUTO.RTL" not in [fields.get("custom_mode") for _, _, fields in drone.link.calls]


def test_nobody_takes_off_while_an_aircraft_is_near(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    drone = fleet.drones["drone1"]
    drone.mavros.aircraft = AircraftNearby(0.0, **OVER_THE_FIELD)
    fleet.run(limit_s=200.0)
    assert drone.flight.outcome == "aborted" and "a crewed aircraft is near" in drone.flight.reason
    assert max(abs(up_m - 2.0) for up_m in [drone.mavros.truth.up_m]) < 0.5
