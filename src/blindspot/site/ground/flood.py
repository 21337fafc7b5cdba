"""Flood fill over a grid with a limited number of steps, on masks packed with 64 cells in a machine word."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Words = NDArray[np.uint64]
"""A mask, row by row. The lowest bit of a word is its westernmost cell. Cells beyond the last column are 0."""
ONE, LAST = np.uint64(1), np.uint64(63)


def flooded(steps_left: NDArray[np.uint16], passable: Mask) -> Mask:
    """Return the cells that the flood reaches over passable cells.

    `steps_left` is the maximum number of steps from each start cell, 0 for all other cells. Start cells must be
    passable. A step goes to the four neighbours. Every other step also goes to a diagonal neighbour if both cells at
    the corner are passable. The reached shapes are octagons that contain the true circle and exceed it by at most 12 %.
    """
    starts = np.flatnonzero(steps_left)
    left_at = steps_left.reshape(-1)[starts]
    ground = _packed(passable)
    flood = np.zeros_like(ground)
    for left in range(int(left_at.max(initial=0)), 0, -1):
        _set(flood, starts[left_at == left], passable.shape[1])
        flood = _spread(flood, ground, diagonally=left % 2 == 0)
    return _unpacked(flood, passable.shape[1])


def beside(mask: Mask) -> Mask:
    """The mask and the four neighbours of each of its cells."""
    words = _packed(mask)
    return _unpacked(_along(words) | _across(words), mask.shape[1])


def _spread(flood: Words, ground: Words, *, diagonally: bool) -> Words:
    along, across = _along(flood) & ground, _across(flood) & ground
    spread: Words = along | across
    if diagonally:
        spread |= _across(along) & _along(across) & ground
    return spread


def _along(words: Words) -> Words:
    """Each cell with its neighbours in the row."""
    grown: Words = words | words << ONE
    grown |= words >> ONE
    grown[:, 1:] |= words[:, :-1] >> LAST
    grown[:, :-1] |= words[:, 1:] << LAST
    return grown


def _across(words: Words) -> Words:
    """Each cell with its neighbours in the column."""
    grown = words.copy()
    grown[1:] |= words[:-1]
    grown[:-1] |= words[1:]
    return grown


def _packed(mask: Mask) -> Words:
    rows, cols = mask.shape
    octets = np.zeros((rows, 8 * math.ceil(cols / 64)), np.uint8)
    octets[:, : math.ceil(cols / 8)] = np.packbits(mask, axis=1, bitorder="little")
    return octets.view("<u8").astype(np.uint64, copy=False)


def _unpacked(words: Words, cols: int) -> Mask:
    octets = words.astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(octets, axis=1, count=cols, bitorder="little").view(np.bool_)


def _set(words: Words, cells: NDArray[np.intp], cols: int) -> None:
    """Set cells, given as flat row-major indices of a mask with `cols` columns."""
    row, col = np.divmod(cells, cols)
    bits = ONE << (col % 64).astype(np.uint64)
    np.bitwise_or.at(words.reshape(-1), row * words.shape[1] + col // 64, bits)
