"""Sorts elements of OpenStreetMap from any file into the kinds of objects of a town."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from blindspot.site.features import osm_tags
from blindspot.site.features.osm_tags import Reading, Tags
from blindspot.site.importers.imported import METRES_A_DEGREE, Imported, Record, with_reach
from blindspot.site.town.geojson import outlines_of, polygons_of
from blindspot.site.town.model import Action, Finding

ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"
Bounds = tuple[float, float, float, float]
"""West, south, east, north, degrees."""
SLIVER_DEG = 0.25 / METRES_A_DEGREE
"""The remainder of an outline beside its parts is kept only if it is at least twice this wide: 0.5 m."""


@dataclass(frozen=True, slots=True)
class Element:
    """A node, a way or an area of OpenStreetMap: a point, a line or polygons, WGS 84 degrees.

    `name` has the form "way/12". `problem` describes a missing part of the geometry; the known part is kept.
    """

    name: str
    tags: Tags
    geometry: BaseGeometry
    problem: str = ""


@dataclass(slots=True)
class OsmTown:
    """Takes elements one by one and keeps the objects of a town, within `bounds` if given. `credit` is the attribution;
    empty if unknown."""

    file: str
    bounds: Bounds | None
    credit: str = ATTRIBUTION
    buildings: list[Record] = field(default_factory=list)
    parts: list[Record] = field(default_factory=list)
    roads: list[Record] = field(default_factory=list)
    squares: list[Record] = field(default_factory=list)
    cameras: list[Record] = field(default_factory=list)
    trees: list[Record] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def add(self, element: Element) -> None:
        tags = element.tags
        if not self._is_placed(element):
            return
        structure = osm_tags.structure_of(tags)
        if tags.get("building", "no") != "no":
            self._add_building(_with_area(element) if structure else element, self.buildings)
        elif tags.get("building:part", "no") != "no":
            self._add_building(element, self.parts)
        elif structure:
            self._add_building(_with_area(element), self.buildings)
        if not isinstance(element.geometry, Point):  # the label of a place, a crossing, a traffic light
            self._add_ground(element)
        if tags.get("natural") in ("tree", "tree_row"):
            self._add_trees(element)
        if (what := osm_tags.no_obstacle_because(tags)) and not isinstance(element.geometry, Point):
            self.report(element.name, what, "left out", "draw it as an obstacle of the site")
        if tags.get("man_made") == "surveillance":
            self._add_camera(element)

    def imported(self) -> Imported:
        """The result. Each kind is sorted by name, so that the order is independent of the file's format."""
        buildings = [*self._without_parts(), *self.parts]
        return Imported(
            buildings=_ordered(buildings),
            roads=_ordered(self.roads),
            squares=_with_own_names(_ordered(self.squares)),
            cameras=_ordered(self.cameras),
            trees=_ordered(self.trees),
            findings=tuple(sorted(self.findings, key=lambda finding: _order(finding.feature))),
            attribution=self.credit,
        )

    def report(self, name: str, problem: str, action: Action, detail: str = "") -> None:
        self.findings.append(Finding(self.file, name, problem, action, detail))

    def _is_placed(self, element: Element) -> bool:
        """Whether the element lies within the bounds. An impossible position is left out with a finding."""
        box = element.geometry.bounds
        if not (-180 <= box[0] <= box[2] <= 180 and -90 <= box[1] <= box[3] <= 90):  # NaN for an empty geometry
            self.report(element.name, element.problem or "has no position on earth", "left out")
            return False
        return self.bounds is None or (
            box[0] <= self.bounds[2]
            and box[2] >= self.bounds[0]
            and box[1] <= self.bounds[3]
            and box[3] >= self.bounds[1]
        )

    def _add_building(self, element: Element, to: list[Record]) -> None:
        if element.tags.get("location") == "underground":
            self.report(element.name, "is an underground building", "left out")
            return
        polygons, problem = _outlines(element)
        if not polygons:
            self.report(element.name, problem or "is a building without area", "left out")
            return
        if problem:
            self.report(element.name, problem, "repaired", f"kept as {len(polygons)} building(s)")
        read = osm_tags.building(element.tags)
        self._report_all(element.name, read)
        to.extend(_numbered(polygons, element.name, read.properties))

    def _add_ground(self, element: Element) -> None:
        tags = element.tags
        is_area = isinstance(element.geometry, Polygon | MultiPolygon) or osm_tags.is_area(tags)
        if is_area and osm_tags.is_square(tags):
            self._add_square(element)
        elif is_area and "highway" in tags:
            self.report(
                element.name, f"is an area of highway {osm_tags.short(tags['highway'])}", "left out", "no square"
            )
        elif "highway" in tags:
            self._add_road(element)

    def _add_square(self, element: Element) -> None:
        """Add a square. Its outline must be valid, because ground is public only within a valid outline."""
        polygons, problem = _outlines(element)
        if problem or not polygons:
            self.report(element.name, problem or "is a square without area", "left out")
            return
        name = element.tags.get("name") or element.name
        self.squares.extend(_numbered(polygons, element.name, {"name": name}))

    def _add_road(self, element: Element) -> None:
        axes = [line for line in _pieces(element.geometry) if line.length > 0]
        why_not = osm_tags.no_road_because(element.tags)
        if why_not or not axes:
            self.report(element.name, why_not or element.problem or "is a road without length", "left out")
            return
        if element.problem:
            self.report(element.name, element.problem, "repaired", f"kept as {len(axes)} piece(s)")
        read = osm_tags.road(element.tags)
        self._report_all(element.name, read)
        self.roads.extend(_numbered(axes, element.name, read.properties))

    def _add_trees(self, element: Element) -> None:
        known = [shape for shape in _pieces(element.geometry) if isinstance(shape, Point | LineString)]
        if not known:
            what = f"is a {element.geometry.geom_type} with natural {osm_tags.short(element.tags['natural'])}"
            self.report(element.name, element.problem or what, "left out")
        elif element.problem:
            self.report(element.name, element.problem, "repaired", f"kept as {len(known)} piece(s)")
        self.trees.extend(_numbered(known, element.name, element.tags))

    def _add_camera(self, element: Element) -> None:
        why_not = osm_tags.no_camera_because(element.tags)
        if not why_not and not isinstance(element.geometry, Point):
            why_not = f"is a {element.geometry.geom_type}, not a point"
        if why_not:
            self.report(element.name, why_not, "left out")
            return
        self.cameras.append((element.geometry, {"ref": element.name, **element.tags, "id": element.name}))

    def _report_all(self, name: str, read: Reading) -> None:
        for problem, action, detail in read.findings:
            self.report(name, problem, action, detail)

    def _without_parts(self) -> Iterable[Record]:
        """The outlines minus the parts drawn inside them. A part of unknown height gets the height of its outline."""
        if not self.parts:
            return self.buildings
        parts = np.array([geometry for geometry, _ in self.parts], dtype=object)
        outlines = np.array([geometry for geometry, _ in self.buildings], dtype=object)
        of_part, of_outline = shapely.STRtree(outlines).query(parts, predicate="intersects")
        overlap = shapely.area(shapely.intersection(parts[of_part], outlines[of_outline])) > 0
        members: dict[int, list[int]] = {}
        for part, outline in zip(of_part[overlap].tolist(), of_outline[overlap].tolist(), strict=True):
            members.setdefault(outline, []).append(part)
        kept: list[Record] = []
        for number, (outline, properties) in enumerate(self.buildings):
            inside = members.get(number, [])
            for part in inside:
                self._inherit(part, properties)
            left = _left_beside(outline, parts[inside]) if inside else [outline]
            kept.extend(_numbered(left, str(properties["id"]), properties))
        return kept

    def _inherit(self, part: int, outline: Mapping[str, object]) -> None:
        geometry, own = self.parts[part]
        if "height_m" in own or "storeys" in own:
            return
        heights = {key: outline[key] for key in ("height_m", "ridge_m", "storeys") if key in outline}
        if heights:
            self.report(
                str(own["id"]), "is a building part without height", "assumed", f"that of {outline['id']}, solid"
            )
            solid = {key: value for key, value in own.items() if key != "min_height_m"}
            self.parts[part] = (geometry, {**solid, **heights})


def _with_area(element: Element) -> Element:
    """A structure that encloses no area, such as a point, as a narrow area around it."""
    is_area = element.geometry.is_empty or _outlines(element)[0]
    return element if is_area else replace(element, geometry=with_reach(element.geometry))


def _outlines(element: Element) -> tuple[list[Polygon], str]:
    """The polygons that an element encloses, and the problem that was repaired ("" if none).

    An open line is closed by a straight wall. An additional wall is safer than a missing house, which hides nothing.
    """
    geometry = element.geometry
    if isinstance(geometry, Polygon | MultiPolygon):
        polygons, crossing = outlines_of(geometry)
        return polygons, element.problem or crossing
    problems = [element.problem]
    polygons = []
    for line in _pieces(geometry if isinstance(geometry, LineString) else shapely.line_merge(geometry)):
        corners = shapely.get_coordinates(line)
        if (corners[0] != corners[-1]).any():
            problems.append("has an outline that is not closed")
        if len(corners) > 2:
            sound, crossing = polygons_of(Polygon(corners))
            polygons.extend(sound)
            problems.append(crossing)
    return polygons, next(filter(None, problems), "")


def _pieces(geometry: BaseGeometry) -> Sequence[BaseGeometry]:
    return (geometry,) if isinstance(geometry, LineString) else tuple(shapely.get_parts(geometry))


def _left_beside(outline: BaseGeometry, parts: np.ndarray) -> list[Polygon]:
    left, _ = polygons_of(shapely.difference(outline, shapely.union_all(parts)))
    return [polygon for polygon in left if not polygon.buffer(-SLIVER_DEG).is_empty]


def _numbered(geometries: Sequence[BaseGeometry], name: str, properties: Mapping[str, object]) -> list[Record]:
    """One record per geometry: "way/12" for a single one, "way/12/1", "way/12/2" for several."""
    if len(geometries) == 1:
        return [(geometries[0], {**properties, "id": name})]
    return [(part, {**properties, "id": f"{name}/{k}"}) for k, part in enumerate(geometries, 1)]


def _with_own_names(squares: tuple[Record, ...]) -> tuple[Record, ...]:
    """Add the id to the name of squares that share a name."""
    named = Counter(own["name"] for _, own in squares)
    return tuple(
        (area, {**own, "name": f"{own['name']} ({own['id']})"} if named[own["name"]] > 1 else own)
        for area, own in squares
    )


def _ordered(records: Iterable[Record]) -> tuple[Record, ...]:
    return tuple(sorted(records, key=lambda record: _order(str(record[1]["id"]))))


def _order(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Sort key that orders numbers by value: way/9 before way/10."""
    return tuple(
        (False, int(word), "") if word.isdecimal() and len(word) < 20 else (True, 0, word) for word in name.split("/")
    )
