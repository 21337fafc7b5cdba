import math

import pytest
from hypothesis import assume, given, strategies as st

from blindspot.vision.capture.pose_history import (
    GimbalSample,
    Mounting,
    PoseHistory,
    Uncertainty,
    VehicleSample,
    angle_deg,
    slerp,
)

UNCERTAINTY = Uncertainty(position_m=0.5, attitude_deg=0.4, time_s=0.0)


def aim(yaw_deg, pitch_deg):
    """MAVLink's quaternion of a level gimbal."""
    y, p = math.radians(yaw_deg) / 2, math.radians(pitch_deg) / 2
    return (-math.sin(y) * math.sin(p), math.cos(y) * math.sin(p), math.sin(y) * math.cos(p), math.cos(y) * math.cos(p))


def nose(heading_deg):
    half = math.radians(90 - heading_deg) / 2
    return (0.0, 0.0, math.sin(half), math.cos(half))


def history(vehicle, gimbal, *, locked=True, mounting=None, uncertainty=UNCERTAINTY, max_gap_s=0.5):
    """Samples (stamp, east, heading of the nose) and (stamp, yaw, pitch)."""
    made = PoseHistory(mounting or Mounting(), uncertainty, max_gap_s)
    for stamp_s, east_m, heading_deg in vehicle:
        made.add_vehicle(VehicleSample(stamp_s, (east_m, 2.0, 60.0), nose(heading_deg)))
    for stamp_s, yaw_deg, pitch_deg in gimbal:
        made.add_gimbal(GimbalSample(stamp_s, aim(yaw_deg, pitch_deg), locked))
    return made


def apart(a_deg, b_deg):
    return abs((a_deg - b_deg + 180) % 360 - 180)


@given(share=st.floats(0, 1), rate_dps=st.floats(-60, 60), start=st.floats(0, 359), speed_mps=st.floats(-10, 10))
def test_while_turning_and_flying_the_pose_is_that_of_the_exposure(share, rate_dps, start, speed_mps):
    vehicle = [(10.0 + 0.033 * i, speed_mps * 0.033 * i, 0.0) for i in range(8)]
    gimbal = [(10.01 + 0.1 * i, start + rate_dps * (0.01 + 0.1 * i), -60.0) for i in range(3)]
    stamp_s = 10.011 + share * 0.19
    pose = history(vehicle, gimbal).at(stamp_s)
    assert pose.stamp_s == stamp_s
    assert pose.east_m == pytest.approx(speed_mps * (stamp_s - 10), abs=1e-6)
    assert apart(pose.heading_deg, start + rate_dps * (stamp_s - 10)) < 0.05
    assert pose.pitch_deg == pytest.approx(-60, abs=0.5)  # the shorter way between two aims is a little steeper


def test_an_unlocked_gimbal_turns_with_the_nose_between_the_samples():
    turning = history([(0.0, 0, 40.0), (0.2, 0, 60.0)], [(0.0, 10.0, -50.0), (0.1, 10.0, -50.0)], locked=False)
    assert apart(turning.at(0.05).heading_deg, 55.0) < 1e-6


@pytest.mark.parametrize("stamp_s", [9.99, 10.51])
def test_without_a_sample_on_both_sides_there_is_no_pose(stamp_s):
    made = history([(10.0, 0, 0), (10.5, 1, 0)], [(10.0, 0, -60), (10.5, 0, -60)])
    assert made.at(stamp_s) is None
    assert made.at(10.25) is not None


def test_across_too_wide_a_gap_there_is_no_pose():
    steady = [(10.0 + 0.1 * i, 0, 0) for i in range(11)]
    gap = [(10.0, 0, -60), (10.6, 0, -60), (10.7, 0, -60)]
    made = history(steady, gap)
    assert made.at(10.3) is None
    assert made.at(10.65) is not None
    assert made.at(10.6) is not None


def test_a_yaw_whose_zero_changes_between_two_samples_is_not_known():
    made = history([(0.0, 0, 0), (1.0, 0, 0)], [(0.0, 0, -60)], max_gap_s=2.0)
    made.add_gimbal(GimbalSample(0.5, aim(0, -60), False))
    assert made.at(0.2) is None


def test_a_pose_with_samples_on_both_sides_is_settled():
    made = history([(10.0, 0, 0), (10.4, 0, 0)], [(10.0, 0, -60), (10.2, 0, -60)])
    assert (made.is_settled(10.2), made.is_settled(10.3)) == (True, False)


def test_after_a_clock_that_was_set_back_the_samples_from_before_are_gone():
    made = history([(10.0, 0, 0), (10.4, 0, 0), (5.0, 7, 0), (5.2, 7, 0)], [(4.9, 0, -60), (5.3, 0, -60)])
    assert made.at(5.1).east_m == 7
    assert made.at(10.2) is None


def test_a_sample_that_comes_late_changes_nothing():
    made = history([(10.0, 0, 0), (10.2, 2, 0), (10.1, 9, 0), (10.2, 9, 0)], [(10.0, 0, -60), (10.2, 0, -60)])
    assert made.at(10.1).east_m == pytest.approx(1.0)


def test_across_a_time_without_a_position_there_is_no_pose():
    made = history([(10.0, 0, 0), (10.1, 0, 0)], [(10.0 + 0.1 * i, 0, -60) for i in range(5)])
    assert made.at(10.05) is not None
    made.lose_position()
    assert made.lacks(10.1) == "the drone's position"
    made.add_vehicle(VehicleSample(10.2, (8.0, 2.0, 60.0), nose(0)))
    made.add_vehicle(VehicleSample(10.3, (8.0, 2.0, 60.0), nose(0)))
    assert [made.at(t) is not None for t in (10.05, 10.15, 10.25)] == [False, False, True]


@pytest.mark.parametrize("broken", [(math.nan, 0, 0, 1), (0, 0, 0, 0), (0, 0, 0, 2)])
def test_an_invalid_rotation_is_no_sample(broken):
    made = history([(0.0, 0, 0), (1.0, 0, 0)], [])
    made.add_gimbal(GimbalSample(0.5, broken, True))
    assert made.lacks(0.6) == "the gimbal's attitude"


def test_samples_from_before_a_clock_was_set_back_are_lacking():
    """A picture of now would get the pose of as long ago."""
    made = history([(10.0, 0, 0), (10.1, 0, 0)], [(10.0, 0, -60), (10.1, 0, -60)])
    assert made.lacks(10.05) == made.lacks(10.0) == ""
    assert made.lacks(9.9) == "the drone's position by the present clock"
    made.add_vehicle(VehicleSample(5.0, (0.0, 2.0, 60.0), nose(0)))
    assert made.lacks(5.0) == "the gimbal's attitude by the present clock"


def test_old_samples_are_lacking():
    made = history([(1.0, 0, 0)], [(1.3, 0, -60)])
    assert [made.lacks(t) for t in (1.4, 1.6, 9.0)] == ["", "the drone's position", "the drone's position"]
    assert PoseHistory(Mounting(), UNCERTAINTY, 0.5).lacks(0.0) == "the drone's position"


@pytest.mark.parametrize(
    ("mounting", "expected"),
    [
        (Mounting(yaw_deg=3.0), (33.0, 0.0, 0.0)),
        (Mounting(pitch_deg=-2.0), (30.0, -2.0, 0.0)),
        (Mounting(roll_deg=1.5), (30.0, 0.0, 1.5)),
    ],
)
def test_the_boresight_turns_the_camera_on_its_gimbal(mounting, expected):
    pose = history([(0.0, 0, 0), (0.2, 0, 0)], [(0.0, 30, 0), (0.2, 30, 0)], mounting=mounting).at(0.1)
    assert (pose.heading_deg, pose.pitch_deg, pose.roll_deg) == pytest.approx(expected, abs=1e-6)


def test_a_time_offset_asks_the_autopilot_of_another_moment():
    vehicle, gimbal = [(0.1 * i, 1.0 * i, 0) for i in range(6)], [(0.0, 0, -60), (0.5, 0, -60)]
    made = history(vehicle, gimbal, mounting=Mounting(offset_s=-0.1))
    pose = made.at(0.4)
    assert (pose.stamp_s, pose.east_m) == (0.4, pytest.approx(3.0))
    assert made.is_settled(0.6) and not made.is_settled(0.61)


def test_fast_motion_makes_the_pose_less_certain():
    uncertainty = Uncertainty(position_m=0.3, attitude_deg=0.4, time_s=0.01)
    before = [(-0.1, -4, 0)], [(-0.1, -6, -60)]
    made = history(
        [*before[0], (0.0, 0, 0), (0.1, 4, 0)], [*before[1], (0.0, 0, -60), (0.1, 6, -60)], uncertainty=uncertainty
    )
    for at_a_sample in (made.at(0.001), made.at(0.1)):
        assert at_a_sample.position_std_m == pytest.approx(0.5, abs=0.002)
        assert at_a_sample.attitude_std_deg == pytest.approx(math.hypot(0.4, 0.6), abs=0.003)


STREAM = Uncertainty(position_m=0.3, attitude_deg=0.4, time_s=0.3)
"""A stream's pictures have only their time of arrival."""


def rested(before, *, ago_s, uncertainty=STREAM):
    """The pose of a drone and a gimbal that have moved, by `before` (m/s, deg/s), until `ago_s` earlier."""
    stamps = [8.0 + 0.05 * i for i in range(61)]
    speed_mps, turn_dps = before
    moved = [(t, speed_mps * min(0.0, t - 10.0), 0) for t in stamps]
    turned = [(t, turn_dps * min(0.0, t - 10.0), -60) for t in stamps]
    return history(moved, turned, uncertainty=uncertainty).at(10.0 + ago_s)


@pytest.mark.parametrize("ago_s", [0.05, 0.3, 0.6])
def test_a_picture_of_uncertain_time_may_be_from_before_the_gimbal_came_to_rest(ago_s):
    """It arrives while the gimbal rests, and may show the turn: the mask must cover both."""
    pose = rested((0.0, 40.0), ago_s=ago_s)
    turned_deg = 40.0 * (2.5 * 0.3 - ago_s)
    assert pose.heading_deg == pytest.approx(0.0, abs=1e-6)
    assert 2.5 * pose.level_std_deg >= turned_deg
    assert rested((0.0, 40.0), ago_s=0.8).level_std_deg == pytest.approx(0.4)


def test_a_picture_of_uncertain_time_may_be_from_before_the_drone_came_to_rest():
    assert 2.5 * rested((8.0, 0.0), ago_s=0.25).position_std_m >= 8.0 * (2.5 * 0.3 - 0.25)
    exact = Uncertainty(position_m=0.3, attitude_deg=0.4, time_s=0.0)
    assert rested((8.0, 0.0), ago_s=0.25, uncertainty=exact).position_std_m == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("stamps", "is_known"),
    [([9.0, 9.4, 9.8, 10.2], True), ([9.4, 9.8, 10.2], False), ([9.0, 9.2, 9.8, 10.0, 10.2], False)],
    ids=["known", "not yet", "gap"],
)
def test_a_picture_of_uncertain_time_has_no_pose_while_the_motion_of_that_time_is_unknown(stamps, is_known):
    steady = [9.0 + 0.1 * i for i in range(13)]
    made = history([(t, 0, 0) for t in steady], [(t, 0, -60) for t in stamps], uncertainty=STREAM)
    assert (made.at(10.0) is not None) is is_known


@pytest.mark.parametrize(("gap_s", "most_deg"), [(0.5, 6.0), (0.1, 1.2)])
def test_a_turn_that_begins_between_two_samples_is_within_the_margin_of_the_mask(gap_s, most_deg):
    """The gimbal rests for half of the gap and turns at 48 deg/s from then on; drawn as an even turn at half of it."""
    begin_s, level = 10.0 + gap_s / 2, [(10.0, 0, 0), (10.0 + gap_s, 0, 0)]
    made = history(level, [(10.0, 0, 0), (10.0 + gap_s, 48 * gap_s / 2, 0)])
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        pose = made.at(10.0 + share * gap_s)
        true_deg = max(0.0, 48 * (pose.stamp_s - begin_s))
        assert apart(pose.heading_deg, true_deg) <= 2.5 * pose.attitude_std_deg
    assert apart(made.at(begin_s).heading_deg, 0.0) == pytest.approx(most_deg)


@pytest.mark.parametrize("gap_s", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("begin_share", [0.2, 0.5, 0.8, 0.9])
def test_a_fast_turn_that_begins_or_ends_anywhere_between_two_samples_is_within_the_margin(gap_s, begin_share):
    """With lost messages a gimbal may rest for most of the gap, and then turn by all of the change."""
    level, turned_deg = [(10.0, 0, 0), (10.0 + gap_s, 0, 0)], 100.0 * gap_s * (1 - begin_share)
    made = history(level, [(10.0, 0, 0), (10.0 + gap_s, turned_deg, 0)])
    for share in (0.05, 0.2, 0.5, 0.8, 0.9, 0.95):
        pose = made.at(10.0 + share * gap_s)
        later_deg = 100.0 * gap_s * max(0.0, share - begin_share)  # it begins late
        sooner_deg = min(turned_deg, 100.0 * gap_s * share)  # it ends early
        assert apart(pose.heading_deg, later_deg) <= 2.5 * pose.attitude_std_deg
        assert apart(pose.heading_deg, sooner_deg) <= 2.5 * pose.attitude_std_deg


def test_a_way_that_begins_between_two_samples_is_within_the_margin_of_the_mask():
    made = history([(0.0, 0, 0), (0.4, 3, 0)], [(0.0, 0, -60), (0.4, 0, -60)])
    pose = made.at(0.2)
    assert pose.east_m == pytest.approx(1.5)
    assert pose.position_std_m == pytest.approx(math.hypot(0.5, 1.5 / 2.5))


def test_a_compass_knows_less_of_the_heading_than_a_gimbal_of_its_angles():
    uncertainty = Uncertainty(position_m=0.3, attitude_deg=0.5, time_s=0.0, heading_deg=2.0)
    pose = history([(0.0, 0, 0), (0.2, 0, 0)], [(0.0, 30, -60), (0.2, 30, -60)], uncertainty=uncertainty).at(0.1)
    assert (pose.heading_std_deg, pose.level_std_deg) == pytest.approx((2.0, 0.5))
    assert pose.attitude_std_deg == pytest.approx(math.hypot(2.0, 0.5))


angles = st.floats(-179, 179)


@given(a=st.tuples(angles, angles), b=st.tuples(angles, angles), share=st.floats(0, 1))
def test_slerp_goes_the_shorter_way_at_an_even_pace(a, b, share):
    p, q = aim(*a), aim(*b)
    whole = angle_deg(p, q)
    assume(whole < 179)
    there = slerp(p, q, share)
    assert math.hypot(*there) == pytest.approx(1)
    assert angle_deg(p, there) == pytest.approx(share * whole, abs=1e-3)
    assert angle_deg(p, tuple(-c for c in there)) == pytest.approx(share * whole, abs=1e-3)
