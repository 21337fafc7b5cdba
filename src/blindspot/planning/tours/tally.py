"""Counts how often each target is seen, 64 targets per word: a search adds and removes views millions of times.

`planes[w, p]` holds bit p of the counts of the targets of word w. `some[w]` marks the targets that are seen at all. So
one operation on a word adds or subtracts one, with the carry, for all its targets at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.views.bits import ones

WORD = 64
PLANES = 16
"""Bits of a count: a target is counted at most 65 535 times."""

_ONE, _NONE = np.uint64(1), np.uint64(0)


class SightBits(NamedTuple):
    """The targets that each view sees: `bits[j]` of the word `word[j]`, for j from `first[k]` to `first[k + 1]`."""

    first: NDArray[np.int64]
    word: NDArray[np.int32]
    bits: NDArray[np.uint64]


class Tally(NamedTuple):
    """The count of views of each target, and its weight."""

    planes: NDArray[np.uint64]
    some: NDArray[np.uint64]
    weight: NDArray[np.float32]


@numba.njit(cache=True, nogil=True)
def packed(first, seen):  # type: ignore[no-untyped-def]
    """Sights of views that see targets `seen[first[k]:first[k + 1]]`; ascending targets give the fewest words."""
    packed_first = np.zeros(len(first), np.int64)
    word, bits = np.empty(len(seen), np.int32), np.empty(len(seen), np.uint64)
    count = 0
    for k in range(len(first) - 1):
        for j in range(first[k], first[k + 1]):
            if count == packed_first[k] or word[count - 1] != seen[j] // WORD:
                word[count], bits[count] = seen[j] // WORD, _NONE
                count += 1
            bits[count - 1] |= _ONE << np.uint64(seen[j] % WORD)
        packed_first[k + 1] = count
    return SightBits(packed_first, word[:count].copy(), bits[:count].copy())


@numba.njit(cache=True, nogil=True)
def blank(weight):  # type: ignore[no-untyped-def]
    """A tally of unseen targets with these weights."""
    words = (len(weight) + WORD - 1) // WORD
    return Tally(np.zeros((words, PLANES), np.uint64), np.zeros(words, np.uint64), weight)


@numba.njit(cache=True, nogil=True)
def most_won(tally, sights, k):  # type: ignore[no-untyped-def]
    """The weight of the unseen targets that view k would see."""
    won = 0.0
    for j in range(sights.first[k], sights.first[k + 1]):
        w = sights.word[j]
        won += _weight(sights.bits[j] & ~tally.some[w], w, tally.weight)
    return won


@numba.njit(cache=True, nogil=True)
def count_in(tally, sights, k):  # type: ignore[no-untyped-def]
    """Add the targets of view k to the counts; returns the weight of those that were unseen before."""
    planes, some, won = tally.planes, tally.some, 0.0
    for j in range(sights.first[k], sights.first[k + 1]):
        w, carry, p = sights.word[j], sights.bits[j], 0
        won += _weight(carry & ~some[w], w, tally.weight)
        some[w] |= carry
        while carry != _NONE:
            before = planes[w, p]
            planes[w, p], carry = before ^ carry, before & carry
            p += 1
    return won


@numba.njit(cache=True, nogil=True)
def count_out(tally, sights, k):  # type: ignore[no-untyped-def]
    """Subtract the targets of view k from the counts; returns the weight of those that are unseen now."""
    planes, some, lost = tally.planes, tally.some, 0.0
    for j in range(sights.first[k], sights.first[k + 1]):
        w, borrow, p = sights.word[j], sights.bits[j], 0
        gone = borrow
        while borrow != _NONE:
            before = planes[w, p]
            planes[w, p], borrow = before ^ borrow, ~before & borrow
            p += 1
        p = 0
        while gone != _NONE and p < PLANES:
            gone &= ~planes[w, p]
            p += 1
        some[w] ^= gone
        lost += _weight(gone, w, tally.weight)
    return lost


@numba.njit(cache=True, nogil=True)
def _weight(targets, w, weight):  # type: ignore[no-untyped-def]
    total = 0.0
    while targets != _NONE:
        lowest = targets & (~targets + _ONE)
        total += weight[w * WORD + ones(lowest - _ONE)]
        targets ^= lowest
    return total


@numba.njit(cache=True, nogil=True)
def unseen_one(tally, chance):  # type: ignore[no-untyped-def]
    """A random unseen target, all equally likely; -1 if all are seen."""
    some, targets = tally.some, len(tally.weight)
    left = targets
    for w in range(len(some)):
        left -= ones(some[w])
    if left == 0:
        return -1
    number = chance.integers(0, left)
    for w in range(len(some)):
        free = ~some[w]
        if (w + 1) * WORD > targets:
            free &= (_ONE << np.uint64(targets - w * WORD)) - _ONE
        here = ones(free)
        if number < here:
            for _ in range(number):
                free &= free - _ONE
            return w * WORD + ones((free & (~free + _ONE)) - _ONE)
        number -= here
    return -1
