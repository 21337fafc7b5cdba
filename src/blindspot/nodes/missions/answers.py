"""The answers of drones to an order, for which the mission manager's own answer to the person waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rclpy.task import Future

from blindspot.core import one_line

ANSWER_LIMIT_S = 5.0
"""Wall time for the answer of a flight_control. It is shorter than the wait of the person's command."""


@dataclass(frozen=True, slots=True)
class _Asked:
    answers: Mapping[str, Future]
    until_s: float
    done: Callable[[Sequence[str], Sequence[str]], None]


class Answers:
    """Call `step` about ten times a second."""

    def __init__(self) -> None:
        self._asked: list[_Asked] = []

    def wait(
        self, answers: Mapping[str, Future], done: Callable[[Sequence[str], Sequence[str]], None]
    ) -> None:  # fmt: skip
        """Wait for the drones' answers. `done(taken, problems)` gets the drones that took the order, and a
        sentence for each other drone; without drones at once."""
        self._asked.append(_Asked(answers, time.monotonic() + ANSWER_LIMIT_S, done))
        self.step()

    def step(self) -> None:
        """Report the orders that are answered, or whose answers are late."""
        asked, self._asked = self._asked, []
        for each in asked:
            is_over = all(future.done() for future in each.answers.values()) or time.monotonic() > each.until_s
            if not is_over:
                self._asked.append(each)
                continue
            problems = {drone: _problem(drone, future) for drone, future in each.answers.items()}
            taken = [drone for drone, problem in problems.items() if not problem]
            each.done(taken, [problem for problem in problems.values() if problem])


def _problem(drone: str, future: Future) -> str:
    """The reason why a drone did not take an order; empty if it did."""
    answer: Any = future.result() if future.done() else None
    if answer is None:
        return f"{drone} gave no answer: look at it"
    return "" if answer.success else f"{drone}: {one_line(answer.message)}"
