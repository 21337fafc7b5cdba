"""`blindspot status`: whether a stack runs and is ready, the missions and drones of the stack."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindspot.cli.parts.holds import counted
from blindspot.cli.parts.output import AsJson, print_json
from blindspot.cli.parts.targets import targets_table
from blindspot.core import plain_text

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from blindspot.cli.parts.screen import Screen

NOT_READY = 1
"""Exit code of a running stack that is still starting, or that has lost a node."""


EACH_S = 1.0
"""Wall time between two checks of `--watch`."""


def status(
    watch: Annotated[bool, typer.Option("--watch", help="Show it anew each second, until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the running stack: ready or not, its missions, its drones. Exit code 0 if ready, 1 if not, 2 without one."""
    from blindspot.cli.parts.screen import Screen
    from blindspot.core import InputError

    if watch and as_json:
        raise InputError("status", "--watch", "goes without --json", "leave one out")
    with closing(_states()) as states:
        if watch:
            _watch(Screen(highlight=False), states)
            return
        state, missing = next(states)
    if as_json:
        print_json(state)
    else:
        console = Screen(highlight=False)
        for part in parts(state, missing):
            console.print(part)
    raise typer.Exit(NOT_READY if missing else 0)


def _watch(console: Screen, states: Generator[tuple[dict[str, Any], tuple[str, ...]]]) -> None:
    """A picture drawn anew each second; in a pipe, one picture after the other. Ctrl-C ends it in order."""
    from rich.console import Group
    from rich.live import Live

    with suppress(KeyboardInterrupt), Live(console=console, auto_refresh=False) as live:
        for state, missing in states:
            if console.is_terminal:
                live.update(Group(*parts(state, missing)), refresh=True)
            else:
                for part in parts(state, missing):
                    console.print(part)


def _states() -> Generator[tuple[dict[str, Any], tuple[str, ...]]]:
    """The state of the stack and its missing nodes, once a second: by the socket of this computer's stack, otherwise
    from the graph. Raises NoStackError if no stack is heard, or if it ends."""
    is_known = False
    while (state := state_here()) is not None:
        is_known = True
        yield state
        time.sleep(EACH_S)
    if is_known and not _runs_here():
        from blindspot.cli.sessions.the_stack import NoStackError

        raise NoStackError("the stack has ended")
    yield from _states_of_graph()


def _runs_here() -> bool:
    from blindspot.stack import stack_record

    record = stack_record.read_stack_record(os.environ)
    return record is not None and record.is_running


def state_here() -> tuple[dict[str, Any], tuple[str, ...]] | None:
    """The state of the stack of this computer and the stack's missing nodes, through the stack's socket: a busy
    computer needs ten seconds to join the graph. None if no stack answers here."""
    from blindspot.nodes.clients import ask_status
    from blindspot.stack import Supervised, stack_record

    answer, record = ask_status(os.environ), stack_record.read_stack_record(os.environ)
    if answer is None:
        return None
    record = record if record is not None and record.is_running else None
    watched, missing = set(answer.pop("watched", ())), list(answer["lost_nodes"])
    if record is not None:  # the manager does not watch itself, nor a node that no flight needs, as the scheduler
        processes = Supervised(record.stack_dir)
        missing += [node for node in record.watched if node not in watched and processes.lives(node) is False]
        missing += [] if record.is_ready else ["it still starts"]
    mode = None if record is None else record.mode
    return {"ready": not missing, "mode": mode, **answer}, tuple(missing)


def _states_of_graph() -> Generator[tuple[dict[str, Any], tuple[str, ...]]]:
    from blindspot.cli.sessions.the_stack import operator_of_the_stack, running_record, state_of, wait_until_ready
    from blindspot.nodes.clients import fleet_state

    record = running_record()
    with operator_of_the_stack() as operator:
        while True:
            missing = wait_until_ready(operator, nodes=() if record is None else record.watched)
            yield state_of(fleet_state(operator.fleet), missing, None if record is None else record.mode), missing
            operator.spin(EACH_S)


def parts(state: Mapping[str, Any], missing: Sequence[str]) -> list[Text | Table]:
    """The state for a terminal or a file."""
    from rich.text import Text

    watches = [mission["watch"] for mission in state["missions"] if "watch" in mission and not mission["outcome"]]
    tables = (missions_table(state["missions"]), targets_table(watches), drones_table(state["drones"]))
    return [
        Text(headline(state, missing)),
        *(Text(notice, style="yellow") for notice in state["notices"]),
        *(table for table in tables if table.row_count),
    ]


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
        seen = plain_text.percent(mission["seen_blind_fraction"], unknown="-")
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
        battery, route = (
            plain_text.percent(drone["battery_fraction"], unknown="-"),
            plain_text.percent(drone["route_fraction"], unknown="-"),
        )
        state = counted(drone["phase"], drone["hold_ends_s"], drone["inspection"])
        table.add_row(drone["drone"], state, battery, route, at, drone["reason"])
    return table
