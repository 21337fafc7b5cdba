"""Sends the messages of an outbox in their order, and waits longer after each failure."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from blindspot.console.outputs.outbox import Outbox, OutboxError, Waiting
from blindspot.core import one_line

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
STUCK_S = 60.0
"""Age of the oldest message from which an outbox counts as stuck."""
TURN_S = 0.5
Send = Callable[[Waiting], None]
"""Sends one message; raises DeliveryError or OSError unless the receiver has confirmed it."""


class DeliveryError(Exception):
    """The receiver did not confirm a message."""


@dataclass(frozen=True, slots=True)
class OutputState:
    """`stuck_since` is the time of the oldest message that waits too long, else empty."""

    waiting: int
    lost: int
    stuck_since: str
    problem: str


class Delivery:
    """Call `step` again and again; one thread alone."""

    def __init__(self, outbox: Outbox, send: Send) -> None:
        self._outbox, self._send = outbox, send
        self._failures, self._due_s, self._problem = 0, 0.0, ""
        self._put_problem = ""

    def put(self, body: str, at: str) -> None:
        """Queue a message; a full disk loses the message, which `state` says."""
        try:
            self._outbox.put(body, at)
            self._put_problem = ""
        except OutboxError as error:
            self._put_problem = one_line(error, 300)

    def step(self, now_s: float) -> bool:
        """Send the oldest message, if one is due; False if there is nothing to do now. `now_s` is on a steady
        clock."""
        if now_s < self._due_s:
            return False
        try:
            message = self._outbox.first()
            if message is None:
                return False
            self._send(message)
            self._failures, self._problem = 0, ""
            self._outbox.sent(message)
        except (DeliveryError, OutboxError, OSError) as error:
            self._problem = one_line(error, 300) or type(error).__name__
            self._due_s = now_s + min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(self._failures, 20))
            self._failures += 1
            return False
        return True

    def state(self, now: datetime | None = None) -> OutputState:
        """The state for the page."""
        now = datetime.now(UTC) if now is None else now
        try:
            waiting, first = len(self._outbox), self._outbox.first()
        except OutboxError as error:
            return OutputState(0, self._outbox.lost, now.isoformat(timespec="seconds"), one_line(error, 300))
        is_stuck = first is not None and (now - datetime.fromisoformat(first.at)).total_seconds() > STUCK_S
        since = first.at if is_stuck and first is not None else ""
        if self._put_problem:
            since = since or now.isoformat(timespec="seconds")
        return OutputState(waiting, self._outbox.lost, since, self._put_problem or self._problem)


class DeliveryThread:
    """Runs the steps of a delivery until `stop`."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery, self._ends = delivery, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ends.is_set():
            if not self._delivery.step(time.monotonic()):
                self._ends.wait(TURN_S)

    def stop(self, *_: Any) -> None:
        self._ends.set()
        self._thread.join(1.0)
