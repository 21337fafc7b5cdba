"""The phases of a flight as data: the request on entry, the time limit, and the phase after a time-out.

    idle -> preflight -> armed -> takeoff -> en_route -> landing -> landed
                                     |           |  ^
                                     v           v  |
              (from any of them)   return  <-- hold <-- pilot     failed
                                               |  ^
                                               v  |
                                             inspect

Every time-out leads to the safe side. `command` is the mode requested on entry. A phase ends when the telemetry shows
it, never because a service answered. `TRANSITIONS` lists every way from one phase to another; the guide prints it
(docs/guide/phases.md), and a test checks the state machine against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Literal

PhaseName = Literal[
    "idle",
    "preflight",
    "reattach",
    "armed",
    "takeoff",
    "en_route",
    "hold",
    "inspect",
    "return",
    "landing",
    "landed",
    "pilot",
    "failed",
]
Outcome = Literal["completed", "returned", "aborted", "refused", "failed"]

MISSION, HOLD, RETURN, LAND = "AUTO.MISSION", "AUTO.LOITER", "AUTO.RTL", "AUTO.LAND"
OFFBOARD = "OFFBOARD"


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase. Times are seconds; infinite if the controller has a better limit or the phase is unlimited."""

    command: str | None = None
    """Mode requested on entry."""
    timeout_s: float = inf
    on_timeout: PhaseName = "failed"
    timeout_reason: str = ""
    on_refused: PhaseName = "failed"
    airborne: bool = True
    """Whether the failsafe ladder and the pilot's priority apply."""


PHASES: Mapping[PhaseName, Phase] = {
    "idle": Phase(airborne=False),
    "preflight": Phase(timeout_s=120.0, timeout_reason="the pre-flight checks took too long", airborne=False),
    "reattach": Phase(timeout_s=15.0, timeout_reason="the flight could not be taken over in time", airborne=False),
    "armed": Phase(timeout_s=15.0, on_timeout="landing", timeout_reason="armed but did not take off"),
    "takeoff": Phase(on_timeout="landing", timeout_reason="the take-off took too long"),
    "en_route": Phase(on_timeout="return", timeout_reason="the route took too long"),
    "hold": Phase(HOLD, on_timeout="return", timeout_reason="the hold took too long", on_refused="return"),
    "inspect": Phase(
        OFFBOARD, timeout_s=240.0, on_timeout="hold", timeout_reason="the inspection took too long", on_refused="hold"
    ),
    "return": Phase(RETURN, on_timeout="landing", timeout_reason="the return took too long", on_refused="landing"),
    "landing": Phase(LAND, timeout_s=180.0, timeout_reason="the landing took too long", on_refused="landing"),
    "landed": Phase(airborne=False),
    "pilot": Phase(airborne=False),
    "failed": Phase(airborne=False),
}

RANK: Mapping[str, int] = {"hold": 1, "return": 2, "landing": 3}
"""Severity: a graver order replaces a lighter one."""


@dataclass(frozen=True, slots=True)
class Transition:
    """Ways from some phases to others, and their trigger."""

    sources: tuple[PhaseName, ...]
    to: tuple[PhaseName, ...]
    when: str


_FLOWN_ON: tuple[PhaseName, ...] = ("takeoff", "en_route", "hold", "return", "landing")
_AIRBORNE: tuple[PhaseName, ...] = (*_FLOWN_ON, "inspect")

TRANSITIONS: tuple[Transition, ...] = (
    Transition(("idle",), ("preflight",), "a route is to be flown"),
    Transition(("preflight",), ("armed",), "every check has passed, and the mode is still the requested one"),
    Transition(
        ("preflight",), ("failed",), "a check fails, another person takes the drone, or the flight is called off"
    ),
    Transition(("armed",), ("takeoff",), "the drone leaves the ground"),
    Transition(("armed",), ("landed",), "disarmed on the ground, unrequested"),
    Transition(("armed",), ("landing",), "called off by an order, the ladder or a time-out: disarmed, else landed"),
    Transition(("armed",), ("failed",), "arming is refused, or the drone is silent"),
    Transition(("takeoff",), ("en_route",), "at height, and the mission is at its first step"),
    Transition(("en_route",), ("landing",), "the mission is at its last item, down on the pad"),
    Transition(("landing",), ("en_route",), "the mission on board was replaced, or left its landing item"),
    Transition(
        ("hold",),
        ("en_route",),
        "a named person resumes or jumps, a lost lease is back, or the rest of a plan is on board",
    ),
    Transition(("hold",), ("inspect",), "a named person inspects a point, and the ground station has cleared the way"),
    Transition(("inspect",), ("hold",), "the inspection is finished, or a fault ends it"),
    Transition(("pilot",), ("en_route",), "a named person resumes, or the mission mode shows late after a resume"),
    Transition(("armed", *_AIRBORNE), ("pilot",), "an unrequested mode; after a resume, a mission that is not entered"),
    Transition(("armed", *_AIRBORNE), ("hold", "return", "landing"), "the autopilot's own failsafe; a return follows"),
    Transition(_AIRBORNE, ("hold", "return", "landing"), "an order, a row of the ladder, a time-out, a refusal"),
    Transition((*_AIRBORNE, "pilot"), ("landed",), "down and disarmed"),
    Transition((*_AIRBORNE, "pilot"), ("failed",), "disarmed in flight, or silent for too long"),
    Transition(("idle",), ("reattach",), "flight_control was restarted after a loss in flight"),
    Transition(
        ("reattach",),
        _FLOWN_ON,
        "the plan's mission or a jump's is on board, and the mode fits the last reported phase",
    ),
    Transition(("reattach",), ("pilot",), "the pilot had the drone, or its mode contradicts its last reported phase"),
    Transition(("reattach",), ("landed",), "the drone has landed meanwhile"),
    Transition(
        ("reattach",), ("failed",), "another mission is on board, the lease is missing, or the time limit is reached"
    ),
)

FAILSAFE_PHASES: Mapping[str, PhaseName] = {HOLD: "hold", RETURN: "return", LAND: "landing"}
"""The phase that corresponds to each mode of the autopilot's own failsafe."""
