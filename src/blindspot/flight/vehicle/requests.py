"""Sequences of steps that wait for facts: written top-down as coroutines and advanced by polling, never blocking.

A request to an autopilot is such a sequence. Requests of one lane run one after the other, because an autopilot answers
"busy" to two mission protocols, or two commands of a kind, at the same time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from math import nan
from typing import Any, Generic, TypeVar

from blindspot.flight.vehicle.vehicle import Reply, ReplyState

Value = TypeVar("Value")


class Until:
    """`await Until(fact, clock, limit_s)`: True once the fact holds, False after `limit_s` seconds of the clock."""

    def __init__(self, fact: Callable[[], object], clock: Callable[[], float], limit_s: float) -> None:
        self._fact, self._clock, self._deadline_s = fact, clock, clock() + limit_s

    def __await__(self) -> Generator[None, None, bool]:
        while not self._fact():
            if self._clock() >= self._deadline_s:
                return False
            yield
        return True


class Script(Generic[Value]):
    """Runs a coroutine that awaits only `Until`. Call `step` until `done`; then `value` holds the result."""

    def __init__(self, coroutine: Coroutine[Any, Any, Value]) -> None:
        self._coroutine = coroutine
        self.done = False
        self.value: Value | None = None

    def step(self) -> None:
        """Run to the next wait."""
        if self.done:
            return
        try:
            self._coroutine.send(None)
        except StopIteration as stop:
            self.done, self.value = True, stop.value

    def close(self) -> None:
        """End the coroutine at the present wait, without any further step."""
        self._coroutine.close()


@dataclass(frozen=True, slots=True)
class Ended:
    """The result of a request."""

    state: ReplyState
    detail: str = ""
    value: float = nan


Request = Coroutine[Any, Any, Ended]


@dataclass(slots=True)
class Lane:
    """Requests that run one after the other, in the order of their arrival."""

    _queue: deque[tuple[Script[Ended], Reply]] = field(default_factory=deque)

    @property
    def idle(self) -> bool:
        return not self._queue

    def ask(self, request: Request) -> Reply:
        """Queue a request; it starts at once in an empty lane."""
        reply = Reply()
        self._queue.append((Script(request), reply))
        if len(self._queue) == 1:
            self.advance()
        return reply

    def advance(self) -> None:
        """Run the first request up to its next wait, and the following ones if it ended."""
        while self._queue:
            script, reply = self._queue[0]
            script.step()
            if (ended := script.value) is None:
                return
            self._drop_first(script)
            reply.settle(ended.state, ended.detail, ended.value)

    def abandon(self, why: str) -> None:
        """End every request now; their sending stops."""
        while self._queue:
            script, reply = self._queue.popleft()
            script.close()
            reply.settle("refused", why)

    def _drop_first(self, script: Script[Ended]) -> None:
        if self._queue and self._queue[0][0] is script:
            self._queue.popleft()


async def within(request: Request, clock: Callable[[], float], timeout_s: float, late: Ended) -> Ended:
    """Run a request until the end, or until `timeout_s` has passed; then nothing more is sent, and `late` is the
    result."""
    script, deadline_s = Script(request), clock() + timeout_s

    def is_over() -> bool:
        if clock() < deadline_s:
            script.step()
        return script.done

    await Until(is_over, clock, timeout_s)
    if script.value is not None:
        return script.value
    script.close()
    return late
