"""The clock of a replay: plays, pauses, jumps, and fills a view with the records of its time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from threading import Lock
from typing import Any, TypeGuard

from blindspot.console.flown_run import FlownRun
from blindspot.console.view import View

REPLAY, JUMPS = "replay", "jumps"
"""Keys of the records about the replay itself; no running stack has these records."""
SLOWEST, FASTEST = 1.0, 20.0


class ReplayClock:
    """Plays a run into a view.

    Parameters
    ----------
    run
        The run.
    view, lock
        The view that pages show, and the lock that protects the view.
    speed
        Seconds of the run in a second, 1 to 20.

    Examples
    --------
    >>> clock = ReplayClock(run, view, lock, speed=5.0)     # doctest: +SKIP
    >>> clock.step(0.2)                                     # doctest: +SKIP
    >>> clock.take({"seek_s": 400.0})                       # doctest: +SKIP
    """

    def __init__(self, run: FlownRun, view: View, lock: Lock, speed: float) -> None:
        self._run, self._view, self._lock = run, view, lock
        self._at_s, self._speed, self._plays = run.begin_s, speed, True
        self._jumps = run.jumps()
        self._show()

    def step(self, passed_s: float) -> None:
        """Go on by `passed_s` of wall time."""
        if self._plays:
            self._at_s = min(self._at_s + passed_s * self._speed, self._run.end_s)
            self._plays = self._at_s < self._run.end_s
        self._show()

    def take(self, said: Mapping[str, Any]) -> bool:
        """Take a page's message: `seek_s` (a time of the run), `speed`, `plays`. False for a message with none."""
        seek_s, speed, plays = said.get("seek_s"), said.get("speed"), said.get("plays")
        if _is_number(seek_s):
            self._at_s = min(max(float(seek_s), self._run.begin_s), self._run.end_s)
        if _is_number(speed):
            self._speed = min(max(float(speed), SLOWEST), FASTEST)
        if isinstance(plays, bool):
            self._at_s = self._run.begin_s if plays and self._at_s >= self._run.end_s else self._at_s
            self._plays = plays
        self._show()
        return _is_number(seek_s) or _is_number(speed) or isinstance(plays, bool)

    def _show(self) -> None:
        run, at_s = self._run, self._at_s
        about = {
            "at_s": round(at_s, 2), "begin_s": run.begin_s, "end_s": run.end_s, "speed": self._speed,
            "plays": self._plays,
        }  # fmt: skip
        records: dict[str, Mapping[str, Any]] = {REPLAY: about, JUMPS: {"events": self._jumps}, **run.records(at_s)}
        with self._lock:
            for key, content in records.items():
                self._view.take(key, content, math.inf)  # a replay's values never grow old


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
