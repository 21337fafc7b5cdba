"""When a pass sees each place: the first and the last view of every blind cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sights:
    """Views of each cell of the grid (flat) in one pass, s after the take-off. NaN: the pass misses the cell.

    `longest_s` is the longest time between two views of this pass; 0 for a cell with one view.
    """

    first_s: Seconds
    last_s: Seconds
    longest_s: Seconds

    @property
    def seen(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.first_s)


class SightLog:
    """Collects the views of one pass in the order of time for each cell."""

    def __init__(self, cells: int) -> None:
        self._first_s = np.full(cells, np.nan, np.float32)
        self._last_s = np.full(cells, np.nan, np.float32)
        self._longest_s = np.zeros(cells, np.float32)

    def look(self, time_s: float | Seconds, cells: NDArray[np.integer]) -> None:
        """Cells (flat, each once) are seen at `time_s`; one time for all, or one for each."""
        at = np.broadcast_to(np.float32(time_s), len(cells))
        before = self._last_s[cells]
        self._first_s[cells] = np.fmin(self._first_s[cells], at)
        self._longest_s[cells] = np.fmax(self._longest_s[cells], at - before)
        self._last_s[cells] = np.fmax(before, at)

    def sights(self) -> Sights:
        return Sights(self._first_s, self._last_s, self._longest_s)
