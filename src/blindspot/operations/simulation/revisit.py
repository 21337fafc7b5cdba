"""Independent check of a revisit promise: it counts cell by cell over an evening, from the views alone."""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.integer]


class RevisitCheck:
    """Follows the age of each cell from view to view.

    The evening begins with the first take-off. Each cell must be seen in the first pass, since its age before is
    unknown. The promise ends with the last landing.

    >>> check = RevisitCheck(cells=2)
    >>> check.look(100.0, np.array([0, 1]))
    >>> check.end_of_pass()
    >>> check.look(1950.0, np.array([0]))
    >>> check.longest_s(2000.0).tolist()
    [1850.0, 1900.0]
    """

    def __init__(self, cells: int) -> None:
        self._seen_s = np.full(cells, -inf)
        self._longest_s = np.zeros(cells)
        self._is_first_pass = True

    def look(self, time_s: float, cells: Cells) -> None:
        """A camera saw these cells at this time of the evening. Views come in the order of time."""
        known = cells[np.isfinite(self._seen_s[cells])]
        self._longest_s[known] = np.maximum(self._longest_s[known], time_s - self._seen_s[known])
        self._seen_s[cells] = time_s

    def end_of_pass(self) -> None:
        """A pass is over: cells that even the first one missed have broken the promise."""
        if self._is_first_pass:
            self._longest_s[~np.isfinite(self._seen_s)] = inf
            self._is_first_pass = False

    def longest_s(self, end_s: float) -> NDArray[np.float64]:
        """The greatest age of each cell in an evening with the last landing at `end_s`, s; infinite for a cell missed
        by the first pass."""
        seen = np.isfinite(self._seen_s)
        longest_s = self._longest_s.copy()
        longest_s[seen] = np.maximum(longest_s[seen], end_s - self._seen_s[seen])
        return longest_s
