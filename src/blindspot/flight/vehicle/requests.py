"""Requests that take several messages, written top-down as generators and moved on by polling: nothing blocks.

A request yields while it waits and returns how it ended. Requests of one lane run one after the other, because an
autopilot answers "busy" to two mission protocols, or two commands of a kind, at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from math import nan

from blindspot.flight.vehicle.vehicle import Reply, ReplyState


@dataclass(frozen=True, slots=True)
class Ended:
    """How a request ended."""

    state: ReplyState
    detail: str = ""
    value: float = nan


Request = Generator[None, None, Ended]


@dataclass(slots=True)
class Lane:
    """Requests that run one after the other, in the order asked."""

    _queue: deque[tuple[Request, Reply]] = field(default_factory=deque)

    @property
    def idle(self) -> bool:
        return not self._queue

    def ask(self, request: Request) -> Reply:
        """Queue a request; it starts at once if nothing runs."""
        reply = Reply()
        self._queue.append((request, reply))
        if len(self._queue) == 1:
            self.advance()
        return reply

    def advance(self) -> None:
        """Run the first request up to its next wait, and the next ones if it ended."""
        while self._queue:
            request, reply = self._queue[0]
            try:
                next(request)
                return
            except StopIteration as stop:
                ended: Ended = stop.value
                self._drop_first(request)
                reply.settle(ended.state, ended.detail, ended.value)

    def abandon(self, why: str) -> None:
        """End every request now; none of them sends anything more."""
        while self._queue:
            request, reply = self._queue.popleft()
            request.close()
            reply.settle("refused", why)

    def _drop_first(self, request: Request) -> None:
        if self._queue and self._queue[0][0] is request:
            self._queue.popleft()


def until(true: Callable[[], object], clock: Callable[[], float], timeout_s: float) -> Generator[None, None, bool]:
    """Wait until a fact holds; False if it does not within `timeout_s`."""
    deadline_s = clock() + timeout_s
    while not true():
        if clock() >= deadline_s:
            return False
        yield
    return True
