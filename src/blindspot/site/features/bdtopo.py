"""Reads buildings and roads of IGN's BD TOPO as GeoJSON, and makes buildings and roads from features of any format.

BD TOPO's attributes are first translated to the keys of the site's own format (`own_formats`). All repairs and
assumptions follow after that, in one place for every format.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import floor
from pathlib import Path
from statistics import median
from types import MappingProxyType

import shapely
from shapely.geometry import LineString, Polygon

from blindspot.core import InputError
from blindspot.site.town import assumptions
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import Feature, Properties, number, outlines_of, read_features
from blindspot.site.town.model import Building, Finding, Road

LOWEST_M, HIGHEST_M = -500.0, 9000.0
"""Possible altitudes of the ground. Another one means that it is unknown."""
TALLEST_M = 1000.0
"""The tallest building is 828 m high. A greater height is a mistake."""
LONGEST_OUTLINE_M = 100_000.0
"""Of one building. The ground is sampled every few metres along it, and a short file can hold any length."""
FERRY = "Bac ou liaison maritime"
OWN_WORDS = MappingProxyType(
    {
        "height_m": "HAUTEUR",
        "storeys": "NB_ETAGES",
        "ground_amsl_m": "Z_MIN_SOL",
        "nature": "NATURE",
        "width_m": "LARGEUR",
        "private": "PRIVE",
        "level": "POS_SOL",
        "name": "NOM",
    }
)
PRIVATE = MappingProxyType({"Oui": True, "Non": False})
GIVE_HEIGHTS = {
    "HAUTEUR": "give some of them HAUTEUR (m) or NB_ETAGES",
    "height_m": "give some of them height_m or storeys (in OpenStreetMap the tags height or building:levels), or import"
    " with --surface or a CityJSON model: the others are then assumed as high as their neighbours",
}
"""Advice by the key that a file uses for a height."""
LARGEST_GUESS = ", the largest guess"


def read_buildings(path: Path, frame: LocalFrame) -> tuple[tuple[Building, ...], tuple[Finding, ...]]:
    """Read every footprint as a block from the datum to its eaves (`HAUTEUR`), with `Z_MIN_SOL` as its foot.

    Raises InputError if all are left out.
    """
    features = read_features(path, frame, "ID")
    return buildings_of(path, (replace(f, properties=in_own_words(f.properties)) for f in features), frame, "HAUTEUR")


def in_own_words(properties: Properties) -> Properties:
    """BD TOPO's attributes under the site's own keys. Missing values stay missing, wrong values stay as they are."""
    own = {key: properties[name] for key, name in OWN_WORDS.items() if properties.get(name) is not None}
    low_m, high_m = number(properties, "Z_MIN_SOL"), number(properties, "Z_MAX_TOIT")
    if low_m is not None and high_m is not None:
        own["ridge_m"] = round(high_m - low_m, 2)
    if "private" in own:
        own["private"] = PRIVATE.get(str(own["private"]), own["private"])
    return own


def buildings_of(
    path: Path, features: Iterable[Feature], frame: LocalFrame, height_key: str
) -> tuple[tuple[Building, ...], tuple[Finding, ...]]:
    """Make blocks from features with the site's own keys. `height_key` is the file's key for a height, for messages."""
    drafts: list[_Draft] = []
    findings: list[Finding] = []
    for feature in features:
        polygons, problem = _footprints(path, feature, findings)
        for part, polygon in enumerate(polygons):
            name = feature.name if len(polygons) == 1 else f"{feature.name}/{part + 1}"
            drafts.append(_Draft(name, polygon, feature.properties))
        if problem:
            findings.append(
                Finding(path.name, feature.name, problem, "repaired", f"kept as {len(polygons)} building(s)")
            )
    if not drafts:
        raise InputError(path, "features", "holds no building", "give at least one polygon")
    buildings = [
        replace(building, foot_m=_foot_m(draft.properties, frame))
        for building, draft in zip(_with_heights(path, drafts, findings, height_key), drafts, strict=True)
    ]
    return tuple(buildings), tuple(findings)


@dataclass(frozen=True, slots=True)
class _Draft:
    name: str
    footprint: Polygon
    properties: Properties


def _footprints(path: Path, feature: Feature, findings: list[Finding]) -> tuple[list[Polygon], str]:
    polygons, problem = outlines_of(feature.geometry)
    longest_m = max((polygon.length for polygon in polygons), default=0.0)
    if longest_m > LONGEST_OUTLINE_M:
        said = f"has an outline of {longest_m / 1000:.0f} km"
        raise InputError(path, feature.name, said, "no building is so large: correct or remove it")
    if not polygons:
        findings.append(
            Finding(
                path.name, feature.name, problem or f"is a {feature.geometry.geom_type} without area", "left out", ""
            )
        )
        return [], ""
    if len(polygons) > 1 and not problem:
        problem = f"is one feature of {len(polygons)} polygons"
    return polygons, problem


def _with_heights(path: Path, drafts: Sequence[_Draft], findings: list[Finding], height_key: str) -> list[Building]:
    """A building's own height comes first, then its own storeys, then the neighbours. A neighbour of known storeys
    counts like one of known height: the few that have a height are often a gate, a church, a tower."""
    given_m = [_given_height_m(draft.properties) for draft in drafts]
    heights_m = [
        given or _storeys(draft.properties) * assumptions.STOREY_M for given, draft in zip(given_m, drafts, strict=True)
    ]
    houses = [k for k, draft in enumerate(drafts) if draft.properties.get("structure") is not True]
    neighbours = _Neighbours(path, [(drafts[k].footprint, heights_m[k]) for k in houses if heights_m[k]], height_key)
    guesses = {k: neighbours.guess(draft) for k, draft in enumerate(drafts) if not heights_m[k]}
    largest = max(guesses, key=lambda k: guesses[k][0], default=None)
    buildings = []
    for k, (draft, given, height_m) in enumerate(zip(drafts, given_m, heights_m, strict=True)):
        storeys = f"{_storeys(draft.properties):g} storeys of {assumptions.STOREY_M:g} m"
        eaves_m, why = guesses.get(k, (height_m, storeys))
        if not given:
            found = draft.properties.get("height_m")
            problem = "has no height" if found is None else f"has a height of {found!r}"
            if k == largest:
                problem += LARGEST_GUESS
            findings.append(Finding(path.name, draft.name, problem, "assumed", f"{eaves_m:.1f} m: {why}"))
        ridge_m = max(eaves_m, _given_ridge_m(draft.properties))
        under_m = _underside_m(path, draft, eaves_m, findings)
        buildings.append(Building(draft.name, draft.footprint, 0.0, eaves_m, not given, ridge_m, under_m))
    return buildings


def _given_height_m(properties: Properties) -> float:
    """The file's height; 0 if it is missing or impossible. `_storeys` and `_given_ridge_m` work in the same way."""
    height_m = number(properties, "height_m") or 0.0
    return height_m if 0 < height_m <= TALLEST_M else 0.0


def _foot_m(properties: Properties, frame: LocalFrame) -> float | None:
    amsl_m = number(properties, "ground_amsl_m")
    return None if amsl_m is None or not LOWEST_M <= amsl_m <= HIGHEST_M else frame.up_from_amsl(amsl_m)


def _storeys(properties: Properties) -> float:
    storeys = number(properties, "storeys") or 0.0
    return storeys if 1 <= storeys <= TALLEST_M / assumptions.STOREY_M else 0.0


def _given_ridge_m(properties: Properties) -> float:
    ridge_m = number(properties, "ridge_m") or 0.0
    return ridge_m if ridge_m <= TALLEST_M else 0.0


def _underside_m(path: Path, draft: _Draft, eaves_m: float, findings: list[Finding]) -> float:
    """The underside above the ground. An impossible value is left out. The block is then solid and hides more."""
    found = draft.properties.get("min_height_m")
    under_m = number(draft.properties, "min_height_m")
    if under_m is not None and 0 <= under_m < eaves_m:
        return under_m
    if found is not None:
        problem, detail = f"has an underside at {found!r} m", f"solid from the ground to {eaves_m:.1f} m"
        findings.append(Finding(path.name, draft.name, problem, "left out", detail))
    return 0.0


class _Neighbours:
    """The known buildings around a building of unknown height and storeys."""

    def __init__(self, path: Path, known: Sequence[tuple[Polygon, float]], height_key: str) -> None:
        self._path, self._height_key = path, height_key
        self._heights_m = [height_m for _, height_m in known]
        self._tree = shapely.STRtree([footprint for footprint, _ in known])

    def guess(self, draft: _Draft) -> tuple[float, str]:
        """(height of the eaves, reason): the median of the neighbours, or the building's own ridge if that is higher.

        Raises InputError if no building is known in the whole site.
        """
        if not self._heights_m:
            problem = "no building has a height or a number of storeys"
            raise InputError(self._path, self._height_key, problem, GIVE_HEIGHTS[self._height_key])
        eaves_m, why = self._median_m(draft.footprint)
        ridge_m = _given_ridge_m(draft.properties)
        return (ridge_m, f"its ridge, higher than {eaves_m:.1f} m, the {why}") if ridge_m > eaves_m else (eaves_m, why)

    def _median_m(self, footprint: Polygon) -> tuple[float, str]:
        known, fewest = len(self._heights_m), assumptions.FEWEST_NEIGHBOURS
        if known < fewest:
            why = f"height of any building in a site with {known} of them, fewer than {fewest}"
            return assumptions.BUILDING_HEIGHT_M, why
        radius_m = assumptions.NEIGHBOUR_RADIUS_M
        while len(near := self._tree.query(footprint, predicate="dwithin", distance=radius_m)) < fewest:
            radius_m *= 2
        return median(self._heights_m[k] for k in near), f"median of {len(near)} neighbours within {radius_m:g} m"


def read_roads(path: Path, frame: LocalFrame) -> tuple[tuple[Road, ...], tuple[Finding, ...]]:
    """Read every road axis of the file but ferries. A road of unknown level counts as closed to the public."""
    features = read_features(path, frame, "ID")
    return roads_of(path, (replace(f, properties=in_own_words(f.properties)) for f in features))


def roads_of(path: Path, features: Iterable[Feature]) -> tuple[tuple[Road, ...], tuple[Finding, ...]]:
    """Make road axes from features with the site's own keys."""
    roads: list[Road] = []
    findings: list[Finding] = []
    for feature in features:
        nature = str(feature.properties.get("nature") or "")
        axes = [p for p in shapely.get_parts(feature.geometry) if isinstance(p, LineString) and p.length > 0]
        if nature == FERRY or not axes:
            what = "is a ferry line" if nature == FERRY else f"is a {feature.geometry.geom_type} without length"
            findings.append(Finding(path.name, feature.name, what, "left out", ""))
            continue
        width_m = _width_m(path, feature, nature, findings)
        private, level = _access(path, feature, findings)
        street = str(feature.properties.get("name") or "")
        for part, axis in enumerate(axes):
            name = feature.name if len(axes) == 1 else f"{feature.name}/{part + 1}"
            roads.append(Road(name, axis, width_m, nature, private, level, street))
    return tuple(roads), tuple(findings)


def _width_m(path: Path, feature: Feature, nature: str, findings: list[Finding]) -> float:
    width_m = number(feature.properties, "width_m")
    if width_m is not None and 0 < width_m < 100:
        return width_m
    width_m = assumptions.ROAD_WIDTH_M.get(nature, assumptions.OTHER_ROAD_WIDTH_M)
    detail = f"{width_m:g} m, as a narrow {nature or 'way'!r}"
    findings.append(Finding(path.name, feature.name, "has no carriageway width", "assumed", detail))
    return width_m


def _access(path: Path, feature: Feature, findings: list[Finding]) -> tuple[bool, int]:
    """(private, level) of a road. Missing private access is reported, and the road counts as open. A road with an
    unreadable one or of unknown level counts as private."""
    private = feature.properties.get("private")
    if not isinstance(private, bool):
        said = "nothing" if private is None else repr(private)
        problem, is_open = f"says {said} about private access", private is None
        assumed = "open to the public" if is_open else "not open to the public"
        findings.append(Finding(path.name, feature.name, problem, "assumed", assumed))
        private = not is_open
    level = number(feature.properties, "level")
    if level is None:
        problem = "does not say whether it is a bridge, a tunnel or on the ground"
        findings.append(Finding(path.name, feature.name, problem, "assumed", "not open to the public"))
        return True, 0
    return private, floor(level)
