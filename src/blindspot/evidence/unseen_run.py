"""The causes of blind ground that a run left unseen, from the flown track, the seen ground and the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.coverage.ground import BlindSpots
from blindspot.evidence.observed.track import Track
from blindspot.mission import GroundMasks, Mission, Plan, Point
from blindspot.planning.checker import seen_by_step
from blindspot.planning.reasons import shown_ground
from blindspot.planning.views import OTHER_SORTIE

Mask = NDArray[np.bool_]
REACHED_M = 5.0
"""A step counts as flown if the drone came this close to its end."""
NOT_FLOWN = "not flown: planned views that no drone reached"
NO_PICTURE = "flown, but without a usable picture"
NOT_PLANNED = "not planned"


@dataclass(frozen=True, slots=True)
class Cause:
    """Blind ground that a run left unseen for one cause. All causes add up to the whole unseen area."""

    cause: str
    area_m2: float
    note: str = ""


def causes_of(
    plan: Plan, others: Sequence[Plan], mission: Mission, masks: GroundMasks, seen: Mask, tracks: Mapping[str, Track]
) -> tuple[Cause, ...]:
    """The causes with a positive area, largest first.

    `others` are the plans of later sorties and of rests. `seen` is the really seen ground, shaped as the masks' grid.
    """
    perimeter, least = Polygon(plan.perimeter), plan.band.min_px_per_m
    spots = BlindSpots(masks.field, perimeter, least, masks.public, masks.fixed_seen, masks.blind)
    planned, flown = np.zeros(masks.blind.size, bool), np.zeros(masks.blind.size, bool)
    for part in (plan, *others):
        for route, number, cells in seen_by_step(part, mission, spots):
            planned[cells] = True
            if _came_to(tracks.get(route.drone), route.steps[number].to):
                flown[cells] = True
    unseen = (masks.blind & ~seen).ravel()
    left = [rest for rest in shown_ground(plan.coverage.unseen) if rest.cause != OTHER_SORTIE]
    by_plan = ", ".join(f"{rest.cause} {rest.area_m2:.0f} m²" for rest in left)
    parts = (
        Cause(NOT_FLOWN, _area_m2(masks, unseen & planned & ~flown)),
        Cause(NO_PICTURE, _area_m2(masks, unseen & flown), "pose uncertain, camera inhibited, turning or blurred"),
        Cause(NOT_PLANNED, _area_m2(masks, unseen & ~planned), f"the plan left: {by_plan}" if by_plan else ""),
    )
    return tuple(sorted((part for part in parts if part.area_m2 > 0), key=lambda part: -part.area_m2))


def _came_to(track: Track | None, place: Point) -> bool:
    if track is None or not track.in_air.any():
        return False
    away_m = track.position_m[track.in_air] - (place.east_m, place.north_m, place.up_m)
    return bool(np.linalg.norm(away_m, axis=1).min() <= REACHED_M)


def _area_m2(masks: GroundMasks, cells: Mask) -> float:
    return float(cells.sum()) * masks.grid.cell_area_m2
