"""A town's fixed coverage worked out once: what every table, map and file of it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.coverage.blind_spots import BlindSpots, blind_spots
from blindspot.coverage.causes import causes_of
from blindspot.coverage.fixed import FixedCoverage, fixed_coverage
from blindspot.site.grid import HeightField
from blindspot.site.model import Site
from blindspot.site.raster import BoundsM, height_field

Progress = Callable[[str, int], None]
"""Told what is being worked out, and how many cameras are done."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the site's cameras see, what they leave blind, and by what the best of them misses each cell (numbers of
    `causes.CAUSES`); arrays are shaped as the grid of `spots.field`."""

    site: Site
    fixed: FixedCoverage
    spots: BlindSpots
    causes: NDArray[np.uint8]


def survey(site: Site, area: Polygon, min_px_per_m: float, progress: Progress = lambda *_: None) -> Survey:
    """Work out the coverage of an area (ENU, m); the field reaches as far beyond it as a camera may look in."""
    return survey_on(site, height_field(site, bounds_for([site], area)), area, min_px_per_m, progress)


def bounds_for(sites: Sequence[Site], area: Polygon) -> BoundsM:
    """The rectangle around an area (ENU, m) and around the ground from which a camera may look into it."""
    cameras = [camera for site in sites for camera in site.cameras]
    margin_m = max((camera.range_m for camera in cameras if camera.always_sees), default=0.0)
    east_min, north_min, east_max, north_max = area.bounds
    return (east_min - margin_m, north_min - margin_m, east_max + margin_m, north_max + margin_m)


def survey_on(
    site: Site, field: HeightField, area: Polygon, min_px_per_m: float, progress: Progress = lambda *_: None
) -> Survey:
    """The same on a field that is known already."""
    fixed = fixed_coverage(site, field, progress=lambda done, _: progress("cameras", done))
    progress("public ground", len(site.cameras))
    spots = blind_spots(site, field, fixed, area, min_px_per_m)
    progress("reasons", len(site.cameras))
    return Survey(site, fixed, spots, causes_of(site, field, fixed))
