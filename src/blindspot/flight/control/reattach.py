"""Takes over the flight of a lost flight_control: the uploaded mission continued meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

from blindspot.flight.route.mission_items import Item, missions_on_board, step_at
from blindspot.flight.route.phases import (
    FAILSAFE_PHASES,
    HOLD,
    LAND,
    MISSION,
    OFFBOARD,
    PHASES,
    RANK,
    RETURN,
    PhaseName,
)
from blindspot.flight.vehicle.vehicle import HEARD_S, Reply, Telemetry, Vehicle
from blindspot.flight.watch.ladder import LeaseState
from blindspot.mission import Route

GROUND = "ground"
"""Follows the phases that flight_control published last, if the ground station has commanded the return since."""
LEFT_IN: Mapping[str, frozenset[str]] = {
    "armed": frozenset({MISSION}),
    "takeoff": frozenset({MISSION}),
    "en_route": frozenset({MISSION}),
    "hold": frozenset({HOLD, MISSION}),
    "inspect": frozenset({HOLD, OFFBOARD}),
    "return": frozenset({RETURN, MISSION}),
    "landing": frozenset({LAND, MISSION}),
}
"""Modes in which a flight_control lost in a phase may have left the drone: any other mode is the pilot's choice.

A phase is published at once. The autopilot obeys its mode seconds later, or never: the mission may still continue.
"""
LEASE_WITHIN_S = 8.0
"""Time in which a new process hears its first lease, s. Then a drone in the mission without a lease is held."""
OBEYED_S = 15.0
"""Longest time from publishing a phase to its mode at the autopilot, which is requested four times, s."""
AT_REST = frozenset({"idle", "landed", "failed"})
"""Phases without a flight in progress."""
NOT_FLOWN = AT_REST | {"reattach"}
"""Phases that are unrelated to the drone's motion: a refused reattach publishes "failed" for a drone in the air."""

_ENDS_MISSION: Mapping[str, PhaseName] = {
    "hold": "hold",
    "inspect": "hold",
    "return": "return",
    "landing": "landing",
}


@dataclass(frozen=True, slots=True)
class LastTold:
    """The phase that a flight_control published last, after recently overtaken phases whose modes may still show.

    As text, the phases in order: the input of `Reattach` and `TakeOver`.
    """

    phases: tuple[str, ...] = ()
    since_s: float = 0.0

    def heard(self, phase: str, now_s: float) -> LastTold:
        """The value after a status message with `phase`."""
        if phase in NOT_FLOWN:
            return self
        before = self.phases[-1] if self.phases else ""
        if phase == before:
            return self if now_s - self.since_s < OBEYED_S else LastTold((phase,), self.since_s)
        overtakes = before in RANK and RANK.get(phase, 0) > RANK[before]
        return LastTold((*self.phases, phase) if overtakes else (phase,), now_s)

    def taken_over(self) -> LastTold:
        """The value after the ground station has taken the drone over; the ground station takes no drone of another
        party."""
        may_take = bool(self.phases) and self.phases[-1] in LEFT_IN
        return LastTold((*self.phases, GROUND), self.since_s) if may_take else self

    def __str__(self) -> str:
        return " ".join(self.phases)


def left_in(last_phases: str) -> tuple[str, frozenset[str]]:
    """(last phase, modes in which the lost flight_control, or the ground station since, may have left the drone)."""
    phases = [phase for phase in last_phases.split() if phase != GROUND] or [""]
    if phases[-1] not in LEFT_IN:
        return phases[-1], frozenset()
    by_ground = frozenset({HOLD, RETURN, LAND} if is_by_ground(last_phases) else ())
    return phases[-1], by_ground.union(*(LEFT_IN.get(phase, frozenset()) for phase in phases))


def is_by_ground(last_phases: str) -> bool:
    """Whether the ground station has taken the drone over since the last published phase."""
    return last_phases.split()[-1:] == [GROUND]


def is_before_last(seen: Telemetry) -> bool:
    """Whether a drone flies the mission on board and is still before the landing; false for an unknown item."""
    return seen.mission_seq is not None and seen.mission_seq < seen.mission_items - 1


class Reattach:
    """Finds the phase in which to continue; only requests the mission from the vehicle. `command` is then to be sent.

    `last_phases` are the phases that the lost flight_control published last (`LastTold`). A mission that is neither the
    plan's nor the remainder of a jump ends the reattach. Without a lease the drone is held.
    """

    def __init__(self, vehicle: Vehicle, route: Route, last_phases: str, *, simulated: bool = False) -> None:
        self._vehicle = vehicle
        self._asks_what_it_is = simulated
        self._firmware: Reply | None = None
        self._route = route
        self._may_be: tuple[Sequence[Item], ...] = ()
        self.items: Sequence[Item] | None = None
        """The mission on board, once it is identified as the route's own or as the remainder of a jump."""
        self._taken_over = is_by_ground(last_phases)
        self._last_phase, self.ours = left_in(last_phases)
        """The last published phase, and the modes in which the lost flight_control may have left the drone."""
        self._mission: Reply | None = None
        self._began_s = inf
        self.command: str | None = None
        """The mode of the found phase, if the lost flight_control requested this mode and the drone still flies the
        route."""
        self.is_by_ground = False
        """Whether the found phase is a return or a landing that the ground station or the autopilot ordered."""
        self.lacks_lease = False
        """Whether the found phase is a hold for want of a lease."""
        self.problem = "the autopilot is not heard"
        """The missing condition, in words."""

    def step(
        self, seen: Telemetry, lease: LeaseState, ordered: PhaseName | None = None
    ) -> PhaseName | Literal["refused"] | None:
        """The phase in which to continue, "refused" (see `problem`), or `None` while it is unknown.

        A phase `ordered` meanwhile that is graver than the last phase requires neither the plan's mission nor a lease.
        """
        self._began_s = min(self._began_s, seen.stamp_s)
        if not seen.connected or not seen.mode or seen.state_age_s > HEARD_S or seen.landed == "unknown":
            return None
        if seen.is_down:
            return "landed"
        if self._last_phase == "pilot":
            return "pilot"
        if self._asks_what_it_is and not self._is_simulation(seen):
            return None
        if seen.in_failsafe and seen.mode in FAILSAFE_PHASES:
            return FAILSAFE_PHASES[seen.mode]
        if seen.mode not in self.ours:
            return "pilot"
        if self._taken_over and seen.mode in (RETURN, LAND) and ordered != "landing":
            self.is_by_ground = True
            return FAILSAFE_PHASES[seen.mode]
        if ordered and RANK[ordered] > RANK.get(self._last_phase, 0):
            self.command = PHASES[ordered].command
            return ordered
        phase = _ENDS_MISSION.get(self._last_phase)
        if self._taken_over and phase != "landing":
            phase = "return"
        lands_on_pad = phase == "landing" and seen.mode == MISSION and not is_before_last(seen)
        if phase and seen.mode != PHASES[phase].command and not lands_on_pad:
            self.command = PHASES[phase].command
            return phase
        if problem := self.mission_problem():
            self.problem = problem
            return "refused" if self._mission is None else None
        if lease != "ok" and seen.mode in (MISSION, HOLD):
            self.problem = "no lease: the route does not go on without a lease"
            if seen.stamp_s - self._began_s < LEASE_WITHIN_S:
                return None
            self.lacks_lease, self.command = True, HOLD if seen.mode == MISSION else None
            return "hold"
        return self._phase(seen)

    @property
    def inspected(self) -> bool:
        """Whether flight_control was lost in an inspection: its line is then unknown."""
        return self._last_phase == "inspect"

    @property
    def had_pilot(self) -> bool:
        """Whether the pilot had the drone before flight_control was lost."""
        return self._last_phase == "pilot"

    @property
    def may_have_left_a_mission(self) -> bool:
        """Whether the lost flight_control may have chosen the mode in which the drone stands on the ground."""
        return bool(self.ours) or self._last_phase == "preflight"

    def _is_simulation(self, seen: Telemetry) -> bool:
        """As before take-off: ask the autopilot itself whether it is a simulation."""
        if self._firmware is None or not (self._firmware.pending or self._firmware.ok):
            self._firmware = self._vehicle.read_firmware()
        self.problem = "the autopilot may be real, and here everything is relaxed for a simulation"
        return self._firmware.ok and seen.firmware is not None and seen.firmware.simulation

    def mission_problem(self) -> str:
        """The reason why the mission on board is not identified as the plan's; empty if it is. A call after a failure
        reads it again."""
        reply = self._mission = self._mission or self._vehicle.find_mission(self._missions)
        if reply.ok:
            self.items = self._may_be[round(reply.value)]
            return ""
        if not reply.pending:
            self._mission = None
        return reply.detail or "the mission on board is not read back yet: ask again"

    def _missions(self, count: int) -> Sequence[Sequence[Item]]:
        self._may_be = tuple(missions_on_board(self._route, count))
        return self._may_be

    def _phase(self, seen: Telemetry) -> PhaseName | None:
        if seen.mode == MISSION and seen.mission_seq is None:
            self.problem = "the autopilot does not report the mission item"
            return None
        if self._last_phase in _ENDS_MISSION:
            return _ENDS_MISSION[self._last_phase]
        return "en_route" if step_at(self.items or (), seen.mission_seq) >= 0 else "takeoff"
