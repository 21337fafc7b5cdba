"""Maps as pictures: layers of a town on a sheet with a legend."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from blindspot.coverage.maps.canvas import OVERSAMPLING, Canvas, Colour, Points, mixed
from blindspot.coverage.maps.page import Entry, Fact, Pen, Symbol, sheet
from blindspot.mission import Route
from blindspot.site import Building, FixedCamera, Pad, Tree, Zone
from blindspot.site.ground import Grid

BoundsM = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Ink:
    """The style of a kind of ground: colour, strength (0..1), and name in the legend."""

    colour: Colour
    strength: float
    label: str

    @property
    def shown(self) -> Colour:
        """The colour as it appears, over public ground."""
        return mixed(PUBLIC_COLOUR, self.colour, self.strength)


PRIVATE_COLOUR: Colour = (236, 233, 226)
PUBLIC_COLOUR: Colour = (255, 255, 253)
PUBLIC = Ink(PUBLIC_COLOUR, 1.0, "public ground")
FIXED = Ink((116, 168, 205), 0.80, "seen by fixed cameras")
SEEN = Ink((150, 208, 160), 0.90, "seen by the drones")
STILL_BLIND = Ink((216, 66, 52), 0.90, "still blind")

LOW_BUILDING, HIGH_BUILDING, BUILDING_EDGE = (213, 207, 196), (146, 138, 128), (168, 161, 150)
TALL_M = 25.0
"""A building of this height or more has the darkest shade."""
TREE: Colour = (46, 104, 36)
TREE_LABEL = "tree's crown"
OUTLINE: Colour = (45, 49, 58)
TARGET: Colour = (150, 60, 0)
CAMERA: Colour = (24, 84, 140)
IDLE_CAMERA: Colour = (130, 134, 142)
CHANGED_CAMERA: Colour = (190, 24, 93)
NEW_CAMERA: Colour = (106, 61, 154)
BUILDING_LABEL = "building (darker: taller)"
CAMERA_LABELS = {
    "fixed": "fixed camera and its direction",
    "dome": "dome camera, sees all round",
    "idle": "turns or unknown aim: not counted",
}
HATCHED_ZONES: tuple[tuple[str, Colour, str], ...] = (
    ("no_fly", (186, 40, 60), "no-fly zone"), ("private", (120, 110, 130), "private zone"),
)  # fmt: skip
DRONES: tuple[Colour, ...] = (
    (0, 60, 240), (192, 100, 120), (0, 40, 0), (168, 100, 216), (96, 20, 96), (72, 0, 144),
)  # fmt: skip
"""A colour for each drone, on every map and chart. The colours differ clearly from each other and from the fills below
them, also for readers with a colour-vision deficiency."""
UNPROVEN: Colour = (214, 0, 38)
PLANNED: Colour = (110, 110, 116)
WEDGE_PX = 20.0
"""Radius of a camera's wedge. The wedge shows the direction only; the range of the camera is longer."""


class Map:
    """A map under construction. Each method draws a layer over the previous ones and returns the map.

    Draw in the order ground, trees, buildings, zones, perimeter, cameras, unproven, routes, pads. Positions are ENU, m.

    Parameters
    ----------
    bounds_m
        (east_min, north_min, east_max, north_max) of the map, m ENU.
    title, subtitle, attribution
        Texts of the sheet.
    size_px
        Longer side of the map itself, px. The sheet around it is larger.

    Raises
    ------
    ValueError
        If `bounds_m` is empty or infinite.
    """

    def __init__(
        self, bounds_m: BoundsM, title: str, *, subtitle: str = "", attribution: str = "", size_px: int = 1300
    ) -> None:
        longer_m = max(bounds_m[2] - bounds_m[0], bounds_m[3] - bounds_m[1])
        if not 0 < longer_m < np.inf:
            raise ValueError(f"a map needs a rectangle, found {bounds_m}")
        self.bounds_m, self.title, self.subtitle, self.attribution = bounds_m, title, subtitle, attribution
        self.px_per_m = size_px / longer_m
        self.canvas = Canvas(bounds_m, self.px_per_m, PRIVATE_COLOUR)
        self._detail = float(np.clip(self.px_per_m / 1.6, 0.45, 1.0))
        self.entries: list[Entry] = []
        self.facts: list[Fact] = []
        self.named: list[tuple[FixedCamera, Colour]] = []
        self._labels: list[tuple[Points, str, Colour]] = []

    def ground(self, grid: Grid, mask: NDArray[np.bool_], ink: Ink) -> Map:
        """Wash the cells of a mask, shaped as the grid."""
        self.canvas.wash(self.canvas.mask(grid, mask) * np.float32(ink.strength), ink.colour)
        return self._explain("area", ink.shown, ink.label)

    def buildings(self, buildings: Iterable[Building]) -> Map:
        """Draw buildings with a short shadow to the south-east. A taller building is darker."""
        near = [b for b in buildings if _overlap(b.footprint.bounds, self.bounds_m)]
        near.sort(key=lambda building: building.height_m)
        reach_px = 5.0 * self._detail
        shadow = self.canvas.area((b.footprint for b in near), (reach_px * 0.6, reach_px))
        self.canvas.wash(cv2.GaussianBlur(shadow, (0, 0), 1.0 + reach_px * 0.5) * np.float32(0.22), (60, 56, 70))
        for building in near:
            self.canvas.polygon(building.footprint, roof_colour(building), BUILDING_EDGE, 0.7 * self._detail)
        return self._explain("area", LOW_BUILDING, BUILDING_LABEL) if near else self

    def trees(self, trees: Iterable[Tree]) -> Map:
        """Draw the edges of crowns. The ground below keeps the colour that the legend explains."""
        crowns = [tree.as_block.footprint for tree in trees]
        near = [crown for crown in crowns if _overlap(crown.bounds, self.bounds_m)]
        if not near:
            return self
        for crown in shapely.get_parts(shapely.union_all(near)):
            self.canvas.polygon(crown, None, TREE, 1.5)
        return self._explain("outline", TREE, TREE_LABEL)

    def zones(self, zones: Iterable[Zone]) -> Map:
        """Draw no-fly and private zones, hatched."""
        for kind, colour, label in HATCHED_ZONES:
            near = [z.polygon for z in zones if z.kind == kind and _overlap(z.polygon.bounds, self.bounds_m)]
            if near:
                self.canvas.hatch(self.canvas.area(near), colour)
                for polygon in near:
                    self.canvas.polygon(polygon, None, colour, 1.5)
                self._explain("hatch", colour, label)
        return self

    def perimeter(self, polygon: Polygon, label: str = "perimeter") -> Map:
        """Outline the area of interest and lighten everything outside."""
        self.canvas.wash((1 - self.canvas.area([polygon])) * np.float32(0.5), (248, 247, 244))
        self.canvas.polygon(polygon, None, (255, 255, 255), 5.0)
        self.canvas.polygon(polygon, None, OUTLINE, 2.5)
        return self._explain("outline", OUTLINE, label)

    def targets(self, areas: Mapping[str, BaseGeometry]) -> Map:
        """Outline the targets of a watch, each with its name."""
        for name, area in areas.items():
            for part in shapely.get_parts(area):
                self.canvas.polygon(part, None, (255, 255, 255), 4.5)
                self.canvas.polygon(part, None, TARGET, 2.5)
            self._labels.append((np.array([area.bounds[2], area.bounds[3]]), name, TARGET))
        return self._explain("outline", TARGET, "target of the watch") if areas else self

    def posts(self, looks_m: Mapping[str, Points]) -> Map:
        """Draw the line of sight of each drone on post in its colour: (2, 2), the post and the middle of the target."""
        for number, (drone, points) in enumerate(looks_m.items()):
            self.canvas.line(points, (255, 255, 255), 4.0)
            self._way(points, drone_colour(number), drone)  # the same entry of the legend as its route
            self._labels.append((points[0], drone, drone_colour(number)))
        return self

    def cameras(self, cameras: Iterable[FixedCamera]) -> Map:
        """Draw masts with a wedge in the camera's direction. A camera that is excluded from the coverage is hollow."""
        near = [c for c in cameras if self._holds(c.east_m, c.north_m)]
        radius_m = WEDGE_PX * self._detail / self.px_per_m
        for camera in near:
            if camera.always_sees:
                self.canvas.wash(self.canvas.area([wedge(camera, radius_m)]) * np.float32(0.12), CAMERA)
                self.canvas.polygon(wedge(camera, radius_m), None, CAMERA, 1.2)
        for camera in near:
            at, radius_px = np.array([[camera.east_m, camera.north_m]]), 3.6 * (0.4 + 0.6 * self._detail)
            if camera.always_sees:
                self.canvas.dot(at, radius_px, CAMERA, (255, 255, 255), 1.0)
            else:
                self.canvas.dot(at, radius_px, (255, 255, 255), IDLE_CAMERA, 1.5)
        kinds = {(c.kind if c.always_sees else "idle") for c in near}
        if "fixed" in kinds:
            self._explain("camera", CAMERA, CAMERA_LABELS["fixed"])
        if "dome" in kinds:
            self._explain("dome", CAMERA, CAMERA_LABELS["dome"])
        if "idle" in kinds:
            self._explain("idle_camera", IDLE_CAMERA, CAMERA_LABELS["idle"])
        return self

    def changed_cameras(self, cameras: Iterable[FixedCamera]) -> Map:
        """Draw the masts of changed cameras, ringed and named, with a large wedge in the new direction."""
        near = self._will_look(cameras, CHANGED_CAMERA)
        for camera in near:
            at = np.array([[camera.east_m, camera.north_m]])
            self.canvas.dot(at, 8.0, (255, 255, 255), CHANGED_CAMERA, 2.0)
            self.canvas.dot(at, 4.5, CHANGED_CAMERA)
        return self._explain("camera", CHANGED_CAMERA, "changed camera, will look there") if near else self

    def new_cameras(self, cameras: Iterable[FixedCamera]) -> Map:
        """Draw new cameras like changed ones, with a square for the mast."""
        near = self._will_look(cameras, NEW_CAMERA)
        for camera in near:
            at = Point(camera.east_m, camera.north_m)
            for half_px, fill in ((7.0, (255, 255, 255)), (4.0, NEW_CAMERA)):
                self.canvas.polygon(at.buffer(half_px / self.px_per_m, cap_style="square"), fill, NEW_CAMERA, 2.0)
        return self._explain("new_camera", NEW_CAMERA, "new camera, will look there") if near else self

    def _will_look(self, cameras: Iterable[FixedCamera], colour: Colour) -> list[FixedCamera]:
        """Draw the wedges and note the cameras for labelling; return the cameras inside the map."""
        near = [c for c in cameras if self._holds(c.east_m, c.north_m)]
        for camera in near:
            sector = wedge(camera, 2 * WEDGE_PX * self._detail / self.px_per_m)
            self.canvas.wash(self.canvas.area([sector]) * np.float32(0.25), colour)
            self.canvas.polygon(sector, None, (255, 255, 255), 4.0)
            self.canvas.polygon(sector, None, colour, 2.0)
            self.named.append((camera, colour))
        return near

    def unproven(self, stretches: Iterable[Points], label: str) -> Map:
        """Draw parts of flights, each (n, 2), as red bands with a dark edge below their routes."""
        drawn = list(stretches)
        for points in drawn:
            self.canvas.line(points, OUTLINE, 20.0)
        for points in drawn:
            self.canvas.line(points, UNPROVEN, 17.0)
        return self._explain("area", UNPROVEN, label) if drawn else self

    def flown(self, ways: Mapping[str, Points]) -> Map:
        """Draw the flown path of each drone, (n, 2), in its colour. A row of NaN separates two flights. The name stands
        at the point farthest from the path's start."""
        for number, (name, points) in enumerate(ways.items()):
            if len(points) > 1:
                colour = drone_colour(number)
                flights = np.split(points, np.flatnonzero(np.isnan(points[:, 0])))
                for width_px, shade in ((5.0, (255, 255, 255)), (2.6, colour)):
                    for flight in flights:
                        self.canvas.line(flight[~np.isnan(flight[:, 0])], shade, width_px)
                away_m = np.nan_to_num(np.linalg.norm(points - points[0], axis=1))
                self._labels.append((points[int(away_m.argmax())], name, colour))
                self._explain("line", colour, f"{name}, as flown")
        return self

    def planned(self, routes: Iterable[Route], label: str) -> Map:
        """Draw routes as thin grey lines, for a map that uses the drones' colours for something else."""
        for route in routes:
            home = (route.home.east_m, route.home.north_m)
            points = np.array([home, *((s.to.east_m, s.to.north_m) for s in route.steps), home])
            self.canvas.line(points, (255, 255, 255), 3.0)
            self.canvas.line(points, PLANNED, 1.4)
            self._explain("line", PLANNED, label)
        return self

    def routes(self, routes: Iterable[Route]) -> Map:
        """Draw each route in its drone's colour: arrows along it, a dot at each viewpoint, a thick line on each leg."""
        for number, route in enumerate(routes):
            colour = drone_colour(number)
            home = (route.home.east_m, route.home.north_m)
            points = np.array([home, *((s.to.east_m, s.to.north_m) for s in route.steps), home])
            self.canvas.line(points, (255, 255, 255), 5.0)
            for k, step in enumerate(route.steps):
                if step.kind == "leg":
                    self.canvas.line(points[k : k + 2], (255, 255, 255), 8.5)
                    self.canvas.line(points[k : k + 2], colour, 6.0)
            self._way(points, colour, route.drone)
            views = [(s.to.east_m, s.to.north_m) for s in route.steps if s.kind == "view"]
            if views:
                self.canvas.dot(np.array(views), 4.0, (255, 255, 255), colour, 2.0)
        return self

    def track(self, points_m: Points, colour: Colour, label: str) -> Map:
        """Draw a path over the ground, (n, 2), with arrows in its direction."""
        self.canvas.line(points_m, (255, 255, 255), 5.0)
        return self._way(points_m, colour, label)

    def _way(self, points_m: Points, colour: Colour, label: str) -> Map:
        self.canvas.line(points_m, colour, 2.5)
        for arrow in arrows(points_m, 120 / self.px_per_m, 12 / self.px_per_m):
            self.canvas.polygon(arrow, colour, (255, 255, 255), 1.0)
        return self._explain("line", colour, label)

    def pads(self, pads: Iterable[Pad], *, named: bool = False) -> Map:
        """Draw launch pads, each as a ringed H, with its name if asked for."""
        near = [pad for pad in pads if self._holds(pad.east_m, pad.north_m)]
        for pad in near:
            at = np.array([[pad.east_m, pad.north_m]])
            self.canvas.dot(at, 11, (255, 255, 255), OUTLINE, 2.0)
            stroke_m = np.array([[-3.5, -5], [-3.5, 5], [-3.5, 0], [3.5, 0], [3.5, 5], [3.5, -5]]) / self.px_per_m
            self.canvas.line(at + stroke_m, OUTLINE, 2.2)
            if named:
                self._labels.append((at[0], pad.name, OUTLINE))
        return self._explain("pad", OUTLINE, "launch pad") if near else self

    def fact(self, label: str, value: str) -> Map:
        """Add a figure below the legend."""
        self.facts.append(Fact(label, value))
        return self

    def picture(self) -> Image.Image:
        """The layers with their names, `OVERSAMPLING` times larger than the finished map."""
        picture = self.canvas.image()
        pen = Pen(picture)
        for camera, colour in self.named:
            x, y = self.canvas.to_px(np.array([[camera.east_m, camera.north_m]]))[0] / OVERSAMPLING
            looks_east = math.sin(math.radians(camera.heading_deg or 0.0)) > 0
            pen.label((x, y), camera.id, colour, to_the_left=looks_east)
        for at_m, text, colour in self._labels:
            x, y = self.canvas.to_px(np.array([at_m]))[0] / OVERSAMPLING
            pen.label((x, y), text, colour, to_the_left=x > picture.width / OVERSAMPLING / 2)
        return picture

    def image(self) -> Image.Image:
        """The finished sheet."""
        return sheet(
            self.picture(), self.px_per_m, self.title, self.subtitle, self.attribution, self.entries, self.facts
        )

    def save(self, path: Path, texts: Mapping[str, str] | None = None) -> Path:
        """Write the sheet as PNG, with texts by name in its text chunks."""
        chunks = PngInfo()
        for name, text in (texts or {}).items():
            chunks.add_itxt(name, text)
        self.image().save(path, "PNG", pnginfo=chunks)
        return path

    def _explain(self, symbol: Symbol, colour: Colour, label: str) -> Map:
        entry = Entry(symbol, colour, label)
        if entry not in self.entries:
            self.entries.append(entry)
        return self

    def _holds(self, east_m: float, north_m: float) -> bool:
        east_min, north_min, east_max, north_max = self.bounds_m
        return east_min <= east_m <= east_max and north_min <= north_m <= north_max


def drone_colour(number: int) -> Colour:
    """Colour of the drone with this number in the order of the plan."""
    return DRONES[number % len(DRONES)]


def roof_colour(building: Building) -> Colour:
    """Colour of a roof: darker for a taller building."""
    return mixed(LOW_BUILDING, HIGH_BUILDING, min(1.0, building.height_m / TALL_M))


def wedge(camera: FixedCamera, radius_m: float) -> Polygon:
    """The sector of a camera's horizontal field of view (ENU); a circle if it sees all round."""
    heading_deg, half_deg = camera.heading_deg or 0.0, min(camera.hfov_deg, 360.0) / 2
    corners = 2 + math.ceil(half_deg / 2)
    bearing = np.radians(np.linspace(heading_deg - half_deg, heading_deg + half_deg, corners))
    rim = np.column_stack([camera.east_m + radius_m * np.sin(bearing), camera.north_m + radius_m * np.cos(bearing)])
    return Polygon(rim if camera.hfov_deg >= 360 else np.vstack([[camera.east_m, camera.north_m], rim]))


def arrows(points_m: Points, spacing_m: float, size_m: float) -> list[Polygon]:
    """Arrowheads along a path: one in the middle of each straight piece that is long enough, more on longer pieces."""
    heads = []
    for start, end in pairwise(points_m):
        length_m = float(np.hypot(*(end - start)))
        if length_m < 3 * size_m:
            continue
        ahead = (end - start) / length_m
        aside = np.array([-ahead[1], ahead[0]])
        count = max(1, round(length_m / spacing_m))
        for k in range(count):
            tip = start + (end - start) * (k + 0.5) / count + ahead * size_m * 0.5
            foot = tip - ahead * size_m
            heads.append(Polygon([tip, foot + aside * size_m * 0.5, foot - aside * size_m * 0.5]))
    return heads


def _overlap(a: BoundsM, b: BoundsM) -> bool:
    return a[0] <= b[2] and a[2] >= b[0] and a[1] <= b[3] and a[3] >= b[1]
