"""Purposes of pixel densities: the levels of EN 62676-4, or the user's own table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from blindspot.core import InputError, Section, field_error, read_mapping


@dataclass(frozen=True, slots=True)
class Level:
    """A purpose and its minimum pixel density, px/m."""

    name: str
    min_px_per_m: float


DETECT = Level("detect", 25.0)
EN_62676_4_2014 = (
    Level("monitor", 12.5),
    DETECT,
    Level("observe", 62.5),
    Level("recognise", 125.0),
    Level("identify", 250.0),
)
"""EN 62676-4:2014, table of object sizes: 80, 40, 16, 8 and 4 mm a pixel. Its edition of 2025 has another table."""


AS = "write it as levels: {detect: 25, observe: 62.5}, each a density in px/m"


class LevelTable(Section):
    """A file of levels in px/m: `levels: {detect: 25, observe: 62.5}`."""

    levels: dict[str, float] = Field(min_length=1, description="Pixel density of each level, px/m")


def read_levels(path: Path) -> tuple[Level, ...]:
    """Read the levels of a file, lowest density first. Raises InputError for another file or an impossible value."""
    data = read_mapping(path)
    if "levels" not in data:
        raise InputError(path, "levels", "is missing, so this is no table of levels", AS)
    try:
        table = LevelTable.model_validate(data).levels
    except ValidationError as error:
        raise field_error(path, error, LevelTable, AS) from error
    for name, density in table.items():
        if not 0 < density <= 10_000:
            raise InputError(path, f"levels.{name}", f"is {density:g} px/m", "give a value between 0 and 10000 px/m")
    return tuple(sorted((Level(*item) for item in table.items()), key=lambda level: level.min_px_per_m))


def area_by_level(
    density_px_per_m: NDArray[np.float32], where: NDArray[np.bool_], cell_area_m2: float, levels: tuple[Level, ...]
) -> dict[str, float]:
    """Area of `where` that is seen at each level or better, m2, by the level's name."""
    found = density_px_per_m[where]
    return {level.name: float((found >= level.min_px_per_m).sum()) * cell_area_m2 for level in levels}


def area_by_count(count: NDArray[np.uint8], where: NDArray[np.bool_], cell_area_m2: float) -> dict[int, float]:
    """Area of `where` by the exact number of cameras that see it at any density, m2. Only numbers that occur."""
    cells = np.bincount(count[where])
    return {number: float(cells[number]) * cell_area_m2 for number in np.flatnonzero(cells).tolist()}
