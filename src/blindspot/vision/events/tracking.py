"""Tracks anonymous objects over the ground from picture to picture.

The association is ByteTrack's (Zhang et al. 2022): sure detections are matched with tracks first, unsure detections
may only continue a track. Matching happens on the ground, by the Mahalanobis distance from a track's expected position:
the camera's poses thus remove its own motion, and the interval between two pictures may vary. Each track is a Kalman
filter of position and velocity. Position errors from the pose persist over pictures. The filters therefore use only the
part of the covariance that is new in each picture, and the lasting part is added to their output.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum

import lap  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from blindspot.vision.town.georeference import GroundPoint

Floats = NDArray[np.float64]
USUAL_MPS = {"person": 0.9, "bicycle": 3.0, "backpack": 0.1, "handbag": 0.1, "suitcase": 0.1}
USUAL_VEHICLE_MPS = 6.0
"""Prior standard deviation of the speed along each axis."""
FORGOTTEN_S = 3.0
"""A track unseen for this long has ended."""
LONGEST_GAP_S = 4.0
"""After a longer interval between two pictures all tracks end and new ones begin."""
SURE_SCORE = 0.6
"""Detections of this score and more are matched first."""
BEGIN_SCORE = 0.65
"""Default score from which on a detection may begin a track."""
UNSURE_SCORE = 0.25
"""Score from which on a detection may continue a track."""
UNSURE_AFTER_S = 0.5
"""Unsure detections continue a track only if it was seen within this time or in the previous picture."""
GATE = 2.0
"""Maximum distance of a match from a track's expected position, in standard deviations."""
STEADY_S = 8.0
"""Time constant with which a velocity decays."""
SPREAD_M = 0.2
"""Distance of a point of a moving body from its middle."""
SAME_M = 0.4
"""A detection this close to a matched track of the same kind belongs to the same object."""
_FAR = 1e6


class TrackState(Enum):
    """State of a track in one picture."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True)
class Track:
    """One tracked object. Its number is valid within this flight only.

    `velocity_mps` is (east, north), with its (2, 2) covariance `velocity_m2ps2`, m2/s2. `index` is the index of the
    detection in the picture, or -1 if the track has none.
    """

    number: int
    event: TrackState
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
        """Match the detections of one picture, (label, score, point) each, with the tracks; return new, updated and
        ended tracks.

        A track is reported once two pictures show it, or the first picture after a gap. `drift_mps` is the apparent
        common velocity of all objects caused by the pose's error in flight, one standard deviation per axis. Raises
        ValueError if `stamp_s` is earlier than the previous one.
        """
        interval_s = stamp_s - self._last_s if self._last_s is not None else math.inf
        if interval_s < 0:
            raise ValueError(f"the picture of {stamp_s} s comes after the picture of {self._last_s} s")
        self._last_s = stamp_s
        reports = []
        is_gap = interval_s > LONGEST_GAP_S
        if is_gap:
            reports = [track.report(TrackState.END, drift_mps) for track in self._tracks if track.number]
            self._tracks = []
        for track in self._tracks:
            track.predict(interval_s)
        self._associate(stamp_s, max(interval_s, UNSURE_AFTER_S), seen)
        for track in self._tracks:
            if track.seen_s == stamp_s and (track.number or track.hits > 1 or is_gap):
                event = TrackState.UPDATE if track.number else TrackState.NEW
                track.number = track.number or self._number()
                reports.append(track.report(event, drift_mps))
            elif track.number and stamp_s - track.seen_s > FORGOTTEN_S:
                reports.append(track.report(TrackState.END, drift_mps))
        self._tracks = [track for track in self._tracks if _goes_on(track, stamp_s)]
        return reports

    def set_back(self) -> None:
        """Accept a clock that was set back: the next picture begins new tracks."""
        self._last_s = None

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _associate(self, stamp_s: float, lately_s: float, seen: list[tuple[str, float, GroundPoint]]) -> None:
        """Match sure detections with all tracks, then unsure ones with recent tracks. Free sure ones begin a track."""
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
        """Match detections with tracks at the least total distance; returns the unmatched detections."""
        if not indices or not tracks:
            return indices
        chosen = [seen[index] for index in indices]
        places = np.array([(point.east_m, point.north_m) for _, _, point in chosen])
        covariances = np.stack([point.passing_m2 for _, _, point in chosen])
        costs = np.stack([track.distances2(places, covariances) for track in tracks])
        costs[np.array([[track.label != label for label, _, _ in chosen] for track in tracks])] = _FAR
        _, col_of_row, _ = lap.lapjv(np.minimum(costs, _FAR), extend_cost=True)
        free = set(indices)
        for row, col in enumerate(col_of_row.tolist()):
            if col >= 0 and costs[row, col] <= GATE**2:
                _, score, point = seen[indices[col]]
                tracks[row].meet(score, point, stamp_s, indices[col])
                free.discard(indices[col])
        return sorted(free)


class _Filter:
    """Kalman filter of one track: the state (east, north and their velocities) and its covariance."""

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
        self._seen = self._state, self._covariance

    def predict(self, interval_s: float) -> None:
        """Advance by an interval, with a decaying velocity (Ornstein and Uhlenbeck 1930; integrated exactly)."""
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

    def distances2(self, places_m: Floats, covariances_m2: Floats) -> Floats:
        """(n,) squared Mahalanobis distances of (n, 2) places with (n, 2, 2) covariances from the expected position."""
        offsets = places_m - self._state[:2]
        expected = np.linalg.inv(self._expected(covariances_m2))
        return np.asarray(np.einsum("ni,nij,nj->n", offsets, expected, offsets))

    def distance_m(self, point: GroundPoint) -> float:
        return math.hypot(point.east_m - self._state[0], point.north_m - self._state[1])

    def meet(self, score: float, point: GroundPoint, stamp_s: float, index: int) -> None:
        """Update the filter with a matched detection."""
        gain = np.linalg.solve(self._expected(point.passing_m2), self._covariance[:2]).T
        self._state = self._state + gain @ (np.array([point.east_m, point.north_m]) - self._state[:2])
        self._covariance = self._covariance - gain @ self._covariance[:2]
        self.score, self._point, self.seen_s, self.index = score, point, stamp_s, index
        self.hits += 1
        self._seen = self._state, self._covariance

    def report(self, event: TrackState, drift_mps: float) -> Track:
        """The track to report, as it was seen last: the filter's state, its covariance, and the errors outside the
        filter."""
        state, covariance = self._seen
        east_m, north_m, *velocity = state.tolist()
        point = replace(self._point, east_m=east_m, north_m=north_m, passing_m2=covariance[:2, :2].copy())
        velocity_m2ps2 = covariance[2:, 2:] + drift_mps**2 * np.eye(2)
        return Track(
            self.number, event, self.label, self.score, point, np.array(velocity), velocity_m2ps2,
            self.first_s, self.seen_s, -1 if event is TrackState.END else self.index,
        )  # fmt: skip

    def _expected(self, covariance_m2: Floats) -> Floats:
        """(..., 2, 2) covariance of the difference between a detected place and the expected position."""
        return self._covariance[:2, :2] + covariance_m2 + SPREAD_M**2 * np.eye(2)


def _goes_on(track: _Filter, stamp_s: float) -> bool:
    """Whether a track is kept. A track that only one picture shows ends at the next."""
    unseen_s = stamp_s - track.seen_s
    return unseen_s == 0 or (track.number > 0 and unseen_s <= FORGOTTEN_S)
