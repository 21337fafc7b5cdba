from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blindspot.vision.detector import Detections
from blindspot.vision.georeference import ground_points
from blindspot.vision.projection import CameraPose, project

POSE = CameraPose(0.0, 0, -45, 60, 0, -55, position_std_m=0.4, attitude_std_deg=0.4)


def person_at(east_m, north_m, pose, lens):
    """The detection of someone 1.7 m tall whose box is drawn around her middle."""
    (u, v), *_ = project([(east_m, north_m, 0.85)], pose, lens)[0]
    return Detections(np.array([[u - 5, v - 12, u + 5, v + 12]], np.float32), np.ones(1, np.float32), ("person",))


@given(east=st.floats(-9, 9), north=st.floats(-9, 9), pitch=st.floats(-90, -35), heading=st.floats(0, 359))
def test_the_foot_is_found_at_any_steepness(town, lens, east, north, pitch, heading):
    pose = replace(POSE, pitch_deg=pitch, heading_deg=heading, east_m=3.0, north_m=-4.0)
    if project([(east, north, 0.85)], pose, lens)[1][0] < 1:
        return
    (point,) = ground_points(person_at(east, north, pose, lens), pose, lens, town)
    if point is not None:  # None where the ray is too flat
        assert (point.east_m, point.north_m, point.up_m) == pytest.approx((east, north, 0), abs=0.05)
        assert point.std_m > pose.position_std_m


def test_a_flat_ray_says_nothing(town, lens):
    pose = replace(POSE, pitch_deg=0.0)
    middle = Detections(np.array([[310, 170, 330, 190]], np.float32), np.ones(1, np.float32), ("person",))
    assert ground_points(middle, pose, lens, town) == [None]


def test_what_stands_outside_the_town_is_not_placed(town, lens):
    pose = replace(POSE, north_m=200.0)
    assert ground_points(person_at(0, 245, pose, lens), pose, lens, town) == [None]


def test_the_spread_is_what_wrong_poses_make_of_it(town, lens):
    """Monte Carlo against the first-order formula, box error left out."""
    rng = np.random.default_rng(1)
    seen = person_at(0.0, 0.0, POSE, lens)
    errors = []
    for _ in range(600):
        (a, b, c), (d, e) = rng.normal(0, POSE.position_std_m, 3), rng.normal(0, POSE.attitude_std_deg, 2)
        wrong = replace(POSE, east_m=POSE.east_m + a, north_m=POSE.north_m + b, up_m=POSE.up_m + c,
                        heading_deg=d, pitch_deg=POSE.pitch_deg + e)  # fmt: skip
        (point,) = ground_points(seen, wrong, lens, town)
        errors.append((point.east_m, point.north_m))
    spread_m = float(np.sqrt(np.mean(np.square(errors))))
    (told,) = ground_points(seen, POSE, lens, town)
    assert spread_m < told.std_m < 1.5 * spread_m
