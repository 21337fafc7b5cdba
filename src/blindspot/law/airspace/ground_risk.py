"""The intrinsic ground risk class (iGRC) of SORA 2.5, from size, speed and the largest population density below."""

from __future__ import annotations

from math import inf

_COLUMNS = ((1.0, 25.0), (3.0, 35.0), (8.0, 75.0), (20.0, 120.0), (40.0, 200.0))
"""Largest dimension, m, and speed, m/s."""
_ROWS = (5.0, 50.0, 500.0, 5_000.0, 50_000.0, inf)
"""Population density below this, people/km2."""
_SMALLEST = 2
"""iGRC of the first column and row; each further one adds 1."""
OUTSIDE = 10
"""From this class on SORA does not apply."""
_TOO_LARGE_FOR_CROWDS = 2
"""From this column on (8 m) the last row is not part of SORA."""


def igrc(dimension_m: float, speed_mps: float, population_per_km2: float) -> int | None:
    """The class; `None` if the table has none: the drone is too large or too fast, or too large for the most crowded
    places.

    >>> igrc(0.9, 10.0, 25_000.0)
    6
    """
    column = next((n for n, (size, speed) in enumerate(_COLUMNS) if dimension_m <= size and speed_mps <= speed), None)
    row = next((n for n, density in enumerate(_ROWS) if population_per_km2 < density), None)
    if column is None or row is None or (row == len(_ROWS) - 1 and column >= _TOO_LARGE_FOR_CROWDS):
        return None
    return _SMALLEST + column + row
