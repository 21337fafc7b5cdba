"""`blindspot dispatch --instead`: the patrol over the place comes home before a drone flies from its pad."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import typer

from blindspot.cli.operate.orders import NOT_CONFIRMED, OrderLimits, answer_of, meet
from blindspot.cli.sessions.the_stack import operator_of_the_stack
from blindspot.core import RefusedError

if TYPE_CHECKING:
    from blindspot.nodes.clients import Operator

HOME_WITHIN_S, HOME_WITHIN_WALL_S = 600.0, 1200.0
"""Time-outs of the way home of a patrol, in simulated time and on the wall clock."""


def call_home_first(called: Mapping[str, Collection[str]], person: str, reason: str) -> None:
    """Call the drones of each run home in the name of a person, and wait until these runs are over. Exits with code 4
    if they are not over in time: then nothing takes off."""
    drones = sorted(drone for each in called.values() for drone in each)
    with operator_of_the_stack() as operator:
        meet(operator, drones)
        success, message = answer_of(operator, "return_home", drones, person, reason)
        if not success:
            raise RefusedError((message,))
        typer.echo(f"{person} calls home: {', '.join(drones)}; {reason}", err=True)
        limits, began_s = OrderLimits(HOME_WITHIN_S, HOME_WITHIN_WALL_S), operator.sim_s
        while flying := in_progress(operator, called):
            if limits.is_late(operator.sim_s - began_s):
                typer.echo(f"not home: {', '.join(flying)}; no drone takes off, see blindspot status", err=True)
                raise typer.Exit(NOT_CONFIRMED)
            operator.spin(0.1)


def in_progress(operator: Operator, runs: Collection[str]) -> list[str]:
    """The missions of these runs that are not over."""
    assert operator.fleet is not None
    return [one.mission for one in operator.fleet.missions if one.run in runs and one.phase != "done"]
