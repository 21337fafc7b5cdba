"""When simulated time moves on: at the factor asked for, or slower while a node of the stack lags. Pure."""

from __future__ import annotations

from math import inf

TICK_S = 0.05
"""One step of `/clock`: 20 Hz of simulated time."""

SILENT_AFTER_S = 0.15
"""Three heartbeats missed on the wall clock: a node that gets no processor can't tell that it lags."""

UNHEARD_S = 1.0
"""Simulated time that may pass between two heartbeats of a node: shorter than a view and than any silence taken
for a loss."""

ASK_AGAIN_S = 0.01
"""While time is held back the nodes are asked how far they are by now, so often on the wall clock: what a node told
last is up to a heartbeat old, and it may long have caught up."""

FORGET_SILENT_NODE_AFTER_S = 2.0
"""A node silent for so long on the wall clock no longer holds time back: its death is told by the supervisor."""

PLANNER_WORKS_IN = ("idle", "authorising", "replanning", "done")
"""Phases of a mission, in which the planner or the checker works."""


class Pace:
    """Counts the ticks due on a wall clock (monotonic seconds, an argument)."""

    def __init__(self, speed_factor: float, max_lag_s: float) -> None:
        self._speed_factor = speed_factor
        self._period_s = TICK_S / speed_factor
        self._max_lag_s = max_lag_s
        self._due_s: float | None = None
        self._ran_s = 0.0
        self._is_held, self._asked_s = False, -inf
        self._lags: dict[str, tuple[float, float, float]] = {}

    def mission_is(self, phase: str) -> None:
        """While nothing is flown or flights wait for the planner, time does not run ahead of the wall: the processor
        belongs to the planner, and a battery is drained by as many seconds of hovering as it would be in the open."""
        is_ahead = phase not in PLANNER_WORKS_IN
        self._period_s = TICK_S / (self._speed_factor if is_ahead else min(self._speed_factor, 1.0))

    def heard(self, node: str, lag_s: float, wall_s: float) -> None:
        """A node told that it is `lag_s` of simulated time behind."""
        self._lags[node] = (lag_s, wall_s, self._ran_s)

    def laggard(self, wall_s: float) -> str | None:
        """The node that holds time back now, if any: one not heard for long, or the one that lags most and over the
        limit."""
        lags_s = {}
        for name, (lag_s, told_s, ran_s) in self._lags.items():
            silent_s = wall_s - told_s
            if silent_s < FORGET_SILENT_NODE_AFTER_S:
                is_unheard = silent_s > SILENT_AFTER_S or self._ran_s - ran_s > UNHEARD_S
                lags_s[name] = inf if is_unheard else lag_s
        node = max(lags_s, key=lags_s.__getitem__, default=None)
        return node if node is not None and lags_s[node] > self._max_lag_s else None

    def ticks_due(self, wall_s: float) -> int:
        """Ticks to run now; none while a node lags, and time that was lost is not caught up."""
        if self._due_s is None or wall_s - self._due_s > 4 * self._period_s:
            self._due_s = wall_s
        self._is_held = self.laggard(wall_s) is not None
        if self._is_held:
            self._due_s = wall_s + self._period_s
            return 0
        ticks = 0
        while self._due_s <= wall_s:
            self._due_s += self._period_s
            ticks += 1
        self._ran_s += ticks * TICK_S
        return ticks

    def asks(self, wall_s: float) -> bool:
        """Whether every node is to be asked now how far it is: time is held back, and nobody was asked just before."""
        if not self._is_held or wall_s - self._asked_s < ASK_AGAIN_S:
            return False
        self._asked_s = wall_s
        return True
