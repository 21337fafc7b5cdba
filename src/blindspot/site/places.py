"""Reads the objects that a person drew: pads, emergency areas, zones. Invalid objects are refused, never repaired."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from pathlib import Path

import shapely
from shapely.geometry import Point, Polygon

from blindspot.core import InputError
from blindspot.site.ground.terrain import Terrain
from blindspot.site.town.assumptions import WALL_CLEARANCE_M
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import Properties, number, read_areas, read_features
from blindspot.site.town.model import Building, EmergencyArea, Finding, Pad, Pole, Zone, ZoneKind

PAD_CLEARANCE_M = 5.0
KNOWN_KEYS = frozenset({"name", "note", "floor_m", "ceiling_m", "invented"})
POLE_KEYS = frozenset({"name", "note", "height_m", "invented"})


def read_pads(path: Path, frame: LocalFrame, terrain: Terrain) -> tuple[Pad, ...]:
    """Read launch pads on the terrain, from points with a `name`. Raises InputError for anything else."""
    pads: list[Pad] = []
    for feature in read_features(path, frame, "name"):
        _check_keys(path, feature.name, feature.properties, KNOWN_KEYS)
        if not isinstance(feature.geometry, Point) or feature.geometry.is_empty:
            raise InputError(path, feature.name, f"is a {feature.geometry.geom_type}", "a launch pad must be one Point")
        east_m, north_m = float(feature.geometry.x), float(feature.geometry.y)
        pads.append(Pad(feature.name, east_m, north_m, terrain.at(east_m, north_m)))
    _check_names(path, [pad.name for pad in pads])
    return tuple(pads)


def read_poles(path: Path, frame: LocalFrame) -> tuple[Pole, ...]:
    """Read poles for cameras, from points with a `name` and a `height_m`. Raises InputError for anything else."""
    poles: list[Pole] = []
    for feature in read_features(path, frame, "name"):
        _check_keys(path, feature.name, feature.properties, POLE_KEYS)
        if not isinstance(feature.geometry, Point) or feature.geometry.is_empty:
            raise InputError(path, feature.name, f"is a {feature.geometry.geom_type}", "a pole must be one Point")
        height_m = number(feature.properties, "height_m")
        if height_m is None or not 1 <= height_m <= 100:
            found = feature.properties.get("height_m")
            raise InputError(path, feature.name, f"has height_m {found!r}", "give metres above the ground, 1 to 100")
        poles.append(Pole(feature.name, float(feature.geometry.x), float(feature.geometry.y), height_m))
    _check_names(path, [pole.name for pole in poles])
    return tuple(poles)


def read_emergency_areas(path: Path, frame: LocalFrame) -> tuple[EmergencyArea, ...]:
    areas = named_areas(path, frame)
    return tuple(EmergencyArea(name, polygon) for name, _, polygon in areas)


def read_zones(path: Path, frame: LocalFrame, kind: ZoneKind, terrain: Terrain) -> tuple[Zone, ...]:
    """Read zones of one kind. A missing `floor_m` means no lower limit, a missing `ceiling_m` no upper limit."""
    zones = []
    for name, properties, polygon in named_areas(path, frame):
        floor_m, ceiling_m = number(properties, "floor_m"), number(properties, "ceiling_m")
        for key in ("floor_m", "ceiling_m"):
            if properties.get(key) is not None and number(properties, key) is None:
                raise InputError(path, name, f"has {key} {properties[key]!r}", "give metres above the datum")
        ground_m = terrain.at(polygon.centroid.x, polygon.centroid.y)
        if ceiling_m is not None and ceiling_m <= (lowest_m := ground_m if floor_m is None else floor_m):
            raise InputError(
                path, name, f"has its ceiling at {ceiling_m:g} m", f"put it above the floor, {lowest_m:g} m"
            )
        floor_m, ceiling_m = (-math.inf if floor_m is None else floor_m), (math.inf if ceiling_m is None else ceiling_m)
        zones.append(Zone(name, kind, polygon, floor_m, ceiling_m))
    return tuple(zones)


def check_on_open_ground(
    files: Mapping[str, Path],
    area_of_interest: Polygon,
    buildings: Sequence[Building],
    emergency_areas: Sequence[EmergencyArea],
    poles: Sequence[Pole] = (),
) -> None:
    """Raise InputError for an emergency area or a pole outside the area of interest or too near a building."""
    tree = shapely.STRtree([building.footprint for building in buildings])
    spots = [(files["emergency_areas"], area.name, area.polygon, 0.0) for area in emergency_areas]
    spots += [(files["poles"], pole.name, Point(pole.east_m, pole.north_m), WALL_CLEARANCE_M) for pole in poles]
    for file, name, geometry, clearance_m in spots:
        if not area_of_interest.covers(geometry):
            raise InputError(file, name, "lies outside the area of interest", "move it inside")
        near = tree.query(geometry, predicate="dwithin", distance=clearance_m)
        if len(near):
            building = buildings[near[0]]
            gap_m = building.footprint.distance(geometry)
            raise InputError(
                file,
                name,
                f"is {gap_m:.1f} m from building {building.id}",
                f"keep at least {clearance_m:g} m and off the roofs",
            )


def badly_placed(
    path: Path, area_of_interest: Polygon, buildings: Sequence[Building], pads: Sequence[Pad]
) -> tuple[Finding, ...]:
    """A finding for each pad outside the area of interest or too near a building. The planner refuses a mission with
    such a pad, and lists all faults; other missions fly."""
    tree, found = shapely.STRtree([building.footprint for building in buildings]), list[Finding]()
    for pad in pads:
        at, problem = Point(pad.east_m, pad.north_m), ""
        near = tree.query(at, predicate="dwithin", distance=PAD_CLEARANCE_M)
        if not area_of_interest.covers(at):
            problem = "lies outside the area of interest"
        elif len(near):
            building = min((buildings[k] for k in near), key=lambda one: one.footprint.distance(at))
            problem = f"is {building.footprint.distance(at):.1f} m from building {building.id}"
        if problem:
            found.append(Finding(path.name, pad.name, problem, "left out", "a mission that uses this pad is refused"))
    return tuple(found)


def without_blocked(
    path: Path, areas: Sequence[EmergencyArea], obstacles: Sequence[Building]
) -> tuple[tuple[EmergencyArea, ...], tuple[Finding, ...]]:
    """(the emergency areas free of obstacles, a finding for each other one)."""
    blocking = {area.name: [one.id for one in obstacles if one.footprint.intersects(area.polygon)] for area in areas}
    return tuple(area for area in areas if not blocking[area.name]), tuple(
        Finding(path.name, name, f"holds {', '.join(ids)}", "left out", "no place to land on while that stands")
        for name, ids in blocking.items()
        if ids
    )


def named_areas(path: Path, frame: LocalFrame, known: Set[str] = KNOWN_KEYS) -> list[tuple[str, Properties, Polygon]]:
    """(name, properties, polygon ENU) of each area. Raises InputError for an unknown key or a repeated name."""
    areas = read_areas(path, frame)
    for name, properties, _ in areas:
        _check_keys(path, name, properties, known)
    _check_names(path, [name for name, _, _ in areas])
    return areas


def _check_keys(path: Path, name: str, properties: Properties, known: Set[str]) -> None:
    unknown = sorted(set(properties) - known)
    if unknown:
        raise InputError(path, f"{name}.{unknown[0]}", "is an unknown key", f"known are {', '.join(sorted(known))}")


def _check_names(path: Path, names: Sequence[str]) -> None:
    times = Counter(names)
    for name in names:
        if name.startswith("#"):
            raise InputError(path, name, "has no name", "give each feature a property 'name'")
        if times[name] > 1:
            raise InputError(path, name, "is there twice", "give each feature its own name")
