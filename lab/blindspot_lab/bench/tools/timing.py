"""Time measurement of the benchmarks."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np


def median_ms(calls: list[Callable[[], object]]) -> float:
    """Median CPU time of the calls, ms. Each call runs once before, to compile and to warm up."""
    for call in calls:
        call()
    times_s = []
    for call in calls:
        start_s = time.thread_time()
        call()
        times_s.append(time.thread_time() - start_s)
    return 1e3 * float(np.median(times_s))
