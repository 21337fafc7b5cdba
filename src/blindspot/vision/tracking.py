"""Follows objects over the ground from picture to picture, without any idea of who they are.

The association is ByteTrack's (Zhang et al. 2022): sure detections meet tracks first, unsure ones may only go on with a
track. It happens on the ground, by the Mahalanobis distance from where a track is expected: the camera's own motion is
thereby taken out by its poses, and any time may lie between two pictures. Each track is a Kalman filter of place and
velocity. What a place owes to the pose does not average out: filters see what is new in each picture alone, and the
rest is added to what they say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from blindspot.vision.town.georeference import GroundPoint

Floats = NDArray[np.float64]
USUAL_MPS = {"person": 0.9, "bicycle": 3.0, "backpack": 0.1, "handbag": 0.1, "suitcase": 0.1}
USUAL_VEHICLE_MPS = 6.0
"""Standard deviation of the speed along each axis, before anything is known of it."""
FORGOTTEN_S = 3.0
"""A track unseen for this long has ended."""
LONGEST_GAP_S = 4.0
"""Over a longer time between two pictures nobody can say who is who: every track is new."""
SURE_SCORE = 0.6
"""Detections of this score choose first whose they are."""
BEGIN_SCORE = 0.65
"""From this score on a detection may begin a track, unless told."""
UNSURE_SCORE = 0.25
"""From this score on a detection may go on with one."""
UNSURE_AFTER_S = 0.5
"""A track unseen for longer, and not in the picture before, is met by sure detections only."""
GATE = 2.0
"""Standard deviations from where a track is expected at most."""
STEADY_S = 8.0
"""How long a velocity lasts: it decays with this time constant."""
SPREAD_M = 0.2
"""How far a point of a moving body is from its middle."""
SAME_M = 0.4
"""A detection so near to another that a track has met is of the same object."""
_FAR = 1e6


class Event(Enum):
    """What a picture says about a track."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True)
class Track:
    """One object followed: a number that means nothing beyond this flight.

    `velocity_mps` is (east, north), with its (2, 2) covariance, m2/s2; `index` is that of the detection in the picture,
    -1 where there is none.
    """

    number: int
    event: Event
    label: str
    score: float
    point: GroundPoint
    velocity_mps: Floats
    velocity_m2ps2: Floats
    first_s: float
    seen_s: float
    index: int


class Tracker:
    """Tracks of one drone; call `update` with rising times."""

    def __init__(self, begin_score: float = BEGIN_SCORE) -> None:
        """Detections of `begin_score` and more may begin a track."""
        self._begin_score, self._sure_score = begin_score, min(SURE_SCORE, begin_score)
        self._tracks: list[_Filter] = []
        self._last_s: float | None = None
        self._next = 1

    def update(self, stamp_s: float, seen: list[tuple[str, float, GroundPoint]], drift_mps: float = 0.0) -> list[Track]:
        """What is new, seen again and ended, given (label, score, point) of one picture.

        A track counts once it was seen in two pictures, or in the first after a gap. `drift_mps` is how fast everything
        may seem to move together, one standard deviation an axis, because the pose is wrong while the drone flies.
        Raises ValueError if time runs back.
        """
        interval_s = stamp_s - self._last_s if self._last_s is not None else math.inf
        if interval_s < 0:
            raise ValueError(f"picture of {stamp_s} s after one of {self._last_s} s")
        self._last_s = stamp_s
        told = []
        is_gap = interval_s > LONGEST_GAP_S
        if is_gap:
            told = [track.told(Event.END, drift_mps) for track in self._tracks if track.number]
            self._tracks = []
        for track in self._tracks:
            track.predict(interval_s)
        self._associate(stamp_s, max(interval_s, UNSURE_AFTER_S), seen)
        for track in self._tracks:
            if track.seen_s == stamp_s and (track.number or track.hits > 1 or is_gap):
                event = Event.UPDATE if track.number else Event.NEW
                track.number = track.number or self._number()
                told.append(track.told(event, drift_mps))
            elif track.number and stamp_s - track.seen_s > FORGOTTEN_S:
                told.append(track.told(Event.END, drift_mps))
        self._tracks = [track for track in self._tracks if _goes_on(track, stamp_s)]
        return told

    def set_back(self) -> None:
        """The clock was: whoever is seen next is new."""
        self._last_s = None

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _associate(self, stamp_s: float, lately_s: float, seen: list[tuple[str, float, GroundPoint]]) -> None:
        """Sure detections meet tracks, unsure ones tracks seen lately; sure ones that meet none begin a track."""
        sure = [index for index, (_, score, _) in enumerate(seen) if score >= self._sure_score]
        unsure = [index for index, (_, score, _) in enumerate(seen) if UNSURE_SCORE <= score < self._sure_score]
        free = self._meet(stamp_s, seen, sure, self._tracks)
        lately = [track for track in self._tracks if 0 < stamp_s - track.seen_s <= lately_s and track.hits > 1]
        self._meet(stamp_s, seen, unsure, lately)
        met = [track for track in self._tracks if track.seen_s == stamp_s]
        for index in free:
            label, score, point = seen[index]
            is_met = any(track.label == label and track.distance_m(point) < SAME_M for track in met)
            if score >= self._begin_score and not is_met:
                self._tracks.append(_Filter(label, score, point, stamp_s, index))

    def _meet(
        self, stamp_s: float, seen: list[tuple[str, float, GroundPoint]], indices: list[int], tracks: list[_Filter]
    ) -> list[int]:
        """Match detections to tracks so that all distances together are least; the detections that meet none."""
        if not indices or not tracks:
            return indices
        chosen = [seen[index] for index in indices]
        places = np.array([(point.east_m, point.north_m) for _, _, point in chosen])
        doubts = np.stack([point.passing_m2 for _, _, point in chosen])
        costs = np.stack([track.distances2(places, doubts) for track in tracks])
        costs[np.array([[track.label != label for label, _, _ in chosen] for track in tracks])] = _FAR
        rows, cols = linear_sum_assignment(np.minimum(costs, _FAR))
        free = set(indices)
        for row, col in zip(rows.tolist(), cols.tolist(), strict=True):
            if costs[row, col] <= GATE**2:
                _, score, point = seen[indices[col]]
                tracks[row].meet(score, point, stamp_s, indices[col])
                free.discard(indices[col])
        return sorted(free)


class _Filter:
    """One track: (east, north, and their speeds), with covariance."""

    def __init__(self, label: str, score: float, point: GroundPoint, stamp_s: float, index: int) -> None:
        self.label, self.score, self.number, self.hits = label, score, 0, 1
        self.first_s = self.seen_s = stamp_s
        self.index = index
        self._point = point
        self._usual_mps = USUAL_MPS.get(label, USUAL_VEHICLE_MPS)
        self._state = np.array([point.east_m, point.north_m, 0.0, 0.0])
        self._covariance = np.zeros((4, 4))
        self._covariance[:2, :2] = point.passing_m2 + SPREAD_M**2 * np.eye(2)
        self._covariance[2:, 2:] = self._usual_mps**2 * np.eye(2)

    def predict(self, interval_s: float) -> None:
        """On by a time, as a velocity that is forgotten goes (Ornstein and Uhlenbeck 1930; integrated exactly)."""
        kept = math.exp(-interval_s / STEADY_S)
        way_s = STEADY_S * (1 - kept)
        forward = np.eye(4)
        forward[0, 2] = forward[1, 3] = way_s
        forward[2, 2] = forward[3, 3] = kept
        power = 2 * self._usual_mps**2 / STEADY_S
        speed = power * STEADY_S / 2 * (1 - kept**2)
        both = power * STEADY_S**2 / 2 * (1 - kept) ** 2
        place = power * STEADY_S**2 * (interval_s - 2 * way_s + STEADY_S / 2 * (1 - kept**2))
        noise = np.kron(np.array([[place, both], [both, speed]]), np.eye(2))
        self._state = forward @ self._state
        self._covariance = forward @ self._covariance @ forward.T + noise
        self.index = -1

    def distances2(self, places_m: Floats, doubts_m2: Floats) -> Floats:
        """(n,) squared Mahalanobis distances of (n, 2) places of (n, 2, 2) doubt from where the track is expected."""
        offsets = places_m - self._state[:2]
        expected = np.linalg.inv(self._expected(doubts_m2))
        return np.asarray(np.einsum("ni,nij,nj->n", offsets, expected, offsets))

    def distance_m(self, point: GroundPoint) -> float:
        return math.hypot(point.east_m - self._state[0], point.north_m - self._state[1])

    def meet(self, score: float, point: GroundPoint, stamp_s: float, index: int) -> None:
        """Seen again."""
        gain = np.linalg.solve(self._expected(point.passing_m2), self._covariance[:2]).T
        self._state = self._state + gain @ (np.array([point.east_m, point.north_m]) - self._state[:2])
        self._covariance = self._covariance - gain @ self._covariance[:2]
        self.score, self._point, self.seen_s, self.index = score, point, stamp_s, index
        self.hits += 1

    def told(self, event: Event, drift_mps: float) -> Track:
        """What may be said: the filter's doubt, and what it does not see."""
        east_m, north_m, *velocity = self._state.tolist()
        point = replace(self._point, east_m=east_m, north_m=north_m, passing_m2=self._covariance[:2, :2].copy())
        doubt = self._covariance[2:, 2:] + drift_mps**2 * np.eye(2)
        return Track(
            self.number, event, self.label, self.score, point, np.array(velocity), doubt, self.first_s, self.seen_s,
            -1 if event is Event.END else self.index,
        )  # fmt: skip

    def _expected(self, doubt_m2: Floats) -> Floats:
        """(..., 2, 2) covariance of a place of this doubt against where the track is expected."""
        return self._covariance[:2, :2] + doubt_m2 + SPREAD_M**2 * np.eye(2)


def _goes_on(track: _Filter, stamp_s: float) -> bool:
    """A track that was seen in one picture alone is given up at the next."""
    unseen_s = stamp_s - track.seen_s
    return unseen_s == 0 or (track.number > 0 and unseen_s <= FORGOTTEN_S)
