"""Looks at the view once a second, and publishes the alerts: to the pages and to the log."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock

from blindspot.console.alerts import ALERT, AlertBook, alerts_in
from blindspot.console.view import View

LOOKS_EACH_S = 1.0


class AlertWatch:
    """Call `step` again and again.

    Parameters
    ----------
    view, lock
        The view that pages show, and the lock that protects the view.
    say
        Gets a line for the log, and whether the line warns. The log of the stack goes into the events of a run.
    """

    def __init__(self, view: View, lock: Lock, say: Callable[[str, bool], None]) -> None:
        self._view, self._lock, self._say = view, lock, say
        self._book = AlertBook()
        self._due_s = 0.0

    def step(self, now_s: float | None = None, at: datetime | None = None) -> None:
        """Look at the view, at most once a second. `now_s` is on the view's clock."""
        now_s = time.monotonic() if now_s is None else now_s
        if now_s < self._due_s:
            return
        self._due_s = now_s + LOOKS_EACH_S
        with self._lock:
            known = self._view.contents(now_s)
        begun, ended = self._book.step(alerts_in(known), now_s, datetime.now(UTC) if at is None else at)
        self._show(now_s)
        for standing in begun:
            alert = standing.alert
            detail = f" ({alert.detail})" if alert.detail else ""
            self._say(f"alert: {alert.text}{detail}; to do: {alert.advice}", True)
        for standing in ended:
            self._say(f"alert is over: {standing.alert.text}", False)

    def _show(self, now_s: float) -> None:
        standing = self._book.standing
        with self._lock:
            for rank, one in enumerate(standing):
                self._view.take(one.alert.key, one.record(rank), now_s)
            self._view.keep(ALERT, {one.alert.key for one in standing})
