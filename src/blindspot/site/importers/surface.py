"""Makes blocks from a surface model (DSM, for example from LiDAR), as a replacement for building data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.enums import TransformDirection
from rasterio.enums import Resampling
from rasterio.features import geometry_mask, rasterize, shapes, sieve
from rasterio.fill import fillnodata
from rasterio.transform import Affine
from rasterio.windows import Window

from blindspot.core import InputError
from blindspot.site.ground.heights import LOWEST_M, Heights
from blindspot.site.importers.elevation import (
    MetricGrid,
    check_size,
    footprint,
    heights_on,
    native_cell_m,
)
from blindspot.site.importers.imported import Imported, Record
from blindspot.site.importers.vector import Degrees
from blindspot.site.town.model import Finding

LOWEST_BLOCK_M = 2.5
"""Lower objects are cars, hedges or noise."""
BAND_M = 1.0
"""A roof is cut into steps of this height, so the error of a point is at most half of it."""
SMALLEST_PATCH_M2 = 4.0
TALL_M = 15.0
"""A thinner object that is taller than this, and so than a street lamp, is kept: a mast, a chimney, a wire."""
FINEST_CELL_M = 0.5
COARSEST_CELL_M = 2.0
WIDEST_BUILDING_M = 100.0
"""To estimate a missing ground model, raised objects narrower than this are removed from the surface."""
GROUND_CELL_M = 2.0
UNKNOWN_M = 3.0
"""A hole in the surface becomes a block of this height, so its ground counts neither as seen nor as public."""
SNAP_M = 0.02
"""Corners lie on multiples of this, which avoids slivers between tiles and steps."""
TILE = 1024
HALO_M = 100.0

Progress = Callable[[int, int], None]


def read_surface(
    path: Path,
    bounds: Degrees,
    ground: Path | None = None,
    fallback_crs: str | None = None,
    progress: Progress = lambda done, total: None,
) -> Imported:
    """Make blocks from all objects over 2.5 m above the ground within `bounds`, tile by tile.

    The ground is the raster `ground`. If it is None, the ground is estimated from the surface, and a finding reports
    this. Raises InputError for an unreadable raster, or for cells wider than 2 m.
    """
    cell_m = native_cell_m(path, bounds, fallback_crs)
    if cell_m > COARSEST_CELL_M + 0.05:
        raise InputError(path, "", f"has cells of {cell_m:.1f} m", f"give {COARSEST_CELL_M:g} m or finer")
    grid = MetricGrid.over(bounds, max(FINEST_CELL_M, cell_m))
    check_size(path, grid)
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    outline = _projected(footprint(path, fallback_crs), to_degrees, TransformDirection.INVERSE)
    total = _Counts()
    records: list[Record] = []
    with ExitStack() as stack:
        surface = stack.enter_context(heights_on(path, grid, Resampling.nearest, fallback_crs))
        dem = stack.enter_context(heights_on(ground, grid, Resampling.bilinear, fallback_crs)) if ground else None
        tiles = list(_tiles(grid))
        for done, tile in enumerate(tiles, 1):
            heights = surface(tile.window)
            known_m = dem(tile.window) if dem is not None else None
            ground_m = _ground(known_m, heights, grid.cell_m)
            hole = np.isnan(heights) & geometry_mask([outline], heights.shape, tile.transform, invert=True)
            total.unknown_m2 += float(hole[tile.core].sum()) * grid.cell_m * grid.cell_m
            records += _blocks(tile, grid, np.where(hole, ground_m + np.float32(UNKNOWN_M), heights), ground_m, total)
            progress(done, len(tiles))
    return Imported(
        buildings=tuple(_in_degrees(records, to_degrees)), findings=tuple(_findings(path, total, ground is None))
    )


@dataclass(slots=True)
class _Counts:
    patches: int = 0
    thin: int = 0
    unknown_m2: float = 0.0


@dataclass(frozen=True, slots=True)
class _Tile:
    """`window` includes a margin on every side. Only its part `core` (rows, columns) counts."""

    window: Window
    core: tuple[slice, slice]
    box: shapely.Polygon
    """The core, m."""
    transform: Affine


def _tiles(grid: MetricGrid) -> Iterator[_Tile]:
    halo = round(HALO_M / grid.cell_m)
    for row in range(0, grid.rows, TILE):
        for col in range(0, grid.cols, TILE):
            end_row, end_col = min(row + TILE, grid.rows), min(col + TILE, grid.cols)
            top, left = max(row - halo, 0), max(col - halo, 0)
            bottom, right = min(end_row + halo, grid.rows), min(end_col + halo, grid.cols)
            west_m, north_m = grid.transform * (col, row)
            east_m, south_m = grid.transform * (end_col, end_row)
            yield _Tile(
                Window(left, top, right - left, bottom - top),
                (slice(row - top, end_row - top), slice(col - left, end_col - left)),
                shapely.box(west_m, south_m, east_m, north_m),
                grid.transform * Affine.translation(left, top),
            )


def estimated_ground(heights: Heights, cell_m: float) -> Heights:
    """Estimate the ground below a surface by morphological opening with a square of 100 m.

    On a slope the result is too low, at most by the fall over that width. Blocks are then too high.
    """
    factor = max(1, round(GROUND_CELL_M / cell_m))
    rows, cols = (-(-size // factor) for size in heights.shape)
    padded = np.full((rows * factor, cols * factor), np.inf, np.float32)
    padded[: heights.shape[0], : heights.shape[1]] = np.nan_to_num(heights, nan=np.inf)
    lowest = padded.reshape(rows, factor, cols, factor).min(axis=(1, 3))
    size = 2 * round(WIDEST_BUILDING_M / (factor * cell_m) / 2) + 1
    kernel = np.ones((size, size), np.uint8)
    opened = cv2.dilate(_finite(np.asarray(cv2.erode(lowest, kernel), np.float32)), kernel)
    wide = cv2.resize(opened, (cols * factor, rows * factor), interpolation=cv2.INTER_LINEAR)
    ground_m = wide[: heights.shape[0], : heights.shape[1]]
    ground_m[~np.isfinite(ground_m)] = np.nan
    return np.fmin(ground_m, heights, dtype=np.float32)


def _finite(lowest: Heights) -> Heights:
    """Unknown cells as -inf, so that they spread no height in the dilation."""
    return np.where(np.isfinite(lowest), lowest, np.float32(-np.inf)).astype(np.float32)


def _ground(known: Heights | None, surface: Heights, cell_m: float) -> Heights:
    """The ground of a tile with its holes filled (0 everywhere if all heights are unknown)."""
    if known is None or np.isnan(known).all():
        known = estimated_ground(surface, cell_m)
    holes = np.isnan(known)
    if holes.all():
        return np.zeros_like(known)
    if holes.any():
        middle_m = np.float32(np.nanmedian(known))
        known = fillnodata(np.where(holes, middle_m, known), mask=~holes, max_search_distance=HALO_M / cell_m)
    return known


def _blocks(tile: _Tile, grid: MetricGrid, surface: Heights, ground_m: Heights, counts: _Counts) -> list[Record]:
    """The blocks of a tile's core, in metres: connected cells of one height step with at least 4 m2, and tall objects
    of any area."""
    top_m = np.where(np.isnan(surface), ground_m, surface)  # beyond the raster
    high = top_m > ground_m + LOWEST_BLOCK_M
    cell_m2 = grid.cell_m * grid.cell_m
    smallest = max(1, round(SMALLEST_PATCH_M2 / cell_m2))
    steps = np.where(high, np.floor((top_m - LOWEST_M) / BAND_M) + 1, 0).astype(np.int16)
    if smallest > 1:
        steps = sieve(steps, smallest, connectivity=4)
    traced = shapes(steps, steps > 0, connectivity=4, transform=tile.transform)
    outlines = [shapely.geometry.shape(outline) for outline, _ in traced]
    thin = high & (steps == 0) & (top_m > ground_m + TALL_M)
    counts.patches += _small_patches(high & ~thin, tile.core, smallest)
    needles = _needles(tile, top_m, ground_m, thin)
    counts.thin += len(needles)
    if not outlines:
        return needles
    numbered = ((outline, k) for k, outline in enumerate(outlines))
    owner = rasterize(numbered, steps.shape, fill=-1, transform=tile.transform, dtype=np.int32)
    inside = owner >= 0
    owner, top_m, ground_m = owner[inside], top_m[inside], ground_m[inside]
    mean_m = np.bincount(owner, top_m, len(outlines)) / np.maximum(np.bincount(owner, minlength=len(outlines)), 1)
    lowest_m, highest_m = np.full(len(outlines), np.inf), np.full(len(outlines), -np.inf)
    np.minimum.at(lowest_m, owner, ground_m)
    np.maximum.at(highest_m, owner, top_m)
    smooth = shapely.coverage_simplify(np.array(outlines, dtype=object), grid.cell_m)
    cut = shapely.set_precision(shapely.intersection(smooth, tile.box), SNAP_M)
    parts, of = shapely.get_parts(cut, return_index=True)
    return needles + [
        (part, {
            "height_m": round(float(mean_m[k] - lowest_m[k]), 2),
            "ridge_m": round(float(highest_m[k] - lowest_m[k]), 2),
            "ground_amsl_m": round(float(lowest_m[k]), 2),
        })
        for part, k in zip(parts, of.tolist(), strict=True)
        if part.area >= cell_m2
    ]  # fmt: skip


def _needles(tile: _Tile, top_m: Heights, ground_m: Heights, thin: NDArray[np.bool_]) -> list[Record]:
    """A block around each group of thin tall cells, one cell wider on each side, as high as the highest of them."""
    if not thin.any():
        return []
    around = cv2.dilate(thin.astype(np.uint8), np.ones((3, 3), np.uint8))
    outlines = [shapely.geometry.shape(one) for one, _ in shapes(around, around > 0, transform=tile.transform)]
    owner = rasterize(((one, k) for k, one in enumerate(outlines)), around.shape, fill=-1, transform=tile.transform)
    found: list[Record] = []
    for k, outline in enumerate(outlines):
        mine = owner == k
        lowest_m, highest_m = float(ground_m[mine].min()), float(top_m[mine & thin].max())
        height_m = round(highest_m - lowest_m, 2)
        own = {"height_m": height_m, "ridge_m": height_m, "ground_amsl_m": round(lowest_m, 2)}
        cut = shapely.get_parts(shapely.set_precision(outline.intersection(tile.box), SNAP_M))
        found += [(part, own) for part in cut if part.area > 0]
    return found


def _small_patches(high: NDArray[np.bool_], core: tuple[slice, slice], smallest: int) -> int:
    """Number of patches with fewer than `smallest` cells whose middle lies in the core."""
    _, _, sizes, middles = cv2.connectedComponentsWithStats(high.astype(np.uint8), connectivity=4)
    col, row = np.floor(middles[1:]).astype(int).T
    mine = (row >= core[0].start) & (row < core[0].stop) & (col >= core[1].start) & (col < core[1].stop)
    return int((mine & (sizes[1:, cv2.CC_STAT_AREA] < smallest)).sum())


def _in_degrees(blocks: list[Record], to_degrees: Transformer) -> Iterator[Record]:
    outlines = _projected(np.array([outline for outline, _ in blocks], dtype=object), to_degrees)
    for number, (outline, (_, own)) in enumerate(zip(outlines, blocks, strict=True), 1):
        yield outline, {"id": f"surface/{number}", **own}


def _projected(shapes: Any, transformer: Transformer, way: TransformDirection = TransformDirection.FORWARD) -> Any:
    def project(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1], direction=way))

    return shapely.transform(shapes, project)


def _findings(path: Path, counts: _Counts, ground_estimated: bool) -> Iterator[Finding]:
    yield Finding(
        path.name, "surface", "does not separate trees and bridges from houses", "assumed",
        f"all that stands over {LOWEST_BLOCK_M:g} m is solid",
    )  # fmt: skip
    if ground_estimated:
        yield Finding(
            path.name, "surface", "comes without a ground model", "assumed",
            f"the ground is estimated by removing everything narrower than {WIDEST_BUILDING_M:g} m",
        )  # fmt: skip
    if counts.thin:
        problem = f"has {counts.thin} object(s) under {SMALLEST_PATCH_M2:g} m2 and over {TALL_M:g} m high"
        yield Finding(path.name, "surface", problem, "assumed", "solid blocks, such as masts and chimneys")
    if counts.patches:
        detail = f"{counts.patches} of them, such as posts and cars"
        yield Finding(path.name, "surface", f"has patches under {SMALLEST_PATCH_M2:g} m2", "left out", detail)
    if counts.unknown_m2:
        detail = f"blocks of {UNKNOWN_M:g} m, so that nothing there counts as seen or public"
        yield Finding(path.name, "surface", f"has no height on {counts.unknown_m2:.0f} m2", "assumed", detail)
