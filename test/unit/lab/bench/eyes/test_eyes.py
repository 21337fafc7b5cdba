"""Foundations of the picture transport benchmark: a correct time measurement."""

import numpy as np

from blindspot_lab.bench.eyes import eyes


def test_the_wait_of_a_handed_over_picture_is_counted(monkeypatch):
    clock_s = iter(np.arange(0.0, 1000.0, 0.25))
    monkeypatch.setattr(eyes.time, "perf_counter", lambda: next(clock_s))
    assert eyes.handed_over_ms(np.zeros((2, 2, 3), np.uint8)) == 250.0
