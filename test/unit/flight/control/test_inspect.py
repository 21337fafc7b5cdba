"""The line of an inspection, and what a drone by itself refuses to fly."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import dist, inf, nan

import pytest
from hypothesis import given, strategies as st

from blindspot.flight.control.inspect import (
    LEASH_M,
    LONGEST_TICK_S,
    OFF_LINE_M,
    SPEED_MPS,
    Inspection,
    LineFlight,
    is_on_look,
    nobody_clears,
    why_not_inspect,
)
from blindspot.flight.watch.views import xyz
from blindspot.mission.homes import NoFly
from blindspot.mission.plan import Aim, Point

START = Point(east_m=30.0, north_m=40.0, up_m=62.0)
DOWN = Aim(heading_deg=120.0, pitch_deg=-60.0)


def order(east_m=60.0, north_m=0.0, up_m=62.0, seconds=5.0, aim=DOWN):
    return Inspection("A. Martin", Point(east_m=east_m, north_m=north_m, up_m=up_m), aim, seconds)


@pytest.fixture
def judge(flying, route, settings):
    """The reason for a refusal, for a drone on the view at (30, 40, 62) with the given changes."""

    def why(order, settings=settings, **seen):
        return why_not_inspect(order, flying(**seen), route, settings)

    return why


def test_inspections_that_a_drone_accepts_by_itself(judge):
    assert judge(order()) == ""
    assert "up to 60 s" in judge(order(seconds=61.0)) and "up to 60 s" in judge(order(seconds=nan))
    assert "up to 60 s" in judge(order(seconds=0.0))
    assert "101 m away" in judge(order(east_m=-71.0, north_m=40.0))
    assert "69 m above" in judge(order(up_m=71.0)) and "9 m above" in judge(order(up_m=11.0))
    assert "where it is" in judge(order(), east_m=nan)


def test_the_camera_must_be_able_to_look_there(judge, settings):
    camera = settings.model.camera.model_copy(update={"gimbal_max_pitch_deg": -70.0})
    limited = replace(settings, model=settings.model.model_copy(update={"camera": camera}))
    assert "can't be aimed" in judge(order(), settings=limited)


def test_the_way_keeps_from_the_fence(judge):
    """5 m/s: 7.5 m until it brakes, 4.2 m of braking, 2 m to spare: 13.7 m of the 100."""
    assert judge(order(east_m=86.2, north_m=40.0)) == ""
    assert "fence" in judge(order(east_m=86.4, north_m=40.0))
    assert "fence" in judge(order(east_m=120.0, north_m=40.0))
    assert judge(order(east_m=50.0, north_m=40.0), east_m=95.0) == "", "away from where it is already near"
    assert "fence" in judge(order(east_m=96.0, north_m=40.0), east_m=95.0)


def test_the_way_keeps_out_of_zones_that_reach_its_height(judge, settings):
    ring = ((40.0, 10.0), (50.0, 10.0), (50.0, 20.0), (40.0, 20.0))
    for floor_m, problem in ((-inf, "school"), (61.0, "school"), (63.0, "")):
        zoned = replace(settings, no_fly=(NoFly("school", ring, floor_m, inf),))
        reported = judge(order(), settings=zoned)
        assert problem in reported and bool(reported) == bool(problem)
    everywhere = replace(settings, no_fly=(NoFly("school", ring, -inf, inf),))
    assert "school" in judge(order(), settings=everywhere, east_m=45.0, north_m=15.0), "out of one, too"


def test_the_battery_must_do_for_the_look_and_for_the_way_home_from_there(judge):
    assert judge(order(), battery_fraction=0.5) == ""
    assert "battery" in judge(order(), battery_fraction=0.15)
    enough = next(k / 1000 for k in range(1000) if not judge(order(), battery_fraction=k / 1000))
    assert "battery" in judge(order(east_m=-60.0), battery_fraction=enough), "further from home"
    assert "battery" in judge(order(seconds=60.0), battery_fraction=enough)
    assert "battery" in judge(order(), battery_fraction=nan)


def test_without_a_ground_station_nothing_is_cleared():
    assert nobody_clears(order(), START).state == "refused"


class Drone:
    """Follows the set-points of a line at 20 Hz, `lag_m` behind, and aims as ordered."""

    def __init__(self, line, flying, route, settings, lag_m=0.0):
        self.line, self._flying, self._route, self._settings, self._lag_m = line, flying, route, settings, lag_m
        self.now_s, self.aim, self.at, self.looks = 0.0, (0.0, 0.0), xyz(START), []
        self.setpoints: list[tuple[float, tuple[float, float, float]]] = []

    def seen(self):
        return self._flying(
            mode="OFFBOARD", east_m=self.at[0], north_m=self.at[1], height_m=self.at[2] - self._route.home.up_m,
            gimbal_pitch_deg=self.aim[0], gimbal_heading_deg=self.aim[1],
        )  # fmt: skip

    def run(self, for_s, until=lambda: False):
        """The problem within the time, or ""."""
        end_s = self.now_s + for_s
        while self.now_s < end_s and not self.line.done and not until():
            self.now_s += 0.05
            place, _ = self.line.setpoint(self.now_s, moves=True)
            self.setpoints.append((self.now_s, xyz(place)))
            gap = dist(xyz(place), self.at)
            if gap > self._lag_m:
                share = (gap - self._lag_m) / gap
                self.at = tuple(a + share * (b - a) for a, b in zip(self.at, xyz(place), strict=True))
            problem = self.line.step(self.now_s, self.seen(), self._route, self._settings)
            self.looks.append(is_on_look(self.line, self._route, self.seen(), self._settings))
            if problem:
                return problem
        return ""


@pytest.fixture
def drone(flying, route, settings):
    def make(lag_m=0.0, **changes):
        return Drone(LineFlight(order(**changes), START, 90.0, 0.0, settings.model), flying, route, settings, lag_m)

    return make


def test_out_a_view_of_the_ordered_time_and_back_on_the_same_line(drone):
    """50 m at 5 m/s: 10 s each way."""
    one = drone()
    one.aim = (-60.0, 120.0)
    assert one.run(60.0) == "" and one.line.done
    assert one.now_s == pytest.approx(2 * 50.0 / SPEED_MPS + 5.0, abs=0.5)
    assert sum(one.looks) * 0.05 == pytest.approx(5.0, abs=0.15)
    assert one.at == pytest.approx(xyz(START), abs=1.0)
    moved = [dist(a, b) for (_, a), (_, b) in zip(one.setpoints, one.setpoints[1:], strict=False)]
    assert max(moved) <= SPEED_MPS * 0.05 + 1e-9


def test_a_set_point_sinks_and_climbs_no_faster_than_the_drone(drone, model):
    """22 m down on a steep line, and up again: 14.7 s at 1.5 m/s, and 8.1 s at nine tenths of 3 m/s."""
    one = drone(east_m=35.0, north_m=40.0, up_m=40.0)
    one.aim = (-60.0, 120.0)
    assert one.run(60.0) == "" and one.line.done
    heights_m = [place[2] for _, place in one.setpoints]
    rises_m = [b - a for a, b in pairwise(heights_m)]
    fly = model.performance
    assert -min(rises_m) == pytest.approx(0.05 * fly.descend_mps) and max(rises_m) < 0.05 * fly.climb_mps
    assert one.now_s == pytest.approx(14.7 + 5.0 + 8.1, abs=0.5)


def test_a_camera_that_does_not_come_to_its_aim_ends_it_and_nothing_is_seen(drone):
    one = drone()
    assert "aim" in one.run(60.0)
    assert not any(one.looks) and one.now_s < 50.0 / SPEED_MPS + 16.0


def test_set_points_wait_for_a_drone_that_stays_behind(drone, flying, route, settings):
    one = drone(lag_m=inf)  # it does not move at all
    assert "took too long" in one.run(120.0)
    assert dist(one.setpoints[-1][1], xyz(START)) <= LEASH_M + SPEED_MPS * 0.05 + 1e-9


def test_a_drone_off_the_line_or_nowhere_ends_it(drone, route, settings):
    for place in ((45.0, 20.0 + 1.7 * OFF_LINE_M, 62.0), (45.0, 20.0, 62.0 + 1.1 * OFF_LINE_M), (nan, 20.0, 62.0)):
        one = drone()
        one.at = place
        assert "line" in one.line.step(1.0, one.seen(), route, settings)


def test_without_moving_the_set_point_stays_and_the_nose_too(drone):
    line = drone().line
    assert line.setpoint(5.0, moves=False) == (START, 90.0)
    moved, heading_deg = line.setpoint(5.05, moves=True)
    assert dist(xyz(moved), xyz(START)) == pytest.approx(0.05 * SPEED_MPS) and heading_deg == 120.0


@given(times=st.lists(st.floats(-100.0, 1000.0), min_size=2, max_size=30))
def test_a_set_point_never_jumps_or_leaves_the_line_for_any_clock(settings, times):
    line = LineFlight(order(), START, 90.0, 0.0, settings.model)
    before = xyz(START)
    for now_s in times:
        place = xyz(line.setpoint(now_s, moves=True)[0])
        assert dist(before, place) <= SPEED_MPS * LONGEST_TICK_S + 1e-9
        assert dist(place, xyz(START)) + dist(place, xyz(order().to)) == pytest.approx(50.0)
        before = place


def test_a_point_where_it_already_is_needs_no_way(drone):
    one = drone(east_m=30.0, north_m=40.0)
    one.aim = (-60.0, 120.0)
    assert one.run(10.0) == "" and one.line.done
