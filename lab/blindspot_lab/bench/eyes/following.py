"""How well tracks follow: MOTA (Bernardin and Stiefelhagen 2008) and IDF1 (Ristani et al. 2016), worked out exactly."""

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
class Picture:
    """Of one picture: who is there, and what the tracker says; numbers, each with a box x1 y1 x2 y2 ((n, 4))."""

    true_numbers: tuple[int, ...]
    true_boxes: Floats
    told_numbers: tuple[int, ...]
    told_boxes: Floats


@dataclass(frozen=True, slots=True)
class Following:
    """MOTA and IDF1, and what they are made of."""

    mota: float
    idf1: float
    recall: float
    precision: float
    switches: int
    true_boxes: int


def following(pictures: Iterable[Picture], min_iou: float = MIN_IOU) -> Following:
    """Compare tracks with the truth; a box is found by one that overlaps it by `min_iou` and more."""
    last: dict[int, int] = {}
    """By which track each object was followed last."""
    common, true_total, told_total = Counter[tuple[int, int]](), Counter[int](), Counter[int]()
    found = switches = 0
    for picture in pictures:
        true_total.update(picture.true_numbers)
        told_total.update(picture.told_numbers)
        overlaps = iou(picture.true_boxes[:, None], picture.told_boxes[None])
        may_be = overlaps >= min_iou
        for row, col in zip(*np.nonzero(may_be), strict=True):
            common[picture.true_numbers[row], picture.told_numbers[col]] += 1
        for row, col in _matches(picture, overlaps, may_be, last):
            number, track = picture.true_numbers[row], picture.told_numbers[col]
            found += 1
            switches += last.get(number, track) != track
            last[number] = track
    truth, told = sum(true_total.values()), sum(told_total.values())
    missed, wrong = truth - found, told - found
    return Following(
        1 - (missed + wrong + switches) / truth, 2 * _identified(common) / (truth + told), found / truth,
        found / max(told, 1), switches, truth,
    )  # fmt: skip


def _matches(
    picture: Picture, overlaps: NDArray[np.floating], may_be: NDArray[np.bool_], last: dict[int, int]
) -> list[tuple[int, int]]:
    """Who is followed by what: as before where that still fits, then the most pairs of the best overlap."""
    kept = [
        (row, picture.told_numbers.index(last[number]))
        for row, number in enumerate(picture.true_numbers)
        if last.get(number) in picture.told_numbers
    ]
    kept = [(row, col) for row, col in kept if may_be[row, col]]
    free = may_be.copy()
    for row, col in kept:
        free[row, :] = free[:, col] = False
    rows, cols = linear_sum_assignment(np.where(free, -1.0 - overlaps, 0.0))
    return kept + [(row, col) for row, col in zip(rows.tolist(), cols.tolist(), strict=True) if free[row, col]]


def _identified(common: Counter[tuple[int, int]]) -> int:
    """Boxes that one track for each object, chosen for the whole sequence, finds at most."""
    numbers, tracks = (sorted({pair[side] for pair in common}) for side in (0, 1))
    counts = np.zeros((len(numbers), len(tracks)))
    for (number, track), count in common.items():
        counts[numbers.index(number), tracks.index(track)] = count
    rows, cols = linear_sum_assignment(-counts)
    return int(counts[rows, cols].sum())
