"""Numbers in words of bits."""

import numpy as np

from blindspot.planning.views.bits import take_marked


def test_marked_numbers_come_out_ascending_and_once():
    numbers = np.array([0, 1, 63, 64, 127, 128, 190], np.int32)
    marks = np.zeros(3, np.uint64)
    for number in numbers[::-1]:
        marks[number // 64] |= np.uint64(1) << np.uint64(number % 64)
    out = np.empty(len(numbers), np.int32)
    take_marked(marks, out)
    assert np.array_equal(out, numbers)
    assert not marks.any()
