"""The target of a mission: the town around its perimeter, and the public ground there that fixed cameras miss."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from blindspot.core import InputError, PlanningError
from blindspot.coverage.ground import BlindSpots, blind_spots
from blindspot.coverage.sight import fixed_coverage
from blindspot.mission import Mission, Relief, failsafe_settings, mission_file, priority_areas, rounding, site_of
from blindspot.site import Site, load_area
from blindspot.site.ground import BUILDING_M, HeightField, height_field, mask_of

CELL_M = 0.5
WIDEST_M = 10_000.0
"""Widest perimeter of a mission, m. The map of a wider one would take over 10 GB of memory."""
LEAST_WINDOW_M = 60.0
"""Least width of the town around the perimeter that is loaded, m: pictures may show roofs near the camera."""


@dataclass(frozen=True, slots=True)
class Ground:
    """`spots` holds the masks of public, fixed-seen and blind ground inside the perimeter. `priorities` are the areas
    with a weight of their own, m ENU."""

    site: Site
    perimeter: Polygon
    spots: BlindSpots
    priorities: tuple[tuple[BaseGeometry, float], ...] = ()

    def weight_of(self, cells: NDArray[np.integer]) -> NDArray[np.float32]:
        """Weight of each cell (flat) in a tour: the greatest of its priorities, 1 outside all of them."""
        weight, listed = np.ones(len(cells), dtype=np.float32), np.zeros(len(cells), dtype=bool)
        if self.priorities:
            at = self.field.grid.centres(cells)
        for area, own in self.priorities:
            inside = shapely.contains_xy(area, at[:, 0], at[:, 1])
            weight[inside] = np.where(listed[inside], np.maximum(weight[inside], own), own)
            listed |= inside
        return weight

    @property
    def field(self) -> HeightField:
        return self.spots.field

    @property
    def fence(self) -> Polygon:
        """The perimeter, or the part of the perimeter that the autopilot can store as a fence."""
        return rounding.outline_of(failsafe_settings.fence_in(self.perimeter))

    @property
    def relief(self) -> Relief:
        """The lowest and the highest ground inside the perimeter, rounded outwards to the centimetre."""
        inside_m = self.field.ground_m[mask_of(self.field.grid, [self.perimeter], all_touched=True)]
        posts_m = self.site.terrain.posts_within(self.perimeter)  # hollows and tops between the cells
        lowest_m, highest_m = float(min([*posts_m, inside_m.min()])), float(max([*posts_m, inside_m.max()]))
        return Relief(lowest_m=math.floor(100 * lowest_m) / 100, highest_m=math.ceil(100 * highest_m) / 100)

    def taller(self, by_m: float) -> HeightField:
        """The field with its buildings and trees raised, for planning views that a displaced camera has too."""
        stands = self.field.top_m > self.field.ground_m + BUILDING_M
        top_m, peak_m = (
            np.ascontiguousarray(np.where(stands, up_m + np.float32(by_m), up_m), dtype=np.float32)
            for up_m in (self.field.top_m, self.field.surface_m)
        )
        return replace(self.field, top_m=top_m, peak_m=None if self.field.peak_m is None else peak_m)


def too_wide(perimeter: Polygon) -> str:
    """The reason why a perimeter is too large for one mission; "" if it is not."""
    east_min, north_min, east_max, north_max = perimeter.bounds
    wide_m = max(east_max - east_min, north_max - north_min)
    return f"is {wide_m / 1000:.0f} km wide, a mission's at most {WIDEST_M / 1000:g}" if wide_m > WIDEST_M else ""


def survey_ground(mission: Mission, site: Site | None = None) -> Ground:
    """Compute the blind ground inside a mission's perimeter, on cells of `CELL_M`, at the density of the mission's
    band.

    Raises InputError if a file is missing or wrong, or if the perimeter contains no public ground, and PlanningError if
    the fixed cameras see all public ground inside it. An overwatch and a dispatch fly all the same: for them all public
    ground counts.
    """
    site = site or site_of(mission)
    perimeter = rounding.outline_of(load_area(mission.perimeter_path, site.frame))
    ranges_m = [camera.range_m for camera in site.cameras if camera.always_sees]
    field = height_field(site, perimeter.buffer(max([LEAST_WINDOW_M, *ranges_m]) + 1.0).bounds, CELL_M)
    spots = blind_spots(site, field, fixed_coverage(site, field), perimeter, mission.file.band.min_px_per_m)
    if not spots.public.any():
        fix = "check its position, or name squares in site.yaml"
        raise InputError(mission.perimeter_path, "", "no public ground lies inside the perimeter", fix)
    if not spots.blind.any() and mission.file.kind not in mission_file.POSTS:
        raise PlanningError("the fixed cameras see all public ground inside the perimeter: no flight is needed")
    return Ground(site, perimeter, spots, priority_areas(mission, site))
