"""Reads trees from GeoJSON with OpenStreetMap's tags: `natural=tree` points and `natural=tree_row` lines."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import LineString, Point

from blindspot.core import InputError
from blindspot.site.features.osm_tags import lengths_m
from blindspot.site.ground.terrain import Array, Terrain
from blindspot.site.town import assumptions
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import Feature, read_features
from blindspot.site.town.model import SIDES, Finding, FixedCamera, Tree

SMALLEST_CROWN_M = 1.0
"""Minimum height of a crown from its base to its top."""
LARGEST_M = 100.0
LONGEST_ROW_M = 20_000.0
"""A longer row is a mistake. A short file can hold one of thousands of kilometres, with a tree every 4 m."""
SMALLEST_RADIUS_M = 0.2
"""A crown that is cut back to this radius or less hides nothing."""


def read_trees(path: Path, frame: LocalFrame, terrain: Terrain) -> tuple[tuple[Tree, ...], tuple[Finding, ...]]:
    """Read the crowns of a file and put them on the terrain. A row has one crown every few metres.

    OpenStreetMap has no tag for the base of a crown. It is assumed just above a person's head, so that people can walk
    below. Raises InputError for a row of over 20 km.
    """
    trees: list[Tree] = []
    findings: list[Finding] = []
    for feature in read_features(path, frame, "id"):
        if feature.geometry.length > LONGEST_ROW_M:
            problem = f"is a row of {feature.geometry.length / 1000:.0f} km"
            raise InputError(path, feature.name, problem, "cut the row to its street")
        places = _places(feature)
        if not len(places):
            what = f"is a {feature.geometry.geom_type} with natural {feature.properties.get('natural')!r}"
            findings.append(Finding(path.name, feature.name, what, "left out", ""))
            continue
        for_drones = f" for the view, {assumptions.TREE_TALLEST_M:g} m for drones"
        height_m, is_unknown = _metres(path, feature, "height", assumptions.TREE_HEIGHT_M, findings, for_drones)
        width_m, is_assumed = _metres(path, feature, "diameter_crown", assumptions.TREE_CROWN_M, findings)
        radius_m = width_m / 2
        base_m = assumptions.TREE_BASE_M
        findings.append(Finding(path.name, feature.name, "gives no base of the crown", "assumed", f"{base_m:g} m"))
        top_m = max(height_m, base_m + SMALLEST_CROWN_M)
        tallest_m = assumptions.TREE_TALLEST_M if is_unknown else 0.0
        for number_in_row, (east_m, north_m) in enumerate(places.tolist()):
            name = feature.name if len(places) == 1 else f"{feature.name}/{number_in_row + 1}"
            ground_m = _highest_ground_m(terrain, east_m, north_m, radius_m)
            trees.append(
                Tree(name, east_m, north_m, radius_m, ground_m, base_m, top_m, is_assumed, tallest_m=tallest_m)
            )
    return tuple(trees), tuple(findings)


def clear_of(
    cameras: tuple[FixedCamera, ...], trees: tuple[Tree, ...], terrain: Terrain, file: str
) -> tuple[tuple[Tree, ...], tuple[Finding, ...]]:
    """Cut crowns of assumed width back, until every camera is outside them. They hide less, and drones keep clear of
    the whole crowns as before.

    A camera inside a crown of known width is reported as a finding, because it sees little.
    """
    kept, findings = list(trees), []
    stems = shapely.STRtree([shapely.Point(tree.east_m, tree.north_m) for tree in trees])
    widest_m = max((tree.radius_m for tree in trees), default=0.0) / math.cos(math.pi / SIDES)
    reach_m = widest_m + assumptions.WALL_CLEARANCE_M
    for camera in cameras:
        up_m = terrain.at(camera.east_m, camera.north_m) + camera.height_m
        at = shapely.Point(camera.east_m, camera.north_m)
        for k in np.sort(stems.query(at, predicate="dwithin", distance=reach_m)).tolist():
            tree = kept[k]
            away_m = math.hypot(tree.east_m - camera.east_m, tree.north_m - camera.north_m)
            is_level = tree.ground_m + tree.base_m <= up_m <= tree.ground_m + tree.height_m
            room_m = (away_m - assumptions.WALL_CLEARANCE_M) * math.cos(math.pi / SIDES)
            hides_m = tree.radius_m if tree.sight_radius_m is None else tree.sight_radius_m
            if not is_level or room_m >= hides_m:
                continue
            hangs = f"hangs in the crown of {tree.id}"
            if tree.assumed:
                left_m = room_m if room_m > SMALLEST_RADIUS_M else 0.0
                kept[k] = replace(tree, sight_radius_m=left_m)
                wide = f"the crown, {2 * tree.radius_m:g} m wide by assumption, is cut back to {2 * left_m:.1f} m"
                detail = f"{wide} for this view"
                findings.append(Finding(file, camera.id, hangs, "repaired", detail))
            else:
                findings.append(Finding(file, camera.id, hangs, "assumed", "the leaves hide the ground beyond them"))
    return tuple(kept), tuple(findings)


def _places(feature: Feature) -> Array:
    """Positions (n, 2) of the feature's trees, m ENU; empty unless the feature is a tree or a row of trees."""
    natural, shape = feature.properties.get("natural"), feature.geometry
    if natural == "tree" and isinstance(shape, Point) and not shape.is_empty:
        return np.array([[shape.x, shape.y]])
    if natural == "tree_row" and isinstance(shape, LineString) and shape.length > 0:
        steps = max(1, round(shape.length / assumptions.TREE_ROW_STEP_M))
        along = shapely.line_interpolate_point(shape, np.linspace(0.0, shape.length, steps + 1))
        return np.asarray(shapely.get_coordinates(along))
    return np.empty((0, 2))


def _metres(
    path: Path, feature: Feature, key: str, assumed_m: float, findings: list[Finding], more: str = ""
) -> tuple[float, bool]:  # fmt: skip
    """(the largest value of the tag or the assumed value, whether it is assumed)."""
    found = feature.properties.get(key)
    values_m = [value_m for value_m in lengths_m(str(found)) if 0 < value_m <= LARGEST_M]
    if values_m:
        return max(values_m), False
    problem = f"has no {key}" if found is None else f"has {key} {found!r}"
    findings.append(Finding(path.name, feature.name, problem, "assumed", f"{assumed_m:g} m{more}"))
    return assumed_m, True


def _highest_ground_m(terrain: Terrain, east_m: float, north_m: float, radius_m: float) -> float:
    """The highest ground below a crown, so that people can walk below all of it on a slope, too."""
    around = ((0.0, 0.0), (radius_m, 0.0), (-radius_m, 0.0), (0.0, radius_m), (0.0, -radius_m))
    return max(terrain.at(east_m + east, north_m + north) for east, north in around)
