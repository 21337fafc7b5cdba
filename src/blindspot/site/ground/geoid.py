"""Heights of the EGM96 geoid, from the grid of GeographicLib that MAVROS needs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import BinaryIO

from blindspot.core import folders

COLS, ROWS = 4320, 2161
"""Posts every 5 minutes of arc: row 0 is the north pole, column 0 the meridian of Greenwich."""
_HEADER = re.compile(rb"P5\s(?:#[^\n]*\n)*\s*4320\s+2161\s+65535\s")
_LONGEST_HEADER = 4096


def height_m(lat_deg: float, lon_deg: float, environ: Mapping[str, str]) -> float | None:
    """Height of the geoid above the WGS 84 ellipsoid, m, between its four posts; None without a whole grid."""
    for path in (folder / folders.GEOID for folder in folders.of_geoids(environ)):
        try:
            with path.open("rb") as file:
                header = _HEADER.match(file.read(_LONGEST_HEADER))
                if header is None:
                    continue
                offset_m, scale_m = (
                    float(found[1]) if (found := re.search(rb"# %s ([-+.\deE]+)" % name, header[0])) else math.nan
                    for name in (b"Offset", b"Scale")
                )
                y, x = min(max((90.0 - lat_deg) * 12, 0.0), ROWS - 1.0), lon_deg % 360.0 * 12
                row, col = min(int(y), ROWS - 2), int(x)
                north_m, south_m = (
                    sum(
                        share * int.from_bytes(_read(file, header.end() + 2 * (line * COLS + at % COLS)))
                        for at, share in ((col, 1 + col - x), (col + 1, x - col))
                    )
                    for line in (row, row + 1)
                )
        except (OSError, ValueError):
            continue
        found_m = offset_m + scale_m * (north_m * (1 + row - y) + south_m * (y - row))
        if math.isfinite(found_m):
            return found_m
    return None


def _read(file: BinaryIO, at: int) -> bytes:
    """Two bytes. Raises ValueError at the end of a file that is cut off."""
    file.seek(at)
    found = file.read(2)
    if len(found) < 2:
        raise ValueError("cut off")
    return found
