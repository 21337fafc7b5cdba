"""Follows objects over the ground from picture to picture, without any idea of who they are.

ByteTrack (Zhang et al. 2022, package pyxtrackers) matches boxes by overlap. It is given squares on the ground
around the georeferenced points instead of boxes in the picture: the camera's own motion is thereby taken out, and
the square says in metres how far an object may have gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from blindspot.vision.georeference import GroundPoint

FASTEST_MPS = {"person": 2.5, "bicycle": 8.0}
FASTEST_VEHICLE_MPS = 15.0
FORGOTTEN_S = 10.0
"""A track unseen for this long has ended."""
LONGEST_GAP_S = 4.0
"""Over a longer time between two pictures nobody can say who is who: every track is new."""
NOISE_M = 4.0
WIDEST_M = 40.0
NEW_SCORE = 0.4


class Event(Enum):
    """What a picture says about a track."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True)
class Track:
    """One object followed: a number that means nothing beyond this flight."""

    number: int
    event: Event
    label: str
    score: float
    point: GroundPoint
    seen_s: float


class Tracker:
    """Tracks of one drone; call `update` with rising times."""

    def __init__(self) -> None:
        self._trackers: dict[str, _LabelTracker] = {}
        self._last_s: float | None = None
        self._next = 1

    def update(self, stamp_s: float, seen: list[tuple[str, float, GroundPoint]]) -> list[Track]:
        """What is new, seen again and ended, given (label, score, point) of one picture.

        A track counts once it was seen in two pictures, or in the first after a gap. Raises ValueError if time runs
        back.
        """
        interval_s = stamp_s - self._last_s if self._last_s is not None else 0.0
        if interval_s < 0:
            raise ValueError(f"picture of {stamp_s} s after one of {self._last_s} s")
        self._last_s = stamp_s
        told: list[Track] = []
        for label in sorted({label for label, _, _ in seen} | set(self._trackers)):
            tracker = self._trackers.get(label)
            if tracker is None or interval_s > LONGEST_GAP_S:
                told.extend(tracker.end_all() if tracker is not None else ())
                tracker = self._trackers[label] = _LabelTracker(label)
            told.extend(tracker.update(stamp_s, [(s, p) for name, s, p in seen if name == label], self._number))
        return told

    def _number(self) -> int:
        self._next += 1
        return self._next - 1


class _LabelTracker:
    """The tracks of one kind of object."""

    def __init__(self, label: str) -> None:
        from pyxtrackers import BYTETracker  # type: ignore[import-untyped]

        self._label = label
        fastest_mps = FASTEST_MPS.get(label, FASTEST_VEHICLE_MPS)
        self._side_m = min(NOISE_M + fastest_mps * LONGEST_GAP_S, WIDEST_M)
        self._byte = BYTETracker(track_thresh=NEW_SCORE, match_thresh=0.9, track_buffer=30)
        self._alive: dict[int, Track] = {}

    def update(self, stamp_s: float, seen: list[tuple[float, GroundPoint]], number: Callable[[], int]) -> list[Track]:
        half_m = self._side_m / 2
        squares = np.array(
            [(p.east_m - half_m, p.north_m - half_m, p.east_m + half_m, p.north_m + half_m, s) for s, p in seen], float
        ).reshape(-1, 5)
        told = []
        for east_1, north_1, east_2, north_2, byte_id in np.asarray(self._byte.update(squares)).reshape(-1, 5):
            east_m, north_m = (east_1 + east_2) / 2, (north_1 + north_2) / 2
            score, nearest = min(seen, key=lambda s: (s[1].east_m - east_m) ** 2 + (s[1].north_m - north_m) ** 2)
            point = replace(nearest, east_m=float(east_m), north_m=float(north_m))
            known = self._alive.get(int(byte_id))
            name, event = (known.number, Event.UPDATE) if known else (number(), Event.NEW)
            self._alive[int(byte_id)] = Track(name, event, self._label, score, point, stamp_s)
            told.append(self._alive[int(byte_id)])
        for byte_id, track in list(self._alive.items()):
            if stamp_s - track.seen_s > FORGOTTEN_S:
                del self._alive[byte_id]
                told.append(replace(track, event=Event.END))
        return told

    def end_all(self) -> list[Track]:
        return [replace(track, event=Event.END) for track in self._alive.values()]
