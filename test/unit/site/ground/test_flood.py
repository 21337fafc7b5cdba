"""The packed flood against the same flood cell by cell."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from blindspot.site.ground.flood import beside, flooded

SHAPE = (9, 131)  # a row is two words and three cells


def moved(mask, row, col):
    """The mask shifted by so many cells; what leaves it is lost."""
    out = np.zeros_like(mask)
    rows, cols = mask.shape
    out[max(row, 0) : rows + min(row, 0), max(col, 0) : cols + min(col, 0)] = mask[
        max(-row, 0) : rows - max(row, 0), max(-col, 0) : cols - max(col, 0)
    ]
    return out


def by_cells(steps_left, passable):
    flood = np.zeros(passable.shape, bool)
    for left in range(int(steps_left.max()), 0, -1):
        flood |= steps_left == left
        along = (flood | moved(flood, 0, 1) | moved(flood, 0, -1)) & passable
        across = (flood | moved(flood, 1, 0) | moved(flood, -1, 0)) & passable
        flood = along | across
        if left % 2 == 0:
            flood |= (
                (along | moved(along, 1, 0) | moved(along, -1, 0))
                & (across | moved(across, 0, 1) | moved(across, 0, -1))
                & passable
            )
    return flood


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_it_equals_a_flood_cell_by_cell(data):
    passable = data.draw(arrays(bool, SHAPE, elements=st.booleans(), fill=st.just(True)))
    steps_left = np.zeros(SHAPE, np.uint16)
    cells = st.tuples(st.integers(0, SHAPE[0] - 1), st.integers(0, SHAPE[1] - 1), st.integers(1, 70))
    for row, col, left in data.draw(st.lists(cells, max_size=5)):
        steps_left[row, col] = left
        passable[row, col] = True
    assert (flooded(steps_left, passable) == by_cells(steps_left, passable)).all()


@pytest.mark.parametrize(("left", "cells"), [(1, 5), (2, 21), (3, 37)])
def test_the_octagon_by_hand(left, cells):
    """A step is a cross of five. Of two, the first makes a square of nine, the second adds three cells a side."""
    steps_left = np.zeros((21, 140), np.uint16)
    steps_left[10, 64] = left
    assert flooded(steps_left, np.ones(steps_left.shape, bool)).sum() == cells


def test_no_step_passes_between_two_cells_that_meet_at_a_corner():
    passable = np.ones((10, 70), bool)
    passable[:5, 64] = passable[5:, 65] = False
    steps_left = np.zeros(passable.shape, np.uint16)
    steps_left[2, 60] = 40
    assert not flooded(steps_left, passable)[:, 66:].any()


def test_beside_grows_by_the_four_neighbours():
    mask = np.zeros((3, 70), bool)
    mask[1, 63] = True
    rows, cols = np.nonzero(beside(mask))
    assert list(zip(rows.tolist(), cols.tolist(), strict=True)) == [(0, 63), (1, 62), (1, 63), (1, 64), (2, 63)]
