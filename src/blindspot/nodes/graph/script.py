"""A sequence of steps that wait for facts: written top-down as a coroutine, and advanced by a timer, never blocking."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class Until:
    """`await Until(fact, clock, limit_s)`: True once the fact holds, False after `limit_s` seconds of the clock."""

    def __init__(self, fact: Callable[[], bool], clock: Callable[[], float], limit_s: float) -> None:
        self._fact, self._clock, self._deadline_s = fact, clock, clock() + limit_s

    def __await__(self) -> Generator[None, None, bool]:
        while not self._fact():
            if self._clock() >= self._deadline_s:
                return False
            yield
        return True


class Script(Generic[Value]):
    """Runs a coroutine that awaits only `Until`. Call `step` until `done`; then `value` holds its result."""

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
