"""The files that `blindspot plan` writes into its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from blindspot.acts.papers.published_pictures import published_lines
from blindspot.core import inside, writable_or_error
from blindspot.coverage.maps import SIZE_PX, Library, Map, map_figure, seen_map
from blindspot.coverage.records import provenance_of
from blindspot.evidence import briefing
from blindspot.flight.preflight import NOT_REPORTED, names_of_checks
from blindspot.flight.route import FlightSettings
from blindspot.flight.vehicle import autopilot_parameters, qgc_plan
from blindspot.flight.watch import battery_for_route, rows
from blindspot.law import Authorisation
from blindspot.mission import View, priorities
from blindspot.planning.checker import Violation
from blindspot.planning.papers import Outcome, plan_geojson, plan_map, proof_of, stretches_of
from blindspot.planning.reasons import unseen_geojson

PAPER_PX = 900
"""Longer side of the briefing's map, as wide as its page."""

LISTED = 8
"""Number of refused stretches that are listed beside the map. The page and the command list all of them."""


def write_plan(folder: Path, it: Outcome, violations: Sequence[Violation]) -> tuple[Path, ...]:
    """Write the plan, its picture with the checker's verdict, its outlines and its ground, and return the files. Raises
    InputError."""
    plan_path, ground_path = folder / "plan.json", folder / "ground.npz"
    picture, outlines = folder / "plan.png", folder / "plan.geojson"
    with writable_or_error(folder):
        it.spots.masks.save(ground_path)
        _picture(it, violations, SIZE_PX).save(picture)
        outlines.write_text(json.dumps(plan_geojson(it.plan, it.routes), ensure_ascii=False), encoding="utf-8")
        plan_path.write_text(it.plan.to_json(), encoding="utf-8")
    return plan_path, picture, outlines, ground_path


def write_papers(
    folder: Path, it: Outcome, auth: Authorisation, library: Library | None, violations: Sequence[Violation]
) -> tuple[Path, ...]:
    """Write the unseen ground, QGroundControl's plan of each drone, the briefing, and the web map if there is a library
    for it. Return the files. The briefing starts with the checker's `violations`. Raises InputError."""
    mission = it.mission
    inputs = [mission.path, mission.perimeter_path, mission.authorisation_path, *mission.model_paths]
    provenance = provenance_of(it.site, inputs)
    drawn = map_figure.of(_picture(it, violations, PAPER_PX))
    page = briefing.briefing_page(it, auth, how_it_flies(it, auth), drawn, provenance, violations)
    texts = {
        "unseen.geojson": unseen_geojson(it.unseen, it.plan, it.site, provenance),
        briefing.FILE_NAME: page,
    }
    for route in it.routes:
        cruise_mps = mission.model_of(route.drone).performance.cruise_mps
        document = qgc_plan(route, it.plan.origin, cruise_mps)
        texts[f"{it.plan.id}-{route.drone}.plan"] = json.dumps(document, allow_nan=False, indent=1)
    if library is not None:
        texts["map.html"] = plan_map(it, provenance, library, violations)
    with writable_or_error(folder):
        for name, text in texts.items():
            inside(folder, name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in texts)


def _picture(it: Outcome, violations: Sequence[Violation], size_px: int) -> Map:
    refused = stretches_of(violations)
    picture = seen_map(
        it.site, it.spots.masks, it.spots.perimeter, it.seen, it.routes,
        title=f"{'SIMULATED: ' if it.for_simulation else ''}{it.site.name}: the plan {it.plan.id}", size_px=size_px,
        subtitle="Ground seen by the fixed cameras, ground the drones will see, and blind ground"
        + (", with the lines of sight from the posts" if it.plan.watch is not None else ""),
        unproven=[np.array(stretch.way) for stretch in refused],
    )  # fmt: skip
    areas = priorities.target_areas(it.mission, it.site)
    picture.targets(areas).posts(_sight_lines(it, areas))
    verdict, about = proof_of(it, violations)
    picture.fact(about, verdict)
    for stretch in refused[:LISTED]:
        picture.fact(f"{stretch.drone}, {stretch.time_s:.0f} to {stretch.until_s:.0f} s", stretch.rule)
    return picture


def _sight_lines(it: Outcome, areas: Mapping[str, BaseGeometry]) -> dict[str, NDArray[np.float64]]:
    """From each post of a watch to the middle of its target, (2, 2) m ENU, by drone."""
    return {
        route.drone: np.array([(step.to.east_m, step.to.north_m), areas[plan.watch.target].centroid.coords[0]])
        for plan in (it.plan, *it.others) if plan.watch is not None
        for route in plan.routes for step in route.steps if isinstance(step, View)
    }  # fmt: skip


def how_it_flies(it: Outcome, auth: Authorisation) -> briefing.HowItFlies:
    """Read the briefing's values from the tables that the flight code uses. PX4's parameters (names in capitals) have a
    table of their own. The list to read aloud leaves them out."""
    routes, mission, begins = it.routes, it.mission, it.mission.file.start + timedelta(seconds=it.plan.begins_s)
    settings = {route.drone: FlightSettings(mission.model_of(route.drone)) for route in routes}
    models = {route.model: settings[route.drone] for route in routes}
    checks = {name: None for route in routes for name in names_of_checks(route, settings[route.drone])}
    return briefing.HowItFlies(
        battery_fraction={route.drone: battery_for_route(settings[route.drone], route) for route in routes},
        parameters={route.drone: autopilot_parameters(route) for route in routes},
        ladders={
            model: tuple((row.reason, row.threshold, row.action) for row in rows(of)) for model, of in models.items()
        },
        checks=tuple(name for name in checks if not name.isupper()),
        own_eyes=NOT_REPORTED,
        pictures=published_lines(mission, auth, it.plan, begins, simulated=auth.only_simulated),
    )
