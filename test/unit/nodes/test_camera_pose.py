"""What a pose message says of how well the pose is known."""

import math
from dataclasses import replace

import numpy as np
import pytest

from blindspot.nodes.camera_pose import exposure_of, pose_message
from blindspot.vision.projection import CameraPose

POSE = CameraPose(5.0, 1.0, 2.0, 60.0, 30.0, -60.0, 1.0, 1.0, math.hypot(2.0, 0.5), 2.0)


def test_doubts_come_back_as_they_went():
    pose = exposure_of(pose_message(POSE))
    assert (pose.position_std_m, pose.level_std_deg, pose.heading_std_deg) == pytest.approx((1.0, 0.5, 2.0))


def test_the_headings_doubt_stands_at_the_vertical_axis():
    turns = np.degrees(np.sqrt(np.asarray(pose_message(POSE).pose.covariance).reshape(6, 6).diagonal()[3:]))
    assert turns == pytest.approx([0.5, 0.5, math.hypot(2.0, 0.5)])


@pytest.mark.parametrize("unknown", ["position_std_m", "attitude_std_deg", "heading_std_deg"])
def test_what_is_not_known_stays_unknown(unknown):
    pose = exposure_of(pose_message(replace(POSE, **{unknown: math.nan})))
    told = pose.position_std_m if unknown == "position_std_m" else pose.aim_std_deg(-60.0)
    assert math.isnan(told)


def test_a_negative_variance_is_unknown():
    message = pose_message(POSE)
    message.pose.covariance[21] = -1.0
    assert math.isnan(exposure_of(message).attitude_std_deg)


def test_a_covariance_of_somebody_elses_is_not_taken_for_less_than_it_is():
    """One large doubt along the diagonal of east and north: the worst axis has twice the variance of each."""
    message = pose_message(POSE)
    for entry in (0, 1, 6, 7):
        message.pose.covariance[entry] = 1.0
    assert exposure_of(message).position_std_m >= math.sqrt(2.0) - 1e-9
