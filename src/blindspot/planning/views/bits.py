"""Sets of numbers as bits of 64-bit words, for the kernels."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def ones(bits):  # type: ignore[no-untyped-def]
    """The number of set bits of a word (Warren, Hacker's Delight, 2002)."""
    bits -= (bits >> np.uint64(1)) & np.uint64(0x5555555555555555)
    bits = (bits & np.uint64(0x3333333333333333)) + ((bits >> np.uint64(2)) & np.uint64(0x3333333333333333))
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))


@numba.njit(cache=True, nogil=True)
def take_marked(marks, out):  # type: ignore[no-untyped-def]
    """Write the numbers of the set bits to `out`, ascending, and clear them: faster than to sort the numbers."""
    count = 0
    for w in range(len(marks) if len(out) else 0):
        bits, marks[w] = marks[w], np.uint64(0)
        while bits != np.uint64(0):
            lowest = bits & (~bits + np.uint64(1))
            out[count] = 64 * w + ones(lowest - np.uint64(1))
            count, bits = count + 1, bits ^ lowest
