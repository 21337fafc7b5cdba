"""The town as a height field: what rays run over."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely.geometry.base import BaseGeometry

from blindspot.site.grid import Grid, HeightField
from blindspot.site.model import Building, Site

BoundsM = tuple[float, float, float, float]


def height_field(site: Site, bounds_m: BoundsM, cell_m: float = 0.5) -> HeightField:
    """Ground and eaves over (east_min, north_min, east_max, north_max), m ENU."""
    return height_field_on(site, Grid.over(bounds_m, cell_m))


def height_field_on(site: Site, grid: Grid) -> HeightField:
    """Ground and eaves on a grid.

    A cell is a building's when its centre lies inside the footprint: unbiased, so that areas and shadows are neither
    grown nor shrunk. A building narrower than a cell would slip between the centres; it takes every cell that it
    touches. Where footprints overlap, the higher wins.
    """
    ground_m = np.zeros(grid.shape, dtype=np.float32)
    near = buildings_near(site, grid)
    top_m = np.zeros(grid.shape, dtype=np.float32)
    near.sort(key=lambda building: building.top_m)
    footprints = np.array([b.footprint for b in near], dtype=object)
    tops_m = [b.top_m for b in near]
    if near:
        burn_max(top_m, grid, zip(footprints, tops_m, strict=True))
        thin = shapely.is_empty(shapely.buffer(footprints, -grid.cell_m / 2, quad_segs=1, join_style="mitre"))
        if thin.any():
            kept = np.flatnonzero(thin)
            burn_max(top_m, grid, ((footprints[k], tops_m[k]) for k in kept), all_touched=True)
    return HeightField(grid, ground_m, np.maximum(top_m, ground_m))


def buildings_near(site: Site, grid: Grid) -> list[Building]:
    """The buildings whose bounds meet the grid's."""
    east_min, north_min, east_max, north_max = grid.bounds_m
    bounds = shapely.bounds([building.footprint for building in site.buildings]).reshape(-1, 4)
    meets = (bounds[:, 0] <= east_max) & (bounds[:, 2] >= east_min)
    meets &= (bounds[:, 1] <= north_max) & (bounds[:, 3] >= north_min)
    return [site.buildings[k] for k in np.flatnonzero(meets)]


def burn_max(
    into: NDArray[np.float32], grid: Grid, shapes: Iterable[tuple[BaseGeometry, float]], *, all_touched: bool = False
) -> None:
    """Raise `into` (shaped as the grid) to each shape's value; shapes come in rising order, so that the last wins."""
    burnt = rasterize(
        shapes,
        out_shape=grid.shape,
        transform=transform_of(grid),
        all_touched=all_touched,
        dtype="float32",
        fill=-np.inf,
    )
    np.maximum(into, burnt, out=into)


def mask_of(grid: Grid, geometries: Iterable[BaseGeometry], *, all_touched: bool = False) -> NDArray[np.bool_]:
    """Cells whose centre lies in any of the geometries (or that touch one)."""
    shapes = [(geometry, 1) for geometry in geometries if not geometry.is_empty]
    if not shapes:
        return np.zeros(grid.shape, dtype=bool)
    burnt = rasterize(
        shapes, out_shape=grid.shape, transform=transform_of(grid), all_touched=all_touched, dtype=np.uint8
    )
    return np.asarray(burnt, dtype=bool)


def transform_of(grid: Grid) -> Affine:
    """Rasterio's transform for rows that run from south to north."""
    return Affine(grid.cell_m, 0.0, grid.east_min_m, 0.0, grid.cell_m, grid.north_min_m)
