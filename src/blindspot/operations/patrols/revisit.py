"""Independent check of a revisit promise: it counts cell by cell over an evening, from the looks alone."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Ages:
    """`longest_s` is the greatest age that each cell reached in an evening, s; infinite for a cell that the first pass
    missed. The promise is kept where it is at most `revisit_s`."""

    longest_s: NDArray[np.float64]
    revisit_s: float

    @property
    def kept(self) -> NDArray[np.bool_]:
        return self.longest_s <= self.revisit_s


class RevisitCheck:
    """Follows the age of each cell from look to look.

    The evening begins with the first take-off. Each cell must be seen in the first pass, since its age
    before is unknown. The promise ends with the last landing.

    Example
    -------
    >>> check = RevisitCheck(cells=2, revisit_s=1800.0)
    >>> check.look(100.0, np.array([0, 1]))
    >>> check.end_of_pass()
    >>> check.look(1950.0, np.array([0]))
    >>> check.ages(2000.0).kept.tolist()
    [False, False]
    """

    def __init__(self, cells: int, revisit_s: float) -> None:
        self._seen_s = np.full(cells, -inf)
        self._longest_s = np.zeros(cells)
        self._revisit_s = revisit_s
        self._is_first_pass = True

    def look(self, time_s: float, cells: Cells) -> None:
        """A camera saw these cells at this time of the evening. Looks come in the order of time."""
        known = cells[np.isfinite(self._seen_s[cells])]
        self._longest_s[known] = np.maximum(self._longest_s[known], time_s - self._seen_s[known])
        self._seen_s[cells] = time_s

    def end_of_pass(self) -> None:
        """A pass is over: cells that even the first one missed have broken the promise."""
        if self._is_first_pass:
            self._longest_s[~np.isfinite(self._seen_s)] = inf
            self._is_first_pass = False

    def ages(self, end_s: float) -> Ages:
        """The ages of an evening whose last drone landed at `end_s`."""
        seen = np.isfinite(self._seen_s)
        longest_s = self._longest_s.copy()
        longest_s[seen] = np.maximum(longest_s[seen], end_s - self._seen_s[seen])
        return Ages(longest_s, self._revisit_s)
