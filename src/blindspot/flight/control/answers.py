"""The failed answers of the autopilot as data: the phase after a refused or unanswered request.

A request without a row here is repeated: the phase stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from blindspot.flight.control.state import FlightState
from blindspot.flight.route.phases import PHASES, PhaseName
from blindspot.flight.vehicle.vehicle import Reply, ReplyState

REFUSED: tuple[ReplyState, ...] = ("refused",)
FAILED: tuple[ReplyState, ...] = ("refused", "timed out")


@dataclass(frozen=True, slots=True)
class Answer:
    """One row: in `phase`, one of these `answers` to the phase's request leads to the phase `then`, with this
    `reason` (from the former reason and the answer's detail). `only_if` says in words when `holds` is true; empty if
    the row always holds.
    """

    phase: PhaseName
    answers: tuple[ReplyState, ...]
    then: PhaseName
    only_if: str = ""
    holds: Callable[[FlightState], bool] = lambda _: True
    reason: str = "{reason}; {detail}"


ANSWERS = (
    Answer("armed", REFUSED, "failed", "the motors are known to stand",
           lambda x: x.is_heard() and not x.seen.armed, reason="{detail}"),
    Answer("armed", FAILED, "landing", reason="{detail}"),
    Answer("en_route", FAILED, "pilot", "a person resumed the drone from its pilot",
           lambda x: x.stay.resumed_from == "pilot", reason="the pilot still has it: {detail}"),
    Answer("en_route", REFUSED, "hold", reason="{detail}"),
    Answer("hold", REFUSED, "return"),
    Answer("inspect", FAILED, "hold"),
    Answer("return", REFUSED, "return", "the drone returns along its mission, and has not held yet: now from a hold",
           lambda x: x.asked.may_hold_first),
    Answer("return", REFUSED, "landing"),
    Answer("landing", FAILED, "landing", "the motors were to stop: now the drone lands", lambda x: x.asked.disarms),
)  # fmt: skip
"""By phase; the first row that holds is taken."""


def follow_failure(state: FlightState, reply: Reply) -> None:
    """Go where the table leads after a failed answer, or repeat the request."""
    row = next((x for x in ANSWERS if x.phase == state.phase and reply.state in x.answers and x.holds(state)), None)
    if row is None:
        if state.asked.is_due_again(state.seen):
            state.asked.ask(state.seen)
        return
    reason, late_after = row.reason.format(reason=state.reason, detail=reply.detail), state.seen.mode
    if row.then == "failed":
        state.fail(reason, "refused")
    elif row.phase == "armed":
        state.call_off(reason)
    elif row.phase == row.then == "return":
        state.asked.hold_first(state.seen)
        state.reason = reason
    else:
        state.enter(row.then, reason, PHASES[row.then].command)
        state.stay.late_after = late_after if row.then == "pilot" else ""
