"""Rounding in the files of a plan, and the differences between figures that rounding alone explains.

Positions, heights and outlines are rounded first; planner and checker then compute from the same numbers. Safety rules
allow for the rounding of one height or one position, and for nothing else.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

PLACE_DECIMALS, HEIGHT_DECIMALS = 3, 2
PLACE_M, HEIGHT_M = 10.0**-PLACE_DECIMALS, 10.0**-HEIGHT_DECIMALS
"""Rounding of a position in the ground plan and of a height, m."""
WITHIN_M = 0.02
"""Tolerance of a limit on a distance or a height, m: a height and a position, rounded twice."""
LEAST_AREA_M2 = 1.0
"""Least tolerance of a claimed area, m2, for a short outline: a few cells."""
_SAME_DECIMALS, LEG_M = 7, 1e-6
"""Decimals of positions along a leg: the several ways to compute them differ by less. LEG_M is the tolerance of a
distance along a leg, m."""


def outline_of(area: Polygon) -> Polygon:
    """An outline as a plan file writes it."""
    return Polygon([place(east_m, north_m) for east_m, north_m, *_ in area.exterior.coords])


def place(east_m: float, north_m: float) -> tuple[float, float]:
    """A place as a plan file writes it."""
    return (round(float(east_m), PLACE_DECIMALS), round(float(north_m), PLACE_DECIMALS))


def height_below(up_m: float, above_m: float, most_m: float) -> float:
    """A height as a plan file writes it, at most `most_m` over `above_m` in the file's own numbers."""
    rounded_m = round(up_m, HEIGHT_DECIMALS)
    while rounded_m - above_m > most_m:
        rounded_m = round(rounded_m - HEIGHT_M, HEIGHT_DECIMALS)
    return rounded_m


def on_leg(metres: float) -> float:
    """A coordinate of a camera position along a leg, rounded so that every way to compute it gives the same number."""
    return round(float(metres), _SAME_DECIMALS)


def pieces(length_m: float, most_m: float) -> int:
    """Number of pieces of at most `most_m` (plus the rounding of a position) into which a leg is cut; at least one."""
    return max(1, math.ceil((length_m - PLACE_M) / most_m))


def area_within_m2(counted: NDArray[np.bool_], cell_m: float) -> float:
    """Tolerance of a claimed area against the counted cells, m2: the whole outline moved by a position's rounding."""
    sides = np.count_nonzero(counted[1:] != counted[:-1]) + np.count_nonzero(counted[:, 1:] != counted[:, :-1])
    return max(LEAST_AREA_M2, PLACE_M * cell_m * sides)
