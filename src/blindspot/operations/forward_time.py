"""The time of a scheduler: UTC that never runs backwards, also if the computer's clock is set back."""

from __future__ import annotations

from datetime import datetime, timedelta

NOTICED_S = 2.0
"""A clock that lies this far behind was set back; less is the usual correction of a clock that runs fast."""


class ForwardTime:
    """UTC from the computer's clock and a steady one.

    The computer's clock counts while it goes forward. If it is set back, time goes on by the steady clock until the
    computer's clock has caught up. `latest` is the latest moment of an earlier process.

    Example
    -------
    >>> begin = datetime(2026, 11, 2, 19)
    >>> time = ForwardTime(begin, 100.0)
    >>> str(time.at(begin - timedelta(hours=1), 160.0))  # set back by an hour, a minute later
    '2026-11-02 19:01:00'
    """

    def __init__(self, clock: datetime, steady_s: float, latest: datetime | None = None) -> None:
        self._then = clock if latest is None else max(clock, latest)
        self._steady_s = steady_s
        self.behind_s = 0.0
        """How far the computer's clock lies behind, s; 0 unless it was set back."""

    def at(self, clock: datetime, steady_s: float) -> datetime:
        """The time now, from both clocks."""
        now = self._then + timedelta(seconds=steady_s - self._steady_s)
        behind_s = (now - clock).total_seconds()
        self.behind_s = behind_s if behind_s > NOTICED_S else 0.0
        if behind_s <= 0.0:
            self._then, self._steady_s = clock, steady_s
            return clock
        return now
