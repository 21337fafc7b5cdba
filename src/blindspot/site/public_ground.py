"""Public ground is opt-in: open ground that a public way reaches, and squares that the site names."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray

from blindspot.site.grid import Grid
from blindspot.site.model import Road, Site
from blindspot.site.raster import buildings_near, burn_max, height_field_on, mask_of

BESIDE_ROAD_M = 12.0
"""How far public ground may reach beyond the edge of a carriageway."""
BESIDE_BRIDGE_M = 2.0
"""Beside a bridge is water or another level: only the footway counts."""
FINEST_CELL_M = 0.5
"""Coarser grids are worked out on cells no larger than this and then reduced: alleys and walls must not blur."""
BAND_CELLS = 4_000_000
"""A large grid is worked out in bands of about so many cells: a whole town then needs some 250 MB, not 1 GB."""

Mask = NDArray[np.bool_]
Bits = NDArray[np.uint8]
"""A mask as OpenCV takes it: 0 and 1."""
ROW: Bits = np.ones((1, 3), np.uint8)
COLUMN: Bits = np.ones((3, 1), np.uint8)
CROSS: Bits = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


def public_ground(site: Site, grid: Grid) -> Mask:
    """Which cells are public ground, shaped as the grid; a coarse cell is when at least half of it is.

    From each open cell on a public road's axis a flood spreads over open ground, as far as half the carriageway and
    12 m more (2 m beside a bridge), never through a building nor diagonally between two, and never beyond that distance
    from the axis as the crow flies. So a yard behind a row of houses is not reached however near the road is. An axis
    that runs under a building (a porch) makes public what it crosses in the open on either side, not what the roof
    covers. Squares that the site names are added, its private zones and all that lies outside its area of interest are
    taken away.
    """
    factor = max(1, math.ceil(grid.cell_m / FINEST_CELL_M - 1e-9))
    band_rows = max(1, BAND_CELLS // (grid.cols * factor * factor))
    bands = [
        Grid(
            grid.east_min_m,
            grid.north_min_m + row * grid.cell_m,
            grid.cell_m,
            min(band_rows, grid.rows - row),
            grid.cols,
        )
        for row in range(0, grid.rows, band_rows)
    ]
    return np.vstack([_band(site, band, factor) for band in bands])


def reach_m(road: Road) -> float:
    """How far from its axis a road's public ground may reach, m."""
    return road.width_m / 2 + (BESIDE_ROAD_M if road.level == 0 else BESIDE_BRIDGE_M)


def _band(site: Site, grid: Grid, factor: int) -> Mask:
    """The public ground of one band of the grid, worked out on cells `factor` times finer."""
    roads = [road for road in site.roads if road.is_public]
    fine = _refined(grid, factor, max((reach_m(road) for road in roads), default=0.0))
    margin = (fine.rows - grid.rows * factor) // 2
    inner = _joined_to_roads(site, roads, fine)[margin : fine.rows - margin, margin : fine.cols - margin]
    if factor == 1:
        return inner
    return np.asarray(inner.reshape(grid.rows, factor, grid.cols, factor).mean(axis=(1, 3)) >= 0.5)


def _refined(grid: Grid, factor: int, margin_m: float) -> Grid:
    """The grid with cells `factor` times finer, widened so that roads outside it spread into it as they should."""
    cell_m = grid.cell_m / factor
    margin = math.ceil(margin_m / cell_m) + 1
    return Grid(
        grid.east_min_m - margin * cell_m,
        grid.north_min_m - margin * cell_m,
        cell_m,
        grid.rows * factor + 2 * margin,
        grid.cols * factor + 2 * margin,
    )


def _joined_to_roads(site: Site, roads: Sequence[Road], grid: Grid) -> Mask:
    window = shapely.box(*grid.bounds_m)
    open_ground = ~height_field_on(site, grid).is_building
    footprints = [building.footprint for building in buildings_near(site, grid)]
    passable = open_ground & ~mask_of(grid, footprints, all_touched=True)
    near = [road for road in roads if road.axis.dwithin(window, reach_m(road))]
    public = _flooded(near, grid, open_ground, passable) & open_ground
    public &= mask_of(grid, [road.axis.buffer(reach_m(road)) for road in near])
    public |= mask_of(grid, [zone.polygon for zone in site.zones_of("public")]) & open_ground
    public &= mask_of(grid, [site.area_of_interest])
    return public & ~mask_of(grid, [zone.polygon for zone in site.zones_of("private")], all_touched=True)


def _flooded(roads: Sequence[Road], grid: Grid, open_ground: Mask, passable: Mask) -> Mask:
    """Cells that the roads' axes reach over passable ground, each road by its own number of steps."""
    budget = np.zeros(grid.shape, dtype=np.float32)
    steps = sorted(((math.ceil(reach_m(road) / grid.cell_m), road.axis) for road in roads), key=lambda step: step[0])
    if not steps:
        return np.zeros(grid.shape, dtype=bool)
    burn_max(budget, grid, ((axis, float(count)) for count, axis in steps), all_touched=True)
    budget[~open_ground] = 0
    ground = (passable | (budget > 0)).astype(np.uint8)
    starts = {count: (budget == count).astype(np.uint8) for count in np.unique(budget[budget > 0])}
    flood = np.zeros(grid.shape, dtype=np.uint8)
    for left in range(steps[-1][0], 0, -1):
        if left in starts:
            flood |= starts[left]
        flood = _spread(flood, ground, diagonally=left % 2 == 0)
    # The last half cell to a facade: its cell is open at the centre although the wall touches it.
    return np.asarray(flood, dtype=bool) | (np.asarray(_grown(flood, CROSS), dtype=bool) & open_ground)


def _spread(flood: Bits, ground: Bits, *, diagonally: bool) -> Bits:
    """One cell further over `ground`; diagonally only where both cells at the corner are ground.

    Plain and diagonal steps in turn make octagons that hold the true circle and exceed it by at most 12 %.
    """
    along, across = _grown(flood, ROW) & ground, _grown(flood, COLUMN) & ground
    spread: Bits = along | across
    if diagonally:
        spread |= _grown(along, COLUMN) & _grown(across, ROW) & ground
    return spread


def _grown(bits: Bits, kernel: Bits) -> Bits:
    return np.asarray(cv2.dilate(bits, kernel), dtype=np.uint8)
