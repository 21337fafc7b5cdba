"""The map of a plan as one web page with a time slider: one file that a browser opens offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiPolygon, Point

from blindspot.core import plain_text
from blindspot.coverage.ground import patches_of
from blindspot.coverage.maps import (
    DRONES,
    FIXED,
    SEEN,
    STILL_BLIND,
    UNPROVEN,
    UNPROVEN_LABEL,
    Library,
    area_text,
    css,
    straight,
    town_layers,
    web_page,
)
from blindspot.coverage.records import Items, Provenance
from blindspot.mission import Intrusion, Leg, Route, View
from blindspot.mission.in_flight import Moment, moments
from blindspot.planning.checker.check_flight import Violation
from blindspot.planning.papers.outcome import AssumedHeight, Outcome
from blindspot.planning.papers.proof import proof_of, stretches_of
from blindspot.planning.reasons.intrusion import area_time_text
from blindspot.planning.reasons.unseen import shown_ground, unseen_properties
from blindspot.site import LocalFrame

TEMPLATE = Path(__file__).with_name("plan_map.html.j2")
LISTED = 10
"""Number of the largest unseen spots that the page lists."""
DECIMALS = 7
"""Decimals of a degree: 1 cm, fine enough for a smoothly moving drone."""


def plan_map(it: Outcome, provenance: Provenance, library: Library, violations: Sequence[Violation] = ()) -> str:
    """The page: the ground before and after at any moment of the flight, the drones' positions, routes and views, pads,
    fence, zones, emergency areas, the unseen ground with its causes, and the stretches that the checker refuses."""
    site, plan, spots = it.site, it.plan, it.spots
    colours = {route.drone: css(DRONES[number % len(DRONES)]) for number, route in enumerate(it.routes)}
    flights = {route.drone: moments(it.mission.model_of(route.drone), route) for route in it.routes}
    layers: dict[str, Items] = {
        "seen": [(shape, {}) for shape in _ground(it, spots.fixed_seen)],
        "blind": [(shape, {}) for shape in _ground(it, spots.blind)],
        "views": list(_views(it, flights)),
        "unseen": [(spot.ground, unseen_properties(spot)) for spot in it.unseen],
        "emergency": [(area.polygon, {"name": area.name}) for area in site.emergency_areas],
        "routes": [(_line(route), _drawn(route, colours[route.drone])) for route in it.routes],
        "assumed": [(one.building.footprint, _assumed(one)) for one in it.assumed_heights],
        "unproven": [(LineString(v.way), _refused(v)) for v in stretches_of(violations)],
        "pads": [(_home(route), {"name": route.pad, "drone": route.drone}) for route in it.routes],
        "drones": [(_home(r), {"drone": r.drone, "colour": colours[r.drone]}) for r in it.routes],
        **town_layers(site, spots.perimeter, {}),
    }
    tracks = [
        {"drone": route.drone, "steps": [_name(step) for step in route.steps], "home_up_m": route.home.up_m,
         "moments": [_placed(moment, site.frame) for moment in flights[route.drone]]}
        for route in it.routes
    ]  # fmt: skip
    longest_s = max(flight[-1].time_s for flight in flights.values())
    sortie = "" if plan.sortie is None else f", sortie {plan.sortie.number} of {plan.sortie.of}"
    return web_page(
        TEMPLATE, site, spots.perimeter, layers, {"tracks": tracks, "longest_s": longest_s}, provenance, library,
        simulated=it.for_simulation,
        title=f"{site.name}: the plan {plan.id}{sortie}",
        subtitle="Ground that the fixed cameras see, that the drones see in flight, and that stays blind",
        limits=f"perimeter, {'with a sector as the fence of each' if it.posts else 'the fence of every'} drone",
        facts=_facts(it, longest_s, violations),
        inks={name: css(ink.shown) for name, ink in (("fixed", FIXED), ("drones", SEEN), ("blind", STILL_BLIND))},
        routes=[(route, colours[route.drone]) for route in it.routes],
        largest=[(area_text(s.area_m2), s.street or "no street", s.cause) for s in shown_ground(it.unseen)[:LISTED]],
        longest_s=longest_s,
        violations=tuple(map(str, violations)),
        red=css(UNPROVEN),
        unproven_label=UNPROVEN_LABEL,
        sha256=plan.sha256,
    )  # fmt: skip


def _ground(it: Outcome, mask: NDArray[np.bool_]) -> tuple[Any, ...]:
    grid = it.spots.field.grid
    return straight(list(patches_of(grid, mask)), grid.cell_m)


def _ground_of(it: Outcome, cells: NDArray[np.integer]) -> tuple[Any, ...]:
    """The ground of some cells (flat), drawn in a window of the town that holds them."""
    grid = it.spots.field.grid
    row, col = np.divmod(cells, grid.cols)
    part = grid.window(int(row.min()), int(col.min()), int(np.ptp(row)) + 1, int(np.ptp(col)) + 1)
    mask = np.zeros(part.shape, dtype=bool)
    mask[row - row.min(), col - col.min()] = True
    return straight(list(patches_of(part, mask)), grid.cell_m)


def _views(it: Outcome, flights: dict[str, tuple[Moment, ...]]) -> Iterator[tuple[MultiPolygon, dict[str, object]]]:
    """The ground and the time of each view: from the arrival to the end of the stay, or along the leg."""
    for route, number, cells in it.views:
        step = route.steps[number]
        if not isinstance(step, View | Leg) or not len(cells):
            continue
        times_s = [moment.time_s for moment in flights[route.drone] if moment.step == number]
        if isinstance(step, Leg):
            times_s.insert(0, max(moment.time_s for moment in flights[route.drone] if moment.step < number))
        yield MultiPolygon(list(_ground_of(it, cells))), {
            "id": step.id, "drone": route.drone, "from_s": round(times_s[0], 1), "to_s": round(times_s[-1], 1),
            "heading_deg": step.aim.heading_deg, "pitch_deg": step.aim.pitch_deg,
            "area_m2": float(len(cells)) * it.spots.field.grid.cell_area_m2,
        }  # fmt: skip


def _line(route: Route) -> LineString:
    home = (route.home.east_m, route.home.north_m)
    return LineString([home, *((step.to.east_m, step.to.north_m) for step in route.steps), home])


def _refused(violation: Violation) -> dict[str, object]:
    return {
        "rule": violation.rule, "drone": violation.drone, "why": violation.detail,
        "from_s": violation.time_s, "to_s": violation.until_s,
    }  # fmt: skip


def _assumed(one: AssumedHeight) -> dict[str, object]:
    building = one.building
    return {"id": building.id, "height_m": building.height_m, "clear_up_to_m": round(one.clear_up_to_m, 1)}


def _home(route: Route) -> Point:
    return Point(route.home.east_m, route.home.north_m)


def _drawn(route: Route, colour: str) -> dict[str, object]:
    return {"drone": route.drone, "colour": colour, "up_m": round(route.takeoff_up_m - route.home.up_m, 1)}


def _name(step: object) -> str:
    return step.id if isinstance(step, View | Leg) else ""


def _placed(moment: Moment, frame: LocalFrame) -> list[float]:
    """[s, lon_deg, lat_deg, up_m, step]"""
    lon_deg, lat_deg = frame.to_wgs84(moment.at.east_m, moment.at.north_m)
    return [round(moment.time_s, 1), round(lon_deg, DECIMALS), round(lat_deg, DECIMALS), moment.at.up_m, moment.step]


def _facts(it: Outcome, longest_s: float, violations: Sequence[Violation]) -> tuple[tuple[str, str], ...]:
    coverage = it.plan.coverage
    verdict, about = proof_of(it, violations)
    return (
        (about, verdict),
        *(("stays on its pad", reason) for reason in it.not_flying),
        *((f"{target} in the picture of {drone}", plain_text.percent(share)) for drone, target, share in it.posts),
        *(
            ()
            if it.posts
            else (
                ("blind ground that the drones will see", plain_text.percent(coverage.planned_blind_fraction, 1)),
                ("blind ground before", area_text(coverage.blind_area_m2)),
                ("still blind after", area_text(coverage.blind_area_m2 - coverage.planned_area_m2)),
            )
        ),
        *((("buildings of assumed height in reach", str(len(it.assumed_heights))),) if it.assumed_heights else ()),
        ("longest flight" if it.posts else "longest flight, all taking off together", f"{longest_s / 60:.1f} min"),
        *_in_view_besides(it.plan.intrusion),
    )


def _in_view_besides(found: Intrusion | None) -> tuple[tuple[str, str], ...]:
    if found is None:
        return ()
    return (
        ("private ground in view, by time", area_time_text(found.private_m2s).replace("m2", "m²")),
        ("facades in view, by time", area_time_text(found.facade_m2s).replace("m2", "m²")),
        ("highest pixel density in any picture", f"{found.highest_px_per_m:.1f} px/m"),
    )
