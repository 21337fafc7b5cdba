"""The line of an inspection, flown by the simulated vehicle in 8 m/s of wind: the drone stays within 3 m of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import hypot

import pytest
from test.factories import plan_of, route_of, square, waypoint_at

from blindspot.core.config_file import read_yaml
from blindspot.core.folders import CONFIG_DIR
from blindspot.flight.control.inspect import OFF_LINE_M, SPEED_MPS, Inspection, place_of
from blindspot.flight.route.geometry import distance_to_segment
from blindspot.flight.vehicle.vehicle import Reply
from blindspot.law.leases.lease import Lease
from blindspot.mission import Wind
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.plan import Aim, Point
from blindspot_sim.in_process.fleet_flight import InProcessFleet

UP_M, ROOM_M = 80.0, 300.0
SPARE_M = 1.0
"""For a drone and a wind that differ from the simulated ones."""
EVENING = datetime(2026, 11, 6, 19, tzinfo=UTC)
DOWN = Aim(heading_deg=0.0, pitch_deg=-60.0)
LEVEL = [(-60.0, 20.0, 0.0), (65.0, -70.0, 0.0)]
DESCENTS = [(25.0, 0.0, -26.0), (0.0, -40.0, -35.0), (15.0, 0.0, -50.0), (0.0, 45.0, -26.0), (0.0, 60.0, -50.0)]
CLIMBS = [(30.0, 0.0, 30.0), (8.0, 0.0, 35.0), (-60.0, 0.0, 30.0), (0.0, 15.0, 40.0)]
CASES = [*[(line, 1, 90.0) for line in (DESCENTS[1], CLIMBS[0], LEVEL[1])],
         *[pytest.param(line, seed, from_deg, marks=pytest.mark.thorough) for line in (*LEVEL, *DESCENTS, *CLIMBS)
           for seed, from_deg in ((2, 0.0), (3, 110.0), (4, 200.0), (5, 290.0))]]  # fmt: skip


@dataclass
class Flown:
    """The farthest place off the line (m), true or as the drone knew it, and when the look began."""

    off_m: float = 0.0
    looking_s: float = 0.0
    inspection: str = ""


class LineInWind:
    """A drone in hold beside which a point is inspected, `line` m east, north and up of the hold."""

    def __init__(self, seed: int, from_deg: float, speed_mps: float = 3.0, gate_s: float = 0.0) -> None:
        model = read_yaml(CONFIG_DIR / "drones" / "reference.yaml", DroneModel)
        steps = [waypoint_at(60.0 * (k % 2), 0.0, UP_M, speed_mps=speed_mps) for k in range(8)]
        route = route_of(*steps, up_m=UP_M, failsafe={"fence": square(ROOM_M), "fence_max_alt_m": 130.0})
        self.fleet = InProcessFleet(
            plan_of(route, perimeter=square(ROOM_M)), {model.name: model}, self._lease,
            lambda now_s: EVENING + timedelta(seconds=now_s), seed=seed,
            wind=Wind(from_deg=from_deg, speed_mps=8.0, gust_mps=1.0), clear_way=lambda _: self._clear,
        )  # fmt: skip
        self._gate_s, self._asked = gate_s, (0.0, Reply())
        self.route, self.drone = route, self.fleet.drones[route.drone]
        flight = self.drone.flight
        self.fleet.run(lambda _: flight.phase == "en_route", 200.0)
        assert flight.hold("waits") == ""
        self.fleet.run(lambda _: self._is_at_rest(), self.fleet.now_s + 30.0)

    def fly(self, east_m: float, north_m: float, up_m: float, hold_after_m: float = 1000.0) -> Flown:
        """To the point and back; a person holds the drone once it is that far from where it began."""
        flight, flown = self.drone.flight, Flown()
        start = self._here()
        to = (start[0] + east_m, start[1] + north_m, start[2] + up_m)
        point = Point(east_m=to[0], north_m=to[1], up_m=to[2])
        assert flight.inspect(Inspection("A. Martin", point, DOWN, 2.0)) == ""
        self.fleet.run(lambda _: self._has_begun(), self.fleet.now_s + 30.0)
        start, began_s, held_s = self._here(), self.fleet.now_s, 0.0

        def until(fleet: InProcessFleet) -> bool:
            nonlocal held_s
            truth = self.drone.mavros.truth
            places = (self._here(), (truth.east_m, truth.north_m, truth.up_m))
            flown.off_m = max(flown.off_m, *(distance_to_segment(place, start, to) for place in places))
            out_m = hypot(*(a - b for a, b in zip(places[0], start, strict=True)))
            if not flown.looking_s and not flight.sensor_inhibited:
                flown.looking_s = fleet.now_s - began_s
            if not held_s and out_m > hold_after_m:
                held_s = fleet.now_s
                assert flight.hold("a person holds it") == ""
            return fleet.now_s > held_s + 15.0 if held_s else flight.phase != "inspect"

        self.fleet.run(until, self.fleet.now_s + 200.0)
        flown.inspection = flight.inspection
        return flown

    def _here(self) -> tuple[float, float, float]:
        at = place_of(self.route, self.drone.flight.seen)
        return at.east_m, at.north_m, at.up_m

    def _is_at_rest(self) -> bool:
        return self.drone.flight.phase == "hold" and self.speed_mps() < 0.3

    def speed_mps(self) -> float:
        seen = self.drone.flight.seen
        return hypot(seen.east_mps, seen.north_mps)

    @staticmethod
    def _lease(_: str, now: datetime) -> Lease:
        return Lease(granted=True, valid_until=now + timedelta(seconds=3), may_look=True)

    def _clear(self, *_: object) -> Reply:
        self._asked = self.fleet.now_s, Reply()
        return self._asked[1]

    def _has_begun(self) -> bool:
        """Whether the drone flies its line; the gate answers in its time."""
        if self.fleet.now_s >= self._asked[0] + self._gate_s:
            self._asked[1].settle("ok")
        return self.drone.flight.phase == "inspect"


@pytest.mark.parametrize(("line", "seed", "from_deg"), CASES)
def test_a_drone_stays_on_a_level_a_steep_and_a_climbing_line(line, seed, from_deg):
    """On a level line the look begins at most 6 s after the way at full speed: the drone gathers speed, stops, aims."""
    flown = LineInWind(seed, from_deg).fly(*line)
    assert flown.inspection == "done" and flown.off_m < OFF_LINE_M - SPARE_M
    assert flown.looking_s < hypot(*line) / SPEED_MPS + 6.0 or line[2] != 0.0


@pytest.mark.parametrize("line", [DESCENTS[0], pytest.param(LEVEL[1], marks=pytest.mark.thorough)])
def test_a_hold_on_the_way_leaves_it_on_the_line(line):
    flown = LineInWind(1, 90.0).fly(*line, hold_after_m=20.0)
    assert flown.inspection == "broken off" and flown.off_m < OFF_LINE_M


@pytest.mark.parametrize("gate_s", [1.0, pytest.param(6.0, marks=pytest.mark.thorough)])
def test_a_drone_that_is_ordered_in_a_turn_and_brakes_past_its_hold_looks(gate_s):
    """It is slow where it turns back to its hold, metres away: no line begins there."""
    line = LineInWind(4, 148.0, speed_mps=6.0, gate_s=gate_s)
    flight = line.drone.flight
    assert flight.resume("A. Martin") == ""
    line.fleet.run(lambda _: line.speed_mps() > 5.0, line.fleet.now_s + 30.0)
    line.fleet.run(lambda _: line.speed_mps() < 1.0, line.fleet.now_s + 30.0)
    line.fleet.run(lambda _: line.speed_mps() > 3.8, line.fleet.now_s + 30.0)
    flown = line.fly(12.0, 38.0, 0.0)
    assert flown.inspection == "done" and flown.off_m < OFF_LINE_M
