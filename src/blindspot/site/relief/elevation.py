"""Makes a terrain from an elevation model, or from the feet of the buildings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray

from blindspot.core import InputError
from blindspot.site.ground.grid import Grid
from blindspot.site.ground.terrain import Array, Terrain
from blindspot.site.town import assumptions
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.model import Building, Finding

Number = TypeVar("Number", np.float32, np.int32, np.int16)
FEET_POST_M = 10.0
"""Distance of the posts for which the buildings' feet are interpolated: about the distance of houses in a street."""
MOST_POSTS, MOST_FEET = 1_000_000, 5_000
"""Numbers of posts that are interpolated, and of feet that are compared with their neighbours, at once."""
FINEST_POST_M = 1.0
"""A finer elevation model is averaged down to this."""
POSTS_A_CELL = 4
"""Posts along a cell of a coarse elevation model. With one post for each cell, the ground between the posts would be
interpolated a second time, which cuts off tops and fills hollows. With four, the ground is that of the file within a
quarter of the height difference of its cell."""
ALONE = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"}
"""Read a raster without the files beside it (.aux.xml, .ovr): these files change the heights, and no hash covers these
files."""
DEFAULT_NODATA_M = -9999.0
"""The most common no-data value, used if the file names none."""


def from_feet(buildings: Sequence[Building], file: Path) -> tuple[Terrain, tuple[Finding, ...]]:
    """Interpolate the ground between the buildings' feet.

    The interpolation is linear over a Delaunay triangulation of the footprints' centroids. Outside the hull the nearest
    height counts. A foot far from the feet around it is left out with a finding. Raises InputError if all feet are left
    out.

    A foot is the lowest ground at its building, placed at the building's centroid. On a slope the terrain is therefore
    too low by about the fall of the ground over half a house.
    """
    known = [building for building in buildings if building.foot_m is not None]
    feet_m = np.array([building.foot_m for building in known], dtype=float)
    at_m = shapely.get_coordinates(shapely.centroid([building.footprint for building in known])).reshape(-1, 2)
    off_m = _off_neighbours(at_m, feet_m)
    odd = np.abs(off_m) > assumptions.FOOT_TOLERANCE_M
    findings = tuple(
        Finding(
            file.name, known[k].id, "has a foot far from the neighbours'", "left out",
            f"of the terrain: {off_m[k]:+.1f} m off the median within {assumptions.NEIGHBOUR_RADIUS_M:g} m",
        )
        for k in np.flatnonzero(odd)
    )  # fmt: skip
    if odd.all():
        fix = "give Z_MIN_SOL, a GeoTIFF as terrain, or terrain: flat"
        raise InputError(file, "", "has no usable building foot", fix)
    feet = shapely.points(np.column_stack([at_m, feet_m])[~odd])
    posts = Grid.over(tuple(shapely.total_bounds(feet).tolist()), FEET_POST_M)
    return Terrain(posts, _filled(_triangulated(feet, posts))), findings


def _off_neighbours(at_m: Array, heights_m: Array) -> Array:
    """Difference of each height from the median of the other heights near it, m; 0 for an isolated point."""
    points, radius_m = shapely.points(at_m), assumptions.NEIGHBOUR_RADIUS_M
    tree, off_m = shapely.STRtree(points), np.zeros(len(points))
    for begin in range(0, len(points), MOST_FEET):  # a surface model has hundreds of blocks within the radius
        asked = points[begin : begin + MOST_FEET]
        one, other = tree.query(asked, predicate="dwithin", distance=radius_m)
        apart = one + begin != other
        one, other = one[apart], other[apart]
        order = np.lexsort((heights_m[other], one))
        around_m, count = heights_m[other[order]], np.bincount(one, minlength=len(asked))
        first = np.cumsum(count) - count
        some = np.flatnonzero(count)
        middle = (around_m[first[some] + (count[some] - 1) // 2] + around_m[first[some] + count[some] // 2]) / 2
        off_m[begin + some] = heights_m[begin + some] - middle
    return off_m


def _triangulated(points: NDArray[np.object_], posts: Grid) -> NDArray[np.float32]:
    """Heights at the posts, from the plane of the triangle of points (with z) that contains each post.

    A post outside all triangles gets the height of a point in its own cell, otherwise NaN.
    """
    triangles = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(points)))
    heights_m = np.full(posts.rows * posts.cols, np.nan, np.float32)
    at_m = shapely.get_coordinates(points, include_z=True)
    col = ((at_m[:, 0] - posts.east_min_m) / posts.cell_m).astype(int).clip(max=posts.cols - 1)
    row = ((at_m[:, 1] - posts.north_min_m) / posts.cell_m).astype(int).clip(max=posts.rows - 1)
    heights_m[row * posts.cols + col] = at_m[:, 2]
    tree, corners_of = shapely.STRtree(triangles), shapely.get_coordinates(triangles, include_z=True).reshape(-1, 4, 3)
    for first in range(0, len(heights_m), MOST_POSTS):  # all posts at once would take a hundred bytes each
        places = posts.centres(np.arange(first, min(first + MOST_POSTS, len(heights_m))))
        post, triangle = tree.query(shapely.points(places), predicate="intersects")
        corners = corners_of[triangle, :3]
        a, b, c = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        away = places[post] - a[:, :2]
        whole = b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0]
        along_b = (away[:, 0] * c[:, 1] - away[:, 1] * c[:, 0]) / whole
        along_c = (away[:, 1] * b[:, 0] - away[:, 0] * b[:, 1]) / whole
        heights_m[first + post] = a[:, 2] + along_b * b[:, 2] + along_c * c[:, 2]
    return heights_m.reshape(posts.shape)


def read_dem(
    path: Path, frame: LocalFrame, bounds_m: tuple[float, float, float, float]
) -> tuple[Terrain, tuple[Finding, ...]]:
    """Read the terrain above the datum from an elevation model, inside the bounds.

    The file is a GeoTIFF in any CRS; its first band holds metres above sea level. Gaps are filled with the nearest
    height, and a finding reports them. Raises InputError if the file is unreadable, or holds no height around the site.
    """
    import rasterio
    from pyproj.exceptions import ProjError
    from rasterio._err import CPLE_BaseError  # GDAL's own errors are no RasterioError
    from rasterio.warp import Resampling, reproject

    from blindspot.site.ground.heights import CHECKED, HIGHEST_M, LOWEST_M, MOST_CELLS, cell_m, spoilt, to_metres
    from blindspot.site.relief.raster import transform_of

    try:
        with rasterio.Env(**ALONE), rasterio.open(path, driver="GTiff") as model:
            if model.crs is None:
                raise InputError(path, "crs", "is missing", "write the coordinate system into the GeoTIFF")
            local = rasterio.crs.CRS.from_string(frame.proj4)
            middle_m = (bounds_m[0] + bounds_m[2]) / 2, (bounds_m[1] + bounds_m[3]) / 2
            own_m = cell_m(model, model.crs, frame.proj4, *middle_m)
            posts = Grid.over(bounds_m, max(FINEST_POST_M, own_m / POSTS_A_CELL))
            if posts.rows * posts.cols > MOST_CELLS:
                problem = f"has {posts.rows * posts.cols / 1e6:.0f} million cells around the area of interest"
                raise InputError(path, "", problem, f"thin it to at most {MOST_CELLS / 1e6:.0f} million")
            scale, offset = to_metres(path, model)

            def read(resampling: Resampling) -> NDArray[np.float32]:
                found = np.full(posts.shape, np.nan, np.float32)
                reproject(
                    rasterio.band(model, 1), found, dst_transform=transform_of(posts), dst_crs=local,
                    src_nodata=DEFAULT_NODATA_M if model.nodata is None else model.nodata, dst_nodata=np.nan,
                    resampling=resampling,
                )  # fmt: skip
                return found * np.float32(scale) + np.float32(offset)

            amsl_m = read(Resampling.bilinear)
            if not CHECKED.items() <= model.tags().items():
                amsl_m[spoilt(read, own_m / posts.cell_m)] = np.nan
    except ProjError as error:
        fix = "write its coordinate system into the GeoTIFF"
        raise InputError(path, "crs", "is no coordinate system of the earth", fix) from error
    except (rasterio.errors.RasterioError, CPLE_BaseError, ValueError) as error:
        raise InputError(path, "", f"is no readable elevation model ({error})", "give a GeoTIFF") from error
    except MemoryError as error:
        fix = "cut it to the town, or write it in tiles"
        raise InputError(path, "", "has too many cells for the memory of this computer", fix) from error
    amsl_m[~((amsl_m >= LOWEST_M) & (amsl_m <= HIGHEST_M))] = np.nan
    missing = float(np.isnan(amsl_m).mean())
    if missing == 1.0:
        raise InputError(path, "", "has no height around the site", "give a model of the whole area of interest")
    findings = []
    if missing:
        problem = f"has no height for {100 * missing:.2g} % of the ground in and around the area of interest"
        findings.append(Finding(path.name, "terrain", problem, "assumed", "the nearest height"))
    return Terrain(posts, _filled(amsl_m) - np.float32(frame.datum_amsl_m)), tuple(findings)


def _filled(heights_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """Replace NaN by the nearest height. At least one height must be known."""
    missing = np.isnan(heights_m)
    return nearest_of(heights_m, ~missing) if missing.any() else heights_m


def nearest_of(values: NDArray[Number], known: NDArray[np.bool_]) -> NDArray[Number]:
    """For each cell the value of the nearest known cell. At least one cell must be known."""
    _, labels = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(int(labels.max()) + 1, values.dtype)
    of_label[labels[known]] = values[known]
    return np.asarray(of_label[labels], values.dtype)
