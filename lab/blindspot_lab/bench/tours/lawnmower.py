"""The usual survey flight: parallel lanes, camera straight down, at the greatest height with enough pixel density.

The lanes are clipped to the convex hull of the blind ground, and the heading with the shortest flight time is taken.
The lawnmower may fly everywhere below the height limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry import LineString, MultiPoint, Polygon

from blindspot.coverage.sight.drone_camera import drone_view
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.mission_file import Mission
from blindspot.mission.plan import Point, Step, Waypoint
from blindspot.mission.rounding import pieces
from blindspot.mission.timing import flight
from blindspot.planning.views.candidates import POSE_ERROR_M, lens_of
from blindspot.planning.views.legs import LEG_MIN_M, LOOK_EVERY_M, aiming_m, seen_on_leg
from blindspot.planning.views.target_ground import Ground

HEADINGS = 36
OVERLAPS = np.arange(0.0, 0.9, 0.02)
SEEN_EVERY_M = 4.0
"""Distance between evaluated pictures along a lane: a tenth of a picture's depth on the ground."""


@dataclass(frozen=True, slots=True)
class Lawnmower:
    """Lanes as pairs of ends in flight order, m ENU."""

    up_m: float
    heading_deg: float
    lanes: tuple[tuple[tuple[float, float], tuple[float, float]], ...]
    time_s: float


def lawnmower(mission: Mission, ground: Ground, home: Point, overlap: float) -> Lawnmower:
    """The fastest lawnmower over all headings, from pad to pad, with this share of side overlap (0..1)."""
    model = next(iter(mission.models.values()))
    up_m = min(lens_of(model).f_px / mission.file.band.min_px_per_m, mission.file.limits.planned_up_m[1])
    swath_m = up_m * model.camera.width_px / lens_of(model).f_px
    centres = ground.field.grid.centres(np.flatnonzero(ground.spots.blind))
    hull = MultiPoint(centres[:: max(1, len(centres) // 20000)]).convex_hull
    speed_mps = min(model.performance.cruise_mps, mission.file.limits.max_speed_mps)
    found = []
    for k in range(HEADINGS):
        heading_deg = 180.0 * k / HEADINGS
        lanes = _lanes(hull, heading_deg, swath_m * (1.0 - overlap))
        found.append(Lawnmower(up_m, heading_deg, lanes, _time_s(model, home, up_m, lanes, speed_mps)))
    return min(found, key=lambda mower: mower.time_s)


def fastest_lawnmower(mission: Mission, ground: Ground, home: Point, wanted: float) -> tuple[Lawnmower, float]:
    """The lawnmower with the least overlap that sees the wanted share of the blind cells by the rules of our plans,
    and the share that it sees. At each number of lanes it has the fastest heading."""
    known, blind = -1, float(ground.spots.blind.sum())
    for overlap in OVERLAPS:
        mower = lawnmower(mission, ground, home, float(overlap))
        if len(mower.lanes) == known:
            continue
        known, share = len(mower.lanes), float(seen_by_the_rules(mower, mission, ground).sum()) / blind
        if share >= wanted:
            return mower, share
    raise ValueError(f"no lawnmower sees {wanted:.1%} of the blind cells")


def seen_by(mower: Lawnmower, mission: Mission, ground: Ground) -> NDArray[np.bool_]:
    """The blind cells in the lanes' pictures, by the same kernel and with the same margin as in our plan."""
    lens, seen = lens_of(next(iter(mission.models.values()))), np.zeros(ground.spots.blind.size, dtype=bool)
    for start, end in mower.lanes:
        lane = LineString([start, end])
        for along_m in np.append(np.arange(0.0, lane.length, SEEN_EVERY_M), lane.length):
            at = lane.interpolate(float(along_m))
            view = drone_view(
                ground.field, lens, at.x, at.y, mower.up_m, mower.heading_deg, -90.0, mission.file.band,
                among=ground.spots.blind, uncertainty_m=POSE_ERROR_M,
            )  # fmt: skip
            seen[view.cells] = True
    return seen.reshape(ground.spots.blind.shape)


def seen_by_the_rules(mower: Lawnmower, mission: Mission, ground: Ground) -> NDArray[np.bool_]:
    """The blind cells that the flight sees by the rules of our plans: on lanes and between them, after the camera's
    turn, and in sight for a second."""
    model, seen = next(iter(mission.models.values())), np.zeros(ground.spots.blind.size, dtype=bool)
    speed_mps = min(model.performance.cruise_mps, mission.file.limits.max_speed_mps)
    places = [place for lane in mower.lanes for place in lane]
    for start, end in pairwise(places):
        leg, steady_m = LineString([start, end]), aiming_m(model, speed_mps)
        if leg.length < LEG_MIN_M:
            continue
        heading_deg = float(np.degrees(np.arctan2(end[0] - start[0], end[1] - start[1])) % 360.0)
        along = np.linspace(steady_m, leg.length, pieces(leg.length - steady_m, LOOK_EVERY_M) + 1)
        pictures = []
        for along_m in along:
            at = leg.interpolate(float(along_m))
            view = drone_view(
                ground.field, lens_of(model), at.x, at.y, mower.up_m, heading_deg, -90.0, mission.file.band,
                among=ground.spots.blind, uncertainty_m=POSE_ERROR_M,
            )  # fmt: skip
            pictures.append(view.cells)
        seen[seen_on_leg(pictures, (leg.length - steady_m) / (len(along) - 1), speed_mps)] = True
    return seen.reshape(ground.spots.blind.shape)


def _lanes(
    hull: Polygon, heading_deg: float, apart_m: float
) -> tuple[tuple[tuple[float, float], tuple[float, float]], ...]:
    """Lanes along a heading, evenly over the hull and at most `apart_m` apart, flown to and fro."""
    centre = hull.centroid
    turned = affinity.rotate(hull, heading_deg, origin=centre)  # lanes run north
    west_m, south_m, east_m, north_m = turned.bounds
    count = max(1, int(np.ceil((east_m - west_m) / apart_m)))
    lanes = []
    for k in range(count):
        east = west_m + (k + 0.5) * (east_m - west_m) / count
        half_m = (east_m - west_m) / count / 2.0
        strip = turned.intersection(shapely.box(east - half_m, south_m, east + half_m, north_m))
        ends = [(east, strip.bounds[1]), (east, strip.bounds[3])]
        lane = affinity.rotate(LineString(ends if k % 2 == 0 else ends[::-1]), -heading_deg, origin=centre)
        (a, b) = lane.coords
        lanes.append(((float(a[0]), float(a[1])), (float(b[0]), float(b[1]))))
    return tuple(lanes)


def _time_s(model: DroneModel, home: Point, up_m: float, lanes: tuple[tuple[tuple[float, float], ...], ...],
            speed_mps: float) -> float:  # fmt: skip
    places = [place for lane in lanes for place in lane] + [(home.east_m, home.north_m)]
    steps: list[Step] = [
        Waypoint(to=Point(east_m=e, north_m=n, up_m=up_m), speed_mps=speed_mps) for e, n in places
    ]  # fmt: skip
    return flight(model, home, up_m, tuple(steps))[-1].time_s
