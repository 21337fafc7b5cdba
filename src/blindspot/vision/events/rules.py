"""The event rules for one picture. Each rule returns the findings that certainly hold, and those certainly refuted."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Sequence
from typing import Protocol

import numpy as np

from blindspot.vision.events.episodes import Held
from blindspot.vision.events.settings import AbandonedObject, CrowdDensity, PersonOnGround, WrongWay, ZoneEntered
from blindspot.vision.events.tracking import FORGOTTEN_S, Track
from blindspot.vision.events.zones import Zone
from blindspot.vision.models.models import VEHICLES

SURE_SIGMAS = 2.0
"""Standard deviations from which on a finding counts as certain."""
STAYS_M = 1.0
"""An object has stayed if it is this close to its stopping place, uncertainty aside."""

Findings = tuple[dict[Hashable, Held], set[Hashable]]
"""Findings that hold, by key, and the keys of refuted findings."""


class EventRule(Protocol):
    """One rule: its findings in the tracks of one picture."""

    def __call__(self, tracks: Sequence[Track]) -> Findings: ...


class Stays:
    """The stopping place of each track. An allowance covers the apparent motion of a parked car from the pose's error.
    Ended tracks are forgotten."""

    def __init__(self) -> None:
        self._stopped: dict[int, tuple[Track, float]] = {}

    def __len__(self) -> int:
        """Number of tracks whose stopping place is known."""
        return len(self._stopped)

    def __call__(self, track: Track) -> bool:
        """Whether the track is still at the stopping place; after a move, the present place becomes the stopping
        place."""
        now_s = track.seen_s
        self._stopped = {n: stop for n, stop in self._stopped.items() if now_s - stop[1] <= FORGOTTEN_S}
        stopped, _ = self._stopped.get(track.number, (track, now_s))
        stays = apart_m(track, stopped) <= STAYS_M + SURE_SIGMAS * std_m(track.point.covariance_m2)
        self._stopped[track.number] = (stopped if stays else track), now_s
        return stays


class ZoneIsEntered:
    def __init__(self, rule: ZoneEntered, zones: Sequence[Zone]) -> None:
        self._rule, self._zones = rule, zones

    def __call__(self, tracks: Sequence[Track]) -> Findings:
        return in_zones([t for t in tracks if t.label in self._rule.labels], self._zones, self._rule.certainty)


class VehicleHasStopped:
    def __init__(self, zones: Sequence[Zone] | None, certainty: float) -> None:
        """`zones` limits the rule to zones; None means everywhere."""
        self._zones, self._certainty, self._stays = zones, certainty, Stays()

    def __call__(self, tracks: Sequence[Track]) -> Findings:
        stays = {track.number: self._stays(track) for track in tracks if track.label in VEHICLES}
        standing = [track for track in tracks if stays.get(track.number, False)]
        moving: set[Hashable] = {number for number, stayed in stays.items() if not stayed}
        if self._zones is None:
            return {track.number: held_of(track) for track in standing}, moving
        held, outside = in_zones(standing, self._zones, self._certainty)
        return held, outside | {(number, zone.name) for number in moving for zone in self._zones}


class GoesTheWrongWay:
    def __init__(self, rule: WrongWay, lanes: Sequence[Zone]) -> None:
        self._rule, self._lanes = rule, lanes

    def __call__(self, tracks: Sequence[Track]) -> Findings:
        held: dict[Hashable, Held] = {}
        refuted: set[Hashable] = set()
        for track in (track for track in tracks if track.label in VEHICLES):
            for lane in self._lanes:
                if lane.probability(track.point) < self._rule.certainty:
                    continue
                direction = np.array(lane.direction)
                against_mps = -float(direction @ track.velocity_mps)
                uncertain_mps = SURE_SIGMAS * math.sqrt(float(direction @ track.velocity_m2ps2 @ direction))
                if against_mps - uncertain_mps >= self._rule.faster_than_mps:
                    held[track.number, lane.name] = held_of(track, lane.name)
                elif against_mps + uncertain_mps < self._rule.faster_than_mps:
                    refuted.add((track.number, lane.name))
        return held, refuted - held.keys()


class PeopleCrowd:
    """Groups of people around one of them. The pose's error shifts all of them equally, so their distances are exact in
    this respect."""

    def __init__(self, rule: CrowdDensity) -> None:
        self._rule = rule
        self._crowds: dict[int, tuple[float, float]] = {}
        self._next = 0

    def __call__(self, tracks: Sequence[Track]) -> Findings:
        people = [track for track in tracks if track.label == "person"]
        circles = {one.number: [other for other in people if self._are_close(other, one)] for one in people}
        held: dict[Hashable, Held] = {}
        while len(largest := max(circles.values(), key=len, default=[])) >= self._rule.people:
            numbers = tuple(sorted(track.number for track in largest))
            east_m = sum(track.point.east_m for track in largest) / len(largest)
            north_m = sum(track.point.north_m for track in largest) / len(largest)
            key, covariance_m2 = self._crowd(east_m, north_m, held), largest[0].point.lasting_m2
            held[key] = Held(east_m, north_m, covariance_m2, numbers, count=len(largest))
            circles = {
                middle: [track for track in circle if track.number not in numbers]
                for middle, circle in circles.items()
                if middle not in numbers
            }
        return held, set()

    def _are_close(self, a: Track, b: Track) -> bool:
        if apart_m(a, b) > self._rule.radius_m:
            return False
        uncertain_m = SURE_SIGMAS * std_m(a.point.passing_m2 + b.point.passing_m2) if a is not b else 0.0
        return apart_m(a, b) + uncertain_m <= self._rule.radius_m

    def _crowd(self, east_m: float, north_m: float, others: Collection[Hashable]) -> int:
        """Number of the nearest known crowd that is still unmatched in this picture, or a new number."""
        known = [(n, at) for n, at in self._crowds.items() if n not in others]
        near = [n for n, at in known if math.dist(at, (east_m, north_m)) <= 2 * self._rule.radius_m]
        number = min(near, key=lambda n: math.dist(self._crowds[n], (east_m, north_m)), default=self._next)
        self._next = max(self._next, number + 1)
        self._crowds[number] = (east_m, north_m)
        return number


class PersonLies:
    def __init__(self, rule: PersonOnGround) -> None:
        self._rule, self._stays = rule, Stays()

    def __call__(self, tracks: Sequence[Track]) -> Findings:
        people = [track for track in tracks if track.label == "person"]
        lie = {track.number for track in people if self._stays(track) and track.point.wide_m >= self._rule.wider_than_m}
        held: dict[Hashable, Held] = {track.number: held_of(track) for track in people if track.number in lie}
        stand: set[Hashable] = {track.number for track in people if track.number not in lie}
        return held, stand


class ObjectIsAbandoned:
    def __init__(self, rule: AbandonedObject) -> None:
        self._rule, self._stays = rule, Stays()

    def __call__(self, tracks: Sequence[Track]) -> Findings:
        people = [track for track in tracks if track.label == "person"]
        held: dict[Hashable, Held] = {}
        refuted: set[Hashable] = set()
        for bag in (track for track in tracks if track.label in self._rule.labels):
            near = any(apart_m(bag, person) < self._rule.alone_m for person in people)
            if self._stays(bag) and not near:
                held[bag.number] = held_of(bag)
            else:
                refuted.add(bag.number)
        return held, refuted


def in_zones(tracks: Sequence[Track], zones: Sequence[Zone], certainty: float) -> Findings:
    """Tracks certainly in a zone, and tracks more probably outside; the rest is undecided."""
    held: dict[Hashable, Held] = {}
    refuted: set[Hashable] = set()
    for track in tracks:
        for zone in zones:
            inside = zone.probability(track.point)
            if inside >= certainty:
                held[track.number, zone.name] = held_of(track, zone.name)
            elif inside < 0.5:
                refuted.add((track.number, zone.name))
    return held, refuted - held.keys()


def held_of(track: Track, zone: str = "") -> Held:
    return Held(track.point.east_m, track.point.north_m, track.point.covariance_m2, (track.number,), zone)


def apart_m(a: Track, b: Track) -> float:
    return math.hypot(a.point.east_m - b.point.east_m, a.point.north_m - b.point.north_m)


def std_m(covariance_m2: np.ndarray) -> float:
    """Standard deviation along the longest axis of the covariance ellipse, m."""
    return math.sqrt(max(0.0, float(np.linalg.eigvalsh(covariance_m2)[-1])))
