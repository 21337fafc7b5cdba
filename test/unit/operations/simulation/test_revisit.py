from __future__ import annotations

import numpy as np

from blindspot.operations.simulation.revisit import RevisitCheck


def test_a_place_that_waits_too_long_breaks_the_promise_even_after_its_last_look():
    check = RevisitCheck(4)
    check.look(100.0, np.array([0, 1, 2]))
    check.end_of_pass()
    check.look(1900.0, np.array([0]))
    check.look(1900.5, np.array([1]))
    assert check.longest_s(2000.0).tolist() == [1800.0, 1800.5, 1900.0, np.inf]


def test_a_place_that_the_first_pass_missed_is_a_breach_although_the_second_sees_it():
    check = RevisitCheck(1)
    check.end_of_pass()
    check.look(900.0, np.array([0]))
    check.end_of_pass()
    assert check.longest_s(1000.0).tolist() == [np.inf]


def test_it_counts_as_a_loop_over_every_cell_does():
    random = np.random.default_rng(7)
    times_s = np.sort(random.uniform(0.0, 4000.0, 60))
    views = [(float(time_s), np.flatnonzero(random.random(30) < 0.2)) for time_s in times_s]
    check = RevisitCheck(30)
    for number, (time_s, cells) in enumerate(views):
        check.look(time_s, cells)
        if number == 20:
            check.end_of_pass()
    for cell in range(30):
        seen = [time_s for time_s, cells in views if cell in cells]
        first_pass = any(cell in cells for _, cells in views[:21])
        longest_s = max(b - a for a, b in zip(seen, [*seen[1:], 4100.0], strict=True)) if first_pass else np.inf
        assert check.longest_s(4100.0)[cell] == longest_s
