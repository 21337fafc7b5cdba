"""The verdict on every limit of a flight, from the real positions of drones and cameras: kept, broken, not observed.

The verdict is independent of the planner and its checker. Positions and pictures are compared with the mission, the
town and the law.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from blindspot.core import plain_text
from blindspot.evidence.observed.lease_spans import Leases, Spans
from blindspot.evidence.observed.picture_poses import PicturePose
from blindspot.evidence.observed.track import HOLE_S, Track, along_m
from blindspot.mission import DensityBand, Limits, Plan, Route, drone_model
from blindspot.site import Zone
from blindspot.site.ground import FLAT, Terrain

Floats = NDArray[np.float64]
ON_ITS_COLUMN_M = 5.0
"""Horizontal distance from the take-off or landing point within which a drone counts as climbing or descending."""
DENSITY_TOLERANCE = 0.02
"""Share by which a picture may exceed the density cap: positions are accurate to a metre at 50 m distance."""
LEASE_LATE_S = 1.5
"""Maximum time in which a camera obeys a stop command."""
CLEARANCE, SEPARATION = "distance to buildings", "distance between drones"
OTHERS = "drones of other missions are not judged"
"""A run has the positions of its own drones alone."""


class State(StrEnum):
    kept = "kept"
    broken = "broken"
    not_observed = "not observed"


@dataclass(frozen=True, slots=True)
class Judged:
    """A limit, and the result of a run. `broken` holds a sentence for each drone beyond the limit."""

    limit: str
    state: State
    allowed: str
    worst: str = ""
    broken: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The entry in `summary.json`."""
        return {"limit": self.limit, "state": str(self.state), "allowed": self.allowed, "worst": self.worst}


@dataclass(frozen=True, slots=True)
class Observed:
    """Recorded data beside the tracks, and the limits of the town and the law. None marks an unknown value."""

    zones: Sequence[Zone] | None = None
    pictures: Sequence[PicturePose] | None = None
    all_pictures: bool = True
    """False if the poses of some pictures are unknown."""
    px_per_m: Callable[[PicturePose], float] | None = None
    """Highest pixel density of any surface in the picture."""
    leases: Leases | None = None
    slot_left_s: float | None = None
    """From the first stamp of the tracks to the end of the authorised slot; negative infinity outside every slot."""


NOTHING_OBSERVED = Observed()


@dataclass(frozen=True, slots=True)
class Flown:
    """A flight with the data for the limits. `clearances_m` is by drone, None for a drone that stayed on the pad."""

    plan: Plan
    limits: Limits
    tracks: Mapping[str, Track]
    separation_m: float
    clearances_m: Mapping[str, float | None]
    rests: Sequence[Plan] = ()
    terrain: Terrain = FLAT
    observed: Observed = NOTHING_OBSERVED
    outcome: str = ""


def judge(it: Flown) -> tuple[Judged, ...]:
    """The verdicts on all limits, in the report's order. A limit of positions without a breaking position is not
    observed where a track is missing or has a hole. A limit of pictures is not observed where a flown drone sent no
    pose of any picture."""
    flew = {name: track for name, track in it.tracks.items() if track.in_air.any()}
    holes = (*(_hole(name, track) for name, track in flew.items()), *map(_no_track, sorted(unknown_flights(it))))
    hole, poses = next(filter(None, holes), ""), _no_poses(it, flew)
    by_position = (
        _clearance(it, flew),
        _separation(it, flew),
        _perimeter(it, flew),
        _fence(it, flew),
        _no_fly(it, flew),
        _floor(it, flew),
        _ceiling(it, flew),
    )
    by_picture = [_as_far_as_seen(one, poses) for one in (_pitch(it, flew), _density(it, flew), _lease(it, flew))]
    known = [_as_far_as_seen(one, hole) for one in (*by_position, _slot(it, flew))]
    return (*known[:-1], *by_picture, known[-1])


def unknown_flights(it: Flown) -> set[str]:
    """The drones without a position in the air on the track that flew by their pictures, or by an outcome with all
    routes flown. Drones without a track belong here, too, since nobody knows about their flight: only a refused plan
    is never flown."""
    planned = {route.drone for plan in (it.plan, *it.rests) for route in plan.routes}
    flew = {picture.drone for picture in it.observed.pictures or ()} | (planned if it.outcome == "completed" else set())
    unheard = planned - it.tracks.keys() if it.outcome != "refused" else set()
    return unheard | {name for name in flew if name not in it.tracks or not it.tracks[name].in_air.any()}


def _no_track(drone: str) -> str:
    return f"no position of {drone} in the air"


def _no_poses(it: Flown, flew: Mapping[str, Track]) -> str:
    """The first drone that flew, or may have, without a known pose of its pictures, as a sentence; empty if there is
    none, and if the poses of all pictures are known."""
    if flew and not it.observed.all_pictures:
        return "the poses of some pictures are unknown"
    posed = {picture.drone for picture in it.observed.pictures or ()}
    may_have_flown = (*flew, *sorted(unknown_flights(it)))
    return next((f"no pose of a picture of {name} was received" for name in may_have_flown if name not in posed), "")


def _hole(drone: str, track: Track) -> str:
    """The longest time without a position of a drone in the air, as a sentence; empty if its track is whole."""
    in_air = track.in_air[:-1] | track.in_air[1:]
    longest_s = float(np.diff(track.stamp_s)[in_air].max(initial=0.0))
    if longest_s > HOLE_S:
        return f"no position of {drone} for {longest_s:.0f} s of its flight"
    if track.in_air[0]:
        return f"no position of {drone} before {track.stamp_s[0]:.0f} s, in the air"
    return f"no position of {drone} after {track.stamp_s[-1]:.0f} s, in the air" if track.in_air[-1] else ""


def _as_far_as_seen(one: Judged, hole: str) -> Judged:
    if not hole or one.state is not State.kept:
        return one
    return _unobserved(one.limit, one.allowed, f"{hole}; else {one.worst}")


def _down(value_m: float) -> str:
    """A least value as text: one below its limit never reads as the limit."""
    return f"{plain_text.rounded_down(value_m):.1f}"


def _up(value_m: float) -> str:
    """A greatest value as text, rounded up."""
    return f"{0.0 - plain_text.rounded_down(-value_m):.1f}"


def _judged(limit: str, allowed: str, worst: str, broken: Iterable[str]) -> Judged:
    sentences = tuple(broken)
    return Judged(limit, State.broken if sentences else State.kept, allowed, worst, sentences)


def _unobserved(limit: str, allowed: str, why: str) -> Judged:
    return Judged(limit, State.not_observed, allowed, why)


def _clearance(it: Flown, flew: Mapping[str, Track]) -> Judged:
    least_m = it.limits.building_clearance_m
    known = {name: gap_m for name, gap_m in it.clearances_m.items() if gap_m is not None}
    worst = f"{_down(min(known.values()))} m" if known else "no building within 50 m" if flew else "no drone flew"
    broken = (f"{name} came within {_down(gap_m)} m of a building" for name, gap_m in known.items() if gap_m < least_m)
    return _judged(CLEARANCE, f"at least {least_m:g} m", worst, broken)


def _separation(it: Flown, flew: Mapping[str, Track]) -> Judged:
    least_m, apart_m = it.limits.separation_m, it.separation_m
    worst = f"{_down(apart_m)} m" if math.isfinite(apart_m) else "its drones were never in the air together"
    broken = [f"two drones came within {_down(apart_m)} m of each other"] if apart_m < least_m else []
    return _judged(SEPARATION, f"at least {least_m:g} m; {OTHERS}", worst, broken)


def _perimeter(it: Flown, flew: Mapping[str, Track]) -> Judged:
    perimeter = shapely.Polygon(it.plan.perimeter)
    beyond_m = {name: _farthest_m(track, perimeter) for name, track in flew.items()}
    broken = (f"{name} left the perimeter, by {_up(out_m)} m" for name, out_m in beyond_m.items() if out_m > 0)
    return _judged("perimeter", "inside", _outside(beyond_m), broken)


def _fence(it: Flown, flew: Mapping[str, Track]) -> Judged:
    """The drone's own fence box; for a drone with several routes the union of their fences."""
    beyond_m, broken = dict[str, float](), list[str]()
    for name, track in flew.items():
        if not (routes := _routes(it, name)):
            broken.append(f"{name} flew without a route, and so without a fence")
            continue
        fence = shapely.union_all([shapely.Polygon(route.failsafe.fence) for route in routes])
        top_m = max(route.home.up_m + route.failsafe.fence_max_alt_m for route in routes)
        beside_m, above_m = _farthest_m(track, fence), float(track.position_m[track.in_air, 2].max()) - top_m
        beyond_m[name] = max(beside_m, above_m, 0.0)
        if beside_m > 0:
            broken.append(f"{name} left its fence, by {_up(beside_m)} m")
        if above_m > 0:
            broken.append(f"{name} flew {_up(above_m)} m over its fence")
    return _judged("fence", "inside", _outside(beyond_m), broken)


def _no_fly(it: Flown, flew: Mapping[str, Track]) -> Judged:
    if it.observed.zones is None:
        return _unobserved("no-fly zones", "outside", "the town's zones are unknown")
    zones = [zone for zone in it.observed.zones if zone.kind == "no_fly"]
    broken = [
        f"{name} flew through the no-fly zone {zone.name}"
        for name, track in flew.items() for zone in zones if _is_in(zone, track)
    ]  # fmt: skip
    number = f"{len(zones)} zone{'' if len(zones) == 1 else 's'}"
    return _judged("no-fly zones", "outside", number if zones else "the site has none", broken)


def _floor(it: Flown, flew: Mapping[str, Track]) -> Judged:
    """Heights on the vertical columns of take-off and landing are excluded."""
    least_m = it.limits.min_up_m
    over_ground = _over_ground(it, flew, enroute=True)
    lowest_m = {name: float(heights_m.min(initial=math.inf)) for name, heights_m in over_ground}
    known = [up_m for up_m in lowest_m.values() if math.isfinite(up_m)]
    broken = (
        f"{name} flew {_down(up_m)} m above the ground, below {least_m:g} m"
        for name, up_m in lowest_m.items() if up_m < least_m
    )  # fmt: skip
    worst = f"{_down(min(known))} m" if known else "no drone left its pad"
    return _judged("lowest height above the ground", f"at least {least_m:g} m", worst, broken)


def _ceiling(it: Flown, flew: Mapping[str, Track]) -> Judged:
    most_m = it.limits.max_up_m
    over_ground = _over_ground(it, flew, enroute=False)
    highest_m = {name: float(heights_m.max(initial=0.0)) for name, heights_m in over_ground}
    broken = (
        f"{name} flew {_up(up_m)} m above the ground, over {most_m:g} m"
        for name, up_m in highest_m.items() if up_m > most_m
    )  # fmt: skip
    worst = f"{_up(max(highest_m.values()))} m" if highest_m else "no drone flew"
    return _judged("greatest height above the ground", f"at most {most_m:g} m", worst, broken)


def _pitch(it: Flown, flew: Mapping[str, Track]) -> Judged:
    low, high = it.limits.min_pitch_deg, it.limits.max_pitch_deg
    allowed = f"{low:g} to {high:g} deg"
    pictures = _pictures(it, flew)
    if isinstance(pictures, str):
        return _unobserved("pitch of the camera", allowed, pictures)
    if not pictures:
        return _judged("pitch of the camera", allowed, "no drone flew", ())
    pitches = [picture.pitch_deg for picture in pictures]
    worst = f"{min(pitches):.1f} to {max(pitches):.1f} deg"
    beyond = _worst_by_drone(pictures, lambda picture: it.limits.beyond_pitch_deg(picture.pitch_deg))
    broken = (
        f"{name} took a picture at {picture.pitch_deg:.1f} deg" for name, (off, picture) in beyond.items()
        if off > drone_model.PITCH_TOLERANCE_DEG
    )  # fmt: skip
    return _judged("pitch of the camera", allowed, worst, broken)


def _density(it: Flown, flew: Mapping[str, Track]) -> Judged:
    band: DensityBand = it.plan.band
    allowed = f"at most {band.max_px_per_m:g} px/m"
    pictures = _pictures(it, flew)
    if isinstance(pictures, str):
        return _unobserved("pixel density of a picture", allowed, pictures)
    if it.observed.px_per_m is None:
        return _unobserved("pixel density of a picture", allowed, "the density of the town's surfaces is unknown")
    if not pictures:
        return _judged("pixel density of a picture", allowed, "no drone flew", ())
    nearest = _worst_by_drone(pictures, it.observed.px_per_m)
    unknown = [name for name, (density, _) in nearest.items() if not math.isfinite(density)]
    cap = band.max_px_per_m * (1.0 + DENSITY_TOLERANCE)
    broken = [
        *(f"{name} took a picture of ground with unknown density" for name in unknown),
        *(f"{name} took a picture of something at {density:.1f} px/m" for name, (density, _) in nearest.items()
          if cap < density < math.inf),
    ]  # fmt: skip
    known = [density for density, _ in nearest.values() if math.isfinite(density)]
    return _judged("pixel density of a picture", allowed, f"{max(known):.1f} px/m" if known else "unknown", broken)


def _lease(it: Flown, flew: Mapping[str, Track]) -> Judged:
    leases, pictures, without, unheard = it.observed.leases, _pictures(it, flew), dict[str, int](), 0
    if leases is None:
        return _unobserved("lease of the law", "for every picture", "the law's leases were not recorded")
    if isinstance(pictures, str):
        return _unobserved("lease of the law", "for every picture", pictures)
    for picture in pictures:
        if _holds(leases.held, picture):
            continue
        if _holds(leases.unheard, picture):
            unheard += 1
        else:
            without[picture.drone] = without.get(picture.drone, 0) + 1
    broken = [
        f"{name} took {count} picture{'' if count == 1 else 's'} without a lease" for name, count in without.items()
    ]
    if unheard and not broken:
        why = f"for {unheard} of {len(pictures)} pictures the lease messages were not received"
        return _unobserved("lease of the law", "for every picture", why)
    return _judged("lease of the law", "for every picture", f"{len(pictures)} pictures", broken)


def _pictures(it: Flown, flew: Mapping[str, Track]) -> Sequence[PicturePose] | str:
    """The poses of the pictures, or why they can't be judged. Poses may be lost between a flight and its records: a
    flight without any pose proves nothing."""
    if it.observed.pictures is None:
        return "no picture's pose was kept"
    return "no pose of a picture was received" if flew and not it.observed.pictures else it.observed.pictures


def _holds(spans: Spans, picture: PicturePose) -> bool:
    own = spans.get(picture.drone, ())
    return any(since_s - LEASE_LATE_S <= picture.stamp_s <= until_s + LEASE_LATE_S for since_s, until_s in own)


def _slot(it: Flown, flew: Mapping[str, Track]) -> Judged:
    if it.observed.slot_left_s is None:
        return _unobserved("authorised slot", "landed before the end", "the authorisation's slots are unknown")
    if it.observed.slot_left_s == -math.inf:
        broken = [f"{name} flew outside every authorised slot" for name in flew]
        return _judged("authorised slot", "landed before the end", "", broken)
    began_s = min((float(track.stamp_s[0]) for track in it.tracks.values() if len(track.stamp_s)), default=0.0)
    end_s = began_s + it.observed.slot_left_s
    left_s = {name: end_s - float(track.stamp_s[track.in_air][-1]) for name, track in flew.items()}
    least_s = min(left_s.values(), default=math.inf)
    worst = f"{least_s // 60:.0f} min before the end" if least_s >= 0 else f"{math.ceil(-least_s)} s after its end"
    worst = worst if left_s else "no drone flew"
    late = (f"{name} was in the air {math.ceil(-s)} s after its slot's end" for name, s in left_s.items() if s < 0)
    return _judged("authorised slot", "landed before the end", worst, late)


def _routes(it: Flown, drone: str) -> list[Route]:
    return [route for plan in (it.plan, *it.rests) if (route := plan.route_of(drone)) is not None]


def _over_ground(it: Flown, flew: Mapping[str, Track], *, enroute: bool) -> Iterator[tuple[str, Floats]]:
    """Each drone's heights above ground in the air; `enroute` excludes the take-off and landing columns."""
    for name, track in flew.items():
        at_m = track.position_m[track.in_air]
        if enroute:
            ends_m = at_m[[0, -1], :2]
            away_m = np.linalg.norm(at_m[:, None, :2] - ends_m, axis=2).min(axis=1)
            at_m = at_m[away_m > ON_ITS_COLUMN_M]
        yield name, at_m[:, 2] - it.terrain.heights_m(at_m[:, 0], at_m[:, 1])


def _farthest_m(track: Track, area: Any) -> float:
    """Greatest distance of a flight outside an area, m; 0 for a flight inside, between positions, too."""
    ways_m = track.ways_m(HOLE_S)
    leaving_m = ways_m[~shapely.covers(area, shapely.linestrings(ways_m[:, :, :2]))]
    air = np.concatenate([track.position_m[track.in_air], along_m(leaving_m)])[:, :2]
    out = air[~shapely.intersects_xy(area, air[:, 0], air[:, 1])]
    return float(shapely.distance(shapely.points(out), area).max(initial=0.0)) if len(out) else 0.0


def _outside(beyond_m: Mapping[str, float]) -> str:
    worst_m = max(beyond_m.values(), default=0.0)
    return f"{_up(worst_m)} m outside" if worst_m > 0 else "never outside"


def _is_in(zone: Zone, track: Track) -> bool:
    """Whether a flight was in a zone at a position, or on the straight way between two positions."""
    ways_m = track.ways_m()
    crossing_m = ways_m[shapely.intersects(shapely.linestrings(ways_m[:, :, :2]), zone.polygon)]
    at_m = np.concatenate([track.position_m[track.in_air], along_m(crossing_m)])
    inside = shapely.intersects_xy(zone.polygon, at_m[:, 0], at_m[:, 1])
    return bool((inside & (at_m[:, 2] >= zone.floor_m) & (at_m[:, 2] <= zone.ceiling_m)).any())


def _worst_by_drone(
    pictures: Sequence[PicturePose], value_of: Callable[[PicturePose], float]
) -> dict[str, tuple[float, PicturePose]]:
    worst: dict[str, tuple[float, PicturePose]] = {}
    for picture in pictures:
        value = value_of(picture)
        if picture.drone not in worst or value > worst[picture.drone][0]:
            worst[picture.drone] = value, picture
    return worst
