"""RTL_TYPE 2 and 4: along the mission, by the cases that were measured on PX4."""

from itertools import pairwise
from math import dist, hypot

import pytest

UP_M = 20.0
ON_PATH_M = 2.6
"""The simulated vehicle overshoots a corner at 5 m/s by 2.3 m, in a mission too; PX4 by 1.1 m."""
STAIRS = [(0.0, 0.0), (40.0, 0.0), (40.0, 40.0), (80.0, 40.0), (80.0, 80.0), (120.0, 80.0)]
LOOP = [(0.0, 0.0), (60.0, 0.0), (60.0, 60.0), (120.0, 60.0), (120.0, 120.0), (0.0, 120.0), (0.0, 60.0)]


def mission_of(drone, corners, *, times=1, land=True):
    """Take-off over the first corner, the other corners `times` each, back over the pad, landing."""
    items = [drone.item(22, 0.0, 0.0, UP_M)]
    items += [drone.item(16, *corner, UP_M, 0.0, 2.0) for corner in corners[1:] for _ in range(times)]
    if land:
        items += [drone.item(16, 0.0, 0.0, UP_M, 0.0, 2.0)] * times + [drone.item(21, 0.0, 0.0, 0.0)]
    return items


def set_parameters(drone, **values):
    for name, value in values.items():
        field = {"type": 2, "integer_value": value} if isinstance(value, int) else {"type": 3, "double_value": value}
        assert drone.ask("param/set", force_set=True, param_id=name, value=field)["success"]


def order(drone, mode):
    assert drone.ask("set_mode", base_mode=0, custom_mode=mode)["mode_sent"]


def current(drone):
    return drone.last["mission/waypoints"]["current_seq"]


def fly_to(drone, items, seq, share=0.5):
    """Fly the mission until item `seq` is the current one and `share` of the way to it is flown."""
    drone.start_mission(items)
    drone.run_until(lambda: current(drone) == seq, 400.0)
    truth, item = drone.mavros.truth, items[seq]
    start, goal = (truth.east_m, truth.north_m), drone.geo.to_enu(item["x_lat"], item["y_long"])

    def left_m():
        return hypot(goal[0] - drone.mavros.truth.east_m, goal[1] - drone.mavros.truth.north_m)

    drone.run_until(lambda: left_m() <= (1.0 - share) * dist(start, goal), 60.0)


def off_path_m(place, corners):
    def off_m(a, b):
        along = (b[0] - a[0], b[1] - a[1])
        length2 = along[0] ** 2 + along[1] ** 2
        if length2 == 0.0:
            return dist(place, a)
        share = ((place[0] - a[0]) * along[0] + (place[1] - a[1]) * along[1]) / length2
        share = min(1.0, max(0.0, share))
        return dist(place, (a[0] + share * along[0], a[1] + share * along[1]))

    return min(off_m(a, b) for a, b in pairwise(corners))


def come_home(drone, corners):
    """(largest distance from the corners' path, items passed) until the drone is down."""
    off_m, passed = [], []

    def watch():
        truth = drone.mavros.truth
        off_m.append(off_path_m((truth.east_m, truth.north_m), corners))
        if not passed or passed[-1] != current(drone):
            passed.append(current(drone))

    begun_s = drone.mavros.now_s
    while not drone.landed_and_disarmed:
        assert drone.mavros.now_s < begun_s + 400.0
        drone.run(0.5, watch)
    return max(off_m), passed


@pytest.fixture
def make(make_drone):
    def made(rtl_type):
        drone = make_drone()
        set_parameters(drone, RTL_TYPE=rtl_type, RTL_CONE_ANG=0, MPC_XY_CRUISE=5.0)
        return drone

    return made


def test_a_return_in_flight_cuts_a_single_corner_and_goes_back_item_by_item(make):
    drone = make(2)
    fly_to(drone, mission_of(drone, STAIRS, land=False), 4)
    order(drone, "AUTO.RTL")
    off_m, passed = come_home(drone, STAIRS)
    assert passed[1:] == [2, 1, 0]
    assert off_m > 8.0
    assert hypot(drone.mavros.truth.east_m, drone.mavros.truth.north_m) < 1.0


def test_after_a_hold_the_return_starts_at_the_closest_item(make):
    drone = make(2)
    fly_to(drone, mission_of(drone, STAIRS, land=False), 4, share=0.3)
    order(drone, "AUTO.LOITER")
    drone.run(4.0)
    order(drone, "AUTO.RTL")
    off_m, passed = come_home(drone, STAIRS)
    assert passed[-4:] == [3, 2, 1, 0]
    assert off_m < ON_PATH_M


@pytest.mark.parametrize("seq", [3, 5, 9])
def test_doubled_corners_keep_a_return_in_flight_on_the_path(make, seq):
    drone = make(2)
    fly_to(drone, mission_of(drone, STAIRS, times=2, land=False), seq)
    order(drone, "AUTO.RTL")
    off_m, _ = come_home(drone, STAIRS)
    assert off_m < ON_PATH_M


def test_with_a_landing_item_type_2_always_goes_on_to_it(make):
    drone = make(2)
    fly_to(drone, mission_of(drone, LOOP, times=2), 3)
    order(drone, "AUTO.RTL")
    off_m, passed = come_home(drone, [*LOOP, LOOP[0]])
    assert passed[0] == 3
    assert passed[-1] == 15
    assert off_m < ON_PATH_M


@pytest.mark.parametrize(("seq", "last"), [(5, 0), (7, 0), (9, 15), (11, 15)])
def test_type_4_takes_the_direction_with_fewer_items(make, seq, last):
    """Item 15 lands: 15 - 7 < 7 is false, 15 - 9 < 9 is true."""
    drone = make(4)
    fly_to(drone, mission_of(drone, LOOP, times=2), seq)
    order(drone, "AUTO.RTL")
    off_m, passed = come_home(drone, [*LOOP, LOOP[0]])
    assert passed[-1] == last
    assert off_m < ON_PATH_M


def test_command_items_count_and_are_not_carried_out(make):
    drone = make(4)
    items = mission_of(drone, LOOP, times=2)
    slow = drone.item(178, float("nan"), float("nan"), 0.0, 1.0, 2.0)
    items = [*items[:3], *[slow] * 6, *items[3:]]  # item 21 lands
    fly_to(drone, items, 11)
    order(drone, "AUTO.RTL")
    _, passed = come_home(drone, [*LOOP, LOOP[0]])
    assert passed[-1] == 21


def test_views_are_passed_without_waiting(make):
    drone = make(4)
    items = mission_of(drone, LOOP, times=2)
    items[2] = drone.item(19, 60.0, 0.0, UP_M, 60.0)
    fly_to(drone, items, 3)
    order(drone, "AUTO.RTL")
    begun_s = drone.mavros.now_s
    _, passed = come_home(drone, [*LOOP, LOOP[0]])
    assert passed[-1] == 0
    assert drone.mavros.now_s - begun_s < 60.0


def test_the_direction_after_a_hold_is_that_of_the_current_item_and_not_of_the_closest(make):
    """At the end of a loop the closest of two equal places is the first: forwards from there is the whole mission."""
    drone = make(4)
    items = mission_of(drone, LOOP, times=2)
    fly_to(drone, items, 13, share=0.8)
    order(drone, "AUTO.LOITER")
    drone.run(4.0)
    order(drone, "AUTO.RTL")
    drone.run_until(lambda: current(drone) >= 5, 100.0)


def test_without_a_mission_the_drone_stays(make):
    drone = make(4)
    drone.take_off(20.0)
    order(drone, "AUTO.RTL")
    drone.run(20.0)
    assert drone.mavros.truth.up_m > 18.0


def test_a_return_during_the_take_off_flies_to_the_next_place_first(make):
    drone = make(4)
    fly_to(drone, mission_of(drone, LOOP, times=2), 0, share=0.0)
    drone.run_until(lambda: drone.mavros.truth.up_m > 5.0, 60.0)
    order(drone, "AUTO.RTL")
    _, passed = come_home(drone, [*LOOP, LOOP[0]])
    assert passed[1:] == [1, 0]
