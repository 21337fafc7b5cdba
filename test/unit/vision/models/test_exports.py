"""Layouts against real exports: recorded outputs of networks with random weights, beside their authors' own boxes.

`python -m blindspot_lab.exports --into test/data/exports` makes the recordings.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from blindspot.vision.models.layouts import LAYOUTS, Asked

EXPORTS = Path(__file__).parents[3] / "data" / "exports"
LAYOUT_OF = {
    "yolox": "yolox", "yolo9": "yolo_corners", "yolo9_suppressed": "yolo_end_to_end", "dfine": "rtdetr",
    "rfdetr": "rtdetr",
}  # fmt: skip


def decoded(recorded, layout):
    """Boxes, cut off at the picture's edge as authors do, with scores and classes, above the least score."""
    outputs = [recorded[f"output{number}"] for number in range(sum(name.startswith("output") for name in recorded))]
    width_px, height_px = map(int, recorded["size_px"])
    count, least = int(recorded["class_count"]), float(recorded["least"])
    boxes, scores = LAYOUTS[layout](outputs, Asked(width_px, height_px, tuple(range(count)), count, least))
    rows, labels = np.nonzero(scores >= least)
    return boxes[rows], scores[rows, labels], labels, np.array([width_px, height_px] * 2)


@pytest.mark.parametrize("name", LAYOUT_OF)
def test_the_boxes_are_those_of_the_authors_within_a_pixel(name):
    with np.load(EXPORTS / f"{name}.npz") as file:
        recorded = dict(file)
    boxes, scores, labels, edge = decoded(recorded, LAYOUT_OF[name])
    assert len(boxes) >= len(recorded["boxes"]) >= 20
    for box, score, label in zip(recorded["boxes"], recorded["scores"], recorded["labels"], strict=True):
        same = (labels == label) & (np.abs(scores - score) < 1e-4)
        off_px = np.abs(np.clip(boxes[same], 0.0, edge) - np.clip(box, 0.0, edge)).max(axis=1, initial=0.0)
        assert same.any() and off_px.min() < 1.0


def test_corners_are_no_middles_and_sizes():
    with np.load(EXPORTS / "yolo9.npz") as file:
        recorded = dict(file)
    as_corners, as_middles = (decoded(recorded, layout)[0] for layout in ("yolo_corners", "yolo"))
    assert np.abs(as_corners - as_middles).max() > 10.0
