"""The bench of the channel: two real processes, small pictures."""

from __future__ import annotations

import pytest

from blindspot_lab.bench.eyes import channel


@pytest.mark.thorough
def test_it_measures_delay_and_cost_of_pictures():
    found = channel.passed(64, 36, 3)
    assert found["late_ms"] > 0
    assert found["cpu_ms"] > 0
