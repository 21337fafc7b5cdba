"""Slow work off the executor's thread, on the newest item only."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class WorkerDiedError(RuntimeError):
    """The worker ended with an error, its cause. The node must end too: the node never goes on without pictures."""


class Latest(Generic[Item]):
    """One worker thread. While the thread works, only the last offered item waits; earlier items are dropped.

    So a node keeps answering and publishing its heartbeat while a picture is rendered or searched.
    """

    def __init__(self, work: Callable[[Item], None]) -> None:
        self._work = work
        self._wake = threading.Condition()
        self._waiting: list[Item] = []
        self._error: Exception | None = None
        self._open = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def offer(self, item: Item) -> None:
        """Replace the waiting item. Raises WorkerDiedError if an error ended the worker."""
        with self._wake:
            if self._error is not None:
                raise WorkerDiedError(f"{type(self._error).__name__}: {self._error}") from self._error
            self._waiting = [item]
            self._wake.notify()

    def close(self) -> None:
        """End the worker after its present item."""
        with self._wake:
            self._open = False
            self._waiting = []
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or not self._open)
                if not self._open:
                    return
                item = self._waiting.pop()
            try:
                self._work(item)
            except Exception as error:
                with self._wake:
                    self._error = error
                return
            del item  # the item may hold much memory, and the next item may be long in coming
