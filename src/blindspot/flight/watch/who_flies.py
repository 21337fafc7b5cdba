"""Who is flying: we, the autopilot's own failsafe, or somebody else. Whoever is not known is the pilot."""

from __future__ import annotations

from collections.abc import Set
from typing import Literal

from blindspot.flight.route.phases import FAILSAFE_PHASES
from blindspot.flight.vehicle.vehicle import Telemetry

Who = Literal["us", "autopilot", "pilot"]


def who_flies(seen: Telemetry, ours: Set[str], *, falls_back_to: Set[str]) -> Who:
    """Judge the mode that `state` tells.

    `ours` are the modes that we asked for, or that follow from what we asked. A failsafe of the autopilot shows as
    system status 5 with hold, return or land (measured); when it ends by itself, as after a regained position, the
    autopilot falls back, with status 4, to the mode that flew before: `falls_back_to`, empty where no failsafe acted.
    """
    if seen.mode in ours:
        return "us"
    if seen.in_failsafe and seen.mode in FAILSAFE_PHASES:
        return "autopilot"
    if seen.mode in falls_back_to:
        return "autopilot"
    return "pilot"


def taken_on_the_ground(seen: Telemetry, ours: Set[str]) -> str:
    """How somebody else took a drone that we have not armed yet, empty if nobody did."""
    if not seen.connected or not seen.mode:
        return ""
    if seen.mode not in ours:
        return f"the pilot has it (mode {seen.mode})"
    return "the drone was armed during the checks, and not by us" if seen.armed else ""
