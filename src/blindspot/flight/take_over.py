"""The return of a drone whose flight_control is lost, commanded from the ground station. Pure, over a Vehicle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from blindspot.flight.vehicle import Reply, Telemetry, Vehicle

LEFT_IN: Mapping[str, frozenset[str]] = {
    "armed": frozenset({"AUTO.MISSION"}),
    "takeoff": frozenset({"AUTO.MISSION"}),
    "en_route": frozenset({"AUTO.MISSION"}),
    "hold": frozenset({"AUTO.LOITER"}),
}
"""Modes in which a flight_control that is lost in a phase left the drone. Any other mode, and any mode in a phase that
is not listed (the pilot's, a return, a landing), is somebody else's choice or needs no command."""


class TakeOver:
    """Command AUTO.RTL until the autopilot shows it, then watch the drone down.

    `last_phase` is what flight_control told last; the pilot and a failsafe of the autopilot are left alone.
    """

    def __init__(self, vehicle: Vehicle, last_phase: str, *, silence_limit_s: float = 60.0) -> None:
        self._vehicle = vehicle
        self._ours = LEFT_IN.get(last_phase, frozenset())
        self._silence_limit_s = silence_limit_s
        self._asked: Reply | None = None
        self._started_s: float | None = None
        self.outcome: Literal["returned", "failed"] | None = None
        self.reason = ""

    def step(self, now_s: float) -> None:
        """Look at the vehicle and act; call it about ten times a second."""
        self._started_s = now_s if self._started_s is None else self._started_s
        seen = self._vehicle.telemetry(now_s)
        if self.outcome is not None:
            return
        if min(seen.state_age_s, now_s - self._started_s) > self._silence_limit_s:
            self.outcome, self.reason = "failed", "flight_control lost and the autopilot silent: position unknown"
        elif seen.is_down:
            self.outcome, self.reason = "returned", "flight_control lost; brought home by the ground station"
        elif self._may_command(seen):
            self._asked = self._vehicle.set_mode("AUTO.RTL")

    def _may_command(self, seen: Telemetry) -> bool:
        waiting = self._asked is not None and self._asked.pending
        return seen.armed and seen.mode in self._ours and not seen.in_failsafe and not waiting
