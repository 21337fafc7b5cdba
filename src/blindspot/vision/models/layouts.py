"""Output layouts of networks: one pure function per layout, from the outputs to boxes and scores.

Boxes are (n, 4) x1 y1 x2 y2 in pixels of the network's input; scores are (n, labels) in 0..1, one column for each
requested class. Non-maximum suppression follows later. An output of another shape, or with scores beyond 0..1, raises
ValueError.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROUNDED = 0.01
"""Rounding error of a score: a network may count in 8 or 16 bits."""
Floats = NDArray[np.float32]
Found = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Asked:
    """The request to a network's outputs: boxes for an input of this size, of the classes in `columns` out of
    `class_count`, whose best score reaches `min_score`. `strides_px` are the sides of the cells of a layout with
    cells."""

    width_px: int
    height_px: int
    columns: tuple[int, ...]
    class_count: int
    min_score: float
    strides_px: tuple[int, ...] = (8, 16, 32)


def nanodet(outputs: Sequence[Floats], asked: Asked) -> Found:
    """NanoDet: for each stride (1, cells, classes) scores and (1, cells, 4 * (reg_max + 1)) distances, in any order.

    Each side's distance from the cell's middle is the mean of a distribution over 0..reg_max strides (Generalized Focal
    Loss, Li et al. 2020, section 3.2).
    """
    scored = sorted((o[0] for o in outputs if o.shape[-1] == asked.class_count), key=len, reverse=True)
    others = sorted((o[0] for o in outputs if o.shape[-1] != asked.class_count), key=len, reverse=True)
    middles, strides = _grid(asked, 0.5)
    _expect(len(scored) == len(asked.strides_px) and sum(map(len, scored)) == len(strides), outputs)
    _expect([len(each) for each in scored] == [len(each) for each in others], outputs)
    scores, distances = np.concatenate(scored), np.concatenate(others)
    kept, best = _kept(scores, asked)
    logits = distances[kept].reshape(len(kept), 4, distances.shape[1] // 4)
    weights = np.exp(logits - logits.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    sides = weights @ np.arange(logits.shape[2], dtype=np.float32) * strides[kept]
    return np.hstack([middles[kept] - sides[:, :2], middles[kept] + sides[:, 2:]]), best


def yolox(outputs: Sequence[Floats], asked: Asked) -> Found:
    """YOLOX as its authors export it (Ge et al. 2021): (1, cells, 5 + classes). Each row holds the middle and the
    logarithm of the size in strides from the cell's corner, then the objectness, then the class scores."""
    rows = _only(outputs, 5 + asked.class_count)
    corners, strides = _grid(asked, 0.0)
    _expect(len(rows) == len(strides), outputs)
    kept, best = _kept(rows[:, 4:5] * rows[:, 5:], asked)
    middle = rows[kept, :2] * strides[kept] + corners[kept]
    return _around(middle, np.exp(rows[kept, 2:4]) * strides[kept]), best


def yolo(outputs: Sequence[Floats], asked: Asked) -> Found:
    """YOLO v8, v9, v11, v12 as exported: (1, 4 + classes, cells), middle and size in pixels, then scores."""
    _expect(len(outputs) == 1 and outputs[0].ndim == 3 and outputs[0].shape[:2] == (1, 4 + asked.class_count), outputs)
    rows = outputs[0][0].T
    kept, best = _kept(rows[:, 4:], asked)
    return _around(rows[kept, :2], rows[kept, 2:4]), best


def yolo_corners(outputs: Sequence[Floats], asked: Asked) -> Found:
    """YOLO v9 as libreyolo exports it: (1, 4 + classes, cells), corners in pixels, then scores."""
    _expect(len(outputs) == 1 and outputs[0].ndim == 3 and outputs[0].shape[:2] == (1, 4 + asked.class_count), outputs)
    rows = outputs[0][0].T
    kept, best = _kept(rows[:, 4:], asked)
    return rows[kept, :4].astype(np.float32), best


def yolo_end_to_end(outputs: Sequence[Floats], asked: Asked) -> Found:
    """YOLO v10, and others exported with their own suppression: (1, boxes, 6), corners in pixels, score, class."""
    rows = _only(outputs, 6)
    kept, best = _kept(_spread(rows[:, 5], rows[:, 4], asked), asked)
    return rows[kept, :4], best


def rtdetr(outputs: Sequence[Floats], asked: Asked) -> Found:
    """RT-DETR without its post-processing: middle and size as shares of the input, and scores.

    Either two arrays, (1, boxes, 4) and (1, boxes, classes) logits, as in D-FINE and RF-DETR, or one array,
    (1, boxes, 4 + classes), with scores. With four classes the boxes are the array with all values in 0..1.
    """
    if len(outputs) == 1:
        rows = _only(outputs, 4 + asked.class_count)
        boxes, scores = rows[:, :4], rows[:, 4:]
    else:
        of_boxes = [output.shape[-1] == 4 and (asked.class_count != 4 or _are_shares(output)) for output in outputs]
        boxes = _only([output for output, is_box in zip(outputs, of_boxes, strict=True) if is_box], 4)
        logits = _only([output for output, is_box in zip(outputs, of_boxes, strict=True) if not is_box],
                       asked.class_count)  # fmt: skip
        scores = (1.0 / (1.0 + np.exp(-logits))).astype(np.float32)
    _expect(len(boxes) == len(scores), outputs)
    kept, best = _kept(scores, asked)
    size = np.array([asked.width_px, asked.height_px], np.float32)
    return _around(boxes[kept, :2] * size, boxes[kept, 2:] * size), best


def rtdetr_labelled(outputs: Sequence[Floats], asked: Asked) -> Found:
    """RT-DETR with its authors' post-processing: (1, boxes) classes, (1, boxes, 4) corners in pixels of the size given
    as second input, (1, boxes) scores, in this order."""
    _expect(len(outputs) == 3 and outputs[1].shape[-1] == 4, outputs)
    labels, boxes, scores = (output[0] for output in outputs)
    _expect(labels.shape == scores.shape == boxes.shape[:1], outputs)
    kept, best = _kept(_spread(labels, scores, asked), asked)
    return boxes[kept], best


LAYOUTS: dict[str, Callable[[Sequence[Floats], Asked], Found]] = {
    "nanodet": nanodet, "yolox": yolox, "yolo": yolo, "yolo_corners": yolo_corners,
    "yolo_end_to_end": yolo_end_to_end, "rtdetr": rtdetr, "rtdetr_labelled": rtdetr_labelled,
}  # fmt: skip


def _grid(asked: Asked, offset: float) -> tuple[Floats, Floats]:
    """(cells, 2) places and (cells, 1) strides, px, of all cells by stride, row and column; `offset` in cells from a
    cell's corner."""
    places, strides = [], []
    for stride_px in asked.strides_px:
        rows, columns = np.mgrid[: asked.height_px // stride_px, : asked.width_px // stride_px]
        places.append((np.column_stack([columns.ravel(), rows.ravel()]) + offset) * stride_px)
        strides.append(np.full((rows.size, 1), stride_px))
    return np.concatenate(places).astype(np.float32), np.concatenate(strides).astype(np.float32)


def _kept(scores: Floats, asked: Asked) -> tuple[NDArray[np.intp], Floats]:
    """Rows of (n, classes) scores that reach the least score in a requested class, and their scores in the requested
    classes. Raises ValueError for scores that are no probabilities, such as scores of a network without the sigmoid."""
    low, high = float(scores.min(initial=0.0)), float(scores.max(initial=0.0))
    if low < -ROUNDED or high > 1.0 + ROUNDED:
        raise ValueError(f"scores from {low:g} to {high:g}")
    chosen = scores[:, list(asked.columns)]
    kept = np.flatnonzero(chosen.max(axis=1, initial=0.0) >= asked.min_score)
    return kept, chosen[kept].astype(np.float32)


def _spread(labels: NDArray[Any], scores: Floats, asked: Asked) -> Floats:
    """(n, classes) scores of boxes that have one class each."""
    wide = np.zeros((len(scores), asked.class_count), np.float32)
    inside = (labels >= 0) & (labels < asked.class_count)
    rows = np.flatnonzero(inside)
    wide[rows, labels[inside].astype(int)] = scores[inside]
    return wide


def _around(middle: Floats, size: Floats) -> Floats:
    return np.hstack([middle - size / 2, middle + size / 2]).astype(np.float32)


def _are_shares(values: Floats) -> bool:
    return bool(((values >= 0.0) & (values <= 1.0)).all())


def _only(outputs: Sequence[Floats], columns: int) -> Floats:
    """The rows of the only output, which must have `columns` columns."""
    _expect(len(outputs) == 1 and outputs[0].ndim == 3 and outputs[0].shape[::2] == (1, columns), outputs)
    return np.asarray(outputs[0][0])


def _expect(fits: bool, outputs: Sequence[Floats]) -> None:
    if not fits:
        raise ValueError(", ".join(str(output.shape) for output in outputs))
