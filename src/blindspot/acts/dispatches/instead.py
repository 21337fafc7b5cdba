"""The patrols that fly over a place, and that a person calls home so that a drone on its pad may look there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from blindspot.acts.dispatches.in_the_air import LOOKS
from blindspot.acts.dispatches.offers import Answer
from blindspot.acts.dispatches.plan_of_run import flown_plan
from blindspot.acts.dispatches.stack_now import why_not_now
from blindspot.core import BlindspotError, RefusedError
from blindspot.mission import Mission, load_plan


def drones_in_the_way(
    mission: Mission, stack: Mapping[str, Any], offers_with: Callable[[Mapping[str, Any]], Answer]
) -> dict[str, tuple[str, ...]]:
    """The drones to call home before the soonest drone on its pad may look, by run; empty if it may look now.

    Parameters
    ----------
    mission
        The mission of the dispatch.
    stack
        The state of the running stack.
    offers_with
        The offers for the place with another state of the stack.

    Returns
    -------
    dict of str to tuple of str
        The drones of each patrol or sweep in the way. Drones that look for a person already stay where they are.

    Raises
    ------
    RefusedError
        No drone on its pad could look without the patrols: they fly on.
    """
    patrols = {one["run"]: tuple(one["drones"]) for one in stack["missions"] if _is_patrol(one, stack)}
    offers = [one for one in offers_with(_without(stack, patrols)).offers if one.plan is not None]
    chosen = next((one for one in offers if not one.refused_by), None)
    if chosen is None or chosen.plan is None:
        raise RefusedError(tuple(dict.fromkeys(one.refused_by for one in offers)))
    plan = load_plan(chosen.plan)
    return {
        run: drones
        for run, drones in patrols.items()
        if why_not_now(plan, mission, _without(stack, patrols.keys() - {run}))
    }


def _is_patrol(one: Mapping[str, Any], stack: Mapping[str, Any]) -> bool:
    """Whether a mission in progress may be called home for a look; false if its files do not say what it is."""
    if one["phase"] == "done":
        return False
    for drone in one["drones"]:
        try:
            _, flown = flown_plan(Path(stack["stack_dir"]), one["run"], drone, Path(stack["fleet"]), one["plan"])
        except BlindspotError:
            continue
        return flown.file.kind not in LOOKS
    return False


def _without(stack: Mapping[str, Any], runs: Collection[str]) -> dict[str, Any]:
    """The state of the stack once these runs are over, and their drones on their pads."""
    gone = {drone for one in stack["missions"] if one["run"] in runs for drone in one["drones"]}
    down = {"phase": "landed", "autopilot": "down"}
    return {
        **stack,
        "missions": [one for one in stack["missions"] if one["run"] not in runs],
        "drones": [one | down if one["drone"] in gone else one for one in stack["drones"]],
    }
