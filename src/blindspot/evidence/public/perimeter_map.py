"""The map of a perimeter as a drawing, and the same content as a table: its outline, its streets and its size.

The map shows neither cameras nor blind ground nor routes: the first two would serve those whom the cameras look for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

WIDTH, MARGIN = 640.0, 28.0
"""Of the drawing, in its own units."""
MOST_STREETS = 40
"""The longest ones; the table says how many are left out."""
SHORTEST_M = 5.0
"""A shorter piece of a street inside the perimeter is the mouth of a crossing street."""
_PLACES = (0.5, 0.35, 0.65, 0.2, 0.8)
"""Where along a street its number may stand, as shares of its length."""
_SCALES_M = (1000, 500, 200, 100, 50, 20, 10)


@dataclass(frozen=True, slots=True)
class Street:
    """A street inside the perimeter: its number on the map, its length, the points of its lines, and the place of the
    number."""

    number: int
    name: str
    length_m: float
    lines: tuple[str, ...]
    at: tuple[float, float]


@dataclass(frozen=True, slots=True)
class PerimeterMap:
    """The drawing in its own units, and the figures of the table: areas in m2, lengths in m, degrees of WGS 84."""

    size: tuple[float, float]
    outline: str
    streets: tuple[Street, ...]
    streets_left: int
    scale_m: int
    scale: float
    area_m2: float
    extent_m: tuple[float, float]
    centre_deg: tuple[float, float]


def draw_perimeter(
    perimeter: Polygon, centre_deg: tuple[float, float], roads: Iterable[tuple[str, LineString]]
) -> PerimeterMap:
    """Draw a perimeter (ENU, m), with `roads` as names and axes. `centre_deg` are its latitude and longitude."""
    west, south, east, north = perimeter.bounds
    factor = (WIDTH - 2 * MARGIN) / max(east - west, 1.0)
    height = (north - south) * factor + 2 * MARGIN

    def points(line: BaseGeometry) -> str:
        placed = ((MARGIN + (x - west) * factor, height - MARGIN - (y - south) * factor) for x, y in line.coords)
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)

    named = _inside(perimeter, roads)
    streets: list[Street] = []
    taken: list[Point] = []
    for number, (name, parts) in enumerate(named[:MOST_STREETS], 1):
        taken.append(at := _place(parts, taken))
        x, y = (float(each) for each in points(at).split(","))
        lines = tuple(points(shapely.simplify(part, 0.5)) for part in parts)
        streets.append(Street(number, name, sum(part.length for part in parts), lines, (x, y)))
    scale_m = next((each for each in _SCALES_M if each * factor <= WIDTH / 3), _SCALES_M[-1])
    return PerimeterMap(
        (WIDTH, round(height, 1)), points(shapely.simplify(perimeter, 0.5).exterior), tuple(streets),
        max(0, len(named) - MOST_STREETS), scale_m, scale_m * factor, perimeter.area, (east - west, north - south),
        centre_deg,
    )  # fmt: skip


def _inside(perimeter: Polygon, roads: Iterable[tuple[str, LineString]]) -> list[tuple[str, list[LineString]]]:
    """The pieces of each named street inside, those with the greatest length first."""
    found: dict[str, list[LineString]] = {}
    for name, axis in roads:
        inside = axis.intersection(perimeter)
        pieces = [each for each in getattr(inside, "geoms", [inside]) if isinstance(each, LineString)]
        if name and sum(piece.length for piece in pieces) > 0.0:
            found.setdefault(name, []).extend(pieces)
    lengths_m = {name: sum(piece.length for piece in pieces) for name, pieces in found.items()}
    return sorted(
        ((name, pieces) for name, pieces in found.items() if lengths_m[name] >= SHORTEST_M),
        key=lambda street: (-lengths_m[street[0]], street[0]),
    )


def _place(parts: Sequence[LineString], taken: Sequence[Point]) -> Point:
    """The place of a street's number on its longest piece, far from the numbers before."""
    longest = max(parts, key=lambda part: part.length)
    places = [longest.interpolate(share, normalized=True) for share in _PLACES]
    return max(places, key=lambda place: min((place.distance(other) for other in taken), default=0.0))
