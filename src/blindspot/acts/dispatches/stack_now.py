"""The reason why the running stack does not fly a look now, by the state that the stack publishes.

The mission manager and the gate decide. This spares an order that they would refuse, and offers another drone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shapely.geometry import Polygon

from blindspot.core import BlindspotError, plain_text
from blindspot.mission import Mission, Plan, Route, load_plan, run_folder

FREE = ("idle", "landed")
"""Phases of a drone that may start."""


def why_not_now(plan: Plan, mission: Mission, stack: Mapping[str, Any]) -> str:
    """The first reason against a plan of one drone, from the state of the stack; empty without one."""
    [route] = plan.routes
    drone = next((one for one in stack["drones"] if one["drone"] == route.drone), None)
    if not stack["ready"]:
        return "the stack is not ready: see blindspot status"
    if drone is None:
        return f"{route.drone} is no drone of the running stack"
    if drone["phase"] not in FREE or drone["autopilot"] != "down":
        return f"{route.drone} is not free: {drone['phase']}{_by_whom(route.drone, stack)}"
    for name, other in _flown(stack):
        if other.drone == route.drone:
            return f"{route.drone} is taken by {name}"
        apart_m = Polygon(route.failsafe.fence).distance(Polygon(other.failsafe.fence))
        if apart_m < (needed_m := mission.file.limits.separation_m):
            near = plain_text.beside(apart_m, needed_m)
            return f"PLN-05: the fence of {name} is {near} m away, and {needed_m:g} m are needed"
    return _battery(route, mission, drone["battery_fraction"])


def _battery(route: Route, mission: Mission, left: float | None) -> str:
    """The reason why a battery with this share left is too small for the look and the way home."""
    needed = 1.0 - route.expected.battery_left_fraction + mission.model_of(route.drone).energy.reserve_fraction
    if left is None:
        return f"the battery of {route.drone} is unknown"
    if left < needed:
        has = plain_text.beside(100.0 * left, 100.0 * needed)
        return f"the battery of {route.drone} has {has} %, and the look needs {100.0 * needed:.0f} % with the reserve"
    return ""


def _by_whom(drone: str, stack: Mapping[str, Any]) -> str:
    taken = [one for one in stack["missions"] if one["phase"] != "done" and drone in one["drones"]]
    return f", for {taken[0]['mission']} of {taken[0]['person']}" if taken else ""


def _flown(stack: Mapping[str, Any]) -> Iterator[tuple[str, Route]]:
    """The routes of the missions in progress, each with the name of its mission. The fence of a drone stays the same in
    all plans of its run."""
    for one in stack["missions"]:
        if one["phase"] == "done":
            continue
        try:
            files = sorted(run_folder(Path(stack["stack_dir"]), one["run"]).glob("*.json"))
            plans = [load_plan(file) for file in files if file.stem.split("-")[0] in ("plan", "sortie", "post", "rest")]
        except BlindspotError:  # the gate compares the fences all the same
            continue
        for route in (route for plan in plans for route in plan.routes if route.drone in one["drones"]):
            yield one["mission"], route
