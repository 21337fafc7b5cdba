"""Common parts of the maps that are one web page: the layers of the town, and a page that opens offline from disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shapely.geometry import Point, Polygon

from blindspot.core import plain
from blindspot.coverage.maps.drawing import css, templates
from blindspot.coverage.maps.map_library import Library
from blindspot.coverage.maps.picture import (
    CAMERA,
    CAMERA_LABELS,
    HATCHED_ZONES,
    IDLE_CAMERA,
    OUTLINE,
    PRIVATE_COLOUR,
    roof_colour,
)
from blindspot.coverage.records.outlines import Items, collection
from blindspot.coverage.records.provenance import Provenance
from blindspot.site import FixedCamera, Site

DECIMALS = 6
"""Decimals of a degree in a page: 0.1 m."""


def web_page(
    template: Path,
    site: Site,
    area: Polygon,
    layers: Mapping[str, Items],
    about: Mapping[str, object],
    provenance: Provenance,
    library: Library,
    simulated: str = "",
    **variables: Any,
) -> str:
    """Render a page whose template extends `map_page.html.j2`.

    `area` (ENU, m) is the area that the map shows. `layers` (ENU, m) are the data sources of the page. `about` is the
    data for the page's script. `simulated` is the sentence about a page that is for a simulation. `variables` are all
    other variables of the template.
    """
    west_deg, south_deg = site.frame.to_wgs84(*area.bounds[:2])
    east_deg, north_deg = site.frame.to_wgs84(*area.bounds[2:])
    shared = {
        "bounds": [[west_deg, south_deg], [east_deg, north_deg]],
        "colours": {"private": css(PRIVATE_COLOUR), "outline": css(OUTLINE), "camera": css(CAMERA)},
    }
    drawn = {name: collection(items, site.frame, provenance, {}, DECIMALS) for name, items in layers.items()}
    return (
        templates(template.parent)
        .get_template(template.name)
        .render(
            attribution=plain(provenance.attribution),
            fingerprint=provenance.fingerprint,
            inputs=provenance.inputs_sha256,
            library=library,
            simulated=simulated,
            about=_script(json.dumps({**shared, **about}, ensure_ascii=False)),
            zone_kinds=_kinds(layers, "zones"),
            idle_cameras=[kind for kind in _kinds(layers, "cameras") if kind[1] == css(IDLE_CAMERA)],
            layers={name: _script(text) for name, text in drawn.items()},
            **variables,
        )
    )


def town_layers(site: Site, area: Polygon, sees_m2: Mapping[str, float]) -> dict[str, Items]:
    """The common layers of all maps: buildings, zones, trees, the area's edge, and cameras. `sees_m2` is the area that
    each camera sees, by its id."""
    colours = {kind: (css(colour), label) for kind, colour, label in HATCHED_ZONES}
    zones = [(zone, colours[zone.kind]) for zone in site.zones if zone.kind in colours]
    return {
        "buildings": [
            (b.footprint, {"colour": css(roof_colour(b)), "base_m": b.min_height_m, "height_m": b.height_m})
            for b in site.buildings
        ],
        "zones": [(z.polygon, {"colour": colour, "what": label, "name": z.name}) for z, (colour, label) in zones],
        **({"trees": [(tree.as_block.footprint, {}) for tree in site.trees]} if site.trees else {}),
        "perimeter": [(area, {})],
        "cameras": [(Point(c.east_m, c.north_m), _camera(c, sees_m2.get(c.id, 0.0))) for c in site.cameras],
    }


def _kinds(layers: Mapping[str, Items], name: str) -> list[tuple[object, object]]:
    """(label, colour) of each kind of object in a layer, for the legend."""
    return sorted({(properties["what"], properties["colour"]) for _, properties in layers.get(name, ())})


def _script(text: str) -> str:
    """Escape JSON, so that it stays inside the script element of the page."""
    return plain(text).replace("<", "\\u003c")


def _camera(camera: FixedCamera, sees_m2: float) -> dict[str, object]:
    """Properties that a click on a camera shows."""
    kind = camera.kind if camera.always_sees else "idle"
    view = "all round" if camera.hfov_deg >= 360 else f"{camera.hfov_deg:.0f}° wide"
    if camera.heading_deg is not None and camera.hfov_deg < 360:
        view += f" towards {camera.heading_deg:.0f}°"
    return {
        "id": camera.id,
        "colour": css(CAMERA if camera.always_sees else IDLE_CAMERA),
        "what": CAMERA_LABELS[kind],
        "view": f"{view}, {camera.height_m:g} m up, as far as {camera.range_m:g} m",
        "sees_m2": round(sees_m2),
        "assumed": ", ".join(camera.assumptions),
    }
