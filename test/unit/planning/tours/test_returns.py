"""The item from which a return from a hold begins: the planner counts the items that the checker counts."""

import numpy as np

from blindspot.planning.tours.returns import may_be_closest

PAD, BESIDE, FAR = (0.0, 0.0, 60.0), (1.5, 0.0, 60.0), (30.0, 0.0, 60.0)
"""The drone may stray by a metre, so near `BESIDE` both of the first two may be the closest."""


def counted(at, *places):
    return may_be_closest(np.array([at]), np.array(places))[0].tolist()


def test_each_of_equal_items_counts_that_may_be_the_closest():
    """A return from the one nearest to the middle of the mission may lead the long way."""
    assert counted(BESIDE, PAD, PAD, PAD, FAR, BESIDE) == [True, True, True, False, True]
    assert counted(PAD, PAD, PAD, PAD, FAR, BESIDE) == [True, True, True, False, True]


def test_of_the_items_at_the_only_closest_place_the_first_counts():
    assert counted(PAD, FAR, PAD, PAD) == [False, True, False]
    assert counted(FAR, PAD, FAR, FAR, BESIDE) == [False, True, False, False]
