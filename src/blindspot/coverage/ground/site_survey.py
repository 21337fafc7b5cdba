"""Computes a town's fixed coverage once, for all tables, maps and files that show it."""

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
"""Called with the name of the current step and the number of cameras done."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The coverage of a site's cameras and its blind spots; arrays are shaped as the grid of `spots.field`.

    `causes` holds for each cell the reason why the best camera misses it (an index of `causes.CAUSES`).
    `time_share` is None if no camera has a tour. `could_see_px_per_m` is None if every camera always sees its field.
    `uncertainty` is None unless `survey` was called with `bounds`. `patrol_share` is the time share from which
    patrolled ground counts as seen; with None, patrolled ground stays blind.
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
    """Compute the coverage of an area.

    The height field extends beyond the area, so that it holds every camera that may see into the area.

    Parameters
    ----------
    site
        The town with its fixed cameras.
    area
        The area to examine, ENU, m.
    min_px_per_m
        The pixel density from which ground counts as seen, px/m.
    progress
        Called with the name of each step and the number of cameras done.
    patrol_share
        The time share, 0..1, from which ground on a camera's tour counts as seen. With None it stays blind.
    bounds
        Whether to compute the bounds of the uncertainty, too.

    Returns
    -------
    found
        Coverage, blind spots and causes, on one grid.

    Examples
    --------
    `survey(site, site.area_of_interest, 25.0).spots.blind_area_m2` is a town's blind area in m2.
    """
    field = height_field(site, bounds_for([site], area, farthest_m(site.cameras) if bounds else 0.0))
    return survey_on(site, field, area, min_px_per_m, progress, patrol_share=patrol_share, bounds=bounds)


def bounds_for(sites: Sequence[Site], area: Polygon, reach_m: float = 0.0) -> BoundsM:
    """The rectangle around an area (ENU, m) with a margin from which a camera may see into the area.

    The margin is the longest range of any camera, and at least `reach_m`.
    """
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
    """Do the same as `survey` on a given height field."""
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
    """The unknown values of the cameras, with the public ground of an area that depends on each, largest first."""
    if not any(unknown in camera.assumptions for camera in site.cameras for unknown in UNKNOWNS):
        return ()
    field = height_field(site, bounds_for([site], area, farthest_m(site.cameras)))
    fixed = fixed_coverage(site, field, progress=lambda done, _: progress("cameras", done))
    progress("public ground", len(site.cameras))
    spots = blind_spots(site, field, fixed, area, min_px_per_m)
    return _uncertainty(site, spots, fixed, progress).stakes
