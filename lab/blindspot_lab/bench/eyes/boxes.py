"""Comparison of detected boxes with true ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blindspot.vision.models.detector import Detections
from blindspot_lab.bench.eyes.people import Boxes

Scored = tuple[Boxes, NDArray[np.float32]]


def people_in(detections: Detections) -> Scored:
    person = np.array([label == "person" for label in detections.labels], bool)
    return detections.boxes_xyxy[person], detections.scores[person]


def average_precision(found: list[Scored], expected: list[Boxes], min_iou: float = 0.5) -> float:
    """Area under precision over recall, with monotonic precision (VOC 2010). Each true box matches once."""
    total = sum(len(boxes) for boxes in expected)
    hits = [
        hit
        for (boxes, scores), truth in zip(found, expected, strict=True)
        for hit in zip(scores.tolist(), _matched(boxes, truth, min_iou), strict=True)
    ]
    hits.sort(key=lambda hit: -hit[0])
    right = np.cumsum([is_hit for _, is_hit in hits])
    if not total or not len(right):
        return 0.0
    precision = right / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(right, prepend=0) / total * precision))


def precision_recall(found: list[Scored], expected: list[Boxes], min_iou: float = 0.5) -> tuple[float, float]:
    right = sum(sum(_matched(boxes, truth, min_iou)) for (boxes, _), truth in zip(found, expected, strict=True))
    claimed, total = sum(len(boxes) for boxes, _ in found), sum(len(truth) for truth in expected)
    return right / max(claimed, 1), right / max(total, 1)


def _matched(boxes: Boxes, truth: Boxes, min_iou: float) -> list[bool]:
    """For each box, best first: True if it hits a true box that is still free."""
    free = np.ones(len(truth), bool)
    hits = []
    for box in boxes:
        overlap = np.where(free, iou(box, truth), 0.0) if len(truth) else np.zeros(1)
        best = int(np.argmax(overlap))
        hits.append(bool(overlap[best] >= min_iou))
        if hits[-1]:
            free[best] = False
    return hits


def iou(boxes: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.floating]:
    """Intersection over union of boxes (..., 4) x1 y1 x2 y2 with others, broadcast against each other."""
    low, high = np.maximum(boxes[..., :2], others[..., :2]), np.minimum(boxes[..., 2:], others[..., 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=-1)
    areas, other_areas = (np.prod(some[..., 2:] - some[..., :2], axis=-1) for some in (boxes, others))
    return np.asarray(common / np.maximum(areas + other_areas - common, 1e-9))


def inside(boxes: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.floating]:
    """Share of boxes (..., 4) x1 y1 x2 y2 that lies in others, broadcast against each other."""
    low, high = np.maximum(boxes[..., :2], others[..., :2]), np.minimum(boxes[..., 2:], others[..., 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=-1)
    return np.asarray(common / np.maximum(np.prod(boxes[..., 2:] - boxes[..., :2], axis=-1), 1e-9))
