"""Whether the node's clock was set a moment ago.

Pictures and the autopilot's messages get their stamps by this clock. After a clock was set, MAVROS follows the clock
only after six answers of the time synchronisation, and some 10 answers come in a second (sys_time.cpp). Until then a
picture would get the pose of another time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

STEP_S, SETTLED_S = 0.1, 2.0
"""Smallest step that counts, and the time for which the clock then counts as not settled."""
AT_ONCE_S = 0.02
"""Longest time between the readings of both clocks: the process may be stopped between them."""


class ClockSteps:
    """Compares a clock with the steady one; call `is_settled` several times a second."""

    def __init__(self, now_s: Callable[[], float], steady_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s, self._steady_s = now_s, steady_s
        self._ahead_s = math.nan
        self._stepped_s = -math.inf

    def is_settled(self) -> bool:
        """Whether the clock has gone on evenly for SETTLED_S."""
        before_s, now_s, steady_s = self._steady_s(), self._now_s(), self._steady_s()
        if steady_s - before_s <= AT_ONCE_S:
            if abs(now_s - steady_s - self._ahead_s) > STEP_S:
                self._stepped_s = steady_s
            self._ahead_s = now_s - steady_s
        return steady_s - self._stepped_s > SETTLED_S
