"""The map of a town's coverage as SVG: sharp at any size, and editable in any drawing program."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from blindspot.coverage.ground.causes import BlindSpot
from blindspot.coverage.ground.site_survey import Survey
from blindspot.coverage.maps.drawing import Drawing, css, templates
from blindspot.coverage.maps.page import FOOTER, GAP, HEADER, MARGIN, PANEL, round_length
from blindspot.coverage.maps.picture import (
    BUILDING_LABEL,
    CAMERA_LABELS,
    FIXED,
    HATCHED_ZONES,
    LOW_BUILDING,
    TREE,
    TREE_LABEL,
    BoundsM,
    roof_colour,
    wedge,
)
from blindspot.coverage.maps.town_maps import (
    CAUSE_INKS,
    SIZE_PX,
    bounds_around,
    facts_of,
    limits_of,
    subtitle_of,
    title_of,
)
from blindspot.coverage.records.provenance import Provenance
from blindspot.coverage.records.summary import Figures
from blindspot.site import FixedCamera, Site

UNIT_M = 0.1
"""Coordinates are whole tenths of a metre."""
SIGN_PX = 12.0
"""Radius of a camera's wedge. The wedge shows the direction only; the range of the camera is longer."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """Shapes of one colour, with their label in the legend."""

    colour: str
    label: str
    path: str


@dataclass(frozen=True, slots=True)
class _Sign:
    """A camera: `kind` is fixed, dome or idle; `wedge` is a path, `at` in units, `tooltip` its text."""

    kind: str
    wedge: str
    at: tuple[int, int]
    tooltip: str


def svg_map(
    found: Survey, figures: Figures, blind: Sequence[BlindSpot], drawing: Drawing, provenance: Provenance
) -> str:
    """The whole sheet as SVG: map, legend, figures, scale bar, north arrow, attribution, hashes of the inputs."""
    site, spots = found.site, found.spots
    bounds_m = bounds_around(spots.perimeter)
    wide_m, tall_m = bounds_m[2] - bounds_m[0], bounds_m[3] - bounds_m[1]
    px_per_m = SIZE_PX / max(wide_m, tall_m)
    map_w, map_h = wide_m * px_per_m, tall_m * px_per_m
    page = {
        "width": round(2 * MARGIN + map_w + GAP + PANEL),
        "height": round(HEADER + map_h + FOOTER),
        "left": MARGIN, "top": HEADER, "map_w": map_w, "map_h": map_h, "panel": MARGIN + map_w + GAP,
        "unit_px": px_per_m * UNIT_M, "px": 1 / (px_per_m * UNIT_M),
    }  # fmt: skip
    bar_m = round_length(map_w / 5 / px_per_m)
    return templates().get_template("map.svg.j2").render(
        page=page,
        title=title_of(site),
        subtitle=subtitle_of(site, spots),
        limits=limits_of(site, spots.perimeter),
        facts=facts_of(found, figures),
        ground=_ground(blind, drawing, bounds_m),
        roofs=_roofs(site, bounds_m),
        trees=_trees(site, bounds_m),
        zones=_zones(site, bounds_m),
        perimeter=path_of([spots.perimeter], bounds_m),
        cameras=_signs(site.cameras, bounds_m, SIGN_PX / px_per_m),
        roof=_Layer(css(LOW_BUILDING), BUILDING_LABEL, ""),
        camera_labels=CAMERA_LABELS,
        bar={"m": bar_m, "px": bar_m * px_per_m},
        footer=provenance.footer,
        attribution=provenance.attribution,
        inputs=json.dumps(provenance.inputs_sha256, ensure_ascii=False),
    )  # fmt: skip


def path_of(shapes: Iterable[BaseGeometry], bounds_m: BoundsM) -> str:
    """Path data of polygons with their holes (ENU, m).

    Coordinates are units to the east and south of the map's north-western corner. The steps are relative, which makes
    the text short.
    """
    rings = shapely.get_rings(shapely.get_parts(np.array(list(shapes), dtype=object)))
    points_m, ring = shapely.get_coordinates(rings, return_index=True)
    units = np.column_stack([points_m[:, 0] - bounds_m[0], bounds_m[3] - points_m[:, 1]]) / UNIT_M
    places = units.round().astype(np.int64)
    steps = np.diff(places, axis=0, prepend=0)
    edges = [*np.flatnonzero(np.diff(ring, prepend=-1)).tolist(), len(ring)]
    pieces = []
    for first, end in pairwise(edges):
        moves = " ".join(map(str, steps[first + 1 : end - 1].ravel().tolist()))
        pieces.append(f"M{places[first, 0]} {places[first, 1]}l{moves}z")
    return "".join(pieces).replace(" -", "-")


def _ground(blind: Sequence[BlindSpot], drawing: Drawing, bounds_m: BoundsM) -> list[_Layer]:
    layers = [_Layer(css(FIXED.shown), FIXED.label, path_of(drawing.seen, bounds_m))]
    for cause, ink in CAUSE_INKS.items():
        shapes = [shape for spot, shape in zip(blind, drawing.blind, strict=True) if spot.cause == cause]
        layers.append(_Layer(css(ink.shown), ink.label, path_of(shapes, bounds_m)))
    return layers


def _roofs(site: Site, bounds_m: BoundsM) -> list[_Layer]:
    """Buildings as one path for each shade, low buildings first."""
    window = shapely.box(*bounds_m)
    shades: dict[str, list[BaseGeometry]] = {}
    for building in sorted(site.buildings, key=lambda building: building.height_m):
        if building.footprint.intersects(window):
            shades.setdefault(css(roof_colour(building)), []).append(building.footprint)
    return [_Layer(shade, "", path_of(footprints, bounds_m)) for shade, footprints in shades.items()]


def _trees(site: Site, bounds_m: BoundsM) -> list[_Layer]:
    """All crowns inside the map as one layer, or an empty list."""
    window = shapely.box(*bounds_m)
    crowns = [crown for tree in site.trees if (crown := tree.as_block.footprint).intersects(window)]
    return [_Layer(css(TREE), TREE_LABEL, path_of([shapely.union_all(crowns)], bounds_m))] if crowns else []


def _zones(site: Site, bounds_m: BoundsM) -> list[_Layer]:
    return [
        _Layer(css(colour), label, path_of(polygons, bounds_m))
        for kind, colour, label in HATCHED_ZONES
        if (polygons := [zone.polygon for zone in site.zones if zone.kind == kind])
    ]


def _signs(cameras: Sequence[FixedCamera], bounds_m: BoundsM, radius_m: float) -> list[_Sign]:
    signs = []
    for camera in cameras:
        if not shapely.box(*bounds_m).covers(shapely.Point(camera.east_m, camera.north_m)):
            continue
        kind = camera.kind if camera.always_sees else "idle"
        shape = path_of([wedge(camera, radius_m)], bounds_m) if camera.always_sees else ""
        at = (round((camera.east_m - bounds_m[0]) / UNIT_M), round((bounds_m[3] - camera.north_m) / UNIT_M))
        signs.append(_Sign(kind, shape, at, f"{camera.id}: {CAMERA_LABELS[kind]}"))
    return signs
