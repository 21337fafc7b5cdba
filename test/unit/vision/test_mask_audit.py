"""A masked picture is looked at again, by rays that share nothing with the drawing of the mask but town and pose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.core.errors import MaskingError
from blindspot.vision.mask_audit import MaskAudit
from blindspot.vision.masking import Masker
from blindspot.vision.models.detector import Detections
from blindspot.vision.pipeline import Pipeline

LENS = Lens(35.0, 960, 540)
POSE = CameraPose(5.0, 0, -40, 40, heading_deg=0, pitch_deg=-45, position_std_m=0.1, attitude_std_deg=0.1)
NOTHING = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), ())


def white():
    return np.full((LENS.height_px, LENS.width_px, 3), 255, np.uint8)


def masked(town, pose):
    return Masker(town, LENS).mask(white(), NOTHING, pose, pose.stamp_s)


@pytest.mark.parametrize("pitch_deg", [-30.0, -45.0, -60.0, -90.0])
def test_a_masked_picture_shows_nothing_that_must_be_hidden(town, pitch_deg):
    pose = replace(POSE, pitch_deg=pitch_deg, north_m=-20.0)
    audit, keep = MaskAudit(town, LENS), Masker(town, LENS).keep(pose, pose.stamp_s)
    for _ in range(5):
        found = audit.look(masked(town, pose), keep, pose)
        assert (found.outside_px, found.private_px, found.clear_px) == (0, 0, 0)


@settings(max_examples=60, deadline=None)
@given(
    east_m=st.floats(-9, 9), north_m=st.floats(-40, 40), up_m=st.floats(20, 60), heading_deg=st.floats(0, 360),
    pitch_deg=st.floats(-90, -25), position_std_m=st.floats(0.02, 1.0),
)  # fmt: skip
def test_no_lawful_picture_is_taken_for_a_clear_one(
    town, east_m, north_m, up_m, heading_deg, pitch_deg, position_std_m
):
    pose = CameraPose(
        5.0, east_m, north_m, up_m, heading_deg, pitch_deg, position_std_m=position_std_m, attitude_std_deg=0.1
    )
    keep = Masker(town, LENS).keep(pose, pose.stamp_s)
    found = MaskAudit(town, LENS).look(masked(town, pose), keep, pose)
    assert (found.outside_px, found.private_px, found.clear_px) == (0, 0, 0)


def test_a_clear_picture_shows_both_kinds_of_ground_and_every_hidden_cell(town):
    beside = replace(POSE, north_m=-65.0)
    keep = Masker(town, LENS).keep(beside, beside.stamp_s)
    found = MaskAudit(town, LENS).look(white(), keep, beside)
    assert found.outside_px > 0 and found.private_px > 0
    assert found.clear_px >= np.count_nonzero(keep == 0)


def test_a_mask_that_the_town_s_drawing_got_wrong_is_found_by_the_rays_alone(town):
    """The drawing says that everything may be seen; so does the picture. The rays meet the block and its yard."""
    everything = np.full((LENS.height_px // 4, LENS.width_px // 4), 255, np.uint8)
    audit = MaskAudit(town, LENS)
    found = [audit.look(white(), everything, POSE) for _ in range(3)]
    assert all(each.private_px > 0 for each in found)


def test_another_pose_s_mask_is_found(town):
    aside = replace(POSE, heading_deg=25.0)
    keep = Masker(town, LENS).keep(aside, aside.stamp_s)
    assert MaskAudit(town, LENS).look(masked(town, aside), keep, POSE).private_px > 0


class Sees:
    def detect(self, bgr):
        return NOTHING


def test_the_way_of_a_picture_ends_where_a_masked_picture_still_shows_what_it_must_hide(town, monkeypatch):
    pipeline = Pipeline(Sees(), town, LENS, {"person"})
    assert pipeline.process(white(), 5.0, POSE).audit.clear_px == 0
    monkeypatch.setattr(Masker, "shown", lambda self, *_: np.full((LENS.height_px, LENS.width_px), 255, np.uint8))
    with pytest.raises(MaskingError, match="still shows"):
        pipeline.process(white(), 5.2, replace(POSE, stamp_s=5.2))


def axis_of(town, **changes):
    pose = replace(POSE, **changes)
    keep = np.zeros((LENS.height_px // 4, LENS.width_px // 4), np.uint8)
    return MaskAudit(town, LENS).look(np.zeros_like(white()), keep, pose).axis_on_facade


def test_the_axis_rests_on_a_facade_within_the_error_of_the_pose(town):
    """The block's west wall stands at 10 m east and is 12 m high. The camera is 40 m up and looks down by 45 degrees:
    its axis meets the ground 40 m ahead."""
    assert axis_of(town) is False, "along the street"
    east = {"north_m": 0.0, "heading_deg": 90.0}
    assert axis_of(town, east_m=-20.0, **east) is True
    assert axis_of(town, east_m=-29.0, **east) is True, "1 m above the foot of the wall"
    assert axis_of(town, east_m=-31.0, **east) is False, "1 m before the wall"
    assert axis_of(town, east_m=-31.0, **east, attitude_std_deg=1.5) is True
    assert axis_of(town, east_m=20.0, north_m=0.0, pitch_deg=-90.0) is False, "a roof"


def test_an_axis_that_leaves_the_town_ends_nobody_knows_where(town):
    assert axis_of(town, north_m=30.0, pitch_deg=-30.0) is None
    assert axis_of(town, pitch_deg=5.0) is None
