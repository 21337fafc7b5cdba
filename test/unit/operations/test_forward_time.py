"""The scheduler's time when the computer's clock is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from blindspot.operations.forward_time import ForwardTime

BEGIN = datetime(2026, 11, 2, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_it_follows_a_clock_that_goes_forward():
    time = ForwardTime(BEGIN, 0.0)
    assert time.at(BEGIN + HOUR, 10.0) == BEGIN + HOUR
    assert time.behind_s == 0.0


def test_a_clock_that_is_set_back_is_reported_and_time_goes_on_until_it_has_caught_up():
    time = ForwardTime(BEGIN, 0.0)
    assert time.at(BEGIN - HOUR, 60.0) == BEGIN + timedelta(seconds=60)
    assert time.behind_s == 3660.0
    assert time.at(BEGIN + HOUR, 120.0) == BEGIN + HOUR
    assert time.behind_s == 0.0


def test_after_a_restart_it_goes_on_from_the_latest_moment_in_the_ledger():
    time = ForwardTime(BEGIN - HOUR, 0.0, latest=BEGIN)
    assert time.at(BEGIN - HOUR, 5.0) == BEGIN + timedelta(seconds=5)


def test_a_fast_clock_that_is_slowed_down_is_no_event():
    time = ForwardTime(BEGIN, 0.0)
    assert time.at(BEGIN + timedelta(seconds=9.5), 10.0) == BEGIN + timedelta(seconds=10)
    assert time.behind_s == 0.0
