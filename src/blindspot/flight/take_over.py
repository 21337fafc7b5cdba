"""The return of a drone whose flight_control is lost, commanded from the ground station. Pure, over a Vehicle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from blindspot.flight.phases import LAND, RETURN
from blindspot.flight.reattach import LEFT_IN, is_before_last
from blindspot.flight.route_items import Item
from blindspot.flight.vehicle import HEARD_S, Reply, Telemetry, Vehicle


class TakeOver:
    """Command AUTO.RTL until the autopilot shows it, then watch the drone down.

    `last_phase` is what flight_control told last; the pilot and a failsafe of the autopilot are left alone, and so is
    a drone that is on its way down. `items` are its mission.
    """

    def __init__(
        self, vehicle: Vehicle, items: Sequence[Item], last_phase: str, *, silence_limit_s: float = 60.0
    ) -> None:
        self._vehicle = vehicle
        self._items = items
        self._last_phase = last_phase
        self._ours = LEFT_IN.get(last_phase, frozenset()) - {RETURN, LAND}
        self._silence_limit_s = silence_limit_s
        self._is_left_alone = False
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
            self._asked = self._vehicle.set_mode(RETURN)

    def _may_command(self, seen: Telemetry) -> bool:
        waiting = self._asked is not None and self._asked.pending
        heard = seen.connected and seen.state_age_s <= HEARD_S
        if heard and seen.mode and seen.mode not in self._ours:
            self._is_left_alone = True  # it comes home, or somebody chose otherwise: whatever shows later is theirs
        lands = self._last_phase == "landing" and not is_before_last(self._items, seen.mission_seq)
        ours = seen.mode in self._ours and not lands and not self._is_left_alone
        return heard and seen.armed and ours and not seen.in_failsafe and not waiting
