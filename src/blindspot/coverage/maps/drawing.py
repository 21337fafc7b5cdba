"""Ground as shapes for a drawing: a raster's stairs made straight, so that a whole town stays small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import shapely
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from blindspot.core import plain
from blindspot.coverage.ground.blind_ground import patches_of
from blindspot.coverage.ground.causes import BlindSpot
from blindspot.coverage.ground.site_survey import Survey
from blindspot.coverage.maps.canvas import Colour

STAIR_CELLS = 0.75
"""How far an outline may be moved, in cells: enough for the stairs that a raster makes of a slanting line (0.71 where
it slants most), too little for gaps between neighbours that an eye would see."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """ENU, m; `blind` in the order of the blind spots."""

    blind: tuple[BaseGeometry, ...]
    seen: tuple[Polygon, ...]


def drawing_of(found: Survey, told: Sequence[BlindSpot]) -> Drawing:
    """The blind spots and the ground that is seen, fit to be drawn; areas are to be taken from the blind spots."""
    grid = found.spots.field.grid
    blind = straight([spot.ground for spot in told], grid.cell_m)
    return Drawing(blind, straight(list(patches_of(grid, found.spots.fixed_seen)), grid.cell_m))


def straight(shapes: Sequence[BaseGeometry], cell_m: float) -> tuple[BaseGeometry, ...]:
    """Shapes that are exact to the cell (ENU, m) without the stairs."""
    return tuple(shapely.simplify(np.array(shapes, dtype=object), STAIR_CELLS * cell_m))


def css(colour: Colour) -> str:
    """The colour as browsers write it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


@cache
def templates(*folders: Path) -> Environment:
    """The pages of this package, and of other folders that build on them, each compiled once."""
    return Environment(
        loader=FileSystemLoader([*folders, Path(__file__).parent]),
        autoescape=True,
        finalize=lambda value: plain(value) if type(value) is str else value,  # names are a town's, reasons anybody's
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
