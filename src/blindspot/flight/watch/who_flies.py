"""Decides which party flies the drone: we, the autopilot's own failsafe, or the pilot. An unknown party counts as the
pilot."""

from __future__ import annotations

from collections.abc import Set
from typing import Literal

from blindspot.flight.route.phases import FAILSAFE_PHASES
from blindspot.flight.vehicle.vehicle import Telemetry

Who = Literal["us", "autopilot", "pilot"]
OWN_FAILSAFE = "the autopilot's own failsafe"
"""Begins the reason of each phase that a failsafe of the autopilot has chosen."""


def is_by_failsafe(phase: str, reason: str) -> bool:
    """Whether a failsafe of the autopilot has chosen this phase of a flight: it ends by itself, and shows no order."""
    return phase in FAILSAFE_PHASES.values() and reason.startswith(OWN_FAILSAFE)


def who_flies(seen: Telemetry, ours: Set[str], *, falls_back_to: Set[str]) -> Who:
    """Judge the mode in `state`.

    `ours` are the modes that we requested, or that follow from our requests. A failsafe of the autopilot shows as
    system status 5 with hold, return or land (measured). When it ends by itself, as after a regained position, the
    autopilot falls back, with status 4, to the previous mode: `falls_back_to`, empty if no failsafe acted.
    """
    if seen.mode in ours:
        return "us"
    if seen.in_failsafe and seen.mode in FAILSAFE_PHASES:
        return "autopilot"
    if seen.mode in falls_back_to:
        return "autopilot"
    return "pilot"


def taken_on_the_ground(seen: Telemetry, ours: Set[str]) -> str:
    """How another party took a drone before our arming, in words; empty if it is still ours."""
    if not seen.connected or not seen.mode:
        return ""
    if seen.mode not in ours:
        return f"the pilot has it (mode {seen.mode})"
    return "the drone was armed during the checks, and not by us" if seen.armed else ""
