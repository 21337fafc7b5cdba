"""The values of a height raster in metres: its unit, and no-data values that the file does not declare."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.enums import TransformDirection
from rasterio.enums import Resampling

from blindspot.core import InputError

LOWEST_M, HIGHEST_M = -500.0, 9000.0
"""Possible altitudes. A value outside is an undeclared no-data value."""
MOST_CELLS = 400_000_000
"""Most cells of the ground that are held in memory."""
CHECKED = MappingProxyType({"no_data": "all declared"})
"""Tag of a raster that an import wrote. It is read three times as fast, because it needs no search for mixtures."""
UNITS_M = MappingProxyType(
    {
        **dict.fromkeys(("", "m", "metre", "metres", "meter", "meters"), 1.0),
        **dict.fromkeys(("ft", "foot", "feet", "international foot"), 0.3048),
        **dict.fromkeys(("us survey foot", "us survey feet", "us-ft", "ftus", "foot_us", "usft"), 1200 / 3937),
    }
)

Heights = NDArray[np.float32]


def to_metres(path: Path, model: rasterio.DatasetReader) -> tuple[float, float]:
    """(scale, offset) from the values of the first band to metres: the band's own, times its unit.

    The unit is that of the band, else that of the vertical axis of the coordinate system. Raises InputError for an
    unknown unit.
    """
    unit = (model.units[0] or "").strip().lower()
    if unit not in UNITS_M:
        fix = "convert the heights to metres, or correct the unit with gdal_edit.py -units m"
        raise InputError(path, "units", f"is {model.units[0]!r}", fix)
    metres = UNITS_M[unit] if unit else _vertical_unit_m(model)
    return float(model.scales[0]) * metres, float(model.offsets[0]) * metres


def _vertical_unit_m(model: rasterio.DatasetReader) -> float:
    crs = CRS.from_wkt(model.crs.to_wkt()) if model.crs is not None else None
    axes = [] if crs is None else [axis for part in (crs.sub_crs_list or [crs]) for axis in part.axis_info]
    return next((axis.unit_conversion_factor for axis in axes if axis.direction == "up"), 1.0)


def cell_m(model: rasterio.DatasetReader, crs: rasterio.crs.CRS, local: str, east_m: float, north_m: float) -> float:
    """Side of a cell, m, at a place of the metric system `local`; NaN if the raster's system ends before it.

    Elsewhere in a large raster the projection may stretch a cell to any size.
    """
    to_model = Transformer.from_crs(local, CRS.from_wkt(crs.to_wkt()), always_xy=True)
    x, y = to_model.transform(east_m, north_m)
    a, b, _, d, e, _ = model.transform[:6]
    east, north = to_model.transform([x, x + a, x + b], [y, y + d, y + e], direction=TransformDirection.INVERSE)
    sides_m = (math.dist((east[0], north[0]), (east[k], north[k])) for k in (1, 2))
    return math.sqrt(math.prod(sides_m))


def spoilt(read: Callable[[Resampling], Heights], stretch: float = 1.0) -> NDArray[np.bool_]:
    """Cells into which a bilinear filter may have mixed an undeclared no-data value.

    `read` resamples the raster, m. `stretch` is the side of the raster's cells in cells of the result. A mixture lies
    between the no-data value and the real heights, so it looks possible.
    """
    impossible = read(Resampling.min) < LOWEST_M
    impossible |= read(Resampling.max) > HIGHEST_M
    far = max(impossible.shape)
    side = 2 * (math.ceil(max(stretch, 1.0)) if stretch < far else far) + 1
    grown = impossible.astype(np.uint8)
    for shape in ((1, side), (side, 1)):
        grown = np.asarray(cv2.dilate(grown, np.ones(shape, np.uint8)), np.uint8)
    return grown > 0
