"""The phases of a flight as data: what is asked on entry, how long it may take, what a time-out leads to.

    idle -> preflight -> armed -> takeoff -> en_route -> landing -> landed
                                     |           |  ^
                                     v           v  |
              (from any of them)   return  <-- hold <-- pilot     failed

Every time-out leads to the safe side. `command` is the mode asked on entry; a phase is left when facts say so, never
because a service answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Literal

PhaseName = Literal[
    "idle", "preflight", "armed", "takeoff", "en_route", "hold", "return", "landing", "landed", "pilot", "failed"
]
Outcome = Literal["completed", "returned", "aborted", "refused", "failed"]

MISSION, HOLD, RETURN, LAND = "AUTO.MISSION", "AUTO.LOITER", "AUTO.RTL", "AUTO.LAND"


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase. Times are seconds; infinite where the controller knows a better limit or none is wanted."""

    command: str | None = None
    """Mode asked for on entry."""
    modes: frozenset[str] = frozenset()
    """Modes that are ours while in this phase; any other one means that somebody else flies."""
    timeout_s: float = inf
    on_timeout: PhaseName = "failed"
    told: str = ""
    on_refused: PhaseName = "failed"
    airborne: bool = True
    """The failsafe ladder and the pilot's right apply."""


PHASES: Mapping[PhaseName, Phase] = {
    "idle": Phase(airborne=False),
    "preflight": Phase(timeout_s=120.0, told="the pre-flight checks took too long", airborne=False),
    "armed": Phase(modes=frozenset({MISSION}), timeout_s=15.0, on_timeout="landing", told="armed but did not take off"),
    "takeoff": Phase(modes=frozenset({MISSION}), on_timeout="landing", told="the take-off took too long"),
    "en_route": Phase(modes=frozenset({MISSION}), on_timeout="return", told="the route took too long"),
    "hold": Phase(HOLD, frozenset({HOLD}), on_timeout="return", told="nobody ended the hold", on_refused="return"),
    "return": Phase(RETURN, frozenset({RETURN}), on_timeout="landing", told="the return took too long",
                    on_refused="landing"),
    "landing": Phase(LAND, frozenset({LAND, MISSION}), timeout_s=180.0, told="the landing took too long",
                     on_refused="landing"),
    "landed": Phase(airborne=False),
    "pilot": Phase(airborne=False),
    "failed": Phase(airborne=False),
}

FAILSAFE_PHASES: Mapping[str, PhaseName] = {HOLD: "hold", RETURN: "return", LAND: "landing"}
"""What the autopilot's own failsafe does, as the phase it amounts to."""
