"""Computes public ground. Public ground is opt-in: open ground within reach of a public road, and the site's named
squares."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize

from blindspot.site.ground.flood import beside, flooded
from blindspot.site.ground.grid import HEADROOM_M, Grid, HeightField
from blindspot.site.relief.raster import buildings_near, height_field_on, mask_of, transform_of
from blindspot.site.town.model import Building, Road, Site

BESIDE_ROAD_M = 12.0
"""Maximum distance of public ground from the edge of a carriageway."""
BESIDE_BRIDGE_M = 2.0
"""The same beside a bridge, where only the footway counts: beyond it is water or another level."""
FINEST_CELL_M = 0.5
"""Coarser grids are computed on cells of at most this size and then reduced, so that alleys and walls stay sharp."""

Mask = NDArray[np.bool_]


def public_ground(site: Site, grid: Grid, known: HeightField | None = None) -> Mask:
    """Compute the public ground of a site.

    Parameters
    ----------
    site
        The town.
    grid
        The cells to classify.
    known
        A height field on the same cells, if one exists. If it covers the roads' reach, the buildings are not rasterised
        again.

    Returns
    -------
    mask
        True for public cells, shaped as the grid. A coarse cell is public if at least half of it is.

    Notes
    -----
    A flood starts at each open cell on the axis of a public road and spreads over open ground. It spreads up to half
    the carriageway's width plus 12 m (2 m beside a bridge), and never beyond this straight distance from the axis. It
    never passes through a building, nor diagonally between two buildings. A yard behind a row of houses therefore stays
    private, however near the road is.

    Ground under an arcade or a bridge between houses is public, too, if the flood touches it, up to 12 m under the
    roof. The flood ends there: it does not continue on the other side, where a carriage entrance may lead to a yard. If
    an axis runs under a building that is too low to walk under (a porch), the open ground that it crosses on either
    side is public.

    Squares that the site names are added. Private zones and all ground outside the area of interest are removed. The
    computation covers only the area of interest and the roads around it.

    Example
    -------
    >>> public_ground(site, grid).mean()  # doctest: +SKIP
    0.42
    """
    public = np.zeros(grid.shape, dtype=bool)
    east_min, north_min, east_max, north_max = site.area_of_interest.bounds
    first_row, last_row = _span(grid.north_min_m, grid.cell_m, grid.rows, north_min, north_max)
    first_col, last_col = _span(grid.east_min_m, grid.cell_m, grid.cols, east_min, east_max)
    rows, cols = last_row - first_row, last_col - first_col
    if rows <= 0 or cols <= 0:
        return public
    factor = max(1, math.ceil(grid.cell_m / FINEST_CELL_M - 1e-9))
    inner = grid.window(first_row, first_col, rows, cols).refined(factor)
    margin = road_margin(site, inner.cell_m)
    fine = inner.window(-margin, -margin, inner.rows + 2 * margin, inner.cols + 2 * margin)
    part = None if known is None else known.part(fine)
    is_open = ~(height_field_on(site, fine) if part is None else part).is_building
    found = _joined_to_roads(site, fine, is_open)[margin:-margin, margin:-margin]
    if factor > 1:
        found = found.reshape(rows, factor, cols, factor).mean(axis=(1, 3)) >= 0.5
    public[first_row:last_row, first_col:last_col] = found
    return public


def road_margin(site: Site, cell_m: float) -> int:
    """Compute the margin of a grid, so that roads outside the grid count for the public ground inside.

    Parameters
    ----------
    site
        The town.
    cell_m
        Width of a cell, m.

    Returns
    -------
    int
        The margin on each side, in cells.

    Example
    -------
    >>> from pathlib import Path
    >>> from blindspot.site import load_site
    >>> road_margin(load_site(Path("config/sites/crossroads")), cell_m=0.5)
    39
    """
    farthest_m = max((reach_m(road) for road in site.roads if road.is_public), default=0.0)
    under_m = BESIDE_ROAD_M if any(_is_over_heads(building) for building in site.buildings) else 0.0
    return math.ceil((farthest_m + under_m) / cell_m) + 1


def _is_over_heads(building: Building) -> bool:
    return building.min_height_m >= HEADROOM_M


def reach_m(road: Road) -> float:
    """Maximum distance of a road's public ground from its axis, m."""
    return road.width_m / 2 + (BESIDE_ROAD_M if road.level == 0 else BESIDE_BRIDGE_M)


def _span(start_m: float, cell_m: float, cells: int, low_m: float, high_m: float) -> tuple[int, int]:
    """(first cell, last cell + 1) of a row of cells from `start_m` that meet the interval."""
    first, last = math.floor((low_m - start_m) / cell_m), math.ceil((high_m - start_m) / cell_m)
    return max(first, 0), min(last, cells)


def _joined_to_roads(site: Site, grid: Grid, is_open: Mask) -> Mask:
    window = shapely.box(*grid.bounds_m)
    near = [road for road in site.roads if road.is_public and road.axis.dwithin(window, reach_m(road))]
    public = _reached(site, near, grid, is_open)
    public &= mask_of(grid, [road.axis.buffer(reach_m(road)) for road in near])
    public |= mask_of(grid, [zone.polygon for zone in site.zones_of("public")])
    public &= mask_of(grid, [site.area_of_interest])
    public &= ~mask_of(grid, [zone.polygon for zone in site.zones_of("private")], all_touched=True)
    return public & is_open


def _reached(site: Site, roads: Sequence[Road], grid: Grid, is_open: Mask) -> Mask:
    """Cells that the roads' axes reach over open ground, each road by its own number of steps."""
    if not roads:
        return np.zeros(grid.shape, dtype=bool)
    steps = sorted(((math.ceil(reach_m(road) / grid.cell_m), road.axis) for road in roads), key=lambda step: step[0])
    steps_left = rasterize(
        ((axis, count) for count, axis in steps),
        out_shape=grid.shape,
        transform=transform_of(grid),
        all_touched=True,
        dtype=np.uint16,
    )
    steps_left[~is_open] = 0
    near = buildings_near(site, grid)
    touched = mask_of(grid, [building.footprint for building in near], all_touched=True)
    flood = flooded(steps_left, is_open & ~touched | (steps_left > 0))
    # Add the last half cell before a facade: the cell's centre is open although the wall touches the cell.
    flood |= beside(flood) & is_open
    covered = mask_of(grid, [building.footprint for building in near if _is_over_heads(building)]) & is_open
    if covered.any():
        steps_under = math.ceil(BESIDE_ROAD_M / grid.cell_m)
        flood |= flooded(np.where(flood & covered, steps_under, 0).astype(np.uint16), covered)
    return flood
