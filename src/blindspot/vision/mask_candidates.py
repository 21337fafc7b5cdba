"""Candidates for masking: possible persons and vehicles in a picture, more than the reported detections.

A network sometimes misses a person in one or a few pictures. Its boxes are therefore combined with recent tracks and
with motion:
- a sure box counts; an unsure box counts where a track leads, where something moves, or if the previous moment is
  unknown;
- a track without a matching box continues along the predicted way for COAST_S, and the hidden area grows with the
uncertainty.

All positions are in pixels of one picture; the homography of the ground removes the camera's own motion.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.vision.models.detector import Detections
from blindspot.vision.models.models import VEHICLES

Floats = NDArray[np.float64]

SURE_SCORE = 0.35
"""A box of at least this score counts by itself."""
LEAST_SCORE = 0.05
"""A box of at least this score counts where a track leads or something moves."""
MOVING_SCORE = 0.1
COAST_S = 1.5
FORGOTTEN_S = 1.5
"""After a longer interval between pictures the previous moment counts as unknown."""
HEIGHTS_M = {"person": 1.7, "vehicle": 1.8}
"""Assumed height of a box, to convert metres to pixels. In a view from above it is too large, so that the uncertainty
grows faster."""
FASTEST_MPS = {"person": 2.5, "vehicle": 15.0}
SPEED_ERROR_MPS = {"person": 0.5, "vehicle": 3.0}
"""Speed error of a track that was seen at least twice."""
MOVED = 20
"""Change of brightness that counts as motion in a cell, of 255."""
MOVED_SHARE = 0.5
FARTHEST_PX = 1e6
"""A track that is led farther from the picture's corner is dropped."""
REDUCTION = 4


@dataclass(frozen=True, slots=True)
class Suspects:
    """Boxes to be masked, and the growth of each box on every side, px."""

    found: Detections
    grow_px: NDArray[np.float32]


@dataclass(slots=True, eq=False)
class _Track:
    """A box in the newest picture, its velocity in px/s, and the time of its last detection."""

    kind: str
    label: str
    box: Floats
    seen_s: float
    velocity: Floats = field(default_factory=lambda: np.zeros(2))
    hits: int = 1

    @property
    def px_per_m(self) -> float:
        return float(max(self.box[3] - self.box[1], 1.0)) / HEIGHTS_M[self.kind]

    def move(self, interval_s: float, to_now: Floats) -> bool:
        """Advance along its way, into the coordinates of the new picture. Returns False if the way leads out of sight:
        behind the camera, or far beside the picture."""
        middle = (self.box[:2] + self.box[2:]) / 2
        here, there = _through(to_now, np.stack([middle, middle + interval_s * self.velocity]))
        self.box = self.box + np.tile(there - middle, 2)
        self.velocity = (there - here) / interval_s if interval_s > 0 else self.velocity
        return bool(np.abs([here, there]).max() < FARTHEST_PX)  # False for NaN

    def meet(self, box: Floats, stamp_s: float) -> None:
        """Update with a matched box; its offset corrects the velocity."""
        error = (box[:2] + box[2:] - self.box[:2] - self.box[2:]) / 2
        gain = 0.5 if self.hits == 1 else 0.4
        self.velocity = self.velocity + gain * error / max(stamp_s - self.seen_s, 1e-3)
        self.box, self.seen_s, self.hits = box, stamp_s, self.hits + 1

    def uncertainty_px(self, stamp_s: float) -> float:
        speed_mps = (SPEED_ERROR_MPS if self.hits > 1 else FASTEST_MPS)[self.kind]
        return speed_mps * (stamp_s - self.seen_s) * self.px_per_m


class SuspectWatch:
    """The mask candidates of one camera; call `update` with rising times."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._grey: NDArray[np.uint8] | None = None
        self._stamp_s = -np.inf

    def update(
        self, stamp_s: float, bgr: NDArray[np.uint8], found: Detections, to_now: Floats | None = None
    ) -> Suspects:
        """The mask candidates in a picture, given all boxes down to LEAST_SCORE.

        `to_now` is the (3, 3) homography from pixels of the previous picture to pixels of this one. Without it the
        previous moment counts as unknown.
        """
        interval_s = stamp_s - self._stamp_s
        if to_now is None or not 0 < interval_s <= FORGOTTEN_S:
            self._tracks, self._grey = [], None
        grey = _reduced(bgr)
        moved = None if self._grey is None or to_now is None else _moved(self._grey, grey, to_now)
        if to_now is not None:
            self._tracks = [track for track in self._tracks if track.move(interval_s, to_now)]
        self._grey, self._stamp_s = grey, stamp_s
        return self._joined(stamp_s, found, moved)

    def _joined(self, stamp_s: float, found: Detections, moved: NDArray[np.bool_] | None) -> Suspects:
        """Join boxes and tracks, by falling score: a box continues a track, begins one, or counts alone if it moves."""
        boxes = found.boxes_xyxy.astype(float)
        free, counted = list(self._tracks), []
        for index in np.argsort(-found.scores, kind="stable"):
            kind = _kind(found.labels[index])
            track = _nearest(free, kind, boxes[index], stamp_s)
            if track is not None:
                free.remove(track)
                track.meet(boxes[index], stamp_s)
            elif found.scores[index] >= SURE_SCORE:
                self._tracks.append(_Track(kind, found.labels[index], boxes[index], stamp_s))
            elif found.scores[index] < MOVING_SCORE or not _is_moving(boxes[index], moved):
                continue
            counted.append(index)
        self._tracks = [track for track in self._tracks if stamp_s - track.seen_s <= COAST_S]
        coasting = [track for track in free if stamp_s - track.seen_s <= COAST_S]
        labels = (*(found.labels[index] for index in counted), *(track.label for track in coasting))
        everything = np.array([*boxes[counted], *(track.box for track in coasting)], np.float32).reshape(-1, 4)
        beside_px = [_beside_px(found, index) for index in counted]
        grow_px = np.array([*beside_px, *(track.uncertainty_px(stamp_s) for track in coasting)], np.float32)
        return Suspects(Detections(everything, np.ones(len(labels), np.float32), labels), grow_px)


def _kind(label: str) -> str:
    return "vehicle" if label in VEHICLES else "person"


def _beside_px(found: Detections, index: int) -> float:
    """Growth of a found box: as much again for one that is cut, whose head or plate may be beyond the cut."""
    is_cut = found.cut is not None and found.cut[index]
    return float(found.boxes_xyxy[index, 3] - found.boxes_xyxy[index, 1]) if is_cut else 0.0


def _nearest(tracks: list[_Track], kind: str, box: Floats, stamp_s: float) -> _Track | None:
    """The nearest track that may have reached a box, by its kind's speed and by similar height."""
    best, best_px = None, np.inf
    for track in tracks:
        tall, was_tall = box[3] - box[1], track.box[3] - track.box[1]
        if track.kind != kind or not 0.5 <= tall / max(was_tall, 1e-3) <= 2.0:
            continue
        away_px = float(np.hypot(*((box[:2] + box[2:] - track.box[:2] - track.box[2:]) / 2)))
        if away_px < min(best_px, 0.5 * (track.box[2] - track.box[0]) + track.uncertainty_px(stamp_s)):
            best, best_px = track, away_px
    return best


def _is_moving(box: Floats, moved: NDArray[np.bool_] | None) -> bool:
    """Whether most of a box moved; True if motion is unknown."""
    if moved is None:
        return True
    x1, y1, x2, y2 = (int(value / REDUCTION) for value in box)
    cells = moved[y1 : y2 + 1, x1 : x2 + 1]
    return not cells.size or bool(cells.mean() >= MOVED_SHARE)


def _reduced(bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = (max(1, bgr.shape[1] // REDUCTION), max(1, bgr.shape[0] // REDUCTION))
    return np.asarray(cv2.cvtColor(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY), np.uint8)


def _moved(before: NDArray[np.uint8], now: NDArray[np.uint8], to_now: Floats) -> NDArray[np.bool_]:
    """Changed cells of the reduced picture after removal of the camera's own motion. Newly visible cells count as
    changed."""
    half = 0.5 - 0.5 / REDUCTION
    reduce = np.array([[1 / REDUCTION, 0, -half], [0, 1 / REDUCTION, -half], [0, 0, 1]])
    homography, size = reduce @ to_now @ np.linalg.inv(reduce), (now.shape[1], now.shape[0])
    warped = cv2.warpPerspective(before, homography, size, flags=cv2.INTER_LINEAR)
    seen = cv2.warpPerspective(np.full_like(before, 255), homography, size, flags=cv2.INTER_NEAREST)
    changed = (cv2.absdiff(warped, now) > MOVED) | (seen == 0)
    return np.asarray(cv2.dilate(changed.astype(np.uint8), np.ones((3, 3), np.uint8)), np.bool_)


def _through(homography: Floats, pixels: Floats) -> Floats:
    """(n, 2) pixels through a homography; NaN for a point behind the camera."""
    at = np.column_stack([pixels, np.ones(len(pixels))]) @ homography.T
    return np.asarray(at[:, :2] / np.where(at[:, 2:] > 1e-6, at[:, 2:], np.nan))
