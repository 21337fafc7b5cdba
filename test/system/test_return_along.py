"""Whole flights that return along the mission: flight logic and simulated vehicle together, outside ROS."""

from __future__ import annotations

from math import nan

import pytest
from test.factories import ORIGIN, at, cost_of, route_of, view_at, waypoint_at

from blindspot.flight.route.geometry import distance_to_path
from blindspot.flight.route.mission_items import WAYPOINT, Item
from blindspot.flight.vehicle.mavros_items import waypoints
from blindspot.mission.plan import Route
from blindspot.site.town.frame import LocalFrame

FIELD = ((-150.0, -60.0), (250.0, -60.0), (250.0, 150.0), (-150.0, 150.0))
UP_M = 42.0
CORNERS = [(60.0, 0.0), (60.0, 60.0), (120.0, 60.0), (120.0, 120.0), (0.0, 120.0), (0.0, 60.0)]
PATH = [(0.0, 0.0), *CORNERS, (0.0, 0.0)]
ON_PATH_M = 3.5


def loop() -> Route:
    """Round six corners, every other one with a view straight down; no straight way home keeps to it."""
    steps = []
    for number, (east_m, north_m) in enumerate(CORNERS):
        place = (east_m, north_m, UP_M)
        steps.append(view_at(*place, id=f"v{number}", dwell_s=4.0) if number % 2 else waypoint_at(*place))
    return route_of(
        *steps, pad="drone1", home=at(0.0, 0.0, 2.0), up_m=UP_M, expected=cost_of(240.0, 600.0, 14.0, 0.8),
        failsafe={
            "rtl_type": 4, "fence": FIELD, "fence_max_alt_m": UP_M + 10.0,
            "parameters": {"RTL_CONE_ANG": 0.0, "GF_ACTION": 5.0, "COM_LOW_BAT_ACT": 3.0, "MPC_XY_CRUISE": 5.0},
        },
    )  # fmt: skip


@pytest.fixture
def flying(fleet_of):
    """Flies the loop until the given step is flown to, and counts from there."""

    def fly(step: int, share: float = 0.5):
        fleet = fleet_of(loop())
        drone = fleet.drones["drone1"]
        start, goal = PATH[step], PATH[step + 1]
        there = tuple(a + share * (b - a) for a, b in zip(start, goal, strict=True))

        def near(_) -> bool:
            seen, items = drone.flight.seen, drone.flight.items
            on = drone.flight.phase == "en_route" and items[min(seen.mission_seq or 0, len(items) - 1)].step == step
            return on and abs(seen.east_m - there[0]) + abs(seen.north_m - there[1]) < 8.0

        fleet.run(until=near, limit_s=400.0)
        assert drone.flight.phase == "en_route"
        return fleet, drone

    return fly


def down(fleet, drone):
    """(largest distance from the path, seconds) of the rest of the flight."""
    begun_s, off_m = fleet.now_s, []

    def watch(_) -> bool:
        truth = drone.mavros.truth
        off_m.append(distance_to_path((truth.east_m, truth.north_m), PATH))
        return drone.flight.outcome is not None

    fleet.run(until=watch, limit_s=900.0)
    assert drone.flight.outcome == "returned", drone.flight.reason
    truth = drone.mavros.truth
    assert abs(truth.east_m) + abs(truth.north_m) < 2.0
    return max(off_m), fleet.now_s - begun_s


@pytest.mark.parametrize("step", range(7))
def test_a_return_ordered_on_the_way_keeps_to_the_path(flying, step):
    fleet, drone = flying(step)
    assert drone.flight.return_home() == ""
    off_m, seconds = down(fleet, drone)
    assert off_m < ON_PATH_M
    assert seconds < 160.0, "not more than half of the loop"


@pytest.mark.parametrize("step", [0, 2, 3, 6, *(pytest.param(step, marks=pytest.mark.thorough) for step in (1, 4, 5))])
def test_so_does_a_return_after_a_hold(flying, step):
    fleet, drone = flying(step)
    assert drone.flight.hold() == ""
    fleet.run(limit_s=fleet.now_s + 8.0)
    assert drone.flight.return_home() == ""
    off_m, seconds = down(fleet, drone)
    assert off_m < ON_PATH_M
    assert seconds < 175.0


def test_a_return_from_a_hold_near_the_pad_at_the_end_does_not_fly_the_mission_again(flying):
    fleet, drone = flying(6, 0.8)
    drone.flight.hold()
    fleet.run(limit_s=fleet.now_s + 8.0)
    drone.flight.return_home()
    _, seconds = down(fleet, drone)
    assert seconds < 80.0


def upload_foreign(fleet, drone, count):
    """A mission of somebody else is on board, flown at once: it leads away to the east."""
    frame = LocalFrame(ORIGIN.lat_deg, ORIGIN.lon_deg, ORIGIN.datum_amsl_m, ORIGIN.geoid_m)
    items = [Item(WAYPOINT, 0, (0.0, 1.0, 0.0, nan), (240.0, 30.0 + k), UP_M) for k in range(count)]
    answers = []
    drone.mavros.call("mission/push", {"start_index": 0, "waypoints": waypoints(items, frame)}, answers.append)
    fleet.run(until=lambda _: bool(answers), limit_s=fleet.now_s + 10.0)


def test_a_return_never_follows_the_mission_of_somebody_else(flying):
    fleet, drone = flying(1)
    upload_foreign(fleet, drone, 1)
    drone.flight.return_home()
    off_m, _ = down(fleet, drone)
    assert off_m < 25.0


@pytest.mark.parametrize("as_long", [True, False])
def test_nor_while_that_mission_is_flown(flying, as_long):
    """It stops, and goes back to the closest item of its own mission; the foreign one may be as long."""
    fleet, drone = flying(1)
    upload_foreign(fleet, drone, len(drone.flight.items) if as_long else 2)
    fleet.run(until=lambda _: drone.flight.seen.east_m > 85.0, limit_s=fleet.now_s + 30.0)
    truth = drone.mavros.truth
    off_m = distance_to_path((truth.east_m, truth.north_m), PATH)
    assert off_m > 15.0, "the foreign mission is flown"
    drone.flight.return_home()
    assert down(fleet, drone)[0] < off_m + 15.0


def test_nor_does_the_autopilots_own_return_from_that_hold(flying):
    """Its critical battery comes before our own row there, because the pad is near."""
    fleet, drone = flying(6, 0.8)
    drone.flight.hold()
    fleet.run(limit_s=fleet.now_s + 8.0)
    drone.mavros.drain_battery(0.148)
    _, seconds = down(fleet, drone)
    assert seconds < 80.0
