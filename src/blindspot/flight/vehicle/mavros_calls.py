"""Calls of MAVROS services from requests, with their answers, time-outs and pauses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from blindspot.flight.vehicle.link import MavrosLink
from blindspot.flight.vehicle.mavros_reader import MavrosReader
from blindspot.flight.vehicle.requests import Until
from blindspot.site import LocalFrame

ANSWER_TIMEOUT_S = 6.0  # MAVROS itself waits 5 s for an acknowledgement
PAUSE_S = 0.6  # a refused AUTO.MISSION is accepted 0.4 to 1 s later
ATTEMPTS = 4


class MavrosCalls:
    """One MAVROS: `_reader` has the reports, `_call` asks."""

    def __init__(self, link: MavrosLink, frame: LocalFrame, clock: Callable[[], float]) -> None:
        self._link = link
        self._clock = clock
        self._frame = frame
        self._reader = MavrosReader(link, frame, clock)

    def _pause(self) -> Until:
        return self._until(lambda: False, PAUSE_S)

    def _until(self, true: Callable[[], object], timeout_s: float) -> Until:
        return Until(true, self._clock, timeout_s)

    async def _call(self, service: str, fields: Mapping[str, object], timeout_s: float = ANSWER_TIMEOUT_S) -> Any:
        """The response; `None` if none arrives within `timeout_s`."""
        answers: list[Any] = []
        self._link.call(service, fields, answers.append)
        await self._until(lambda: bool(answers), timeout_s)
        return answers[0] if answers else None
