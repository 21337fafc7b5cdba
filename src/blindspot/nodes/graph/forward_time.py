"""The time of a scheduler: UTC that never runs backwards, unknown while the computer's clock is in doubt."""

from __future__ import annotations

from datetime import datetime, timedelta

BEHIND = timedelta(minutes=1)
"""A clock that was set back by more is in doubt; less is a usual correction."""
AHEAD = timedelta(hours=1)
"""A clock that jumps ahead of the steady clock by more is in doubt: such a clock could end evenings that are still to
come."""


class ForwardTime:
    """UTC from the computer's clock and a steady one, which must also count while the computer sleeps.

    A small correction backwards is bridged by the steady clock. After a larger one the time is unknown until the clock
    has caught up. After a jump ahead it is unknown until the clock comes back. `latest` is the latest moment of an
    earlier process. A clock before it is wrong from the start on: there a jump ahead is the correction.

    >>> begin = datetime(2026, 11, 2, 19)
    >>> time = ForwardTime(begin, 100.0)
    >>> str(time.at(begin - timedelta(seconds=20), 110.0))  # set back by half a minute
    '2026-11-02 19:00:10'
    >>> time.at(begin - timedelta(hours=1), 160.0), time.problem
    (None, "the computer's clock was set back, or ran ahead before: nothing is done before 2026-11-02 19:00 UTC")
    """

    def __init__(self, clock: datetime, steady_s: float, latest: datetime | None = None) -> None:
        self._clock, self._steady_s = clock, steady_s
        self._latest = clock if latest is None else max(clock, latest)
        self.problem = ""
        """The reason why the time is unknown; empty if it is known."""
        self._was_known = self._latest - clock <= BEHIND

    def at(self, clock: datetime, steady_s: float) -> datetime | None:
        """The time now, from both clocks; None while it is unknown."""
        expected = self._clock + timedelta(seconds=steady_s - self._steady_s)
        had_problem, self.problem = bool(self.problem), ""
        if self._was_known and clock - expected > AHEAD:
            hours = (clock - expected).total_seconds() / 3600
            self.problem = (
                f"the computer's clock jumped ahead by {hours:.0f} h: nothing is done; set it right, or start "
            )
            self.problem += "the scheduler again"
        elif self._latest - clock > BEHIND:
            self.problem = "the computer's clock was set back, or ran ahead before: nothing is done before "
            self.problem += f"{self._latest:%Y-%m-%d %H:%M} UTC"
        if self.problem:
            return None
        self._was_known = True
        if had_problem or clock >= expected:
            self._clock, self._steady_s, expected = clock, steady_s, clock
        self._latest = max(self._latest, expected)
        return self._latest
