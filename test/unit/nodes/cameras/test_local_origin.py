"""The place of a local frame that began beside the pad, at another height than it has now."""

import math

import pytest

from blindspot.nodes.cameras.local_origin import FRESH_S, HOME_SETTLED_S, NEAR_S, LocalOrigin
from blindspot.site import LocalFrame

FRAME = LocalFrame(47.2, -1.55, 10.0, 48.0)
PAD_UP_M, HOME_ALTITUDE_M = 2.0, 60.0


def hear_global(origin, stamp_s, east_m, north_m, height_m):
    lon_deg, lat_deg = FRAME.to_wgs84(east_m, north_m)
    origin.heard_global(stamp_s, lat_deg, lon_deg, HOME_ALTITUDE_M + height_m)


@pytest.fixture
def origin():
    made = LocalOrigin(FRAME, PAD_UP_M, [])
    made.heard_home(HOME_ALTITUDE_M, 47.2, -1.55)
    return made


def test_a_local_position_is_placed_by_the_global_one_and_by_the_height_above_home(origin):
    """Started 3 m west and 4 m north of the site's origin; the local height is 8 m too large by now."""
    assert origin.place(10.0, (13.0, -4.0, 58.0)) is None
    hear_global(origin, 10.0, 10.0, 0.0, 50.0)
    assert origin.place(10.1, (13.6, -4.0, 58.0)) == pytest.approx((10.6, 0.0, 52.0), abs=1e-3)


def test_between_two_local_positions_the_drone_has_moved(origin):
    origin.place(10.0, (0.0, 0.0, 50.0))
    origin.place(10.1, (0.6, 0.0, 50.0))
    hear_global(origin, 10.2, 1.2, 0.0, 50.0)
    assert origin.place(10.3, (1.8, 0.0, 50.0)) == pytest.approx((1.8, 0.0, 52.0), abs=1e-3)


@pytest.mark.parametrize("heard", [[10.3], [10.0, 10.3]], ids=["one", "two far apart"])
def test_a_global_position_between_local_ones_that_are_lost_places_nothing(origin, heard):
    """At 10 m/s, with an unknown way since the last one, the mask would lie 2 m beside the ground."""
    for stamp_s in heard:
        origin.place(stamp_s, (10.0 * (stamp_s - 10.0), 0.0, 50.0))
    hear_global(origin, 10.5, 5.0, 0.0, 50.0)
    assert origin.place(10.6, (6.0, 0.0, 50.0)) is None
    hear_global(origin, 10.6, 6.0, 0.0, 50.0)
    assert origin.place(10.7, (7.0, 0.0, 50.0)) == pytest.approx((7.0, 0.0, 52.0), abs=1e-3)


def test_a_home_that_has_just_moved_places_nothing_until_flight_control_has_judged_it(origin):
    """Any ground station can set it in flight. The mask would be that of a camera 10 m lower."""

    def fly(stamp_s):
        placed = origin.place(stamp_s, (0.0, 0.0, 50.0))
        hear_global(origin, stamp_s, 0.0, 0.0, 50.0)
        return placed

    fly(10.0)
    assert fly(10.1) == pytest.approx((0.0, 0.0, 52.0), abs=1e-3)
    origin.heard_home(HOME_ALTITUDE_M, 47.2, -1.55)  # the autopilot repeats it
    assert fly(10.2) is not None
    origin.heard_home(HOME_ALTITUDE_M + 10.0, 47.2, -1.55)
    assert [fly(10.3 + 0.1 * i) is not None for i in range(10)] == [False] * 10
    origin.heard_home(HOME_ALTITUDE_M + 10.0, 47.2, -1.55)
    fly(10.3 + HOME_SETTLED_S)
    assert fly(10.4 + HOME_SETTLED_S) == pytest.approx((0.0, 0.0, 42.0), abs=1e-3)


@pytest.mark.parametrize("jump_m", [(8.0, 0.0, 0.0), (0.0, 0.0, -3.0)], ids=["sideways", "down"])
def test_a_local_frame_that_jumps_places_nothing_before_the_next_global_position(origin, jump_m):
    """The autopilot's estimator was reset. The drone itself flies on at 10 m/s, and brakes."""
    for stamp_s in (10.0, 10.1, 10.2):
        origin.place(stamp_s, (10.0 * (stamp_s - 10.0), 0.0, 50.0))
        hear_global(origin, stamp_s, 10.0 * (stamp_s - 10.0), 0.0, 50.0)
    assert origin.place(10.3, (2.9, 0.0, 50.0)) is not None
    after = tuple(a + b for a, b in zip((3.7, 0.0, 50.0), jump_m, strict=True))
    assert [origin.place(stamp_s, after) for stamp_s in (10.4, 10.5)] == [None, None]
    hear_global(origin, 10.35, 3.4, 0.0, 50.0)
    assert origin.place(10.51, after) is None, "a global position from before the jump came late"
    hear_global(origin, 10.5, 3.7, 0.0, 50.0)
    assert origin.place(10.6, after) == pytest.approx((3.7, 0.0, 52.0), abs=1e-3)


def test_without_home_no_local_position_is_placed():
    origin = LocalOrigin(FRAME, PAD_UP_M, [])
    origin.place(10.0, (0.0, 0.0, 50.0))
    hear_global(origin, 10.0, 0.0, 0.0, 50.0)
    assert origin.place(10.1, (0.0, 0.0, 50.0)) is None


@pytest.mark.parametrize(("later_s", "is_placed"), [(FRESH_S - 0.01, True), (FRESH_S + 0.01, False), (-5.0, False)])
def test_a_global_position_counts_for_a_while(origin, later_s, is_placed):
    origin.place(10.0, (0.0, 0.0, 50.0))
    hear_global(origin, 10.0, 0.0, 0.0, 50.0)
    assert (origin.place(10.0 + later_s, (0.0, 0.0, 50.0)) is not None) is is_placed


@pytest.mark.parametrize(("apart_s", "is_placed"), [(NEAR_S - 0.01, True), (NEAR_S + 0.01, False)])
def test_a_global_position_of_another_time_places_nothing(origin, apart_s, is_placed):
    origin.place(9.9, (0.0, 0.0, 50.0))
    origin.place(10.0, (0.0, 0.0, 50.0))
    hear_global(origin, 10.0 + apart_s, 0.0, 0.0, 50.0)
    assert (origin.place(10.4, (0.0, 0.0, 50.0)) is not None) is is_placed


@pytest.mark.parametrize("at", [(math.nan, 0.0, 50.0), (91.0, 0.0, 50.0), (47.2, 200.0, 50.0), (47.2, -1.55, math.nan)])
def test_an_impossible_global_position_places_nothing(origin, at):
    origin.place(10.0, (0.0, 0.0, 50.0))
    origin.heard_global(10.0, *at)
    assert origin.place(10.1, (0.0, 0.0, 50.0)) is None


@pytest.mark.parametrize(
    ("home_m", "up_m"), [((41.0, 1.0), 59.0), ((20.0, 0.0), 52.0)], ids=["on another pad", "on no other pad"]
)
def test_heights_count_from_the_ground_of_the_pad_on_which_home_lies(home_m, up_m):
    """By its own pad, a drone that was carried 7 m up a hill would have placed its pictures 7 m too low."""
    origin = LocalOrigin(FRAME, PAD_UP_M, [(40.0, 0.0, 9.0)])
    lon_deg, lat_deg = FRAME.to_wgs84(*home_m)
    origin.heard_home(HOME_ALTITUDE_M, lat_deg, lon_deg)
    origin.place(10.0, (0.0, 0.0, 50.0))
    settled_s = 10.0 + HOME_SETTLED_S + 0.1
    origin.place(settled_s, (0.0, 0.0, 50.0))
    hear_global(origin, settled_s, *home_m, 50.0)
    assert origin.place(settled_s, (0.0, 0.0, 50.0)) == pytest.approx((*home_m, up_m), abs=1e-3)
