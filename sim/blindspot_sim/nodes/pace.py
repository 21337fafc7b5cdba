"""The speed of simulated time: the requested factor, or slower while a node of the stack lags. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

TICK_S = 0.05
"""One step of `/clock`: 20 Hz of simulated time."""

SILENT_AFTER_S = 0.15
"""Three missed node times on the wall clock: a node without processor time can't report its lag."""

UNHEARD_S = 0.5
"""Longest simulated time between two messages of a node. Two nodes may lag one after the other, as flight_control and
the camera that it releases, and both lags together are still shorter than a view. With 1 s each, one of four evenings
over Nantes at 7.5 x lost a view."""

ASK_AGAIN_S = 0.01
"""While time is held back, the period on the wall clock of requests for the nodes' times. The last one may be
old, and its node may have caught up since."""

FORGET_SILENT_NODE_AFTER_S = 2.0
"""Wall time after which a silent node stops holding time back. The supervisor reports its death."""

PLANNER_WORKS_IN = ("authorising", "replanning")
"""Phases of a mission in which the planner or the checker works."""
ENDED = "done"
"""Phase of a mission that has ended."""


class Pace:
    """Counts the ticks that are due on a wall clock (monotonic seconds, an argument)."""

    def __init__(self, speed_factor: float, max_lag_s: float, *, waits_fast: bool = False) -> None:
        """`waits_fast`: time runs at `speed_factor` while no mission is in progress, too."""
        self._speed_factor, self._waits_fast = speed_factor, waits_fast
        self._period_s = TICK_S / speed_factor
        self._max_lag_s = max_lag_s
        self._due_s: float | None = None
        self._ran_s = 0.0
        self._is_held, self._asked_s = False, -inf
        self._lags: dict[str, tuple[float, float, float]] = {}

    def missions_are(self, phases: Iterable[str]) -> None:
        """Take the phases of all missions. Time runs at most at wall speed while one is in a phase of PLANNER_WORKS_IN,
        and, without `waits_fast`, while none is in progress.

        The planner then gets the processor, and a waiting drone hovers for as many seconds as in reality.
        """
        in_progress = {phase for phase in phases if phase != ENDED}
        is_ahead = (bool(in_progress) or self._waits_fast) and in_progress.isdisjoint(PLANNER_WORKS_IN)
        self._period_s = TICK_S / (self._speed_factor if is_ahead else min(self._speed_factor, 1.0))

    def heard(self, node: str, lag_s: float, wall_s: float) -> None:
        """Take a node's time, which is `lag_s` of simulated time behind."""
        self._lags[node] = (lag_s, wall_s, self._ran_s)

    def laggard(self, wall_s: float) -> str | None:
        """The node that holds time back now, if any: a silent one, or the one with the largest lag above the limit."""
        lags_s = {}
        for name, (lag_s, heard_s, ran_s) in self._lags.items():
            silent_s = wall_s - heard_s
            if silent_s < FORGET_SILENT_NODE_AFTER_S:
                is_unheard = silent_s > SILENT_AFTER_S or self._ran_s - ran_s > UNHEARD_S
                lags_s[name] = inf if is_unheard else lag_s
        node = max(lags_s, key=lags_s.__getitem__, default=None)
        return node if node is not None and lags_s[node] > self._max_lag_s else None

    def ticks_due(self, wall_s: float) -> int:
        """Ticks to run now: zero while a node lags. Lost time stays lost."""
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
        """True if a request of the nodes' times is due: time is held back, and the last request is old enough."""
        if not self._is_held or wall_s - self._asked_s < ASK_AGAIN_S:
            return False
        self._asked_s = wall_s
        return True
