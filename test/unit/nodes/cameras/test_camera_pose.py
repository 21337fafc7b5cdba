"""The covariance of a pose message."""

import math
from dataclasses import replace

import numpy as np
import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.nodes.cameras.camera_pose import camera_info_message, exposure_of, pose_message, stream_lens_of

POSE = CameraPose(5.0, 1.0, 2.0, 60.0, 30.0, -60.0, 1.0, 1.0, math.hypot(2.0, 0.5), 2.0)


def test_doubts_come_back_as_they_went():
    pose = exposure_of(pose_message(POSE))
    assert (pose.position_std_m, pose.level_std_deg, pose.heading_std_deg) == pytest.approx((1.0, 0.5, 2.0))


def test_the_headings_doubt_stands_at_the_vertical_axis():
    turns = np.degrees(np.sqrt(np.asarray(pose_message(POSE).pose.covariance).reshape(6, 6).diagonal()[3:]))
    assert turns == pytest.approx([0.5, 0.5, math.hypot(2.0, 0.5)])


@pytest.mark.parametrize("unknown", ["position_std_m", "attitude_std_deg", "heading_std_deg"])
def test_an_unknown_variance_stays_unknown(unknown):
    pose = exposure_of(pose_message(replace(POSE, **{unknown: math.nan})))
    reported = pose.position_std_m if unknown == "position_std_m" else pose.aim_std_deg(-60.0)
    assert math.isnan(reported)


def test_a_negative_variance_is_unknown():
    message = pose_message(POSE)
    message.pose.covariance[21] = -1.0
    assert math.isnan(exposure_of(message).attitude_std_deg)


def test_a_foreign_covariance_with_off_diagonal_terms_is_bounded_from_above():
    """One large doubt along the diagonal of east and north: the worst axis has twice the variance of each."""
    message = pose_message(POSE)
    for entry in (0, 1, 6, 7):
        message.pose.covariance[entry] = 1.0
    assert exposure_of(message).position_std_m >= math.sqrt(2.0) - 1e-9


def info(**change):
    """Of a stream of 1920 x 1080 over 35 deg, whose pictures have half its size."""
    message = camera_info_message(Lens(35.0, 1920, 1080), 2, 5.0, "camera")
    for name, value in change.items():
        setattr(message, name, value)
    return message


def test_camera_info_gives_the_lens_of_the_stream():
    lens = stream_lens_of(info())
    assert (lens.width_px, lens.height_px, lens.hfov_deg) == (1920, 1080, pytest.approx(35.0))


F = Lens(35.0, 1920, 1080).f_px


@pytest.mark.parametrize(
    "change",
    [
        {"d": [-0.2, 0.05, 0.0, 0.0, 0.0]},
        {"k": [F, 0.0, 900.0, 0.0, F, 539.5, 0.0, 0.0, 1.0]},
        {"k": [F, 0.0, 959.5, 0.0, 1.02 * F, 539.5, 0.0, 0.0, 1.0]},
        {"k": [math.nan, 0.0, 959.5, 0.0, F, 539.5, 0.0, 0.0, 1.0]},
        {"k": [F, 0.0, math.nan, 0.0, F, 539.5, 0.0, 0.0, 1.0]},
        {"k": [0.0] * 9},
        {"width": 0},
    ],
    ids=["distorted", "axis", "oblong", "nan", "nan axis", "nothing", "no size"],
)
def test_a_lens_that_is_not_the_ideal_one_is_not_known(change):
    """A camera's own driver may publish such a lens: its pictures would be masked beside the walls."""
    assert stream_lens_of(info(**change)) is None
