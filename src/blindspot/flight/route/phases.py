"""The phases of a flight as data: the request on entry, the time limit, and the phase after a time-out.

    idle -> preflight -> armed -> takeoff -> en_route -> landing -> landed
                                     |           |  ^
                                     v           v  |
              (from any of them)   return  <-- hold <-- pilot     failed
                                               |  ^
                                               v  |
                                             inspect

Every time-out leads to the safe side. `command` is the mode requested on entry. A phase ends when the telemetry shows
it, never because a service answered. The reference lists every way from one phase to another, and a
test checks the state machine against that table.
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
    airborne: bool = True
    """Whether the failsafe ladder and the pilot's priority apply."""


NOBODY_RESUMED = "nobody resumed it in time"
"""In the reason of a hold that ended by itself."""

PHASES: Mapping[PhaseName, Phase] = {
    "idle": Phase(airborne=False),
    "preflight": Phase(timeout_s=120.0, timeout_reason="the pre-flight checks took too long", airborne=False),
    "reattach": Phase(timeout_s=15.0, timeout_reason="the flight could not be taken over in time", airborne=False),
    "armed": Phase(timeout_s=15.0, on_timeout="landing", timeout_reason="armed but did not take off"),
    "takeoff": Phase(on_timeout="landing", timeout_reason="the take-off took too long"),
    "en_route": Phase(on_timeout="return", timeout_reason="the route took too long"),
    "hold": Phase(HOLD, on_timeout="return", timeout_reason=NOBODY_RESUMED),
    "inspect": Phase(OFFBOARD, timeout_s=240.0, on_timeout="hold", timeout_reason="the inspection took too long"),
    "return": Phase(RETURN, on_timeout="landing", timeout_reason="the return took too long"),
    "landing": Phase(LAND, timeout_s=180.0, timeout_reason="the landing took too long"),
    "landed": Phase(airborne=False),
    "pilot": Phase(airborne=False),
    "failed": Phase(airborne=False),
}

RANK: Mapping[str, int] = {"hold": 1, "return": 2, "landing": 3}
"""Severity: a graver order replaces a lighter one."""


FAILSAFE_PHASES: Mapping[str, PhaseName] = {HOLD: "hold", RETURN: "return", LAND: "landing"}
"""The phase that corresponds to each mode of the autopilot's own failsafe."""
