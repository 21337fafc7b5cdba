"""The largest population density below a plan, from a raster bound by the hash in the authorisation (AVI-04).

All ground that the autopilot may cross counts, with contingency volume and ground-risk buffer.
Unknown ground refuses: beyond the raster, in a cell without data, in a raster of an unknown form.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from blindspot.core import BlindspotError, read_file
from blindspot.law.airspace.geozones import region_of
from blindspot.law.signatures.authorisation import Authorisation
from blindspot.mission import Plan

MOST_BYTES = 100_000_000
FORMAT = "GTiff"
"""The only format: a virtual raster would name other files, which the hash does not bind."""
EDGE_M = 25.0
"""Longest straight edge that is carried over into the raster's projection, m."""
M2_PER_KM2 = 1e6


class PopulationError(BlindspotError):
    """The population below is unknown, for the reason in the sentence."""


def densest_per_km2(auth: Authorisation, plan: Plan) -> float:
    """Largest density of a cell that the plan's ground touches, people/km2.

    Raises PopulationError if it is unknown.
    """
    aviation, path = auth.file.aviation, auth.population_path
    if aviation is None or aviation.population is None or path is None:
        raise PopulationError("the authorisation names no raster")
    around_m = aviation.contingency_m + aviation.ground_risk_buffer_m
    ground = shapely.union_all([region_of(route) for route in plan.routes]).buffer(around_m)
    frame = plan.origin.frame
    hull = shapely.segmentize(ground.convex_hull, EDGE_M)
    corners = np.asarray([frame.to_wgs84(east_m, north_m) for east_m, north_m in hull.exterior.coords])
    named = aviation.population
    try:
        return _densest(path, named.sha256, named.unit, corners.tobytes())
    except PopulationError as error:
        raise PopulationError(f"{named.file}: {error}") from error


def _whole(path: Path, sha256: str) -> bytes:
    try:
        content = read_file(path, MOST_BYTES)
    except OSError as error:
        raise PopulationError(f"it can't be read ({error.strerror})") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise PopulationError("it is not the authorised file")
    return content


@lru_cache(maxsize=2)
def _densest(path: Path, sha256: str, unit: str, corners: bytes) -> float:
    """Cached, because a plan is judged several times, and the hash binds the content. `corners` are float64 pairs,
    degrees east and north."""
    import rasterio
    from pyproj.exceptions import ProjError
    from rasterio._err import CPLE_BaseError  # GDAL's own errors are no RasterioError
    from rasterio.errors import RasterioError

    around = np.frombuffer(corners).reshape(-1, 2)
    try:
        with rasterio.MemoryFile(_whole(path, sha256)) as memory, memory.open(driver=FORMAT) as raster:
            values, known, km2 = _cells(raster, around)
    except (RasterioError, CPLE_BaseError, ValueError) as error:
        raise PopulationError("it is no raster that can be read") from error
    except ProjError as error:
        raise PopulationError("its coordinate system is none of the earth") from error
    except MemoryError as error:
        raise PopulationError("it has too many cells below the flight for this computer") from error
    if not values.size or not known.all():
        raise PopulationError("a cell below the flight, its contingency or its buffer has no data")
    return float(values.max()) / (km2 if unit == "people_per_cell" else 1.0)


def _cells(raster: Any, around: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_], float]:
    """(value of each touched cell, whether it is known, size of a cell, km2)."""
    from pyproj import CRS, Geod, Transformer
    from rasterio.features import geometry_mask
    from rasterio.windows import Window

    step = raster.transform
    if raster.crs is None or step.b or step.d or step.a <= 0.0 or step.e >= 0.0 or raster.count != 1:
        raise PopulationError("it needs one band, a coordinate system, and its north on top")
    to_raster = Transformer.from_crs("EPSG:4326", CRS.from_user_input(raster.crs), always_xy=True)
    x, y = to_raster.transform(around[:, 0], around[:, 1])
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise PopulationError("it does not reach the flight")
    columns, rows = (x - step.c) / step.a, (y - step.f) / step.e
    left, right, top, bottom = floor(columns.min()), ceil(columns.max()), floor(rows.min()), ceil(rows.max())
    if left < 0 or top < 0 or right > raster.width or bottom > raster.height:
        raise PopulationError("it does not cover the flight, its contingency and its buffer")
    window = Window(left, top, max(1, right - left), max(1, bottom - top))
    own = raster.window_transform(window)
    cells = raster.read(1, window=window, masked=True)
    touched = geometry_mask([Polygon(np.column_stack([x, y]))], cells.shape, own, all_touched=True, invert=True)
    values = np.ma.getdata(cells)[touched].astype(np.float64) * raster.scales[0] + raster.offsets[0]
    known = ~np.ma.getmaskarray(cells)[touched] & np.isfinite(values) & (values >= 0.0)
    (west, north), (east, south) = own * (0, 0), own * (1, 1)
    lon_deg, lat_deg = to_raster.transform([west, east, east, west], [north, north, south, south], direction="INVERSE")
    m2, _ = Geod(ellps="WGS84").polygon_area_perimeter(lon_deg, lat_deg)
    return values, known, abs(m2) / M2_PER_KM2
