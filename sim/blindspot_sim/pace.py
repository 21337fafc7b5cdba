"""When simulated time moves on: at the factor asked for, or slower while a node of the stack lags. Pure."""

from __future__ import annotations

from math import inf

TICK_S = 0.05
"""One step of `/clock`: 20 Hz of simulated time."""

SILENT_AFTER_S = 0.15
"""Three heartbeats missed on the wall clock: a node that gets no processor can't tell that it lags."""

FORGET_SILENT_NODE_AFTER_S = 2.0
"""A node silent for so long on the wall clock no longer holds time back: its death is told by the supervisor."""


class Pace:
    """Counts the ticks due on a wall clock (monotonic seconds, an argument)."""

    def __init__(self, speed_factor: float, max_lag_s: float) -> None:
        self._speed_factor = speed_factor
        self._period_s = TICK_S / speed_factor
        self._max_lag_s = max_lag_s
        self._due_s: float | None = None
        self._lags: dict[str, tuple[float, float]] = {}

    def flying(self, is_flying: bool) -> None:
        """While nothing is flown, time does not run ahead of the wall: the processor belongs to the planner."""
        self._period_s = TICK_S / (self._speed_factor if is_flying else min(self._speed_factor, 1.0))

    def heard(self, node: str, lag_s: float, wall_s: float) -> None:
        """A node told that it is `lag_s` of simulated time behind."""
        self._lags[node] = (lag_s, wall_s)

    def laggard(self, wall_s: float) -> str | None:
        """The node that holds time back now, if any: a silent one, or the one that lags most and over the limit."""
        heard = {n: v for n, v in self._lags.items() if wall_s - v[1] < FORGET_SILENT_NODE_AFTER_S}
        lags_s = {n: inf if wall_s - told_s > SILENT_AFTER_S else lag_s for n, (lag_s, told_s) in heard.items()}
        node = max(lags_s, key=lags_s.__getitem__, default=None)
        return node if node is not None and lags_s[node] > self._max_lag_s else None

    def ticks_due(self, wall_s: float) -> int:
        """Ticks to run now; none while a node lags, and time that was lost is not caught up."""
        if self._due_s is None or wall_s - self._due_s > 4 * self._period_s:
            self._due_s = wall_s
        if self.laggard(wall_s) is not None:
            self._due_s = wall_s + self._period_s
            return 0
        ticks = 0
        while self._due_s <= wall_s:
            self._due_s += self._period_s
            ticks += 1
        return ticks
