"""A link between a vehicle and those who talk to it that loses, repeats and delays what passes: for tests."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from blindspot_sim.mavros.simulated_mavros import Message, Reply, SimulatedMavros


@dataclass(frozen=True, slots=True)
class LinkFaults:
    """What a link does to a message, a request and an answer alike. A good link does nothing."""

    drop: float = 0.0
    """Share that is lost."""
    duplicate: float = 0.0
    """Share that comes twice."""
    delay_s: float = 0.0
    """Time on the way."""


class BadLink:
    """Stands between a `SimulatedMavros` and its clients: `call`, `publish` and `drain` as that has them."""

    def __init__(self, mavros: SimulatedMavros, seed: int) -> None:
        self.faults = LinkFaults()
        self._mavros = mavros
        self._random = Random(seed)
        self._on_way: list[tuple[float, int, Callable[[], None]]] = []
        self._sent = 0
        self._arrived: list[Message] = []

    def call(self, service: str, request: Mapping[str, object], reply: Reply) -> None:
        """Ask a service; a lost request, like a lost answer, is never answered, and a repeated one is obeyed twice."""
        answered = False

        def answer_once(response: dict[str, object]) -> None:
            nonlocal answered
            if not answered:
                answered = True
                reply(response)

        def ask() -> None:
            self._mavros.call(service, request, lambda response: self._send(lambda: answer_once(response)))

        self._send(ask)

    def publish(self, topic: str, message: Mapping[str, Any]) -> None:
        self._send(lambda: self._mavros.publish(topic, message))

    def drain(self) -> list[Message]:
        """Messages that arrived since the last drain, in order; requests and answers that are due get through."""
        for message in self._mavros.drain():
            self._send(lambda message=message: self._arrived.append(message))  # type: ignore[misc]
        while self._on_way and self._on_way[0][0] <= self._mavros.now_s:
            heapq.heappop(self._on_way)[2]()
        messages, self._arrived = self._arrived, []
        return messages

    def _send(self, arrive: Callable[[], None]) -> None:
        faults = self.faults
        if faults == LinkFaults():
            arrive()
            return
        copies = 0 if self._random.random() < faults.drop else 1 + (self._random.random() < faults.duplicate)
        for _ in range(copies):
            self._sent += 1
            heapq.heappush(self._on_way, (self._mavros.now_s + faults.delay_s, self._sent, arrive))
