"""How finely the files of a plan are written, and by how much figures may differ for that reason alone.

Places, heights and outlines are rounded before anything is counted from them, so that planner and checker count from
the same numbers. Rules about what could do harm allow for the rounding of a height or a place and for nothing else.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

PLACE_DECIMALS, HEIGHT_DECIMALS = 3, 2
PLACE_M, HEIGHT_M = 10.0**-PLACE_DECIMALS, 10.0**-HEIGHT_DECIMALS
"""What a place in the ground plan and a height are rounded to."""
WITHIN_M = 0.02
"""By so much a distance or a height may miss its limit: a height and a place, rounded twice."""
LEAST_AREA_M2 = 1.0
"""By so much a claimed area may differ however short its outline is: a few cells."""
_SAME_DECIMALS, LEG_M = 7, 1e-6
"""Places along a leg are worked out in several ways, which differ by less; and so much a way along it may lack."""


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
    """A coordinate of a place along a leg, from where it is looked: the same whichever way it was worked out."""
    return round(float(metres), _SAME_DECIMALS)


def pieces(length_m: float, most_m: float) -> int:
    """Into how many pieces of at most `most_m`, to the rounding of places, a leg is cut; one at least."""
    return max(1, math.ceil((length_m - PLACE_M) / most_m))


def area_within_m2(counted: NDArray[np.bool_], cell_m: float) -> float:
    """By so much a claimed area may differ from the counted cells: all its outline moved by the rounding of a place."""
    sides = np.count_nonzero(counted[1:] != counted[:-1]) + np.count_nonzero(counted[:, 1:] != counted[:, :-1])
    return max(LEAST_AREA_M2, PLACE_M * cell_m * sides)
