"""`blindspot hold | resume | return | abort | jump`: orders of a named person to drones that fly."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindspot.cli.parts import completion
from blindspot.cli.parts.holds import end_of_hold
from blindspot.cli.parts.named_people import Key
from blindspot.cli.parts.output import AsJson, print_json

if TYPE_CHECKING:
    from blindspot.nodes.clients import Confirmation, Operator

REFUSED, NOT_CONFIRMED = 3, 4
"""Exit codes of an order that no drone took, and of an order that not every drone took, or shows in time."""
LONGEST_ANSWER = 4000
"""Letters of the mission manager's sentence: it names each drone of a large fleet."""
ANSWER_LIMIT_S, STOP_LIMIT_S = 10.0, 5.0
"""Longest wait for the mission manager's answer; for a stop by the socket, after which it takes the graph, too."""
SHOWN_WITHIN_S, SHOWN_WITHIN_WALL_S = 15.0, 60.0
"""Time-outs of the states that show an order: in simulated time, and on the wall clock."""
LEAST_WALL_S = 3.0
"""Wall time that even a fast simulation gets."""
NO_ANSWER = "the mission manager did not answer in time: look at the drones"
DOES = {
    "hold": "holds", "resume": "resumes", "return_home": "calls home", "abort": "lands at once", "jump": "moves on",
    "inspect": "sends to inspect",
}  # fmt: skip

Drones = Annotated[
    list[str] | None,
    typer.Argument(help="Names of drones; every drone that flies by default.", autocompletion=completion.drones),
]
Drone = Annotated[str, typer.Argument(help="Name of the drone.", autocompletion=completion.drones)]
Person = Annotated[str, typer.Option(help="Name of the person who orders it. Required.", show_default=False)]
Reason = Annotated[str, typer.Option(help="The reason, in one sentence. Required.", show_default=False)]


def hold(drones: Drones = None, person: Person = "", reason: Reason = "", as_json: AsJson = False) -> None:
    """Stop drones where they are; they hover. Exit code 0 confirmed, 3 refused, 4 not by all."""
    give("hold", drones or (), person, reason, as_json=as_json)


def resume(
    drones: Drones = None, person: Person = "", reason: Reason = "", key: Key = None, as_json: AsJson = False
) -> None:
    """Let drones continue their routes. Exit code 0 confirmed, 3 refused, 4 not by all."""
    give("resume", drones or (), person, reason, key, as_json=as_json)


def return_home(drones: Drones = None, person: Person = "", reason: Reason = "", as_json: AsJson = False) -> None:
    """Call drones home to their pads. Exit code 0 confirmed, 3 refused, 4 not by all."""
    give("return_home", drones or (), person, reason, as_json=as_json)


def abort(drones: Drones = None, person: Person = "", reason: Reason = "", as_json: AsJson = False) -> None:
    """Land drones at once, straight down where they are: on the way home, or on a route over roofs, this may be a roof.
    Exit code 0 confirmed, 3 refused, 4 not by all."""
    give("abort", drones or (), person, reason, as_json=as_json)


def jump(
    drone: Drone,
    step: Annotated[int, typer.Argument(min=0, help="Step of the route to continue at; 0 is the first.")],
    person: Person = "",
    reason: Reason = "",
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Let a drone continue at another step of its route. Exit code 0 confirmed, 3 refused, 4 not by all."""
    give("jump", (drone,), person, reason, key, as_json=as_json, step=step)


def give(
    order: str, drones: Sequence[str], person: str, reason: str, key: Path | None = None, *, as_json: bool,
    **details: Any,
) -> None:  # fmt: skip
    """Send an order and wait until the drones' states show it. Raises typer.Exit with the exit code.

    An order to the stack of this computer through the stack's socket needs no graph: on a busy computer such an order
    is ten times as fast.
    """
    from blindspot.cli.parts.named_people import own_key, sign_with
    from blindspot.law.orders import named

    by, why = named(person, reason)
    if key is None and not details and (given := _given_here(order, drones, by, why)) is not None:
        raise typer.Exit(printed(given, as_json=as_json))
    from blindspot.cli.sessions.the_stack import operator_of_the_stack

    own = own_key(key)
    with operator_of_the_stack() as operator:
        meet(operator, drones, waits_for_states=False)
        sign_with(operator, own)
        raise typer.Exit(give_by(operator, order, drones, by, why, as_json=as_json, **details))


def of_fleet(names: Sequence[str]) -> str:
    """The drones that an order may name."""
    return f"it has {', '.join(names)}"


def meet(operator: Operator, drones: Sequence[str], *, waits_for_states: bool = True) -> None:
    """Hear the drones of the fleet, and wait until an order can be sent. Raises InputError for an unknown drone.

    With `waits_for_states`, also until each of `drones` (all, if empty) has reported its state.
    """
    from blindspot.cli.sessions.the_stack import HEARD_WITHIN_S, KNOWN_HEARD_WITHIN_S
    from blindspot.core import InputError

    assert operator.fleet is not None
    fleet = [status.drone for status in operator.fleet.drones]
    for name in drones:
        if name not in fleet:
            raise InputError("blindspot", name, "is no drone of this fleet", of_fleet(fleet))
    operator.hear(fleet)
    met_s, wanted = time.monotonic(), set(drones or fleet) if waits_for_states else set()
    while (passed_s := time.monotonic() - met_s) < KNOWN_HEARD_WITHIN_S:
        silent = wanted - operator.statuses.keys() if passed_s < HEARD_WITHIN_S else ()
        if operator.orders.is_ready and not silent:
            return
        operator.spin(0.02)


@dataclass(frozen=True, slots=True)
class Given:
    """An order, the mission manager's answer, and the states of the drones: phase, reason, end of the hold, and
    whether the order is shown."""

    order: str
    person: str
    reason: str
    success: bool
    message: str
    drones: Mapping[str, Mapping[str, Any]]
    simulated: bool = False
    next_step: str = ""
    """Of the person, once the drones show the order."""

    @property
    def open(self) -> tuple[str, ...]:
        """Drones that took the order, and whose state does not show the order."""
        return tuple(name for name in self.taken if not self.drones[name]["confirmed"])

    @property
    def taken(self) -> tuple[str, ...]:
        """Drones that took the order; if some drones refused the order, the other drones."""
        return awaited(self.drones, self.message, success=self.success)


def give_by(
    operator: Operator, order: str, drones: Sequence[str], person: str, reason: str, *, as_json: bool, **details: Any
) -> int:
    """Send an order with a client that has met the drones, print the result, and return the exit code."""
    from blindspot.nodes.clients import Confirmation, is_out

    assert operator.fleet is not None
    before = {status.drone: status for status in operator.fleet.drones} | operator.statuses
    named = list(drones) or [name for name, status in before.items() if is_out(status)]
    success, message = answer_of(operator, order, drones, person, reason, **details)
    waits = Confirmation(order, awaited(named, message, success=success), before | operator.statuses)
    wait_for(operator, waits, OrderLimits())
    states = {name: state_of_drone(operator, name) | {"confirmed": name in waits.shown} for name in named}
    simulated = bool(operator.fleet.simulated)
    return printed(Given(order, person, reason, success, message, states, simulated), as_json=as_json)


def awaited(named: Iterable[str], message: str, *, success: bool) -> tuple[str, ...]:
    """The named drones that took an order, by the mission manager's answer."""
    from blindspot.nodes.clients import parts_of

    return tuple(named) if success else tuple(name for name in named if name in parts_of(message)[0])


def _given_here(order: str, drones: Sequence[str], person: str, reason: str) -> Given | None:
    """An order that the stack of this computer has got by the stack's socket; None without such a stack, and for a
    stop without an answer: given twice, a stop does no harm."""
    from blindspot.core import InputError, one_line
    from blindspot.law.orders import MOVES
    from blindspot.nodes.clients import connect, order_socket, receive, send

    path = order_socket(os.environ)
    channel = None if path is None else connect(path)
    if channel is None:
        return None
    with channel:
        with suppress(OSError):  # it ended since: there is no answer
            send(channel, {"order": order, "drones": list(drones), "person": person, "reason": reason})
        is_stop = order not in MOVES
        answer = receive(channel, STOP_LIMIT_S if is_stop else ANSWER_LIMIT_S)
        if answer is None:
            return None if is_stop else Given(order, person, reason, False, NO_ANSWER, {})
        if "unknown" in answer:
            raise InputError("blindspot", answer["unknown"], "is no drone of this fleet", of_fleet(answer["fleet"]))
        limits, began_sim_s = OrderLimits(), answer["sim_s"]
        given = Given(
            order, person, reason, answer["success"], one_line(answer["message"], LONGEST_ANSWER), answer["drones"],
            began_sim_s > 0.0,
        )  # fmt: skip
        while given.open and not limits.is_late(answer["sim_s"] - began_sim_s):
            if (answer := receive(channel, ANSWER_LIMIT_S)) is None:  # nothing confirms it any more
                break
            given = replace(given, drones=answer["drones"])
    return given


def printed(given: Given, *, as_json: bool) -> int:
    """Print an order that was given; the exit code."""
    from blindspot.core import one_line
    from blindspot.nodes.clients import parts_of

    code = 0 if given.success and not given.open else NOT_CONFIRMED if given.taken else REFUSED
    states = {
        name: {**state, "phase": one_line(state["phase"], 20), "reason": one_line(state["reason"])}
        for name, state in given.drones.items()
    }
    if as_json:
        said = {"order": given.order, "person": given.person, "reason": given.reason, "success": given.success}
        print_json({**said, "message": given.message, "confirmed": code == 0, "drones": states})
        return code
    ends = [
        end for name, state in states.items()
        if (end := end_of_hold(name, state["phase"], state["hold_ends_s"], simulated=given.simulated))
    ]  # fmt: skip
    _, problems, remark = parts_of(given.message)
    if given.success or given.taken:
        shown = ", ".join(f"{name} ({state['phase']})" for name, state in states.items() if state["confirmed"])
        to = shown or ", ".join(given.open) or given.message
        typer.echo(f"{given.person} {DOES[given.order]}: {to}; {given.reason}")
        for line in [*(ends if given.order == "hold" else ()), *filter(None, (remark, given.next_step))]:
            typer.echo(line)
    if not given.success:
        typer.echo(f"refused: {problems}", err=True)
        for end in ends if given.order != "hold" or not given.taken else ():
            typer.echo(end, err=True)
    if given.open:
        others = ", ".join(f"{name} ({states[name]['phase']} {states[name]['reason']})" for name in given.open)
        typer.echo(f"not confirmed: {others}", err=True)
    return code


def answer_of(
    operator: Operator, order: str, drones: Sequence[str], person: str, reason: str, **details: Any
) -> tuple[bool, str]:
    """Send an order; whether it was taken, and the mission manager's sentence. No answer counts as a refusal."""
    from blindspot.core import one_line
    from blindspot.nodes.clients import AwaitedOrder

    if not operator.orders.is_ready:
        return False, "the mission manager does not answer"
    sent = AwaitedOrder(operator.orders, order, drones, person, reason, within_s=ANSWER_LIMIT_S, **details)
    while sent.state == "sent":
        operator.spin(0.02)
    if sent.state == "unanswered":
        return False, NO_ANSWER
    return sent.state == "taken", one_line(sent.message, LONGEST_ANSWER)


class OrderLimits:
    """The time-outs of the states that show an order, from now on: in simulated time, and on the wall clock."""

    def __init__(self, within_s: float | None = None, within_wall_s: float | None = None) -> None:
        self._within_s = SHOWN_WITHIN_S if within_s is None else within_s
        self._within_wall_s = SHOWN_WITHIN_WALL_S if within_wall_s is None else within_wall_s
        self._began_s = time.monotonic()

    def is_late(self, passed_sim_s: float) -> bool:
        """Whether the time is over, this much simulated time after the begin."""
        passed_s = time.monotonic() - self._began_s
        return passed_s > self._within_wall_s or (passed_sim_s > self._within_s and passed_s > LEAST_WALL_S)


def wait_for(
    operator: Operator, waits: Confirmation, limits: OrderLimits, each_turn: Callable[[], object] = lambda: None
) -> None:
    """Wait until the drones' states show an order, or the time is over."""
    began_sim_s = operator.sim_s
    while waits.open and not limits.is_late(operator.sim_s - began_sim_s):
        operator.spin(0.05)
        waits.look(operator.statuses)
        each_turn()


def state_of_drone(operator: Operator, name: str) -> dict[str, Any]:
    """Phase and reason of a drone, the end of the drone's hold, and the state of the drone's inspection, as JSON."""
    from blindspot.core import one_line
    from blindspot.nodes.clients import number

    status = operator.statuses.get(name)
    return {"phase": "unknown", "reason": "", "hold_ends_s": None, "inspection": ""} if status is None else {
        "phase": one_line(status.phase, 20), "reason": one_line(status.reason),
        "hold_ends_s": number(status.hold_ends_s), "inspection": one_line(status.inspection, 40),
    }  # fmt: skip
