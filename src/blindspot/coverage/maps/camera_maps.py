"""Maps of ground that is seen only part of the time, only after turning a camera, or only under some assumptions."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.ground.site_survey import Survey
from blindspot.coverage.ground.uncertainty import Uncertainty
from blindspot.coverage.maps.picture import FIXED, PUBLIC, Ink, Map
from blindspot.coverage.maps.town_maps import SIZE_PX, area_text, bounds_around, limits_of, subtitle_of
from blindspot.coverage.records.provenance import Provenance

COULD_SEE = Ink((226, 178, 222), 0.85, "could see: at most, if turned to it")
PATROL = (
    (0.0, Ink((200, 226, 150), 0.95, "patrol: up to 25 % of the time")),
    (0.25, Ink((132, 188, 92), 0.95, "patrol: 25 to 50 %")),
    (0.5, Ink((44, 122, 58), 0.95, "patrol: over 50 %")),
)
"""Each ink applies above its share of the time, up to the share of the next one."""
AT_WORST = Ink((24, 84, 140), 0.9, "seen at worst")
AS_ASSUMED = Ink((104, 162, 205), 0.9, "seen as assumed, not at worst")
AT_BEST = Ink((196, 220, 236), 0.95, "seen at best only")


def turning_map(found: Survey, provenance: Provenance) -> Map:
    """Map of the ground that is always seen, that tours show part of the time, and that cameras could see if turned."""
    spots = found.spots
    layers = [(FIXED, spots.public & (found.fixed.density_px_per_m >= spots.min_px_per_m))]
    if found.time_share is not None:
        layers += [(ink, spots.public & (found.time_share > above)) for above, ink in reversed(PATROL)]
    if found.could_see_px_per_m is not None:
        layers.append((COULD_SEE, spots.public & (found.could_see_px_per_m >= spots.min_px_per_m)))
    return _map(found, f"{found.site.name}: coverage with turning cameras", layers, provenance)


def uncertainty_map(found: Survey, bounds: Uncertainty, provenance: Provenance) -> Map:
    """Map of the ground that is seen at worst, as assumed and at best."""
    densities = (
        (AT_WORST, bounds.pessimistic_px_per_m),
        (AS_ASSUMED, found.fixed.density_px_per_m),
        (AT_BEST, bounds.optimistic_px_per_m),
    )
    layers = [(ink, found.spots.public & (density >= found.spots.min_px_per_m)) for ink, density in densities]
    return _map(found, f"{found.site.name}: uncertainty of the fixed cameras' coverage", layers, provenance)


def _map(found: Survey, title: str, layers: Iterable[tuple[Ink, NDArray[np.bool_]]], provenance: Provenance) -> Map:
    """Draw each cell in the ink of the first layer that holds it, and list the area of each layer."""
    site, spots = found.site, found.spots
    grid = spots.field.grid
    picture = Map(
        bounds_around(spots.perimeter), title,
        subtitle=subtitle_of(site, spots), attribution=provenance.footer, size_px=SIZE_PX,
    )  # fmt: skip
    left = spots.public.copy()
    picture.ground(grid, spots.public, PUBLIC)
    for ink, mask in layers:
        shown = left & mask
        if shown.any():
            picture.ground(grid, shown, ink).fact(ink.label, area_text(float(shown.sum()) * grid.cell_area_m2))
            left &= ~shown
    picture.trees(site.trees).buildings(site.buildings).zones(site.zones)
    return picture.perimeter(spots.perimeter, limits_of(site, spots.perimeter)).cameras(site.cameras)
