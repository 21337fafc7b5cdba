"""The return along the mission on board (RTL_TYPE 4): which mission, from which item.

PX4 returns along any mission, in the direction of its current item. Before AUTO.RTL is requested, the mission on board
is therefore read back, a foreign one is replaced in AUTO.LOITER, and the item is chosen. A failure of these steps is a
refusal, after which the flight lands. Only the reading back of a mission as long as ours may fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from blindspot.flight.route.mission_items import Item
from blindspot.flight.route.phases import HOLD, MISSION, RETURN
from blindspot.flight.vehicle import mavros_items
from blindspot.flight.vehicle.mavros_lists import READ_BACK_S, Waypoints
from blindspot.flight.vehicle.mavros_modes import MavrosModes
from blindspot.flight.vehicle.requests import Ended, within
from blindspot.flight.vehicle.returning import goes_forwards

READY_WITHIN_S = 10.0
"""All that comes before the request for AUTO.RTL."""
PULLED_WITHIN_S = 3.0
"""A mission as long as ours that is not read back delays the return by this time, s."""
CHOSEN_WITHIN_S, CURRENT_WITHIN_S = 1.5, 1.0
_TOPIC = "mission/waypoints"


class MavrosReturn(MavrosModes):
    """Makes the mission on board ready for a return along it, then requests AUTO.RTL."""

    async def _return_along(self, items: Sequence[Item], seq: int, *, in_mission: bool) -> Ended:
        late = Ended("refused", f"the mission is not ready for a return within {READY_WITHIN_S:g} s")
        ready = await within(self._make_ready(items, seq, in_mission=in_mission), self._clock, READY_WITHIN_S, late)
        return await self._set_mode(RETURN) if ready.state == "ok" else ready

    async def _make_ready(self, items: Sequence[Item], seq: int, *, in_mission: bool) -> Ended:
        waypoints = mavros_items.waypoints(items, self._frame)
        if problem := self._may_not_ask():
            return problem
        may_fly_it = MISSION in self._may_show and not self._reader.is_returning
        if may_fly_it and not in_mission and (problem := (await self._stop())):
            return problem
        await self._until(lambda: not self._is_pushing, READY_WITHIN_S)
        is_ours = await self._is_on_board(waypoints)
        if is_ours is False and in_mission:
            return Ended("refused", "another mission is on board")
        if is_ours is False and (problem := (await self._replace_mission(waypoints))):
            return problem
        if in_mission or self._reader.is_returning:
            return Ended("ok")  # an item chosen now would turn the drone round
        return await self._choose_first(items, seq)

    async def _stop(self) -> Ended | None:
        """Hold, because a change of a mission in flight leads the drone away. Returns the problem."""
        self._may_show |= {HOLD}
        held = await self._set_mode(HOLD)
        return None if held.state == "ok" else _refused("the mission does not stop before the return", held)

    async def _is_on_board(self, waypoints: Waypoints) -> bool | None:
        """Whether this mission is on board; `None` if it is as long, but not read back in time."""
        began_s = self._clock()
        while True:
            asked_s = self._clock()
            may_be_ours = self._reader.mission_items == len(waypoints)
            left_s = began_s + PULLED_WITHIN_S - asked_s if may_be_ours else PULLED_WITHIN_S
            if left_s <= 0.0:
                return None
            answer = await self._call("mission/pull", {}, left_s)
            if answer is not None and answer.success:
                ours = partial(self._reader.which, _TOPIC, [waypoints], asked_s)
                is_as_long = answer.wp_received == len(waypoints)
                return is_as_long and (await self._until(ours, READ_BACK_S))
            if answer is not None:
                await self._pause()  # a busy autopilot answers at once

    async def _replace_mission(self, waypoints: Waypoints) -> Ended | None:
        if problem := self._may_not_ask():
            return problem
        pushed = await self._push("mission", _TOPIC, waypoints)
        return None if pushed.state == "ok" else _refused("another mission is on board", pushed)

    async def _choose_first(self, items: Sequence[Item], seq: int) -> Ended:
        """Make an item the current item, and wait for the display. Another one serves too, if its return has the
        direction."""
        until_s = self._clock() + CHOSEN_WITHIN_S
        while (left_s := until_s - self._clock()) > 0.0:
            if problem := self._may_not_ask():
                return problem
            if self._reader.is_returning:
                return Ended("ok")
            answer = await self._call("mission/set_current", {"wp_seq": seq}, min(left_s, CURRENT_WITHIN_S))
            if answer is None:
                continue
            if answer.success and (await self._until(lambda: self._reader.mission_seq == seq, CURRENT_WITHIN_S)):
                break
            await self._pause()
        current = self._reader.mission_seq
        if current is None or goes_forwards(items, current) != goes_forwards(items, seq):
            return Ended("refused", f"the mission does not go to item {seq}, from which the return is shorter")
        return Ended("ok")


def _refused(what: str, why: Ended) -> Ended:
    return Ended("refused", f"{what}: {why.detail}")
