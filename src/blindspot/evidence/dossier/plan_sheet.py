"""The two plans of a dossier as vector drawings on A4, true to scale: plan-masse and plan de détail."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry

from blindspot.coverage.ground import BlindSpots, patches_of
from blindspot.coverage.maps import straight, templates
from blindspot.evidence.dossier.in_view import InFixedView
from blindspot.evidence.dossier.place_names import is_own_name
from blindspot.evidence.texts.catalogue import Texts
from blindspot.site import FixedCamera, Site
from blindspot.site.ground import Grid

FILES = ("plan-masse.svg", "plan-de-detail.svg")
WIDTH_MM, HIGHEST_MM = 182.0, 190.0
"""Width of an A4 sheet between its margins, and the greatest height of the map on it."""
SCALES = (200, 250, 500, 750, 1000, 1250, 1500, 2000, 2500, 3000, 4000, 5000, 7500, 10_000, 15_000, 20_000, 25_000)
MARGIN = 1.06
"""The map around the perimeter is wider by this factor."""
LABELS, LABEL_MM = 40, 1.6
"""Most names of streets, and the width of a letter."""
WEDGE_MM, MARK_MM = 6.0, 2.5
WIDE, SMALLEST = 4000, 0.4
"""On a map of a smaller scale than this, marks and lines shrink with the map, down to this share of their size."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Shapes of one style. `path` is in mm on the sheet, `label` the text in the legend ("" for none)."""

    path: str
    style: str
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A camera: its number, place, and the wedge of its direction as a path."""

    number: int
    x: float
    y: float
    wedge: str


@dataclass(frozen=True, slots=True)
class StreetName:
    name: str
    x: float
    y: float
    turn_deg: float


@dataclass(frozen=True, slots=True)
class SheetWindow:
    """The part of the plane on the sheet: a map at 1:scale."""

    west_m: float
    north_m: float
    scale: int
    height_mm: float

    @classmethod
    def around(cls, perimeter: Polygon) -> SheetWindow:
        """The largest usual scale at which the perimeter fits the sheet."""
        west, south, east, north = perimeter.bounds
        wide_m, high_m = MARGIN * (east - west), MARGIN * (north - south)
        least = max(wide_m / WIDTH_MM, high_m / HIGHEST_MM) * 1000
        scale = next((each for each in SCALES if each >= least), math.ceil(least / 10_000) * 10_000)
        height_mm = min(HIGHEST_MM, high_m * 1000 / scale + 8.0)
        middle_e, middle_n = (west + east) / 2, (south + north) / 2
        return cls(middle_e - WIDTH_MM * scale / 2000, middle_n + height_mm * scale / 2000, scale, height_mm)

    @property
    def share(self) -> float:
        """Size of marks and lines on this map, as a share of their usual size."""
        return max(SMALLEST, min(1.0, WIDE / self.scale))

    @property
    def thin(self) -> str:
        """The style of the thinnest line."""
        return f"stroke-width:{0.12 * self.share**2:.3f}"

    @property
    def area(self) -> Polygon:
        east_m = self.west_m + WIDTH_MM * self.scale / 1000
        return box(self.west_m, self.north_m - self.height_mm * self.scale / 1000, east_m, self.north_m)

    def at(self, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places (n, 2) on the sheet, mm right and down, of places ENU, m."""
        return np.column_stack((points_m[:, 0] - self.west_m, self.north_m - points_m[:, 1])) * (1000 / self.scale)

    def path(self, shapes: Iterable[BaseGeometry]) -> str:
        """The outlines of areas, as the data of an SVG path."""
        parts = (part for shape in shapes for part in shapely.get_parts(shapely.intersection(shape, self.area)))
        return "".join(self._ring(ring) for part in parts if isinstance(part, Polygon)
                       for ring in (part.exterior, *part.interiors))  # fmt: skip

    def _ring(self, ring: LineString) -> str:
        points = self.at(np.array(ring.coords)[:, :2])[:-1]
        return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points.tolist()) + "Z"


def numbered(site: Site, seen_m2: Iterable[str], perimeter: Polygon) -> tuple[tuple[int, FixedCamera], ...]:
    """The cameras on the plans with their numbers: those that count and see open ground, by id, from 1 on."""
    window, known = SheetWindow.around(perimeter), set(seen_m2)
    area = window.area.buffer(-MARK_MM * window.share * window.scale / 1000)  # a mark is shown whole
    shown = [
        camera for camera in site.cameras
        if camera.id in known and area.contains(shapely.Point(camera.east_m, camera.north_m))
    ]  # fmt: skip
    return tuple(enumerate(sorted(shown, key=lambda camera: camera.id), 1))


def plan_masse(
    site: Site, spots: BlindSpots, view: InFixedView, cameras: Sequence[tuple[int, FixedCamera]], texts: Texts
) -> str:
    """The buildings with those in the cameras' view, and the private ground in view, as SVG."""
    window, grid = SheetWindow.around(spots.perimeter), spots.field.grid
    chosen = {building.id for building in view.buildings}
    near = [b for b in site.buildings if b.footprint.intersects(window.area)]
    layers = (
        _ground(window, grid, spots.public, "fill:#ffffff;stroke:none", texts("plan.public")),
        Layer(window.path(b.footprint for b in near if b.id not in chosen),
              f"fill:#d5cfc4;stroke:#8d867a;{window.thin}", texts("plan.building")),
        Layer(window.path(b.footprint for b in near if b.id in chosen),
              f"fill:#e8a33d;stroke:#7a4a00;{window.thin}", texts("plan.building_in_view")),
        _ground(window, grid, view.private, "fill:#b3261e;fill-opacity:.75;stroke:none", texts("plan.private_in_view")),
    )  # fmt: skip
    return _sheet(site, spots, window, layers, cameras, texts, texts("plan.masse"))


def plan_de_detail(site: Site, spots: BlindSpots, cameras: Sequence[tuple[int, FixedCamera]], texts: Texts) -> str:
    """The cameras by number with the zones that they cover, as SVG."""
    window, grid = SheetWindow.around(spots.perimeter), spots.field.grid
    near = [b.footprint for b in site.buildings if b.footprint.intersects(window.area)]
    density = texts.number(spots.min_px_per_m)
    layers = (
        _ground(window, grid, spots.blind, "fill:#f7dcd6;stroke:none", texts("plan.blind", density=density)),
        _ground(window, grid, spots.fixed_seen, "fill:#4c8fc4;stroke:none", texts("plan.seen", density=density)),
        Layer(window.path(near), f"fill:#e4e0d8;stroke:#8d867a;{window.thin}", texts("plan.building")),
    )
    return _sheet(site, spots, window, layers, cameras, texts, texts("plan.detail"))


def _ground(window: SheetWindow, grid: Grid, mask: NDArray[np.bool_], style: str, label: str) -> Layer:
    shapes = list(patches_of(grid, mask)) if mask.any() else []
    return Layer(window.path(straight(shapes, grid.cell_m)) if shapes else "", style, label)


def _sheet(
    site: Site, spots: BlindSpots, window: SheetWindow, layers: Sequence[Layer],
    cameras: Sequence[tuple[int, FixedCamera]], texts: Texts, title: str,
) -> str:  # fmt: skip
    bar_m = _round_length(WIDTH_MM / 4 * window.scale / 1000)
    shown = [layer for layer in layers if layer.path]
    return templates(Path(__file__).parent).get_template("plan_sheet.svg.j2").render(
        title=title, place=site.name, layers=shown, width=WIDTH_MM, height=window.height_mm,
        perimeter=window.path([spots.perimeter]), limits=texts("plan.perimeter"),
        cameras=[_mark(window, number, camera) for number, camera in cameras], camera=texts("plan.camera"),
        streets=tuple(_street_names(site, window)),
        scale=texts("plan.scale", scale=texts.number(window.scale)), north=texts("plan.north"),
        bar=bar_m * 1000 / window.scale, bar_text=f"{bar_m:g} m", attribution=site.attribution,
        rows=math.ceil((len(shown) + 2) / 2), share=window.share,
    )  # fmt: skip


def _mark(window: SheetWindow, number: int, camera: FixedCamera) -> Mark:
    [(x, y)] = window.at(np.array([[camera.east_m, camera.north_m]])).tolist()
    if camera.kind == "dome" or camera.heading_deg is None:
        return Mark(number, x, y, "")
    half = min(camera.hfov_deg, 120.0) / 2
    ends = [math.radians(camera.heading_deg + turn) for turn in (-half, half)]
    radius = WEDGE_MM * window.share
    (x1, y1), (x2, y2) = ((x + radius * math.sin(a), y - radius * math.cos(a)) for a in ends)
    return Mark(number, x, y, f"M{x:.2f} {y:.2f}L{x1:.2f} {y1:.2f}A{radius} {radius} 0 0 1 {x2:.2f} {y2:.2f}Z")


def _street_names(site: Site, window: SheetWindow) -> Iterator[StreetName]:
    """The names of the squares, and of the longest streets where a straight part has room, each once."""
    longest: dict[str, LineString] = {}
    for road in site.roads:
        if road.name and road.is_public and is_own_name(road.name):
            for part in shapely.get_parts(road.axis.intersection(window.area)):
                if isinstance(part, LineString) and part.length > longest.get(road.name, LineString()).length:
                    longest[road.name] = part
    taken: list[BaseGeometry] = []
    for square in site.zones_of("public"):
        half_m = len(square.name) * LABEL_MM * window.scale / 2000
        middle = square.polygon.representative_point()
        room = box(middle.x - half_m, middle.y, middle.x + half_m, middle.y).buffer(2.2 * window.scale / 1000)
        if square.name and window.area.covers(room) and not any(room.intersects(other) for other in taken):
            taken.append(room)
            [(x, y)] = window.at(np.array([(middle.x, middle.y)])).tolist()
            yield StreetName(square.name, x, y, 0.0)
    for name, axis in sorted(longest.items(), key=lambda each: (-each[1].length, each[0])):
        half_m = len(name) * LABEL_MM * window.scale / 2000
        a, b = (axis.interpolate(axis.length / 2 + side) for side in (-half_m, half_m))
        room = LineString([a, b]).buffer(2.2 * window.scale / 1000)
        if 2 * half_m > axis.length or any(room.intersects(other) for other in taken):
            continue
        taken.append(room)
        [(x1, y1), (x2, y2)] = window.at(np.array([(a.x, a.y), (b.x, b.y)])).tolist()
        turn_deg = math.degrees(math.atan2(y2 - y1, x2 - x1))
        turn_deg += 180 if abs(turn_deg) > 90 else 0
        yield StreetName(name, (x1 + x2) / 2, (y1 + y2) / 2, round(turn_deg, 1))
        if len(taken) == LABELS:
            return


def _round_length(most_m: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is at most this length."""
    power = 10.0 ** math.floor(math.log10(most_m))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= most_m)
