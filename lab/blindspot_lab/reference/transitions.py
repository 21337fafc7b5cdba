"""Every way from one phase of a flight to another; a test compares the table with the state machine."""

from __future__ import annotations

from dataclasses import dataclass

from blindspot.flight.route.phases import PhaseName


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
    Transition(("reattach",), ("failed",), "another mission is on board, or the time limit is reached"),
)
