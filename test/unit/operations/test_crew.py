"""People on the pads: how long they need between two passes."""

from __future__ import annotations

import pytest

from blindspot.operations.crew import WALK_MPS, people_needed, turnaround_s

ROW = [(60.0 * number, 0.0) for number in range(4)]


@pytest.mark.parametrize(
    ("people", "time_s"),
    [(1, 4 * 180.0 + 180.0 / WALK_MPS), (2, 2 * 180.0 + 60.0 / WALK_MPS), (4, 180.0), (9, 180.0)],
)
def test_people_share_the_pads_at_best(people, time_s):
    assert turnaround_s(ROW, people, 180.0) == pytest.approx(time_s)


def test_the_order_of_the_pads_does_not_matter():
    mixed = [ROW[2], ROW[0], ROW[3], ROW[1]]
    assert turnaround_s(mixed, 1, 180.0) == turnaround_s(ROW, 1, 180.0)


def test_the_number_of_people_that_would_do():
    assert people_needed(ROW, 180.0, 500.0) == 2
    assert people_needed(ROW, 180.0, 180.0) == 4
    assert people_needed(ROW, 180.0, 179.0) is None
