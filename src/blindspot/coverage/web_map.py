"""The map of a town's coverage as one web page: opens by a double click, without a network or a server."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from blindspot.coverage.causes import BlindSpot
from blindspot.coverage.drawing import Drawing, css, templates
from blindspot.coverage.map_library import Library
from blindspot.coverage.outlines import collection, properties_of
from blindspot.coverage.picture import (
    CAMERA,
    CAMERA_LABELS,
    FIXED,
    HATCHED_ZONES,
    IDLE_CAMERA,
    OUTLINE,
    PRIVATE_COLOUR,
    roof_colour,
    wedge,
)
from blindspot.coverage.provenance import Provenance
from blindspot.coverage.summary import Figures
from blindspot.coverage.survey import Survey
from blindspot.coverage.town_maps import CAUSE_INKS, facts_of, limits_of, subtitle_of, title_of
from blindspot.site.model import FixedCamera

DECIMALS = 6
"""Of a degree: 0.1 m."""
LISTED = 12
"""So many of the largest blind spots can be called up by name."""


def web_map(
    found: Survey,
    figures: Figures,
    told: Sequence[BlindSpot],
    drawing: Drawing,
    provenance: Provenance,
    library: Library,
) -> str:
    """The page: ground, buildings (flat or standing), zones and cameras that answer a click, a legend that is also the
    switch of each layer, the largest blind spots by name, scale, north, attribution, the hashes of the inputs."""
    site, spots = found.site, found.spots
    west_deg, south_deg = site.frame.to_wgs84(*spots.perimeter.bounds[:2])
    east_deg, north_deg = site.frame.to_wgs84(*spots.perimeter.bounds[2:])
    about = {
        "bounds": [[west_deg, south_deg], [east_deg, north_deg]],
        "colours": {"private": css(PRIVATE_COLOUR), "outline": css(OUTLINE), "camera": css(CAMERA)},
        "reasons": {cause: css(ink.shown) for cause, ink in CAUSE_INKS.items()},
    }
    legend = [("seen", css(FIXED.shown), FIXED.label)]
    legend += [(f"blind/{cause}", css(ink.shown), ink.label) for cause, ink in CAUSE_INKS.items()]
    return (
        templates()
        .get_template("map.html.j2")
        .render(
            title=title_of(site),
            subtitle=subtitle_of(site, spots),
            limits=limits_of(site, spots.perimeter),
            facts=facts_of(found, figures),
            legend=legend,
            largest=[(f"{spot.area_m2:,.0f} m²".replace(",", " "), spot.street, spot.cause) for spot in told[:LISTED]],
            attribution=provenance.attribution,
            fingerprint=provenance.fingerprint,
            inputs=provenance.inputs_sha256,
            library=library,
            about=_script(json.dumps(about, ensure_ascii=False)),
            layers={name: _script(text) for name, text in _layers(found, told, drawing, provenance).items()},
        )
    )


def _script(text: str) -> str:
    """JSON that can't end the script element that holds it."""
    return text.replace("<", "\\u003c")


def _layers(
    found: Survey, told: Sequence[BlindSpot], drawing: Drawing, provenance: Provenance
) -> dict[str, str]:
    """Each layer of the map as GeoJSON."""
    site = found.site
    colours = {kind: (css(colour), label) for kind, colour, label in HATCHED_ZONES}
    zones = [(zone, colours[zone.kind]) for zone in site.zones if zone.kind in colours]
    items: dict[str, list[tuple[BaseGeometry, Mapping[str, object]]]] = {
        "blind": [(shape, properties_of(spot)) for spot, shape in zip(told, drawing.blind, strict=True)],
        "seen": [(shape, {}) for shape in drawing.seen],
        "buildings": [
            (b.footprint, {"colour": css(roof_colour(b)), "base_m": b.min_height_m, "height_m": b.height_m})
            for b in site.buildings
        ],
        "zones": [(z.polygon, {"colour": colour, "what": label, "name": z.name}) for z, (colour, label) in zones],
        "perimeter": [(found.spots.perimeter, {})],
        "fields": [(wedge(c, c.range_m), {"id": c.id}) for c in site.cameras if c.always_sees],
        "cameras": [(Point(c.east_m, c.north_m), _camera(c, found)) for c in site.cameras],
    }
    return {name: collection(shapes, site.frame, provenance, {}, DECIMALS) for name, shapes in items.items()}


def _camera(camera: FixedCamera, found: Survey) -> dict[str, object]:
    """What a click on a camera tells."""
    kind = camera.kind if camera.always_sees else "idle"
    looks = "all round" if camera.hfov_deg >= 360 else f"{camera.hfov_deg:.0f}° wide"
    if camera.heading_deg is not None and camera.hfov_deg < 360:
        looks += f" towards {camera.heading_deg:.0f}°"
    return {
        "id": camera.id,
        "colour": css(CAMERA if camera.always_sees else IDLE_CAMERA),
        "what": CAMERA_LABELS[kind],
        "looks": f"{looks}, {camera.height_m:g} m up, as far as {camera.range_m:g} m",
        "sees_m2": round(found.fixed.area_m2.get(camera.id, 0.0)),
        "assumed": ", ".join(camera.assumptions),
    }
