"""The map of a town's coverage as one web page that opens offline by a double click."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from blindspot.coverage.ground.causes import BlindSpot
from blindspot.coverage.ground.site_survey import Survey
from blindspot.coverage.maps.drawing import Drawing, css
from blindspot.coverage.maps.interactive_map import town_layers, web_page
from blindspot.coverage.maps.map_library import Library
from blindspot.coverage.maps.picture import FIXED, wedge
from blindspot.coverage.maps.town_maps import CAUSE_INKS, facts_of, limits_of, subtitle_of, title_of
from blindspot.coverage.records.outlines import Items, properties_of
from blindspot.coverage.records.provenance import Provenance
from blindspot.coverage.records.summary import Figures

TEMPLATE = Path(__file__).with_name("map.html.j2")
LISTED = 12
"""Number of the largest blind spots in the page's list."""


def web_map(
    found: Survey,
    figures: Figures,
    blind: Sequence[BlindSpot],
    drawing: Drawing,
    provenance: Provenance,
    library: Library,
) -> str:
    """Render the page.

    It shows ground, buildings (flat or in 3D), zones, clickable cameras, the largest blind spots by name, scale, north,
    attribution and the hashes of the inputs. The legend switches each layer on and off.
    """
    site, spots = found.site, found.spots
    legend = [("seen", css(FIXED.shown), FIXED.label)]
    legend += [(f"blind/{cause}", css(ink.shown), ink.label) for cause, ink in CAUSE_INKS.items()]
    layers: dict[str, Items] = {
        "blind": [(shape, properties_of(spot)) for spot, shape in zip(blind, drawing.blind, strict=True)],
        "seen": [(shape, {}) for shape in drawing.seen],
        "fields": [(wedge(c, c.range_m), {"id": c.id}) for c in site.cameras if c.always_sees],
        **town_layers(site, spots.perimeter, found.fixed.area_m2),
    }
    return web_page(
        TEMPLATE, site, spots.perimeter, layers,
        {"reasons": {cause: css(ink.shown) for cause, ink in CAUSE_INKS.items()}}, provenance, library,
        title=title_of(site),
        subtitle=subtitle_of(site, spots),
        limits=limits_of(site, spots.perimeter),
        facts=facts_of(found, figures),
        legend=legend,
        largest=[(f"{spot.area_m2:,.0f} m²".replace(",", " "), spot.street, spot.cause) for spot in blind[:LISTED]],
    )  # fmt: skip
