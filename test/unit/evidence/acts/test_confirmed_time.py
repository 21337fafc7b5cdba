"""The clock may jump. Time counts as passed by the kernel's count, by a time source, or by three starts that agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from blindspot.evidence.acts.confirmed_time import CONFIRMED_TIME, SETTLED_S, ConfirmedTime, Reading, read_clocks

NOW = datetime(2026, 12, 2, 8, 0, tzinfo=UTC)
HOUR, DAY, YEARS = timedelta(hours=1), timedelta(days=1), timedelta(days=4000)
ON = timedelta(seconds=SETTLED_S)
CLOSE = timedelta(seconds=10)


class Computer:
    """A computer with clocks that the test sets, and the file of its confirmed time."""

    def __init__(self, folder, known=None):
        self.file, self.seen, self._known = folder / CONFIRMED_TIME, Reading("start0", 0.0, NOW), known
        self.time = None
        self.open()

    def open(self):
        """The recorder starts."""
        self.time = ConfirmedTime(self.file, lambda wall: self._known or wall, lambda: self.seen)
        return self.now

    @property
    def now(self):
        return self.time.now()[0]

    def run(self, passed, **clocks):
        """The computer is on for a while."""
        seen = replace(self.seen, since_s=self.seen.since_s + passed.total_seconds(), wall=self.seen.wall + passed)
        self.seen = replace(seen, **clocks)
        return self.now

    def start(self, wall):
        """It starts again with this clock, and is on for ten minutes."""
        number = int(self.seen.start.removeprefix("start")) + 1
        self.seen = Reading(f"start{number}", 5.0, wall)
        self.open()
        return self.run(ON)


@pytest.fixture
def computer(tmp_path):
    return Computer(tmp_path)


def test_time_passes_with_the_kernel_s_count_also_over_a_restart_of_the_recorder(computer):
    assert computer.now == NOW
    assert computer.run(HOUR) == NOW + HOUR
    assert computer.open() == NOW + HOUR
    computer.seen = replace(computer.seen, since_s=computer.seen.since_s + 3600.0, wall=NOW + 2 * HOUR)
    assert computer.open() == NOW + 2 * HOUR


@pytest.mark.parametrize("jump", [YEARS, timedelta(days=7), timedelta(minutes=5)])
def test_a_jump_ahead_while_it_runs_counts_for_nothing(computer, jump):
    computer.now  # noqa: B018
    assert computer.run(HOUR, wall=NOW + HOUR + jump) <= NOW + HOUR + CLOSE
    assert computer.run(HOUR) <= NOW + 2 * HOUR + CLOSE
    assert computer.run(HOUR, wall=NOW + 3 * HOUR) == NOW + 3 * HOUR


def test_many_small_jumps_count_for_nothing(computer):
    for _ in range(60):
        found = computer.run(timedelta(minutes=1), wall=computer.seen.wall + timedelta(minutes=2))
    assert found <= NOW + HOUR + CLOSE


def test_a_clock_that_is_set_back_takes_no_time_back(computer):
    computer.run(HOUR)
    assert computer.run(HOUR, wall=NOW - YEARS) == NOW + HOUR


def test_a_start_with_a_wrong_clock_counts_for_nothing(computer):
    computer.run(HOUR)
    assert NOW + HOUR <= computer.start(NOW + YEARS) <= NOW + HOUR + ON + CLOSE


def test_three_starts_confirm_the_earliest_of_their_times(computer):
    computer.run(HOUR)
    for day, confirmed in ((1, HOUR + ON), (2, HOUR + 2 * ON), (3, DAY + ON)):
        assert abs(computer.start(NOW + day * DAY) - NOW - confirmed) < CLOSE
    assert abs(computer.start(NOW + YEARS) - NOW - 2 * DAY - ON) < CLOSE
    assert abs(computer.start(NOW + 5 * DAY) - NOW - 3 * DAY - ON) < CLOSE


def test_a_computer_that_starts_again_and_again_is_no_witness(computer):
    computer.run(HOUR)
    for number in range(5):
        computer.seen = Reading(f"again{number}", SETTLED_S - 1.0, NOW + YEARS)
        assert computer.open() == NOW + HOUR


def test_a_time_source_confirms_the_clock_at_once(computer):
    wall = NOW + 3 * DAY
    assert computer.run(HOUR, wall=wall, synchronised=wall) == wall


def test_a_clock_that_differs_from_the_synchronised_kernel_is_not_confirmed(computer):
    """A program may be shown another time than the kernel's."""
    assert computer.run(HOUR, wall=NOW + YEARS, synchronised=NOW + HOUR) <= NOW + HOUR + CLOSE


@pytest.mark.parametrize("content", ["", "{}", "[]", "[" * 100_000, '{"confirmed": "soon"}'])
def test_without_a_readable_file_the_time_begins_at_a_moment_that_has_surely_passed(tmp_path, content):
    computer = Computer(tmp_path, known=NOW - DAY)
    computer.file.write_text(content)
    assert computer.open() == NOW - DAY
    assert Computer(tmp_path / "none", known=NOW + YEARS).open() == NOW, "never later than the clock"


def test_a_disk_that_refuses_the_file_is_reported_and_the_time_goes_on(tmp_path):
    (tmp_path / "file").touch()
    computer = Computer(tmp_path / "file")
    assert computer.run(HOUR) == NOW + HOUR
    assert "confirmed_time.json can't be written" in computer.time.trouble


def test_the_clocks_of_this_computer_are_read():
    first, second = read_clocks(), read_clocks()
    assert first.start == second.start and 0.0 < first.since_s <= second.since_s
    assert first.synchronised is None or abs(first.synchronised - first.wall) < DAY
