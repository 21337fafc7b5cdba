"""A town's fixed coverage worked out once: what every table, map and file of it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.coverage.ground.blind_ground import BlindSpots, blind_spots
from blindspot.coverage.ground.causes import causes_of
from blindspot.coverage.ground.patrol import could_see, time_share
from blindspot.coverage.ground.uncertainty import UNKNOWNS, Stake, Uncertainty, farthest_m, uncertainty
from blindspot.coverage.sight.fixed import FixedCoverage, fixed_coverage
from blindspot.site import Site
from blindspot.site.ground import BoundsM, HeightField, height_field

Progress = Callable[[str, int], None]
"""Told what is being worked out, and how many cameras are done."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the site's cameras see, what they leave blind, and by what the best of them misses each cell (numbers of
    `causes.CAUSES`); arrays are shaped as the grid of `spots.field`.

    `time_share` is None where no camera tells a tour, `could_see_px_per_m` where none could be turned, `uncertainty`
    where nobody asked. `patrol_share` is the share of the time from which patrolled ground counts as seen, None if it
    never does.
    """

    site: Site
    fixed: FixedCoverage
    spots: BlindSpots
    causes: NDArray[np.uint8]
    time_share: NDArray[np.float32] | None = None
    could_see_px_per_m: NDArray[np.float32] | None = None
    uncertainty: Uncertainty | None = None
    patrol_share: float | None = None


def survey(
    site: Site,
    area: Polygon,
    min_px_per_m: float,
    progress: Progress = lambda *_: None,
    *,
    patrol_share: float | None = None,
    bounds: bool = False,
) -> Survey:
    """Work out the coverage of an area (ENU, m); the field reaches as far beyond it as a camera may look in. `bounds`
    asks for the uncertainty, too."""
    field = height_field(site, bounds_for([site], area, farthest_m(site.cameras) if bounds else 0.0))
    return survey_on(site, field, area, min_px_per_m, progress, patrol_share=patrol_share, bounds=bounds)


def bounds_for(sites: Sequence[Site], area: Polygon, reach_m: float = 0.0) -> BoundsM:
    """The rectangle around an area (ENU, m) and around the ground from which a camera may look into it: as far as any
    camera's range, and `reach_m` at least."""
    margin_m = max([reach_m, *(camera.range_m for site in sites for camera in site.cameras)])
    east_min, north_min, east_max, north_max = area.bounds
    return (east_min - margin_m, north_min - margin_m, east_max + margin_m, north_max + margin_m)


def survey_on(
    site: Site,
    field: HeightField,
    area: Polygon,
    min_px_per_m: float,
    progress: Progress = lambda *_: None,
    *,
    patrol_share: float | None = None,
    bounds: bool = False,
) -> Survey:
    """The same on a field that is known already."""
    fixed = fixed_coverage(site, field, progress=lambda done, _: progress("cameras", done))
    progress("public ground", len(site.cameras))
    toured = any(camera.presets for camera in site.cameras)
    share = time_share(site, field, fixed, min_px_per_m) if toured else None
    patrolled = share >= patrol_share if share is not None and patrol_share is not None else None
    spots = blind_spots(site, field, fixed, area, min_px_per_m, patrolled)
    progress("reasons", len(site.cameras))
    idle = any(not camera.always_sees for camera in site.cameras)
    return Survey(
        site,
        fixed,
        spots,
        causes_of(site, field, fixed),
        time_share=share,
        could_see_px_per_m=could_see(site, field, fixed) if idle else None,
        uncertainty=_uncertainty(site, spots, fixed, progress) if bounds else None,
        patrol_share=patrol_share,
    )


def _uncertainty(site: Site, spots: BlindSpots, fixed: FixedCoverage, progress: Progress) -> Uncertainty:
    return uncertainty(
        site, spots.field, fixed, spots.public, spots.min_px_per_m,
        progress=lambda done, _: progress("unknowns", done),
    )  # fmt: skip


def ask_first(
    site: Site, area: Polygon, min_px_per_m: float, progress: Progress = lambda *_: None
) -> tuple[Stake, ...]:
    """What nobody knows of the cameras and how much of an area's public ground hangs on it, most first."""
    if not any(unknown in camera.assumptions for camera in site.cameras for unknown in UNKNOWNS):
        return ()
    field = height_field(site, bounds_for([site], area, farthest_m(site.cameras)))
    fixed = fixed_coverage(site, field, progress=lambda done, _: progress("cameras", done))
    progress("public ground", len(site.cameras))
    spots = blind_spots(site, field, fixed, area, min_px_per_m)
    return _uncertainty(site, spots, fixed, progress).stakes
