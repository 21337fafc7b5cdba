"""Ground as shapes for a drawing. The steps of the raster's outlines are straightened, which keeps files small."""

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
"""Maximum shift of an outline, in cells. It is enough to straighten the steps of a slanting line in a raster (at most
0.71), and small enough that gaps between neighbours stay invisible."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes for a drawing, ENU, m. `blind` has the order of the blind spots."""

    blind: tuple[BaseGeometry, ...]
    seen: tuple[Polygon, ...]


def drawing_of(found: Survey, blind: Sequence[BlindSpot]) -> Drawing:
    """Simplify the blind spots and the seen ground for drawing. Take exact areas from the blind spots instead."""
    grid = found.spots.field.grid
    shapes = straight([spot.ground for spot in blind], grid.cell_m)
    return Drawing(shapes, straight(list(patches_of(grid, found.spots.fixed_seen)), grid.cell_m))


def straight(shapes: Sequence[BaseGeometry], cell_m: float) -> tuple[BaseGeometry, ...]:
    """Straighten the steps of shapes that follow the cells exactly (ENU, m)."""
    return tuple(shapely.simplify(np.array(shapes, dtype=object), STAIR_CELLS * cell_m))


def css(colour: Colour) -> str:
    """The colour in CSS notation, "#rrggbb"."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _shown(text: str) -> str:
    """A text in a page: names and reasons are foreign text, and no line ends between a number and its per cent sign."""
    return plain(text).replace(" %", "\u00a0%")


@cache
def templates(*folders: Path) -> Environment:
    """The page templates of this package and of other folders that extend them. Each is compiled once."""
    made = Environment(
        loader=FileSystemLoader([*folders, Path(__file__).parent]),
        autoescape=True,
        finalize=lambda value: _shown(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["css_text"] = css_text
    return made


def css_text(text: str) -> str:
    """A text inside the quotes of a style sheet, where the escapes of HTML have no meaning."""
    return "".join(letter if letter.isalnum() else f"\\{ord(letter):x} " for letter in plain(text))
