"""Requests of several messages, written top-down as generators and advanced by polling; all calls return at once.

A request yields while it waits and returns its result. Requests of one lane run one after the other, because an
autopilot answers "busy" to two mission protocols, or two commands of a kind, at the same time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from math import nan

from blindspot.flight.vehicle.vehicle import Reply, ReplyState


@dataclass(frozen=True, slots=True)
class Ended:
    """The result of a request."""

    state: ReplyState
    detail: str = ""
    value: float = nan


Request = Generator[None, None, Ended]


@dataclass(slots=True)
class Lane:
    """Requests that run one after the other, in the order of their arrival."""

    _queue: deque[tuple[Request, Reply]] = field(default_factory=deque)

    @property
    def idle(self) -> bool:
        return not self._queue

    def ask(self, request: Request) -> Reply:
        """Queue a request; it starts at once in an empty lane."""
        reply = Reply()
        self._queue.append((request, reply))
        if len(self._queue) == 1:
            self.advance()
        return reply

    def advance(self) -> None:
        """Run the first request up to its next wait, and the following ones if it ended."""
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
        """End every request now; their sending stops."""
        while self._queue:
            request, reply = self._queue.popleft()
            request.close()
            reply.settle("refused", why)

    def _drop_first(self, request: Request) -> None:
        if self._queue and self._queue[0][0] is request:
            self._queue.popleft()


def until(true: Callable[[], object], clock: Callable[[], float], timeout_s: float) -> Generator[None, None, bool]:
    """Wait until a condition holds; returns False after `timeout_s`."""
    deadline_s = clock() + timeout_s
    while not true():
        if clock() >= deadline_s:
            return False
        yield
    return True


def within(request: Request, clock: Callable[[], float], timeout_s: float, late: Ended) -> Request:
    """Run a request until its end, or until `timeout_s` has passed; then it sends nothing more, and `late` is its
    result."""
    deadline_s = clock() + timeout_s
    while clock() < deadline_s:
        try:
            next(request)
        except StopIteration as stop:
            ended: Ended = stop.value
            return ended
        yield
    request.close()
    return late
