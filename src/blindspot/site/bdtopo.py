"""Buildings and roads of IGN's BD TOPO as GeoJSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import shapely
from shapely.geometry import LineString, Polygon

from blindspot.errors import InputError
from blindspot.site import assumptions
from blindspot.site.frame import LocalFrame
from blindspot.site.geojson import Feature, Properties, number, polygons_of, read_features
from blindspot.site.model import Building, Finding, Road

TALLEST_M = 500.0
FERRY = "Bac ou liaison maritime"


def read_buildings(path: Path, frame: LocalFrame) -> tuple[tuple[Building, ...], tuple[Finding, ...]]:
    """Every footprint as a block from the datum to `HAUTEUR`, its eaves, with `Z_MIN_SOL` as its foot.

    Raises InputError if none is left.
    """
    drafts: list[_Draft] = []
    findings: list[Finding] = []
    for feature in read_features(path, frame, "ID"):
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
        for building, draft in zip(_with_heights(path, drafts, findings), drafts, strict=True)
    ]
    return tuple(buildings), tuple(findings)


@dataclass(frozen=True, slots=True)
class _Draft:
    name: str
    footprint: Polygon
    properties: Properties


def _footprints(path: Path, feature: Feature, findings: list[Finding]) -> tuple[list[Polygon], str]:
    polygons, problem = polygons_of(feature.geometry)
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


def _with_heights(path: Path, drafts: Sequence[_Draft], findings: list[Finding]) -> list[Building]:
    buildings = [
        Building(d.name, d.footprint, 0.0, height_m or 0.0, height_m is None, _ridge_m(d.properties, height_m))
        for d in drafts
        for height_m in [_known_height_m(d.properties)]
    ]
    unknown = [index for index, building in enumerate(buildings) if building.assumed]
    neighbours = _Neighbours(path, buildings) if unknown else None
    for index in unknown:
        properties = drafts[index].properties
        storeys = number(properties, "NB_ETAGES")
        if storeys is not None and storeys >= 1:
            height_m, why = storeys * assumptions.STOREY_M, f"{storeys:g} storeys of {assumptions.STOREY_M:g} m"
        else:
            assert neighbours is not None
            height_m, why = neighbours.median_m(buildings[index].footprint)
        found = properties.get("HAUTEUR")
        problem = "has no height" if found is None else f"has a height of {found!r}"
        findings.append(Finding(path.name, drafts[index].name, problem, "assumed", f"{height_m:.1f} m: {why}"))
        buildings[index] = replace(buildings[index], height_m=height_m, ridge_m=max(height_m, buildings[index].ridge_m))
    return buildings


def _known_height_m(properties: Properties) -> float | None:
    height_m = number(properties, "HAUTEUR")
    return height_m if height_m is not None and 0 < height_m <= TALLEST_M else None


def _foot_m(properties: Properties, frame: LocalFrame) -> float | None:
    amsl_m = number(properties, "Z_MIN_SOL")
    return None if amsl_m is None else frame.up_from_amsl(amsl_m)


def _ridge_m(properties: Properties, height_m: float | None) -> float:
    low_m, high_m = number(properties, "Z_MIN_SOL"), number(properties, "Z_MAX_TOIT")
    ridge_m = high_m - low_m if low_m is not None and high_m is not None else 0.0
    return max(height_m or 0.0, ridge_m if ridge_m <= TALLEST_M else 0.0)


class _Neighbours:
    """The median height of the known buildings around one whose height nobody tells."""

    def __init__(self, path: Path, buildings: Sequence[Building]) -> None:
        known = [building for building in buildings if not building.assumed]
        if not known:
            raise InputError(path, "HAUTEUR", "is missing or not a height in every building", "give heights in metres")
        self._heights_m = [building.height_m for building in known]
        self._tree = shapely.STRtree([building.footprint for building in known])

    def median_m(self, footprint: Polygon) -> tuple[float, str]:
        radius_m = assumptions.NEIGHBOUR_RADIUS_M
        near = self._tree.query(footprint, predicate="dwithin", distance=radius_m)
        if len(near):
            return median(self._heights_m[k] for k in near), f"median of {len(near)} neighbours within {radius_m:g} m"
        return median(self._heights_m), "median of the whole site, no neighbour being known"


def read_roads(path: Path, frame: LocalFrame) -> tuple[tuple[Road, ...], tuple[Finding, ...]]:
    """Every road axis of the file; ferries are left out, and what is not known to be open stays closed."""
    roads: list[Road] = []
    findings: list[Finding] = []
    for feature in read_features(path, frame, "ID"):
        nature = str(feature.properties.get("NATURE") or "")
        axes = [p for p in shapely.get_parts(feature.geometry) if isinstance(p, LineString) and p.length > 0]
        if nature == FERRY or not axes:
            what = "is a ferry line" if nature == FERRY else f"is a {feature.geometry.geom_type} without length"
            findings.append(Finding(path.name, feature.name, what, "left out", ""))
            continue
        width_m = _width_m(path, feature, nature, findings)
        private, level = _access(path, feature, findings)
        for part, axis in enumerate(axes):
            name = feature.name if len(axes) == 1 else f"{feature.name}/{part + 1}"
            roads.append(Road(name, axis, width_m, nature, private, level))
    return tuple(roads), tuple(findings)


def _width_m(path: Path, feature: Feature, nature: str, findings: list[Finding]) -> float:
    width_m = number(feature.properties, "LARGEUR")
    if width_m is not None and 0 < width_m < 100:
        return width_m
    width_m = assumptions.ROAD_WIDTH_M.get(nature, assumptions.OTHER_ROAD_WIDTH_M)
    detail = f"{width_m:g} m, as a narrow {nature or 'way'!r}"
    findings.append(Finding(path.name, feature.name, "has no carriageway width", "assumed", detail))
    return width_m


def _access(path: Path, feature: Feature, findings: list[Finding]) -> tuple[bool, int]:
    """(private, level) of a road: `PRIVE` other than Oui or Non is told; a level that can't be read closes the road."""
    private = feature.properties.get("PRIVE")
    if private not in ("Oui", "Non"):
        findings.append(Finding(path.name, feature.name, f"has PRIVE {private!r}", "assumed", "open to the public"))
    level = number(feature.properties, "POS_SOL")
    if level is None:
        findings.append(Finding(path.name, feature.name, "has no POS_SOL", "assumed", "not open to the public"))
        return True, 0
    return private == "Oui", int(level)
