"""The maps of commands and reports: fixed coverage, blind ground and seen ground over the town."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.core import plain_text
from blindspot.coverage.ground.blind_ground import BlindSpots
from blindspot.coverage.ground.causes import CAUSES
from blindspot.coverage.ground.site_survey import Survey
from blindspot.coverage.maps.canvas import Points
from blindspot.coverage.maps.picture import FIXED, PUBLIC, SEEN, STILL_BLIND, BoundsM, Ink, Map
from blindspot.coverage.records.comparison import Comparison
from blindspot.coverage.records.provenance import Provenance
from blindspot.coverage.records.summary import Figures
from blindspot.mission import GroundMasks, Route
from blindspot.site import FixedCamera, Site

NO_GROUND = "no public ground"
SIZE_PX = 1300
"""Longer side of the map itself."""
CAUSE_INKS: Mapping[str, Ink] = dict(
    zip(
        CAUSES,
        (
            Ink((166, 82, 40), 0.85, "blind: out of range"),
            Ink((222, 126, 60), 0.85, "blind: no line of sight"),
            Ink((246, 180, 96), 0.85, "blind: outside field of view"),
            Ink((253, 226, 160), 0.85, "blind: too few pixels"),
        ),
        strict=True,
    )
)
"""Ink by the reason why ground is blind. A larger miss is darker, so that the map is readable in black and white."""
UNCHANGED = Ink((246, 180, 96), 0.45, "blind")
GAINED = Ink((0, 158, 115), 0.9, "gained: seen only now")
LOST = Ink((186, 28, 52), 0.9, "lost: seen only before")
TO_GAIN = replace(GAINED, label="blind today, seen after the changes")
TO_LOSE = replace(LOST, label="seen today, blind after the changes")
UNPROVEN_LABEL = "refused by the checker"
PLANNED_LABEL = "route as planned"
NOT_FLOWN: Mapping[str, Points] = {}
NO_BREAK = "\u00a0"
MARGIN = 0.05
"""Width of the map around the perimeter, as a share of the perimeter's longer side."""


def coverage_map(found: Survey, figures: Figures, provenance: Provenance) -> Map:
    """Map of the ground that the fixed cameras see inside a perimeter, and of the blind ground by reason."""
    site, spots = found.site, found.spots
    picture = _base(site, spots.masks, spots.perimeter, title_of(site), subtitle_of(site, spots))
    picture.attribution = provenance.footer
    for kind, ink in enumerate(CAUSE_INKS.values()):
        picture.ground(spots.field.grid, spots.blind & (found.causes == kind), ink)
    _over(picture, site, spots.perimeter, limits_of(site, spots.perimeter))
    for label, value in facts_of(found, figures):
        picture.fact(label, value)
    return picture


def comparison_map(change: Comparison, provenance: Provenance) -> Map:
    """Map of the gained and the lost ground, over the town with the later network."""
    before, after = change.before, change.after
    site, spots = after.site, after.spots
    title = f"{site.name}: effect of another camera network"
    picture = _base(site, spots.masks, spots.perimeter, title, subtitle_of(site, spots))
    picture.attribution = provenance.footer
    grid = spots.field.grid
    picture.ground(grid, spots.blind, UNCHANGED).ground(grid, change.gained, GAINED).ground(grid, change.lost, LOST)
    _over(picture, site, spots.perimeter, limits_of(site, spots.perimeter))
    picture.fact("gained", area_text(change.gained_area_m2)).fact("lost", area_text(change.lost_area_m2))
    shares = " to ".join(plain_text.percent(one.spots.fixed_fraction, 1, NO_GROUND) for one in (before, after))
    return picture.fact("of public ground seen, before and after", shares)


def improvement_map(
    site: Site,
    spots: BlindSpots,
    seen: NDArray[np.bool_],
    changed: Sequence[FixedCamera],
    title: str,
    provenance: Provenance,
) -> Map:
    """Map of the effect of changed cameras.

    `seen` is the ground that the whole changed network sees, shaped as the grid. `changed` are the changed cameras and
    the new ones. A camera counts as new if its id is unknown to the site.
    """
    kept, grid = spots.fixed_seen & seen, spots.field.grid
    picture = _base(site, replace(spots.masks, fixed_seen=kept), spots.perimeter, title, subtitle_of(site, spots))
    picture.attribution = provenance.footer
    picture.ground(grid, spots.blind & ~seen, UNCHANGED).ground(grid, spots.blind & seen, TO_GAIN)
    if (spots.fixed_seen & ~seen).any():
        picture.ground(grid, spots.fixed_seen & ~seen, TO_LOSE)
    ids = {camera.id for camera in changed}
    rest = tuple(camera for camera in site.cameras if camera.id not in ids)
    known = {camera.id for camera in site.cameras}
    _over(picture, replace(site, cameras=rest), spots.perimeter, limits_of(site, spots.perimeter))
    picture.changed_cameras(camera for camera in changed if camera.id in known)
    return picture.new_cameras(camera for camera in changed if camera.id not in known)


def title_of(site: Site) -> str:
    return f"{site.name}: coverage of the fixed cameras"


def limits_of(site: Site, area: Polygon) -> str:
    """Name of the examined area (ENU, m) in a map."""
    return "area of interest" if area == site.area_of_interest else "perimeter"


def subtitle_of(site: Site, spots: BlindSpots) -> str:
    limits = limits_of(site, spots.perimeter)
    return f"Public ground inside the {limits}, seen at {spots.min_px_per_m:g} px/m or more where a person stands"


def facts_of(found: Survey, figures: Figures) -> tuple[tuple[str, str], ...]:
    """The figures beside a map: (label, value)."""
    limits, share = limits_of(found.site, found.spots.perimeter), found.patrol_share
    return (
        (f"public ground in the {limits}", area_text(figures.public_m2)),
        ("of it seen by fixed cameras", plain_text.percent(figures.fixed_fraction, 1, NO_GROUND)),
        *([("or on a tour, of the time", f"{100 * share:.0f} %")] if share is not None else []),
        ("blind", area_text(figures.blind_m2)),
    )


def seen_map(
    site: Site,
    masks: GroundMasks,
    perimeter: Polygon,
    seen: NDArray[np.bool_],
    routes: Sequence[Route],
    *,
    title: str,
    subtitle: str = "",
    size_px: int = SIZE_PX,
    unproven: Sequence[Points] = (),
    flown: Mapping[str, Points] = NOT_FLOWN,
) -> Map:
    """Map of fixed, seen and still blind ground with the routes of a plan or of a run.

    `seen` is the ground that the plan will see, or that the run has seen. It is shaped as the masks' grid and counts
    only on blind ground. `flown` are the flown paths by drone, (n, 2); with them the planned routes turn grey.
    `perimeter` is ENU, m. `unproven` are the parts of routes, (n, 2), that the plan's checker refuses.
    """
    picture = _base(site, masks, perimeter, title, subtitle, size_px)
    picture.ground(masks.grid, masks.blind & seen, SEEN)
    if (masks.blind & ~seen).any():
        picture.ground(masks.grid, masks.blind & ~seen, STILL_BLIND)
    used = {route.pad for route in routes}
    _over(picture, site, perimeter).unproven(unproven, UNPROVEN_LABEL)
    if flown:
        picture.planned(routes, PLANNED_LABEL).flown(flown)
    else:
        picture.routes(routes)
    return picture.pads(pad for pad in site.pads if pad.name in used)


def _base(site: Site, masks: GroundMasks, perimeter: Polygon, title: str, subtitle: str, size_px: int = SIZE_PX) -> Map:
    picture = Map(bounds_around(perimeter), title, subtitle=subtitle, attribution=site.attribution, size_px=size_px)
    return picture.ground(masks.grid, masks.public, PUBLIC).ground(masks.grid, masks.fixed_seen, FIXED)


def _over(picture: Map, site: Site, perimeter: Polygon, limits: str = "perimeter") -> Map:
    picture.trees(site.trees).buildings(site.buildings).zones(site.zones)
    return picture.perimeter(perimeter, limits).cameras(site.cameras)


def bounds_around(perimeter: Polygon) -> BoundsM:
    """The rectangle that a map of a perimeter shows, m ENU."""
    east_min, north_min, east_max, north_max = perimeter.bounds
    margin_m = MARGIN * max(east_max - east_min, north_max - north_min)
    return (east_min - margin_m, north_min - margin_m, east_max + margin_m, north_max + margin_m)


def area_text(area_m2: float) -> str:
    """An area as text: "71 446 m²"."""
    return f"{area_m2:,.0f} m²".replace(",", NO_BREAK).replace(" ", NO_BREAK)
