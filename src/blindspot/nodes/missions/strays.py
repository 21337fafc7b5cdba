"""Stops for drones in the air whose mission is unknown here: they go straight to the drones' flight_controls.

Such a drone flies on after the file of its mission was lost, or on another stack's order. A person must be able to stop
it, whatever this stack knows about it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rclpy.task import Future

from blindspot.core import one_line
from blindspot.flight.control import AT_REST
from blindspot.flight.missions import STOPS, InProgress
from blindspot.nodes.missions.drones import Drones

ANSWER_LIMIT_S = 5.0
"""Wall time for the answer of a flight_control. It is shorter than the wait of the person's command."""


@dataclass(frozen=True, slots=True)
class _Asked:
    answers: Mapping[str, Future]
    until_s: float
    done: Callable[[Sequence[str], Sequence[str]], None]


class Strays:
    """Call `step` about ten times a second."""

    def __init__(self, drones: Drones) -> None:
        self._drones = drones
        self._asked: list[_Asked] = []

    def of(self, order: str, named: Sequence[str], missions: Mapping[str, InProgress]) -> tuple[str, ...]:
        """The drones that an order reaches here: those of `named`, or all, with a flight in progress that belongs to no
        mission. Only stops reach any."""
        known = {drone for mission in missions.values() for drone in mission.flying}
        flying = (name for name, status in self._drones.statuses.items() if status.phase not in AT_REST)
        out = (name for name in flying if name not in known and (not named or name in named))
        return tuple(out) if order in STOPS else ()

    def stop(
        self, drones: Sequence[str], request: Any, done: Callable[[Sequence[str], Sequence[str]], None]
    ) -> None:  # fmt: skip
        """Send a person's stop. `done(taken, problems)` gets the drones that took it, and a sentence for each other
        one; without drones at once."""
        answers = {drone: self._drones.order(drone, request) for drone in drones}
        self._asked.append(_Asked(answers, time.monotonic() + ANSWER_LIMIT_S, done))
        self.step()

    def step(self) -> None:
        """Report the stops that are answered, or whose answers are late."""
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
    """The reason why a drone did not take a stop; empty if it did."""
    answer: Any = future.result() if future.done() else None
    if answer is None:
        return f"{drone} gave no answer: look at it"
    return "" if answer.success else f"{drone}: {one_line(answer.message)}"
