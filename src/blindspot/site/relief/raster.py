"""Makes the height field of a town, on which lines of sight are computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely.geometry.base import BaseGeometry

from blindspot.site.ground.grid import BUILDING_M, HEADROOM_M, Grid, HeightField
from blindspot.site.town.model import Building, Site

BoundsM = tuple[float, float, float, float]


def height_field(site: Site, bounds_m: BoundsM, cell_m: float = 0.5) -> HeightField:
    """Make the height field of a town: ground, eaves and ridges.

    Parameters
    ----------
    site
        The town.
    bounds_m
        (east_min, north_min, east_max, north_max), m ENU.
    cell_m
        Side of a cell, m. The grid is aligned to multiples of it.
    """
    return height_field_on(site, Grid.over(bounds_m, cell_m))


def height_field_on(site: Site, grid: Grid) -> HeightField:
    """Heights of ground and eaves on a grid, of the underside of solids over open ground, and of the highest surfaces.

    Such solids are overhangs, bridges and tree crowns. The highest surface of a building is its highest point, over the
    whole footprint: the shape of its roof is unknown. A crown is seen at its whole width, whatever part of it hides.

    A cell belongs to a building if its centre lies inside the footprint. This is unbiased: areas and shadows keep their
    size. A building narrower than a cell could fall between the centres, so a narrow building takes every touched cell.
    Where footprints overlap, the higher one counts. Where two solids hang over one cell, everything from the lower
    underside to the higher top is solid. Where a solid hangs over a block, everything below it is solid.
    """
    ground_m = site.terrain.on(grid)
    near = solids_near(site.opaque, grid)
    standing = [solid for solid in near if solid.min_height_m < HEADROOM_M]
    hanging = [solid for solid in near if solid.min_height_m >= HEADROOM_M]
    top_m = _burnt(grid, standing, [solid.top_m for solid in standing])
    is_free = np.isneginf(top_m) if hanging else None
    if not site.terrain.is_flat:  # a block stays one where the slope is as high as its eaves
        np.maximum(top_m, ground_m + np.float32(2 * BUILDING_M), out=top_m, where=top_m > -np.inf)
    under_m = None
    if is_free is not None:
        under_m = -_burnt(grid, hanging, [-(solid.ground_m + solid.min_height_m) for solid in hanging])
        np.maximum(top_m, _burnt(grid, hanging, [solid.top_m for solid in hanging]), out=top_m)
        under_m = np.where(is_free & (under_m < np.inf), np.maximum(under_m, ground_m), ground_m)
    np.maximum(top_m, ground_m, out=top_m)
    return HeightField(grid, ground_m, top_m, under_m, _peaks(site, grid, top_m))


def _peaks(site: Site, grid: Grid, top_m: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """The highest surface of each cell, m above the datum; None if it is `top_m` everywhere."""
    higher = [(building, building.highest_m) for building in buildings_near(site, grid)]
    higher = [(building, highest_m) for building, highest_m in higher if highest_m > building.top_m]
    cut_back = [tree.as_block for tree in site.trees if tree.sight_radius_m is not None]
    higher += [(crown, crown.top_m) for crown in solids_near(cut_back, grid)]
    if not higher:
        return None
    peak_m = _burnt(grid, [solid for solid, _ in higher], [highest_m for _, highest_m in higher])
    return np.maximum(peak_m, top_m, out=peak_m)


def _burnt(grid: Grid, solids: Sequence[Building], values: Sequence[float]) -> NDArray[np.float32]:
    """The largest value of the footprints that cover a cell, float32; -inf for uncovered cells."""
    burnt = np.full(grid.shape, -np.inf, np.float32)
    if not solids:
        return burnt
    order = sorted(range(len(solids)), key=values.__getitem__)
    footprints = np.array([solids[k].footprint for k in order], dtype=object)
    rising = [values[k] for k in order]
    burn_max(burnt, grid, zip(footprints, rising, strict=True))
    thin = shapely.is_empty(shapely.buffer(footprints, -grid.cell_m / 2, quad_segs=1, join_style="mitre"))
    if thin.any():
        burn_max(burnt, grid, ((footprints[k], rising[k]) for k in np.flatnonzero(thin).tolist()), all_touched=True)
    return burnt


def buildings_near(site: Site, grid: Grid) -> list[Building]:
    """The buildings whose bounds meet the bounds of the grid."""
    return solids_near(site.buildings, grid)


def solids_near(solids: Sequence[Building], grid: Grid) -> list[Building]:
    """The solids whose bounds meet the bounds of the grid."""
    east_min, north_min, east_max, north_max = grid.bounds_m
    bounds = shapely.bounds([solid.footprint for solid in solids]).reshape(-1, 4)
    meets = (bounds[:, 0] <= east_max) & (bounds[:, 2] >= east_min)
    meets &= (bounds[:, 1] <= north_max) & (bounds[:, 3] >= north_min)
    return [solids[k] for k in np.flatnonzero(meets).tolist()]


def burn_max(
    into: NDArray[np.float32], grid: Grid, shapes: Iterable[tuple[BaseGeometry, float]], *, all_touched: bool = False
) -> None:
    """Raise `into` (shaped as the grid) to each shape's value. Give the shapes in rising order: the last one counts."""
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
    """Cells whose centre lies in any of the geometries; with `all_touched`, cells that touch one."""
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
