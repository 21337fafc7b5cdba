"""The bench of the channel: two real processes, small pictures."""

from __future__ import annotations

from blindspot_lab.bench.eyes import channel


def test_it_tells_how_late_pictures_are_and_what_they_cost():
    told = channel.passed(64, 36, 3)
    assert told["late_ms"] > 0
    assert told["cpu_ms"] > 0
