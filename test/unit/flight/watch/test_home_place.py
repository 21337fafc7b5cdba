"""The home position of the take-off, and the corrections that count as the autopilot's own."""

from __future__ import annotations

from blindspot.flight.watch.home_place import CORRECTED_S


def test_a_height_of_home_that_px4_corrects_after_the_take_off_is_the_new_one(begin, homes):
    flight = begin()
    assert "home moved" not in flight.due(5.0, **homes(up_m=11.9))
    assert "home moved" in begin().due(0.5, **homes(up_m=12.1)), "more than a correction"
    flight.due(CORRECTED_S, **homes(up_m=8.0))
    assert "home moved" not in flight.due(5.0, **homes(up_m=8.0))
    assert "home moved" in flight.due(0.5, **homes(up_m=10.1)), "later nothing corrects it"
    assert "home moved" in begin().due(0.5, **homes(up_m=4.0, north_m=1.9)), "nor its place, at any time"


def test_the_last_correction_of_px4_counts_although_it_is_reported_seconds_later(begin, homes):
    """PX4 corrects for 120 s from the moment at which it notices the take-off, and sends home every 2 s."""
    flight = begin()  # 12 s in the air
    flight.due(120.0 - 12.0)
    assert "home moved" not in flight.due(4.0, **homes(up_m=4.5))
    assert "home moved" not in flight.due(60.0, **homes(up_m=4.5))


def test_home_is_that_of_the_take_off_from_the_ground_on(begin, homes):
    flight = begin()
    assert flight.due(1.0, landed="on_ground", **homes(up_m=19.0)) == set()
    assert "home moved" not in flight.due(5.0, **homes(up_m=19.0))
