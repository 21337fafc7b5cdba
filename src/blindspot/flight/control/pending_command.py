"""The one request of a phase to the vehicle on entry, the result, and the possible modes meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from blindspot.flight.route.mission_items import Item
from blindspot.flight.route.phases import HOLD, MISSION
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.vehicle import Reply, Telemetry, Vehicle

ASK_AGAIN_S = 5.0


class ReturnAlong(NamedTuple):
    """The arguments of `Vehicle.return_along`."""

    items: Sequence[Item]
    seq: int
    in_mission: bool


class Asked:
    """The requested mode, or no request: then the mode at the beginning continues.

    A silent vehicle gets no request: the pilot may have it.
    """

    def __init__(self, vehicle: Vehicle, settings: FlightSettings) -> None:
        self.command: str | None = None
        self.reply: Reply | None = None
        self._vehicle = vehicle
        self._settings = settings
        self._shown: frozenset[str] = frozenset()
        self._overtaken: frozenset[str] = frozenset()
        """Modes of earlier requests that have not shown yet: the autopilot may still obey each earlier request."""
        self._on_the_way: frozenset[str] = frozenset()
        """Modes shown by the request before the requested mode."""
        self._obeyed: frozenset[str] = frozenset()
        self._arms: bool | None = None
        self._mission: tuple[Sequence[Item], int | None] | None = None
        self._return_along: ReturnAlong | None = None
        self._asked_s = 0.0

    def begin(
        self,
        seen: Telemetry,
        command: str | None,
        *,
        arms: bool | None = None,
        mission: tuple[Sequence[Item], int | None] | None = None,
        return_along: ReturnAlong | None = None,
    ) -> None:
        """Replace the previous request by `command`: by (dis)arming in the mode, or by a mission from an item on.

        A drone that may fly a mission holds during the preparation of the return along the mission.
        """
        if self.is_obeyed:
            self._overtaken = frozenset()
        elif self.reply is not None:
            self._overtaken |= self._obeyed | self._on_the_way
        self._shown = frozenset({seen.mode, *self._overtaken} - {""})
        holds = return_along is not None and not return_along.in_mission and MISSION in self._shown
        self._on_the_way = frozenset({HOLD} if holds else ())
        self._shown |= self._on_the_way
        self._obeyed = frozenset({command} if command else ())
        self.command, self.reply, self._arms, self._mission = command, None, arms, mission
        self._return_along = return_along
        self.ask(seen)

    def ask(self, seen: Telemetry) -> None:
        """Send the request, again if needed; skipped while the vehicle is silent."""
        self._asked_s = seen.stamp_s
        if self.command is None or not seen.connected or seen.state_age_s > self._settings.stale_state_s:
            return
        if self._arms is not None:
            self.reply = self._vehicle.arm(self._arms)
        elif self._mission is not None:
            self.reply = self._vehicle.fly_mission(*self._mission)
        elif self._return_along is not None:
            items, seq, in_mission = self._return_along
            self.reply = self._vehicle.return_along(items, seq, in_mission=in_mission)
        else:
            self.reply = self._vehicle.set_mode(self.command)

    @property
    def may_hold_first(self) -> bool:
        """Whether the request is a return along the flown mission: a hold may come before."""
        return self._return_along is not None and self._return_along.in_mission

    def hold_first(self, seen: Telemetry) -> None:
        """Request that return once more, now from a hold."""
        assert self._return_along is not None
        self.begin(seen, self.command, return_along=self._return_along._replace(in_mission=False))

    @property
    def disarms(self) -> bool:
        """Whether the request is to stop the motors."""
        return self._arms is False

    @property
    def is_obeyed(self) -> bool:
        """Whether the autopilot shows the requested mode; true if there is no request."""
        return self.command is None or (self.reply is not None and self.reply.ok)

    def modes(self, seen: Telemetry) -> frozenset[str]:
        """The modes that may show while only we act. The first mode ever heard is accepted as it is."""
        self._shown = self._shown or frozenset({seen.mode} - {""})
        if self.command is None or self.reply is None:
            return self._shown
        return self._obeyed if self.reply.ok else self._shown | self._obeyed

    def is_due_again(self, seen: Telemetry) -> bool:
        """Whether enough time has passed to repeat the request."""
        return seen.stamp_s - self._asked_s >= ASK_AGAIN_S
