"""`blindspot hold | resume | return | abort | jump`: orders of a named person to drones that fly."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindspot.cli.operate.people import Key
from blindspot.cli.parts.output import AsJson, print_json

if TYPE_CHECKING:
    from blindspot.nodes.clients import Confirmation, Operator

REFUSED, NOT_CONFIRMED = 3, 4
"""Exit codes of an order that was refused, and of one that the drones' states do not show in time."""
ANSWER_LIMIT_S = 10.0
SHOWN_WITHIN_S, SHOWN_WITHIN_WALL_S = 15.0, 60.0
"""Time-outs of the states that show an order: in simulated time, and on the wall clock."""
LEAST_WALL_S = 3.0
"""Wall time that even a fast simulation gets."""
DOES = {
    "hold": "holds", "resume": "resumes", "return_home": "calls home", "abort": "lands at once", "jump": "moves on",
    "inspect": "sends to inspect",
}  # fmt: skip

Drones = Annotated[list[str] | None, typer.Argument(help="Names of drones; every drone that flies by default.")]
Drone = Annotated[str, typer.Argument(help="Name of the drone.")]
Person = Annotated[str, typer.Option(help="Name of the person who orders it. Required.", show_default=False)]
Reason = Annotated[str, typer.Option(help="The reason, in one sentence. Required.", show_default=False)]


def hold(drones: Drones = None, person: Person = "", reason: Reason = "", as_json: AsJson = False) -> None:
    """Stop drones where they are; they hover. Exit code 0 confirmed, 3 refused, 4 not confirmed."""
    give("hold", drones or (), person, reason, as_json=as_json)


def resume(
    drones: Drones = None, person: Person = "", reason: Reason = "", key: Key = None, as_json: AsJson = False
) -> None:
    """Let drones continue their routes. Exit code 0 confirmed, 3 refused, 4 not confirmed."""
    give("resume", drones or (), person, reason, key, as_json=as_json)


def return_home(drones: Drones = None, person: Person = "", reason: Reason = "", as_json: AsJson = False) -> None:
    """Call drones home to their pads. Exit code 0 confirmed, 3 refused, 4 not confirmed."""
    give("return_home", drones or (), person, reason, as_json=as_json)


def abort(drones: Drones = None, person: Person = "", reason: Reason = "", as_json: AsJson = False) -> None:
    """Land drones at once, where they are. Exit code 0 confirmed, 3 refused, 4 not confirmed."""
    give("abort", drones or (), person, reason, as_json=as_json)


def jump(
    drone: Drone,
    step: Annotated[int, typer.Argument(min=0, help="Step of the route to continue at; 0 is the first.")],
    person: Person = "",
    reason: Reason = "",
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Let a drone continue at another step of its route. Exit code 0 confirmed, 3 refused, 4 not confirmed."""
    give("jump", (drone,), person, reason, key, as_json=as_json, step=step)


def give(
    order: str, drones: Sequence[str], person: str, reason: str, key: Path | None = None, *, as_json: bool,
    **details: Any,
) -> None:  # fmt: skip
    """Send an order and wait until the drones' states show it. Raises typer.Exit with the exit code."""
    from blindspot.cli.operate.people import named, own_key, sign_with
    from blindspot.cli.operate.the_stack import operator_of_the_stack

    by, why = named(person, reason)
    own = own_key(key)
    with operator_of_the_stack() as operator:
        meet(operator, drones)
        sign_with(operator, own)
        raise typer.Exit(give_by(operator, order, drones, by, why, as_json=as_json, **details))


def meet(operator: Operator, drones: Sequence[str]) -> None:
    """Follow the drones of the fleet until each has reported its state. Raises InputError for an unknown drone."""
    from blindspot.cli.operate.the_stack import HEARD_WITHIN_S
    from blindspot.core import InputError

    assert operator.fleet is not None
    fleet = [status.drone for status in operator.fleet.drones]
    for name in drones:
        if name not in fleet:
            raise InputError("blindspot", name, "is no drone of this fleet", f"it has {', '.join(fleet)}")
    operator.follow(None, fleet)
    deadline_s = time.monotonic() + HEARD_WITHIN_S
    wanted = set(drones or fleet)
    while (wanted - operator.statuses.keys() or not operator.orders.is_ready) and time.monotonic() < deadline_s:
        operator.spin(0.05)


def give_by(
    operator: Operator, order: str, drones: Sequence[str], person: str, reason: str, *, as_json: bool, **details: Any
) -> int:
    """Send an order with a client that has met its drones, print the result, and return the exit code."""
    from blindspot.nodes.clients import Confirmation, is_out

    named = list(drones) or [name for name, status in operator.statuses.items() if is_out(status)]
    success, message = answer_of(operator, order, drones, person, reason, **details)
    waits = Confirmation(order, named if success else (), operator.statuses)
    if success:
        _wait(operator, waits)
    code = REFUSED if not success else NOT_CONFIRMED if waits.open else 0
    states = {name: state_of_drone(operator, name) | {"confirmed": name in waits.shown} for name in named}
    if as_json:
        document = {"order": order, "person": person, "reason": reason, "success": success, "message": message}
        print_json({**document, "confirmed": code == 0, "drones": states})
        return code
    if not success:
        typer.echo(f"refused: {message}", err=True)
        return code
    shown = ", ".join(f"{name} ({state['phase']})" for name, state in states.items() if state["confirmed"])
    typer.echo(f"{person} {DOES[order]}: {shown or message}; {reason}")
    if waits.open:
        others = ", ".join(f"{name} ({states[name]['phase']} {states[name]['reason']})" for name in waits.open)
        typer.echo(f"not confirmed: {others}", err=True)
    return code


def answer_of(
    operator: Operator, order: str, drones: Sequence[str], person: str, reason: str, **details: Any
) -> tuple[bool, str]:
    """Send an order; whether it was taken, and the mission manager's sentence. No answer counts as a refusal."""
    from blindspot.core import one_line

    if not operator.orders.is_ready:
        return False, "the mission manager does not answer"
    sent = operator.orders.send(order, drones, person, reason, **details)
    deadline_s = time.monotonic() + ANSWER_LIMIT_S
    while not sent.done():
        if time.monotonic() > deadline_s:
            return False, "the mission manager did not answer in time: look at the drones"
        operator.spin(0.02)
    answer = sent.result()
    return bool(answer.success), one_line(answer.message)


def _wait(operator: Operator, waits: Confirmation) -> None:
    began_s, began_sim_s = time.monotonic(), operator.sim_s
    while waits.open:
        operator.spin(0.05)
        waits.look(operator.statuses)
        passed_s = time.monotonic() - began_s
        is_late = operator.sim_s - began_sim_s > SHOWN_WITHIN_S and passed_s > LEAST_WALL_S
        if is_late or passed_s > SHOWN_WITHIN_WALL_S:
            return


def state_of_drone(operator: Operator, name: str) -> dict[str, Any]:
    """Phase and reason of a drone, as JSON."""
    from blindspot.core import one_line

    status = operator.statuses.get(name)
    return {"phase": "unknown", "reason": ""} if status is None else {
        "phase": one_line(status.phase, 20), "reason": one_line(status.reason),
    }  # fmt: skip
