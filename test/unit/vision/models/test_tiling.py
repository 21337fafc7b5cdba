"""Where a closer look goes, and how boxes of several searches become one list."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

from blindspot.vision.models.detector import Detections
from blindspot.vision.models.tiling import OVERLAP, Ground, Tile, choose_tiles, merged, tiles_of

WIDE, TALL, SIDE = 1280, 720, 416
TILES = tiles_of(WIDE, TALL, SIDE)
ENOUGH_PX = 48.0


def ground(person_px, worth=None):
    """32 x 18 blocks of 40 px."""
    ones = np.ones((18, 32))
    return Ground(WIDE, TALL, ones if worth is None else worth, ones * person_px)


def found(*rows):
    """(box, score, label) each."""
    boxes = np.array([box for box, _, _ in rows], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([s for _, s, _ in rows], np.float32), tuple(label for _, _, label in rows))


@given(wide=st.integers(64, 2000), tall=st.integers(64, 1200), side=st.integers(64, 640))
def test_tiles_of_each_zoom_cover_the_picture_and_overlap(wide, tall, side):
    tiles = tiles_of(wide, tall, side)
    for zoom in {tile.zoom for tile in tiles}:
        mine = [tile for tile in tiles if tile.zoom == zoom]
        for low, high, length in ((0, 2, wide), (1, 3, tall)):
            spans = sorted({(tile.box_xyxy[low], tile.box_xyxy[high]) for tile in mine})
            assert spans[0][0] == 0
            assert spans[-1][1] == length
            for (start, end), (following, _) in pairwise(spans):
                assert end - following >= OVERLAP * (end - start) - 2


def test_where_everybody_is_tall_in_the_whole_picture_no_tile_is_looked_at():
    assert choose_tiles(ground(ENOUGH_PX / 0.5), TILES, 0.5, ENOUGH_PX, 9) == []


def test_a_look_that_hardly_helps_is_not_taken():
    assert choose_tiles(ground(0.95 * ENOUGH_PX), TILES, 1.0, ENOUGH_PX, 9) == []
    assert choose_tiles(ground(0.8 * ENOUGH_PX), TILES, 1.0, ENOUGH_PX, 9) != []


def test_where_nothing_may_be_shown_no_tile_is_looked_at():
    assert choose_tiles(ground(20.0, np.zeros((18, 32))), TILES, 0.5, ENOUGH_PX, 9) == []


def test_blind_ground_is_looked_at_first():
    worth = np.full((18, 32), 0.2)
    worth[12:16, 26:30] = 4.0  # about x 1120, y 560
    first = choose_tiles(ground(ENOUGH_PX, worth), TILES, 0.5, ENOUGH_PX, 3)[0]
    x1, y1, x2, y2 = first.box_xyxy
    assert x1 < 1040 < 1200 < x2
    assert y1 < 480 < 640 < y2


def test_the_smaller_people_are_the_closer_the_look():
    assert {tile.zoom for tile in choose_tiles(ground(ENOUGH_PX), TILES, 0.5, ENOUGH_PX, 3)} == {1.0}
    here = np.zeros((18, 32))
    here[8, 16] = 1.0
    assert choose_tiles(ground(0.3 * ENOUGH_PX, here), TILES, 0.5, ENOUGH_PX, 1)[0].zoom == 2.0


def test_a_second_look_goes_elsewhere():
    chosen = choose_tiles(ground(ENOUGH_PX), TILES, 0.5, ENOUGH_PX, len(TILES))
    assert len(set(chosen)) == len(chosen)
    covered = np.zeros((TALL, WIDE), bool)
    for tile in chosen:
        x1, y1, x2, y2 = tile.box_xyxy
        covered[y1:y2, x1:x2] = True
    assert covered.all()


@given(count=st.integers(0, 6), person_px=st.floats(5, 100))
def test_more_time_adds_tiles_and_changes_none(count, person_px):
    few, more = (choose_tiles(ground(person_px), TILES, 0.5, ENOUGH_PX, n) for n in (count, count + 1))
    assert more[: len(few)] == few
    assert len(few) <= count


LEFT, RIGHT = Tile(0, 0, 416, 416, 1.0), Tile(300, 0, 416, 416, 1.0)


def test_an_object_in_two_tiles_is_one_detection():
    one = found(((320, 100, 340, 140), 0.8, "person"))
    other = found(((21, 101, 41, 141), 0.9, "person"))
    both = merged([(Detections.none(), None), (one, LEFT), (other, RIGHT)], WIDE, TALL)
    assert both.boxes_xyxy.tolist() == [[321, 101, 341, 141]]
    assert both.scores == pytest.approx([0.9])


def test_a_box_that_a_tile_cuts_gives_way_to_the_whole_one():
    cut = found(((390, 100, 416, 140), 0.95, "car"))
    whole = found(((85, 98, 150, 142), 0.5, "truck"))
    both = merged([(Detections.none(), None), (cut, LEFT), (whole, RIGHT)], WIDE, TALL)
    assert both.boxes_xyxy.tolist() == [[385, 98, 450, 142]]
    assert both.labels == ("truck",)


def test_a_person_whom_one_look_is_sure_of_stays_sure_though_the_whole_box_is_of_another_look():
    """The mask counts a box of 0.06 as nobody; a tile that cuts the same person has 0.9."""
    cut = found(((390, 100, 416, 140), 0.9, "person"))
    whole = found(((388, 100, 418, 142), 0.06, "person"))
    both = merged([(whole, None), (cut, LEFT)], WIDE, TALL)
    assert both.boxes_xyxy.tolist() == [[388, 100, 418, 142]]
    assert both.scores == pytest.approx([0.9])


def test_a_cut_box_that_nothing_stands_for_is_kept():
    cut = found(((390, 100, 416, 140), 0.3, "car"))
    other = found(((390, 100, 416, 140), 0.3, "person"))
    both = merged([(other, None), (cut, LEFT)], WIDE, TALL)
    assert sorted(both.labels) == ["car", "person"]
    assert both.cut is not None and both.cut.tolist() == [label == "car" for label in both.labels]


def test_at_the_pictures_own_edge_nothing_is_cut():
    edge = found(((0, 100, 20, 140), 0.4, "person"))
    inner = found(((0, 90, 60, 150), 0.9, "person"))
    both = merged([(inner, None), (edge, LEFT)], WIDE, TALL)
    assert len(both) == 2  # of 20 x 40 px in 60 x 60: another, smaller one


def test_two_people_side_by_side_stay_two():
    pair = found(((100, 100, 120, 140), 0.8, "person"), ((112, 100, 132, 140), 0.7, "person"))
    assert len(merged([(pair, None)], WIDE, TALL)) == 2


@pytest.mark.parametrize("is_tiled", [False, True])
def test_two_people_of_whom_one_hides_much_of_the_other_stay_two(is_tiled):
    """The network gives both, as they overlap by 0.54; joined, the head of the lower one was not masked."""
    pair = found(((100, 100, 120, 140), 0.8, "person"), ((100, 112, 120, 152), 0.7, "person"))
    one = found(((100, 100, 120, 140), 0.9, "person"))
    searches = [(one, None), (pair, LEFT)] if is_tiled else [(pair, None)]
    both = merged(searches, WIDE, TALL)
    assert sorted(both.boxes_xyxy[:, 1].tolist()) == [100, 112]


def test_a_vehicle_that_one_look_calls_a_car_and_a_truck_is_one():
    twice = found(((100, 100, 160, 140), 0.8, "car"), ((102, 100, 162, 140), 0.7, "truck"))
    assert merged([(twice, None)], WIDE, TALL).labels == ("car",)
