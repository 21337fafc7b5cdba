"""The scheduler's time when the computer's clock is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from blindspot.nodes.graph.forward_time import ForwardTime

BEGIN = datetime(2026, 11, 2, 18, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def test_it_follows_a_clock_that_goes_forward():
    time = ForwardTime(BEGIN, 0.0)
    assert time.at(BEGIN + HOUR, 10.0) == BEGIN + HOUR
    assert time.problem == ""


def test_a_clock_that_is_set_back_is_doubted_until_it_has_caught_up():
    time = ForwardTime(BEGIN, 0.0)
    assert time.at(BEGIN - HOUR, 60.0) is None
    assert time.problem == (
        "the computer's clock was set back, or ran ahead before: nothing is done before 2026-11-02 18:00 UTC"
    )
    assert time.at(BEGIN - SECOND * 61, 3599.0) is None
    assert time.at(BEGIN, 3660.0) == BEGIN
    assert time.problem == ""


def test_a_clock_that_jumps_ahead_is_doubted_until_it_comes_back():
    time = ForwardTime(BEGIN, 0.0)
    assert time.at(BEGIN + 5 * HOUR, 60.0) is None
    assert time.problem == (
        "the computer's clock jumped ahead by 5 h: nothing is done; set it right, or start the scheduler again"
    )
    assert time.at(BEGIN + 5 * HOUR + 60 * SECOND, 120.0) is None
    assert time.at(BEGIN + 180 * SECOND, 180.0) == BEGIN + 180 * SECOND
    assert time.problem == ""


def test_after_a_restart_nothing_is_done_before_the_latest_moment_in_the_ledger():
    time = ForwardTime(BEGIN - 720 * HOUR, 0.0, latest=BEGIN)
    assert time.at(BEGIN - 720 * HOUR, 5.0) is None
    assert "before 2026-11-02 18:00 UTC" in time.problem
    assert time.at(BEGIN, 720 * 3600.0) == BEGIN


def test_a_clock_that_was_wrong_at_the_start_is_known_as_soon_as_it_is_set_right():
    """A computer without a battery for its clock: the evening was lost although the clock was right again."""
    time = ForwardTime(BEGIN - 8000 * HOUR, 0.0, latest=BEGIN - 20 * HOUR)
    assert time.at(BEGIN - 8000 * HOUR, 0.0) is None
    assert time.at(BEGIN - 21 * HOUR, 20.0) is None  # set, and still before the ledger's latest moment
    assert time.at(BEGIN, 30.0) == BEGIN
    assert time.problem == ""
    assert time.at(BEGIN + 5 * HOUR, 90.0) is None and "jumped ahead by 5 h" in time.problem


def test_a_fast_clock_that_is_slowed_down_is_no_event():
    time = ForwardTime(BEGIN, 0.0)
    assert time.at(BEGIN + timedelta(seconds=9.5), 10.0) == BEGIN + timedelta(seconds=10)
    assert time.problem == ""


def test_a_small_step_back_lets_no_moment_come_twice():
    time = ForwardTime(BEGIN, 0.0)
    assert time.at(BEGIN - 50 * SECOND, 10.0) == BEGIN + 10 * SECOND
    assert time.at(BEGIN - 30 * SECOND, 30.0) == BEGIN + 30 * SECOND
