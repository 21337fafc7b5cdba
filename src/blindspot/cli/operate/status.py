"""`blindspot status`: whether a stack runs and is ready, its missions and its drones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from blindspot.cli.parts.holds import counted
from blindspot.cli.parts.output import AsJson, print_json
from blindspot.core import plain_text

if TYPE_CHECKING:
    from rich.table import Table

NOT_READY = 1
"""Exit code of a running stack that is still starting, or that has lost a node."""


def status(
    as_json: AsJson = False,
) -> None:
    """Show the running stack: ready or not, its missions, its drones. Exit code 0 if ready, 1 if not, 2 without one."""
    from blindspot.cli.operate.the_stack import operator_of_the_stack, running_record, state_of, wait_until_ready
    from blindspot.cli.parts.screen import Screen

    record = running_record()
    with operator_of_the_stack() as operator:
        missing = wait_until_ready(operator, nodes=() if record is None else record.watched)
        state = state_of(operator, missing, None if record is None else record.mode)
    if as_json:
        print_json(state)
    else:
        console = Screen(highlight=False)
        console.print(headline(state, missing))
        for notice in state["notices"]:
            console.print(notice, style="yellow", soft_wrap=True)
        for table in (missions_table(state["missions"]), drones_table(state["drones"])):
            if table.row_count:
                console.print(table)
    raise typer.Exit(NOT_READY if missing else 0)


def headline(state: Mapping[str, Any], missing: Sequence[str]) -> str:
    """The state of the whole stack in one line."""
    what = " ".join(word for word in ("SIMULATED" if state["simulated"] else "real", state["mode"] or "") if word)
    where = f"{what} stack of {state['fleet']}, files in {state['stack_dir']}"
    return f"not ready ({', '.join(missing)}): {where}" if missing else f"ready: {where}"


def missions_table(missions: Sequence[Mapping[str, Any]]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("mission", "run", "state", "drones", "seen", "person", "why"):
        table.add_column(column, justify="right" if column == "seen" else "left")
    for mission in missions:
        state = mission["outcome"] or mission["phase"]
        drones = ", ".join(mission["drones"])
        seen = percent(mission["seen_blind_fraction"])
        table.add_row(mission["mission"], mission["run"], state, drones, seen, mission["person"], mission["reason"])
    return table


def drones_table(drones: Sequence[Mapping[str, Any]]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("drone", "state", "battery", "route", "east, north, up [m]", "why"):
        table.add_column(column, justify="right" if column in ("battery", "route") else "left")
    for drone in drones:
        place = [drone[axis] for axis in ("east_m", "north_m", "up_m")]
        at = "-" if None in place else ", ".join(f"{value:.0f}" for value in place)
        battery, route = percent(drone["battery_fraction"]), percent(drone["route_fraction"])
        state = counted(drone["phase"], drone["hold_ends_s"], drone["inspection"])
        table.add_row(drone["drone"], state, battery, route, at, drone["reason"])
    return table


def percent(fraction: float | None) -> str:
    return "-" if fraction is None else f"{plain_text.percent_of(fraction)} %"
