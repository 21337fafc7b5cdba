"""A picture with its true boxes, as the training uses it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CROP_PX = 256
UNSURE = -1
"""The class of a figure that is ignored is UNSURE minus its class number."""
SEEN_OF_CUT = 0.8
"""Figures that the crop cuts to a smaller share are ignored."""


@dataclass(frozen=True, slots=True)
class Sample:
    """(h, w, channels) picture, (n, 4) boxes in its pixels, (n,) numbers of classes, or coded by UNSURE."""

    picture: NDArray[np.uint8]
    boxes_xyxy: NDArray[np.float32]
    classes: NDArray[np.int64]


def inside(boxes: NDArray[np.float32], classes: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Boxes clipped to the crop. Cut figures are ignored in the training, and boxes outside are dropped."""
    clipped = np.clip(boxes, 0, CROP_PX)
    area, left = (np.prod(b[:, 2:] - b[:, :2], axis=1) for b in (boxes, clipped))
    classes = np.where((left < SEEN_OF_CUT * area) & (classes >= 0), UNSURE - classes, classes)
    return clipped[left > 0], classes[left > 0]
