"""Training targets of a picture, cell by cell (CenterNet, Zhou et al. 2019, section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot_lab.training.network import Layers
from blindspot_lab.training.sample import UNSURE, Sample

Floats = NDArray[np.float32]
TEACHES = 0.6
"""Cells with a nearness to an object's middle above this learn the object's box."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Targets of one picture. `nearness` (classes, rows, columns): 1 in the cell of an object's middle, falling off
    within its box. `counts`, with the same shape: 0 for cells that are ignored for a class. `boxes` (4, rows, columns):
    in YOLOX's form, where `has_box`."""

    nearness: Floats
    counts: Floats
    boxes: Floats
    has_box: NDArray[np.bool_]


def targets_of(sample: Sample, layers: Layers) -> Targets:
    rows, columns = (side // layers.stride_px for side in sample.picture.shape[:2])
    nearness = np.zeros((len(layers.classes), rows, columns), np.float32)
    counts, best = np.ones_like(nearness), np.zeros((rows, columns), np.float32)
    boxes = np.zeros((4, rows, columns), np.float32)
    x, y = np.arange(columns)[None, :], np.arange(rows)[:, None]
    boxes_cells = (sample.boxes_xyxy / layers.stride_px).tolist()
    for (x1, y1, x2, y2), number in zip(boxes_cells, sample.classes.tolist(), strict=True):
        if number < 0:  # ignored only for its class: the lamps of a barely visible car stay counter-examples of people
            counts[UNSURE - number, int(y1) : int(np.ceil(y2)), int(x1) : int(np.ceil(x2))] = 0.0
            continue
        middle_x, middle_y, wide, tall = (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1
        col, row = min(int(middle_x), columns - 1), min(int(middle_y), rows - 1)
        away = ((x - col) / max(wide / 6, 0.4)) ** 2 + ((y - row) / max(tall / 6, 0.4)) ** 2
        near = np.exp(-away / 2).astype(np.float32)
        nearness[number] = np.maximum(nearness[number], near)
        mine = near > np.maximum(best, TEACHES)
        best = np.maximum(best, near)
        values = (
            middle_x - x + 0 * y,
            middle_y - y + 0 * x,
            np.full_like(near, np.log(wide)),
            np.full_like(near, np.log(tall)),
        )
        boxes = np.where(mine, np.stack(values).astype(np.float32), boxes)
    counts = np.where(nearness == 1.0, 1.0, counts).astype(np.float32)
    return Targets(nearness, counts, boxes, best > TEACHES)
