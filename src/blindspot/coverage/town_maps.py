"""The maps that commands and reports show: what is fixed, blind and seen, over the town."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.coverage.blind_spots import BlindSpots
from blindspot.coverage.ground_masks import GroundMasks
from blindspot.coverage.picture import BLIND, FIXED, PUBLIC, SEEN, STILL_BLIND, BoundsM, Ink, Map, RouteLike
from blindspot.site.model import Site

SIZE_PX = 1300
"""Longer side of the map itself."""
NO_BREAK = "\u00a0"
MARGIN = 0.05
"""Share of the perimeter's longer side that a map shows around it."""


def coverage_map(site: Site, spots: BlindSpots) -> Map:
    """What the fixed cameras see inside a perimeter and what they leave blind."""
    title = f"{site.name}: what the fixed cameras see"
    subtitle = f"Public ground inside the perimeter, seen at {spots.min_px_per_m:g} px/m or more where a person stands"
    grid = spots.field.grid
    picture = _base(site, spots.masks, spots.perimeter, title, subtitle).ground(grid, spots.blind, BLIND)
    _over(picture, site, spots.perimeter)
    picture.fact("public ground in the perimeter", area_text(spots.public_area_m2))
    picture.fact("of it seen by fixed cameras", f"{100 * spots.fixed_fraction:.1f} %")
    return picture.fact("blind", area_text(spots.blind_area_m2))


def seen_map(
    site: Site,
    masks: GroundMasks,
    perimeter: Polygon,
    seen: NDArray[np.bool_],
    routes: Sequence[RouteLike],
    *,
    title: str,
    subtitle: str = "",
    size_px: int = SIZE_PX,
    seen_ink: Ink = SEEN,
    still_ink: Ink = STILL_BLIND,
) -> Map:
    """Fixed / seen / still blind with the routes: of a plan (`seen` is what it will see) or of a run (what was seen).

    `perimeter` is ENU, m; `seen` is shaped as the masks' grid and counts only where the ground was blind.
    """
    picture = _base(site, masks, perimeter, title, subtitle, size_px)
    picture.ground(masks.grid, masks.blind & seen, seen_ink)
    if (masks.blind & ~seen).any():
        picture.ground(masks.grid, masks.blind & ~seen, still_ink)
    used = {route.pad for route in routes}
    return _over(picture, site, perimeter).routes(routes).pads(pad for pad in site.pads if pad.name in used)


def _base(site: Site, masks: GroundMasks, perimeter: Polygon, title: str, subtitle: str, size_px: int = SIZE_PX) -> Map:
    picture = Map(bounds_around(perimeter), title, subtitle=subtitle, attribution=site.attribution, size_px=size_px)
    return picture.ground(masks.grid, masks.public, PUBLIC).ground(masks.grid, masks.fixed_seen, FIXED)


def _over(picture: Map, site: Site, perimeter: Polygon) -> Map:
    return picture.buildings(site.buildings).zones(site.zones).perimeter(perimeter).cameras(site.cameras)


def bounds_around(perimeter: Polygon) -> BoundsM:
    """The rectangle that a map of a perimeter shows, m ENU."""
    east_min, north_min, east_max, north_max = perimeter.bounds
    margin_m = MARGIN * max(east_max - east_min, north_max - north_min)
    return (east_min - margin_m, north_min - margin_m, east_max + margin_m, north_max + margin_m)


def area_text(area_m2: float) -> str:
    """An area for people: "71 446 m²"."""
    return f"{area_m2:,.0f} m²".replace(",", NO_BREAK).replace(" ", NO_BREAK)
