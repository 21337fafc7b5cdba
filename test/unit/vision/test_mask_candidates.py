from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose, ground_homography, project
from blindspot.vision import mask_candidates as suspects
from blindspot.vision.mask_candidates import SuspectWatch
from blindspot.vision.models.detector import Detections

NOISE = np.random.default_rng(3).integers(90, 110, (240, 320, 3), np.uint8)
STILL = np.eye(3)


def found(*boxes):
    """Of (x, y, score) or (x, y, score, label): 20 x 40 px about the middle."""
    rows = [(*box, "person")[:4] for box in boxes]
    corners = np.array([(x - 10, y - 20, x + 10, y + 20) for x, y, _, _ in rows], np.float32).reshape(-1, 4)
    return Detections(corners, np.array([r[2] for r in rows], np.float32), tuple(r[3] for r in rows))


def middles(reported):
    boxes = reported.found.boxes_xyxy
    return [(round(float(x)), round(float(y))) for x, y in (boxes[:, :2] + boxes[:, 2:]) / 2]


@pytest.fixture
def watch():
    """One that has seen an empty, still scene."""
    made = SuspectWatch()
    made.update(0.0, NOISE, found())
    return made


def test_a_sure_box_counts_and_an_unsure_one_alone_does_not(watch):
    assert middles(watch.update(0.2, NOISE, found((100, 100, 0.36), (200, 100, 0.2)), STILL)) == [(100, 100)]


def test_an_unsure_box_counts_where_a_track_leads(watch):
    watch.update(0.2, NOISE, found((100, 100, 0.9)), STILL)
    assert middles(watch.update(0.4, NOISE, found((104, 100, 0.06)), STILL)) == [(104, 100)]


def test_an_unsure_box_counts_where_something_moves(watch):
    moving = NOISE.copy()
    moving[80:120, 190:210] = 255
    reported = watch.update(0.2, moving, found((100, 100, 0.2), (200, 100, 0.2)), STILL)
    assert middles(reported) == [(200, 100)]


def test_an_unsure_box_counts_at_an_edge_beyond_the_last_whole_cell_where_no_motion_is_known():
    size = np.zeros((243, 323, 3), np.uint8)
    watch = SuspectWatch()
    watch.update(0.0, size, found())
    sliver = Detections(np.array([(321, 100, 323, 140)], np.float32), np.array([0.3], np.float32), ("person",))
    assert len(watch.update(0.2, size, sliver, STILL).found) == 1


@pytest.mark.parametrize(("stamp_s", "to_now"), [(0.2, None), (9.0, STILL), (-1.0, STILL)])
def test_where_nothing_is_known_of_the_moment_before_every_box_counts(watch, stamp_s, to_now):
    assert middles(watch.update(stamp_s, NOISE, found((200, 100, 0.12)), to_now)) == [(200, 100)]


def test_a_walker_who_is_overlooked_is_hidden_along_her_way_with_growing_uncertainty(watch):
    for i in range(1, 6):
        watch.update(0.2 * i, NOISE, found((100 + 5 * i, 100, 0.9)), STILL)
    grown = []
    for i in range(6, 13):
        reported = watch.update(0.2 * i, NOISE, found(), STILL)
        (at,) = middles(reported)
        assert at == pytest.approx((100 + 5 * i, 100), abs=4)
        grown.append(float(reported.grow_px[0]))
    assert grown == sorted(grown) and grown[0] > 0
    assert middles(watch.update(2.6, NOISE, found(), STILL)) == []


def test_one_seen_once_may_have_gone_anywhere(watch):
    watch.update(0.2, NOISE, found((100, 100, 0.9)), STILL)
    reported = watch.update(0.4, NOISE, found(), STILL)
    assert reported.grow_px[0] == pytest.approx(2.5 * 0.2 * 40 / 1.7)


def test_vehicles_coast_too(watch):
    watch.update(0.2, NOISE, found((100, 100, 0.9, "car")), STILL)
    reported = watch.update(0.4, NOISE, found(), STILL)
    assert reported.found.labels == ("car",)
    assert reported.grow_px[0] > 30


def test_a_person_never_goes_on_as_a_car(watch):
    watch.update(0.2, NOISE, found((100, 100, 0.9, "car")), STILL)
    assert set(watch.update(0.4, NOISE, found((100, 100, 0.9)), STILL).found.labels) == {"car", "person"}


def test_around_a_box_that_a_tile_cut_as_much_again_is_hidden(watch):
    """The head of a person, or the plate of a car, may be on the other side of the tile's edge."""
    both = found((100, 100, 0.9), (200, 100, 0.8))
    reported = watch.update(0.2, NOISE, replace(both, cut=np.array([True, False])), STILL)
    assert dict(zip(middles(reported), reported.grow_px.tolist(), strict=True)) == {(100, 100): 40, (200, 100): 0}


def test_the_cameras_own_motion_is_taken_out(watch):
    lens = Lens(35.0, 320, 240)
    walker = (3.0, 8.0, 0.0)
    before, after = (CameraPose(t, 4 * t, 0, 60, 10 * t, -80) for t in (0.2, 0.4))
    to_now = ground_homography(before, after, lens, 0.0)
    (x1, y1), (x2, y2) = (project([walker], pose, lens)[0][0] for pose in (before, after))
    watch.update(0.2, NOISE, found((x1, y1, 0.9)), STILL)
    reported = watch.update(0.4, NOISE, found(), to_now)
    assert middles(reported)[0] == pytest.approx((x2, y2), abs=1.0)


def test_one_whom_a_turn_of_the_camera_leaves_behind_it_is_dropped(watch):
    """Her place in the pictures grew from one to the next, until it was no number and ended the detector."""
    lens, before = Lens(84.0, 320, 240), CameraPose(0.2, 0, 0, 30, 0, -25)
    watch.update(0.2, NOISE, found((100, 100, 0.9), (200, 60, 0.9)), STILL)
    for i in range(2, 9):
        after = replace(before, stamp_s=0.2 * i, heading_deg=before.heading_deg + 25)
        reported = watch.update(0.2 * i, NOISE, found(), ground_homography(before, after, lens, 0.0))
        assert np.isfinite(reported.found.boxes_xyxy).all()
        assert np.isfinite(reported.grow_px).all()
        before = after
    assert middles(reported) == []


def test_newly_visible_boxes_count_as_moving(watch):
    shifted = np.array([[1, 0, -100], [0, 1, 0], [0, 0, 1.0]])
    reported = watch.update(0.2, np.roll(NOISE, -100, axis=1), found((280, 100, 0.2), (60, 100, 0.2)), shifted)
    assert middles(reported) == [(280, 100)]


boxes = st.lists(st.tuples(st.integers(20, 300), st.integers(30, 210), st.floats(0.05, 1.0)), max_size=6)


@settings(max_examples=40, deadline=None)
@given(pictures=st.lists(boxes, min_size=1, max_size=6))
def test_no_sure_box_is_ever_left_out(pictures):
    watch = SuspectWatch()
    for i, picture in enumerate(pictures):
        ordered = sorted(picture, key=lambda box: -box[2])
        reported = middles(watch.update(0.2 * i, NOISE, found(*ordered), STILL if i else None))
        assert {(x, y) for x, y, score in picture if score >= suspects.SURE_SCORE} <= set(reported)
