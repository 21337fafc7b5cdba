"""Flight modes, and the item and mission on board that a mode begins with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf

from blindspot.flight.route.phases import MISSION, OFFBOARD
from blindspot.flight.vehicle.link import MavrosLink
from blindspot.flight.vehicle.mavros_calls import ATTEMPTS
from blindspot.flight.vehicle.mavros_lists import MavrosLists, Waypoints
from blindspot.flight.vehicle.requests import Ended
from blindspot.site import LocalFrame

MODE_SEEN_S = 2.5  # `state` comes about once a second
ITEM_SEEN_S = 2.5  # PX4 sends its current item once a second
NOT_HEARD = Ended("timed out", "the vehicle is not heard")
"""After a standstill or a silence the pilot may have the drone: all requests stop."""
FLOWS_S = 1.0  # set-points above 2 Hz before the request for OFFBOARD
FLOW_GAP_S = 0.5


class MavrosModes(MavrosLists):
    """A mode is accepted only when `state` shows it. Requests stop once a mode shows that was not requested here."""

    def __init__(self, link: MavrosLink, frame: LocalFrame, clock: Callable[[], float]) -> None:
        super().__init__(link, frame, clock)
        self._may_show: frozenset[str] = frozenset()
        self._awaited = ""
        """The mode of the running request; empty after the end."""
        self._flows_since_s, self._sent_s = inf, -inf

    async def _fly_mission(self, waypoints: Waypoints, seq: int | None) -> Ended:
        ended = await self._read_back("mission", "mission/waypoints", waypoints)
        if ended.state == "ok" and seq is not None:
            ended = await self._go_to_item(seq)
        return await self._set_mode(MISSION) if ended.state == "ok" else ended

    async def _go_to_item(self, seq: int, *, only_in: str = "") -> Ended:
        """Make an item the current item, and wait for the display, in any mode requested here, or in one mode only.

        MAVROS takes any report of the current item as the autopilot's consent, also that of another item: a lost or
        refused request is answered with success. In a mission in flight the items pass too quickly
        to be seen, so there the answer counts. After a lost answer the item is asked for again; with `only_in` the
        request ends, because its caller reports that and chooses an item anew.
        """
        shown, answer = partial(self._reader.is_at_item, seq), None
        for _ in range(ATTEMPTS):
            if problem := self._may_not_ask(only_in):
                return problem
            answer = await self._call("mission/set_current", {"wp_seq": seq})
            if answer is None and only_in:
                break
            if answer is not None and answer.success and (await self._until(shown, ITEM_SEEN_S)):
                return Ended("ok")
            await self._pause()  # a busy autopilot answers at once
        if answer is None:
            return Ended("timed out", f"no answer when the mission was sent to item {seq}")
        return Ended("refused", f"the mission does not go to item {seq}")

    def _flows(self) -> bool:
        return self._sent_s - self._flows_since_s >= FLOWS_S and self._clock() - self._sent_s <= FLOW_GAP_S

    async def _set_mode(self, mode: str) -> Ended:
        self._awaited = mode
        try:
            return await self._repeat_mode(mode)
        finally:  # also if it is abandoned
            self._awaited = ""

    async def _repeat_mode(self, mode: str) -> Ended:
        if mode == OFFBOARD and not (await self._until(self._flows, 2 * FLOWS_S)):
            return Ended("refused", "no set-points flow, or the place in the autopilot's own frame is not known")
        began_s = self._clock()
        for _ in range(ATTEMPTS):
            if problem := self._may_not_ask():
                return problem
            asked_s = self._clock()
            answer = await self._call("set_mode", {"base_mode": 0, "custom_mode": mode})
            if answer is None:
                return Ended("timed out", f"no answer to {mode}")
            if answer.mode_sent and (await self._until(partial(self._reader.in_mode, mode, asked_s), MODE_SEEN_S)):
                return Ended("ok")
            await self._pause()
        return Ended("refused", f"the autopilot does not enter {mode}{self._reader.why(began_s)}")

    def _may_not_ask(self, only_in: str = "") -> Ended | None:
        """Refuse requests to a silent drone, which may be the pilot's, and to one in a foreign mode, which is."""
        if not self._reader.is_heard():
            return NOT_HEARD
        if self._reader.mode not in ({only_in} if only_in else self._may_show):
            return Ended("refused", f"somebody else chose {self._reader.mode}")
        return None
