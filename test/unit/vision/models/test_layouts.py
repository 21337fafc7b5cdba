"""Decoding of each layout, with outputs made by hand: one person, and one box of a class outside the request."""

from dataclasses import replace

import numpy as np
import pytest

from blindspot.vision.models.layouts import (
    LAYOUTS,
    Asked,
    nanodet,
    rtdetr,
    rtdetr_labelled,
    yolo,
    yolo_end_to_end,
    yolox,
)

# 64 x 32 px, three classes, of which 0 and 2 are wanted: 8 x 4 cells of 8 px, then 4 x 2 of 16, then 2 x 1 of 32.
ASKED = Asked(64, 32, (0, 2), 3, 0.3)
CELLS = 32 + 8 + 2
SECOND_STRIDE = 32


def floats(*shape):
    return np.zeros(shape, np.float32)


def nanodet_outputs():
    """Cell (row 1, column 2) of the strides of 16 px: the sides are 1, 0, 1 and 1 strides from its middle (40, 24)."""
    scores = [floats(1, n, 3) for n in (32, 8, 2)]
    sides = [floats(1, n, 4 * 3) for n in (32, 8, 2)]
    scores[1][0, 4 + 2] = (0.1, 0.9, 0.8)
    scores[0][0, 0] = (0.0, 1.0, 0.0)
    sides[1][0, 4 + 2].reshape(4, 3)[[0, 1, 2, 3], [1, 0, 1, 1]] = 50.0
    return scores, sides


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [5, 0, 3, 1, 4, 2]])
def test_nanodet_in_any_order(order):
    scores, sides = nanodet_outputs()
    boxes, best = nanodet([[*scores, *sides][k] for k in order], ASKED)
    assert boxes == pytest.approx(np.array([[24, 24, 56, 40]]), abs=1e-3)
    assert best == pytest.approx(np.array([[0.1, 0.8]]))


def test_a_side_of_nanodet_is_the_mean_of_its_distribution():
    scores, sides = nanodet_outputs()
    sides[1][0, 6] = 0.0  # all distances alike: one stride on the average
    assert nanodet([*scores, *sides], ASKED)[0] == pytest.approx(np.array([[24, 8, 56, 40]]))


def test_yolox_by_hand():
    rows = floats(1, CELLS, 8)
    rows[0, SECOND_STRIDE + 4 + 2] = (0.5, 0.25, np.log(2), np.log(0.5), 0.5, 0.8, 1.0, 0.1)  # its corner: (32, 16)
    rows[0, 0] = (0, 0, 0, 0, 1.0, 0.0, 1.0, 0.0)
    boxes, best = yolox([rows], ASKED)
    assert boxes == pytest.approx(np.array([[40 - 16, 20 - 4, 40 + 16, 20 + 4]]))
    assert best == pytest.approx(np.array([[0.4, 0.05]]))


def test_yolo_by_hand():
    columns = floats(1, 7, 5)
    columns[0, :, 3] = (20, 10, 8, 4, 0.7, 0.0, 0.2)
    columns[0, :, 1] = (20, 10, 8, 4, 0.0, 0.9, 0.2)
    boxes, best = yolo([columns], ASKED)
    assert boxes == pytest.approx(np.array([[16, 8, 24, 12]]))
    assert best == pytest.approx(np.array([[0.7, 0.2]]))


def test_yolo_end_to_end_by_hand():
    rows = np.array([[(1, 2, 3, 4, 0.9, 1), (5, 6, 7, 8, 0.6, 2), (9, 9, 9, 9, 0.2, 0), (0, 0, 0, 0, 0.9, -1)]])
    boxes, best = yolo_end_to_end([rows.astype(np.float32)], ASKED)
    assert boxes.tolist() == [[5, 6, 7, 8]]
    assert best == pytest.approx(np.array([[0.0, 0.6]]))


def test_rtdetr_as_logits_or_as_scores():
    boxes = floats(1, 2, 4)
    boxes[0, 0] = (0.5, 0.5, 0.25, 0.5)
    logits = np.full((1, 2, 3), -9.0, np.float32)
    logits[0, 0, 2] = 0.0
    expected = np.array([[24, 8, 40, 24]])
    for outputs in ([boxes, logits], [logits, boxes]):
        found, best = rtdetr(outputs, ASKED)
        assert found == pytest.approx(expected)
        assert best == pytest.approx(np.array([[0.0, 0.5]]), abs=1e-3)
    found, best = rtdetr([np.concatenate([boxes, 1 / (1 + np.exp(-logits))], axis=2)], ASKED)
    assert found == pytest.approx(expected)
    assert best == pytest.approx(np.array([[0.0, 0.5]]), abs=1e-3)


def test_rtdetr_labelled_by_hand():
    labels = np.array([[1, 0, 7]], np.int64)
    boxes = np.array([[(1, 2, 3, 4), (5, 6, 7, 8), (9, 9, 9, 9)]], np.float32)
    found, best = rtdetr_labelled([labels, boxes, np.array([[0.9, 0.8, 0.9]], np.float32)], ASKED)
    assert found.tolist() == [[5, 6, 7, 8]]
    assert best == pytest.approx(np.array([[0.8, 0.0]]))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_output_of_another_shape_is_reported(layout):
    with pytest.raises(ValueError, match=r"\(1, 17, 11\)"):
        LAYOUTS[layout]([floats(1, 17, 11)], ASKED)


@pytest.mark.parametrize(
    ("layout", "outputs"),
    [
        ("nanodet", [floats(1, n, k) for n in (32, 8, 2) for k in (3, 12)]),
        ("yolox", [floats(1, CELLS, 8)]),
        ("yolo", [floats(1, 7, 0)]),
        ("yolo_corners", [floats(1, 7, 0)]),
        ("yolo_end_to_end", [floats(1, 0, 6)]),
        ("rtdetr", [floats(1, 0, 4), np.full((1, 0, 3), -9.0, np.float32)]),
        ("rtdetr_labelled", [floats(1, 0), floats(1, 0, 4), floats(1, 0)]),
    ],
)
def test_nothing_is_found_in_nothing(layout, outputs):
    boxes, best = LAYOUTS[layout](outputs, ASKED)
    assert boxes.shape == (0, 4)
    assert best.shape == (0, 2)


@pytest.mark.parametrize(
    ("layout", "outputs"),
    [
        ("nanodet", [*(floats(1, n, 3) for n in (32, 8, 2)), *(floats(1, n, 12) for n in (32, 8, 3))]),
        ("rtdetr", [floats(1, 9, 4), floats(1, 8, 3)]),
        ("rtdetr_labelled", [floats(1, 9), floats(1, 9, 4), floats(1, 8)]),
    ],
)
def test_outputs_that_count_their_boxes_differently_are_reported(layout, outputs):
    with pytest.raises(ValueError, match=r"\(1, 9|\(1, 3, 12"):
        LAYOUTS[layout](outputs, ASKED)


def test_distances_of_nanodet_that_belong_to_no_four_sides_are_reported():
    outputs = [*(floats(1, n, 3) for n in (32, 8, 2)), *(floats(1, n, 13) for n in (32, 8, 2))]
    with pytest.raises(ValueError, match="reshape"):
        nanodet(outputs, replace(ASKED, min_score=-1.0))
