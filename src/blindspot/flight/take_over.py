"""The return of a drone whose flight_control is lost, commanded from the ground station. Pure, over the Vehicle port."""

from __future__ import annotations

from typing import Literal

from blindspot.flight.vehicle import Reply, Vehicle

OURS = frozenset({"AUTO.MISSION", "AUTO.LOITER", "AUTO.TAKEOFF"})
"""Modes in which a lost flight_control can have left the drone; any other is the pilot's or the autopilot's own choice."""


class TakeOver:
    """Command AUTO.RTL until the autopilot shows it, then watch the drone down; the pilot and a failsafe are left alone."""

    def __init__(self, vehicle: Vehicle, *, silence_limit_s: float = 60.0) -> None:
        self._vehicle = vehicle
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
        elif seen.armed and seen.mode in OURS and not seen.in_failsafe and not (self._asked and self._asked.pending):
            self._asked = self._vehicle.set_mode("AUTO.RTL")
