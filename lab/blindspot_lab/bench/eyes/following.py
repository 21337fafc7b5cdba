"""Quality of tracks: MOTA (Bernardin and Stiefelhagen 2008) and IDF1 (Ristani et al. 2016), computed exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from blindspot_lab.bench.eyes.boxes import iou

Floats = NDArray[np.float64]
MIN_IOU = 0.5


@dataclass(frozen=True, slots=True)
class FollowedPicture:
    """True objects and tracks of one picture: numbers, each with a box x1 y1 x2 y2 ((n, 4))."""

    true_numbers: tuple[int, ...]
    true_boxes: Floats
    track_numbers: tuple[int, ...]
    track_boxes: Floats


@dataclass(frozen=True, slots=True)
class Following:
    """MOTA and IDF1, and their components."""

    mota: float
    idf1: float
    recall: float
    precision: float
    switches: int
    true_boxes: int


def following(pictures: Iterable[FollowedPicture], min_iou: float = MIN_IOU) -> Following:
    """Compare tracks with the truth. A track finds a true box if their overlap is at least `min_iou`."""
    last: dict[int, int] = {}
    """The last track of each object."""
    common, true_total, tracks_total = Counter[tuple[int, int]](), Counter[int](), Counter[int]()
    found = switches = 0
    for picture in pictures:
        true_total.update(picture.true_numbers)
        tracks_total.update(picture.track_numbers)
        overlaps = iou(picture.true_boxes[:, None], picture.track_boxes[None])
        may_be = overlaps >= min_iou
        for row, col in zip(*np.nonzero(may_be), strict=True):
            common[picture.true_numbers[row], picture.track_numbers[col]] += 1
        for row, col in _matches(picture, overlaps, may_be, last):
            number, track = picture.true_numbers[row], picture.track_numbers[col]
            found += 1
            switches += last.get(number, track) != track
            last[number] = track
    truth, tracked = sum(true_total.values()), sum(tracks_total.values())
    missed, wrong = truth - found, tracked - found
    return Following(
        1 - (missed + wrong + switches) / truth, 2 * _identified(common) / (truth + tracked), found / truth,
        found / max(tracked, 1), switches, truth,
    )  # fmt: skip


def _matches(
    picture: FollowedPicture, overlaps: NDArray[np.floating], may_be: NDArray[np.bool_], last: dict[int, int]
) -> list[tuple[int, int]]:
    """Pairs of objects and tracks: earlier pairs that still fit, then the most pairs with the best overlap."""
    kept = [
        (row, picture.track_numbers.index(last[number]))
        for row, number in enumerate(picture.true_numbers)
        if last.get(number) in picture.track_numbers
    ]
    kept = [(row, col) for row, col in kept if may_be[row, col]]
    free = may_be.copy()
    for row, col in kept:
        free[row, :] = free[:, col] = False
    rows, cols = linear_sum_assignment(np.where(free, -1.0 - overlaps, 0.0))
    return kept + [(row, col) for row, col in zip(rows.tolist(), cols.tolist(), strict=True) if free[row, col]]


def _identified(common: Counter[tuple[int, int]]) -> int:
    """Largest number of boxes found with one fixed track per object over the whole sequence."""
    numbers, tracks = (sorted({pair[side] for pair in common}) for side in (0, 1))
    counts = np.zeros((len(numbers), len(tracks)))
    for (number, track), count in common.items():
        counts[numbers.index(number), tracks.index(track)] = count
    rows, cols = linear_sum_assignment(-counts)
    return int(counts[rows, cols].sum())
