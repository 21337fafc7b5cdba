"""Looks of drones that fly already: by an inspection with a view of the atlas, how soon, and what refuses it now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import dist, nan
from pathlib import Path
from typing import Any

from blindspot.acts.dispatches.plan_of_run import flown_plan
from blindspot.core import BlindspotError, one_line
from blindspot.flight.control import LONGEST_S, REACH_M, Inspection, pace_mps, why_not_inspect
from blindspot.flight.route import FlightSettings
from blindspot.flight.vehicle import Telemetry
from blindspot.mission import Mission, View
from blindspot.planning.atlas import CAMERA_S, Atlas, AtlasSquare, AtlasView, SquareView

LOOKS_FROM = ("en_route", "hold", "inspect")
"""Phases of a drone in the air that may inspect; a drone in `inspect` only prolongs its look."""
AT_VIEW_M = 2.0
"""A drone this near to a view may look from it now: the error of its place."""
MOVING_S = 8.0
"""From the order until the drone moves on the cleared line: it brakes, and the gate judges the line, s."""
MOST_VIEWS = 3
ASKED = ("accepted", "waiting for the gate")
"""States of an inspection before its flight."""
LOOKS = ("dispatch", "overwatch")
"""Kinds of missions whose drones look for a person already: no other person takes them away in flight."""
NOBODY = "nobody yet"


@dataclass(frozen=True, slots=True)
class LookFromAir:
    """A look of a drone in the air at a square, with a view of the atlas."""

    drone: str
    seen: SquareView
    looking_s: float
    refused_by: str
    comes_home: bool = False
    """Whether the drone's own mission is this look: after the prolonged look the drone comes home."""


def looks_from_air(
    mission: Mission, atlas: Atlas, square: AtlasSquare, stack: Mapping[str, Any], drone: str = ""
) -> Iterator[LookFromAir]:
    """The looks of each drone in the air, at most three for a drone, from views at most 100 m away.

    A drone at an unknown place, and a drone that the mission lacks, have none. A drone that looks from a view now is
    offered that view alone: a new order prolongs the look. `stack` is the state of the running
    stack, and `drone` the only drone to look. A view counts for each drone of the model for which it was chosen.
    """
    models = {one.name: mission.model_of(one.name) for one in mission.file.fleet}
    for state in stack["drones"]:
        name, here = state["drone"], (state["east_m"], state["north_m"], state["up_m"])
        if state["phase"] not in LOOKS_FROM or name not in models or drone not in ("", name) or None in here:
            continue
        away_m = {
            seen.view: dist(here, (view.at.east_m, view.at.north_m, view.at.up_m))
            for seen in square.views
            if models[(view := atlas.views[seen.view]).drone] == models[name]
        }
        near = [seen for seen in square.views if away_m.get(seen.view, nan) <= REACH_M]
        for seen in sorted(near, key=lambda seen: away_m[seen.view])[:MOST_VIEWS]:
            view = atlas.views[seen.view]
            pace = pace_mps(here, (view.at.east_m, view.at.north_m, view.at.up_m), models[name])
            looks = state["phase"] == "inspect"
            if looks and not (state["inspection"] == "flying" and away_m[seen.view] <= AT_VIEW_M):
                continue
            looking_s = 0.0 if looks else MOVING_S + away_m[seen.view] / pace + CAMERA_S
            refused, comes_home = _why_not_now(state, view, mission, stack, away_m[seen.view])
            yield LookFromAir(name, seen, round(looking_s, 1), refused, comes_home)


def look_seconds(mission: Mission) -> float:
    """Time of a look from the air, s: that of the mission, as far as an inspection may last."""
    return min(mission.file.look_s, LONGEST_S)


def _why_not_now(
    state: Mapping[str, Any], view: AtlasView, mission: Mission, stack: Mapping[str, Any], away_m: float
) -> tuple[str, bool]:
    """(The first reason against a look now, or ""; whether the drone's own mission is this look). The drone and the
    gate judge the look again."""
    name = state["drone"]
    flown = next((one for one in stack["missions"] if one["run"] == state["run"] and one["phase"] != "done"), None)
    if not stack["ready"]:
        return "the stack is not ready: see blindspot status", False
    if flown is None:
        return f"{name} flies no mission of this stack", False
    try:
        plan, flies = flown_plan(
            Path(stack["stack_dir"]), flown["run"], name, Path(stack["fleet"]), plan_id=flown["plan"]
        )
    except BlindspotError as error:
        return one_line(error), False
    route = plan.route_of(name)
    assert route is not None
    views = [(step.to, step.aim) for step in route.steps if isinstance(step, View)]
    prolongs = flies.file.kind == "dispatch" and away_m <= AT_VIEW_M and (view.at, view.aim) in views
    if flies.file.kind in LOOKS and not prolongs:
        return f"{name} looks for {flown['person']} already: {flown['mission']}", False
    if state["inspection"] in ASKED:
        return f"{name} waits for the gate to clear another look", False
    battery = nan if state["battery_fraction"] is None else state["battery_fraction"]
    seen = Telemetry(
        0.0, east_m=state["east_m"], north_m=state["north_m"], up_m=state["up_m"],
        height_m=state["up_m"] - route.home.up_m, battery_fraction=battery,
    )  # fmt: skip
    order = Inspection(NOBODY, view.at, view.aim, look_seconds(mission))
    return why_not_inspect(order, seen, route, FlightSettings(mission.model_of(name))), prolongs
