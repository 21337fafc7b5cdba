"""Reads ground (DEM) and surface (DSM) rasters: GeoTIFF of any coordinate system, resampled to a metric grid."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import rasterio
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from rasterio.enums import Resampling
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from blindspot.core import InputError
from blindspot.site.ground.heights import CHECKED, HIGHEST_M, LOWEST_M, MOST_CELLS, Heights, cell_m, spoilt, to_metres
from blindspot.site.importers.vector import NO_CRS_FIX, Degrees
from blindspot.site.town.model import Finding

FINEST_POST_M = 1.0
"""Finest resolution of the ground. It is enough for the slope of a street."""
AROUND_CELLS = 1
"""Cells kept beyond the bounds of a cut: the ground at the edge lies between two cells."""
COVERED = 0.99
REGIONAL = 5e6
"""Width of a raster, in units of its projection, up to which it reaches less than half around the earth."""
NOWHERE = "has no position on the earth"


@dataclass(frozen=True, slots=True)
class MetricGrid:
    """North-up cells of `cell_m` in a transverse Mercator projection about the middle of the area. Row 0 is north."""

    crs: str
    west_m: float
    north_m: float
    cell_m: float
    rows: int
    cols: int

    @classmethod
    def over(cls, bounds: Degrees, cell_m: float) -> MetricGrid:
        west, south, east, north = bounds
        crs = f"+proj=tmerc +lat_0={(south + north) / 2:.6f} +lon_0={(west + east) / 2:.6f} +ellps=WGS84 +units=m"
        west_m, south_m, east_m, north_m = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform_bounds(
            *bounds
        )
        rows, cols = (math.ceil((b - a) / cell_m) for a, b in ((south_m, north_m), (west_m, east_m)))
        return cls(crs, west_m, north_m, cell_m, max(rows, 1), max(cols, 1))

    @property
    def transform(self) -> Affine:
        return Affine(self.cell_m, 0.0, self.west_m, 0.0, -self.cell_m, self.north_m)


def footprint(path: Path, fallback_crs: str | None = None, near_lon_deg: float | None = None) -> shapely.Polygon:
    """The outline of a raster, WGS 84 degrees. Raises InputError unless the file is a georeferenced GeoTIFF.

    A regional raster across the 180th meridian gets longitudes near `near_lon_deg` (default: near its first corner),
    which may lie beyond 180.
    """
    with _opened(path, fallback_crs) as (file, crs):
        corners = [(0, 0), (file.width, 0), (file.width, file.height), (0, file.height)]
        x, y = zip(*(file.transform * corner for corner in corners), strict=True)
        lon_deg, lat_deg = Transformer.from_crs(crs.to_wkt(), "EPSG:4326", always_xy=True).transform(x, y)
        if crs.is_projected and math.dist((x[0], y[0]), (x[1], y[1])) < REGIONAL:
            middle_deg = lon_deg[0] if near_lon_deg is None else near_lon_deg
            lon_deg = [middle_deg + (lon - middle_deg + 180.0) % 360.0 - 180.0 for lon in lon_deg]
    outline = shapely.Polygon(np.column_stack([lon_deg, lat_deg]) if np.isfinite(lon_deg).all() else None)
    if not outline.is_valid or outline.is_empty:
        raise InputError(path, "transform", NOWHERE, "georeference it")
    return outline


def check_covers(path: Path, area: shapely.Polygon, fallback_crs: str | None = None) -> None:
    """Raise InputError unless the raster's outline covers the area (WGS 84) to 99 %."""
    share = footprint(path, fallback_crs, area.centroid.x).intersection(area).area / area.area
    if share < COVERED:
        raise InputError(path, "", f"covers only {100 * share:.0f} % of the area", "draw the area inside it")


def native_cell_m(path: Path, bounds: Degrees, fallback_crs: str | None = None) -> float:
    """Side of a raster's cells near the area, m."""
    grid = MetricGrid.over(bounds, 1.0)
    with _opened(path, fallback_crs) as (file, crs):
        return cell_m(file, crs, grid.crs, grid.west_m + grid.cols / 2, grid.north_m - grid.rows / 2)


@contextmanager
def heights_on(
    path: Path, grid: MetricGrid, resampling: Resampling, fallback_crs: str | None = None
) -> Iterator[Callable[[Window], Heights]]:
    """Open a raster on a grid: yields a function that reads the altitudes of a window, m; NaN where the file has no
    data. Raises InputError for an unknown unit of its heights."""
    with _opened(path, fallback_crs) as (file, crs), ExitStack() as stack:
        scale, offset = to_metres(path, file)
        middle_m = grid.west_m + grid.cols * grid.cell_m / 2, grid.north_m - grid.rows * grid.cell_m / 2
        stretch = cell_m(file, crs, grid.crs, *middle_m) / grid.cell_m

        @cache
        def warped(how: Resampling) -> WarpedVRT:
            return stack.enter_context(
                WarpedVRT(
                    file, src_crs=crs, crs=grid.crs, transform=grid.transform, width=grid.cols, height=grid.rows,
                    resampling=how, src_nodata=file.nodata, nodata=math.nan, dtype="float32",
                )
            )  # fmt: skip

        def read(window: Window) -> Heights:
            def values(how: Resampling) -> Heights:
                found: Heights = warped(how).read(1, window=window) * np.float32(scale) + np.float32(offset)
                return found

            heights = values(resampling)
            heights[~((heights > LOWEST_M) & (heights < HIGHEST_M))] = np.nan
            if resampling == Resampling.bilinear:
                heights[spoilt(values, stretch)] = np.nan
            return heights

        yield read


def write_terrain(source: Path, target: Path, bounds: Degrees, fallback_crs: str | None = None) -> tuple[Finding, ...]:
    """Write the ground within `bounds` as a small GeoTIFF, m above sea level, posts at least 1 m apart.

    The cells of a coarser file are cut out as they are, so that the ground is interpolated once, when the site is read.
    Raises InputError if the file is unreadable or holds no height there.
    """
    native_m = native_cell_m(source, bounds, fallback_crs)
    cut = _cut_out(source, bounds, fallback_crs) if native_m >= FINEST_POST_M else None
    if cut is None:
        grid = MetricGrid.over(bounds, max(FINEST_POST_M, native_m))
        check_size(source, grid)
        with heights_on(source, grid, Resampling.bilinear, fallback_crs) as read:
            cut = read(Window(0, 0, grid.cols, grid.rows)), grid.transform, grid.crs
    heights, transform, crs = cut
    unknown = float(np.isnan(heights).mean())
    if unknown == 1.0:
        raise InputError(source, "", "has no height in the area", "give a ground model of this place")
    with rasterio.open(
        target, "w", driver="GTiff", width=heights.shape[1], height=heights.shape[0], count=1, dtype="float32",
        crs=crs, transform=transform, nodata=math.nan, compress="DEFLATE", predictor=3, tiled=True,
    ) as file:  # fmt: skip
        file.write(heights, 1)
        file.update_tags(**CHECKED)
    findings = [
        Finding(source.name, "heights", "does not state the reference of its heights", "assumed", "mean sea level")
    ]
    if unknown > 0:
        problem = f"has no height in {100 * unknown:.1f} % of the cells around the area"
        findings.append(Finding(source.name, "heights", problem, "assumed", "the nearest known height"))
    return tuple(findings)


def _cut_out(source: Path, bounds: Degrees, fallback_crs: str | None) -> tuple[Heights, Affine, str] | None:
    """(heights in m, transform, coordinate system) of the file's own cells around the bounds; None if its rows do not
    run from west to east and from north to south, or if it lies on the other side of the 180th meridian."""
    with _opened(source, fallback_crs) as (file, crs):
        flat = CRS.from_wkt(crs.to_wkt()).to_2d()
        flat = flat.sub_crs_list[0] if flat.sub_crs_list else flat  # the heights below are metres
        a, b, _, d, e, _ = file.transform[:6]
        if b or d or a <= 0 or e >= 0:
            return None
        west, south, east, north = Transformer.from_crs("EPSG:4326", flat, always_xy=True).transform_bounds(*bounds)
        (col, row), (col_end, row_end) = (~file.transform * corner for corner in ((west, north), (east, south)))
        if not np.isfinite([col, row, col_end, row_end]).all():
            return None
        cols = max(0, math.floor(col) - AROUND_CELLS), min(file.width, math.ceil(col_end) + AROUND_CELLS)
        rows = max(0, math.floor(row) - AROUND_CELLS), min(file.height, math.ceil(row_end) + AROUND_CELLS)
        if cols[0] >= cols[1] or rows[0] >= rows[1]:
            return None
        window = Window.from_slices(rows, cols)
        _refuse_many(source, (rows[1] - rows[0]) * (cols[1] - cols[0]))
        scale, offset = to_metres(source, file)
        found = file.read(1, window=window, masked=True).astype(np.float32).filled(np.nan)
        heights: Heights = found * np.float32(scale) + np.float32(offset)
        heights[~((heights > LOWEST_M) & (heights < HIGHEST_M))] = np.nan
        return heights, file.window_transform(window), flat.to_wkt()


def check_size(path: Path, grid: MetricGrid) -> None:
    _refuse_many(path, grid.rows * grid.cols)


def _refuse_many(path: Path, cells: int) -> None:
    if cells > MOST_CELLS:
        problem = f"has {cells / 1e6:.0f} million cells in the area"
        raise InputError(path, "", problem, f"draw an area of at most {MOST_CELLS / 1e6:.0f} million with --area")


@contextmanager
def _opened(path: Path, fallback_crs: str | None) -> Iterator[tuple[rasterio.DatasetReader, rasterio.crs.CRS]]:
    try:
        with _silently(path) as file:
            if file.transform.is_identity:
                raise InputError(path, "transform", NOWHERE, "georeference it")
            if file.crs is None and fallback_crs is None:
                raise InputError(path, "crs", "does not say its coordinate system", NO_CRS_FIX)
            yield file, file.crs or rasterio.crs.CRS.from_user_input(fallback_crs)
    except (CRSError, ProjError) as error:
        raise InputError(path, "crs", "is no coordinate system of the earth", NO_CRS_FIX) from error
    except (RasterioError, OSError, ValueError) as error:
        problem = f"can't be read ({' '.join(str(error).split())[:200]})"
        raise InputError(path, "", problem, "give a whole GeoTIFF") from error


def _silently(path: Path) -> rasterio.DatasetReader:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # reported as an InputError instead
        return rasterio.open(path, driver="GTiff")
