"""The return of a drone whose flight_control is lost, commanded from the ground station. Pure, over a Vehicle."""

from __future__ import annotations

from typing import Literal

from blindspot.flight.reattach import HEARD_S, LEFT_IN
from blindspot.flight.vehicle import Reply, Telemetry, Vehicle

COMMANDED = frozenset({"armed", "takeoff", "en_route", "hold"})
"""Phases that a flight_control may be lost in without having sent the drone home, or the pilot having it."""


class TakeOver:
    """Command AUTO.RTL until the autopilot shows it, then watch the drone down.

    `last_phase` is what flight_control told last; the pilot and a failsafe of the autopilot are left alone.
    """

    def __init__(self, vehicle: Vehicle, last_phase: str, *, silence_limit_s: float = 60.0) -> None:
        self._vehicle = vehicle
        self._ours = LEFT_IN[last_phase] if last_phase in COMMANDED else frozenset()
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
        heard = seen.connected and seen.state_age_s <= HEARD_S
        return heard and seen.armed and seen.mode in self._ours and not seen.in_failsafe and not waiting
