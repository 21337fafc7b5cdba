"""Puts the buildings of a town on its terrain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely

from blindspot.site.ground.terrain import Array, Terrain
from blindspot.site.town import assumptions
from blindspot.site.town.model import Building, Finding

STEP_M = 5.0
"""Distance between two samples of the ground along a wall."""


def stand(
    buildings: Sequence[Building], terrain: Terrain, file: Path
) -> tuple[tuple[Building, ...], tuple[Finding, ...]]:
    """Put the buildings on a terrain with slopes.

    On a slope the ground along the walls spans several heights. A building's `ground_m` is the lowest of them, because
    BD TOPO measures eaves from there. It is the building's own foot if the terrain confirms it, otherwise the lowest
    terrain. The highest point, from which a drone keeps its distance, is the eaves counted from the highest ground, or
    the ridge above the building's own foot. The reference of a ridge without a foot is unknown: it is counted from the
    highest ground, too.
    """
    lowest_m, highest_m = _ground_along(buildings, terrain)
    stood, findings = [], []
    for building, low_m, high_m in zip(buildings, lowest_m.tolist(), highest_m.tolist(), strict=True):
        foot_m, tolerance_m = building.foot_m, assumptions.FOOT_TOLERANCE_M
        bears_out = foot_m is not None and low_m - tolerance_m <= foot_m <= high_m + tolerance_m
        ground_m = foot_m if foot_m is not None and bears_out else low_m
        if not bears_out:
            problem = "has no ground height" if foot_m is None else "has a ground height far from the terrain"
            off = "" if foot_m is None else f", {low_m - foot_m:+.1f} m off"
            detail = f"the lowest terrain along its walls{off}"
            findings.append(Finding(file.name, building.id, problem, "assumed", detail))
        ridge_m = max(building.ridge_m, building.height_m + high_m - ground_m)
        if foot_m is None:
            ridge_m = max(ridge_m, building.ridge_m + high_m - ground_m)
        else:  # a wrong foot also makes a wrong ridge, too high or too low
            ridge_m = max(ridge_m, foot_m + building.ridge_m - ground_m)
        stood.append(replace(building, ground_m=ground_m, ridge_m=ridge_m))
    return tuple(stood), tuple(findings)


def on_level_ground(buildings: Sequence[Building]) -> tuple[Building, ...]:
    """The buildings of a town without terrain. A drone keeps the distance from the ridge above the building's own foot
    if the foot lies above the datum: the hill is missing in the model, and the house on the hill is real."""
    return tuple(
        building if not building.foot_m or building.foot_m < 0 else
        replace(building, ridge_m=max(building.ridge_m, building.height_m) + building.foot_m)
        for building in buildings
    )  # fmt: skip


def _ground_along(buildings: Sequence[Building], terrain: Terrain) -> tuple[Array, Array]:
    """(lowest, highest) terrain along the walls of each building, m above the datum."""
    walls = shapely.segmentize(np.array([building.footprint for building in buildings], dtype=object), STEP_M)
    at_m, owner = shapely.get_coordinates(walls, return_index=True)
    heights_m = terrain.heights_m(at_m[:, 0], at_m[:, 1])
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    return np.minimum.reduceat(heights_m, first), np.maximum.reduceat(heights_m, first)
