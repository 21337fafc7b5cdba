"""A link between a vehicle and its clients that loses, repeats and delays messages: for tests."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from blindspot_sim.mavros.simulated_mavros import Message, SimulatedMavros
from blindspot_sim.mavros.transfers import Reply


@dataclass(frozen=True, slots=True)
class LinkFaults:
    """Faults of a link, which apply to messages, requests and answers alike. The defaults are a perfect link."""

    drop: float = 0.0
    """Lost share."""
    duplicate: float = 0.0
    """Share that arrives twice."""
    delay_s: float = 0.0
    """Transmission time."""


class BadLink:
    """Stands between a `SimulatedMavros` and its clients, with the same `call`, `publish` and `drain`."""

    def __init__(self, mavros: SimulatedMavros, seed: int) -> None:
        self.faults = LinkFaults()
        self._mavros = mavros
        self._random = Random(seed)
        self._on_way: list[tuple[float, int, Callable[[], None]]] = []
        self._sent = 0
        self._arrived: list[Message] = []

    def call(self, service: str, request: Mapping[str, object], reply: Reply) -> None:
        """Call a service. A lost request or answer stays unanswered. A repeated request is executed twice."""
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
        """Messages that arrived since the last drain, in order. Due requests and answers pass too."""
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
