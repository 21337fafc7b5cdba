"""Missions, fences and rally points on board: uploads, and what is read back of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

from blindspot.flight.vehicle.link import MavrosLink
from blindspot.flight.vehicle.mavros_calls import ATTEMPTS, MavrosCalls
from blindspot.flight.vehicle.requests import Ended, Request
from blindspot.site import LocalFrame

UPLOAD_TIMEOUT_S = 30.0
READ_BACK_S = 3.0

Waypoints = list[dict[str, object]]


class MavrosLists(MavrosCalls):
    """Lists of waypoints are read back after each upload. A busy autopilot is asked again."""

    def __init__(self, link: MavrosLink, frame: LocalFrame, clock: Callable[[], float]) -> None:
        super().__init__(link, frame, clock)
        self._pushed: list[Any] = [None]
        """The answer to the last upload; empty until it comes."""
        self._pushed_s = -inf

    @property
    def _is_pushing(self) -> bool:
        """Whether an upload has no answer yet: an upload goes on even after an abandoned request."""
        return not self._pushed and self._clock() - self._pushed_s < UPLOAD_TIMEOUT_S

    async def _send_list(self, plugin: str, waypoints: Waypoints) -> Any:
        answers: list[Any] = []
        self._pushed, self._pushed_s = answers, self._clock()
        if waypoints:
            fields = {"start_index": 0, "waypoints": waypoints}
            self._link.call(f"{plugin}/push", fields, answers.append)
        else:  # an empty push is refused by PX4
            self._link.call(f"{plugin}/clear", {}, answers.append)
        await self._until(lambda: bool(answers), UPLOAD_TIMEOUT_S)
        return answers[0] if answers else None

    async def _push(self, plugin: str, topic: str, waypoints: Waypoints) -> Ended:
        name, began_s = topic.split("/")[1], self._clock()
        answer = None
        await self._until(lambda: not self._is_pushing, UPLOAD_TIMEOUT_S)
        for _ in range(ATTEMPTS):
            if plugin == "mission" and self._reader.is_returning:
                return Ended("refused", f"{name} are not uploaded during a return")
            answer = await self._send_list(plugin, waypoints)
            if answer is None or answer.success:
                break
            await self._pause()  # a busy autopilot answers at once
        if answer is None:
            return Ended("timed out", f"no answer to the upload of {name}")
        if not answer.success:
            return Ended("refused", f"upload of {name} refused{self._reader.why(began_s)}")
        return await self._read_back(plugin, topic, waypoints)

    def _read_back(self, plugin: str, topic: str, waypoints: Waypoints) -> Request:
        return self._find(plugin, topic, lambda count: [waypoints] if count == len(waypoints) else [])

    async def _find(self, plugin: str, topic: str, may_be: Callable[[int], list[Waypoints]]) -> Ended:
        """Read a list back, and return the number of the equal expected list."""
        name = topic.split("/")[1]
        answer = None
        for _ in range(ATTEMPTS):
            asked_s = self._clock()
            answer = await self._call(f"{plugin}/pull", {}, UPLOAD_TIMEOUT_S)
            if answer is None:
                continue  # a lost answer: reading again is safe
            if not answer.success:
                await self._pause()
                continue
            lists = may_be(answer.wp_received)
            if not lists and not answer.wp_received:
                await self._pause()  # PX4 gave an empty list once, in place of the list on board
                continue
            if not lists:
                return _not_as_many(answer.wp_received, name)
            which = partial(self._reader.which, topic, lists, asked_s)
            if not answer.wp_received or (await self._until(which, READ_BACK_S)):
                return Ended("ok", "", float(next(iter(which()), 0)))
        if answer is None:
            return Ended("timed out", f"no answer when reading {name} back")
        if answer.success and not answer.wp_received:
            return _not_as_many(0, name)
        return Ended("refused", f"{name} read back differ from the plan's")


def _not_as_many(found: int, name: str) -> Ended:
    return Ended("refused", f"{found} {name} read back, not as many as the plan's")
