"""How long ago each place was last seen, over all runs: a list of 2 m cells of the site, kept in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blindspot.core import outputs
from blindspot.mission import GroundMasks

AGE_CELL_M = 2.0
_OFFSET = 2**30
"""Makes a cell's number of columns or rows from the site's origin positive."""


class GroundAges:
    """The moment when each 2 m cell of blind ground was last seen, s of the caller's clock.

    Cells are counted from the site's origin, so that runs of different missions over one town share them. A cell counts
    as seen at the moment by which at least half of its blind ground was seen.
    """

    CELL_M = AGE_CELL_M

    def __init__(self) -> None:
        self._keys: NDArray[np.int64] = np.empty(0, np.int64)
        self.last_seen_s: NDArray[np.float64] = np.empty(0)
        """By cell; NaN for a cell of blind ground that was never seen."""

    def __len__(self) -> int:
        return len(self._keys)

    def centres_m(self) -> NDArray[np.float64]:
        """(n, 2) centres of the cells, m east and north."""
        columns_rows = np.stack([self._keys >> 32, self._keys & (2**32 - 1)], axis=1) - _OFFSET
        return np.asarray((columns_rows + 0.5) * AGE_CELL_M)

    def ages_s(self, now_s: float) -> NDArray[np.float64]:
        """Age of the last view of each cell, s; NaN for a cell that was never seen."""
        return np.maximum(now_s - self.last_seen_s, 0.0)

    def areas_m2(self, masks: GroundMasks) -> NDArray[np.float64]:
        """Blind ground of the masks in each cell, m²: a cell at a façade or a kerb holds less than its 4 m²."""
        cells, count = np.unique(_keys_of(masks), return_counts=True)
        _, own, there = np.intersect1d(self._keys, cells, assume_unique=True, return_indices=True)
        areas_m2 = np.zeros(len(self))
        areas_m2[own] = count[there] * masks.grid.cell_area_m2
        return areas_m2

    def on(self, masks: GroundMasks, now_s: float) -> NDArray[np.float64]:
        """The age of each blind cell of the masks, s, shaped as their grid; NaN for ground that was never seen."""
        found, keys = np.full(masks.blind.shape, np.nan), _keys_of(masks)
        if len(self):
            place = np.minimum(np.searchsorted(self._keys, keys), len(self) - 1)
            found[masks.blind] = np.where(self._keys[place] == keys, self.ages_s(now_s)[place], np.nan)
        return found

    def take(self, masks: GroundMasks, last_seen_s: NDArray[np.float64]) -> None:
        """Add what a run has seen so far.

        Parameters
        ----------
        masks
            The ground of the run.
        last_seen_s
            When each cell of the masks' grid was last seen, s; NaN: never. Shaped as the grid.
        """
        keys = _keys_of(masks)
        seen_s = np.nan_to_num(last_seen_s[masks.blind], nan=-np.inf)
        order = np.lexsort((seen_s, keys))
        cells, first, count = np.unique(keys[order], return_index=True, return_counts=True)
        moments_s = seen_s[order][first + count // 2]
        self._merge(cells, np.where(np.isfinite(moments_s), moments_s, np.nan))

    def see(self, centres_m: NDArray[np.float64], last_seen_s: NDArray[np.float64]) -> None:
        """Add cells by their centres (n, 2), m east and north, and when each was last seen, s; NaN: never."""
        column, row = np.floor(centres_m / AGE_CELL_M).astype(np.int64).T
        order = np.lexsort((np.nan_to_num(last_seen_s, nan=-np.inf), keys := (column + _OFFSET << 32) + row + _OFFSET))
        is_last = np.append(np.diff(keys[order]) > 0, True)
        self._merge(keys[order][is_last], last_seen_s[order][is_last])

    def _merge(self, keys: NDArray[np.int64], last_seen_s: NDArray[np.float64]) -> None:
        both = np.union1d(self._keys, keys)
        merged = np.full(len(both), np.nan)
        for own, seen_s in ((self._keys, self.last_seen_s), (keys, last_seen_s)):
            place = np.searchsorted(both, own)
            merged[place] = np.fmax(merged[place], seen_s)
        self._keys, self.last_seen_s = both, merged

    def save(self, path: Path) -> None:
        """Write the cells to a file, which is replaced as a whole. Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with outputs.whole_file(path) as opened:
            np.savez_compressed(opened, keys=self._keys, last_seen_s=self.last_seen_s)

    def load(self, path: Path) -> bool:
        """Add the cells of a file. Returns False, and changes nothing, if it is missing or broken."""
        try:
            with np.load(path) as data:
                keys, last_seen_s = data["keys"].astype(np.int64), data["last_seen_s"].astype(np.float64)
        except Exception:  # zipfile, zlib and numpy raise unrelated types for a broken file
            return False
        if keys.ndim != 1 or keys.shape != last_seen_s.shape or (np.diff(keys) <= 0).any():
            return False
        self._merge(keys, last_seen_s)
        return True


def _keys_of(masks: GroundMasks) -> NDArray[np.int64]:
    """The 2 m cell of each blind cell of the masks, row by row."""
    rows, columns = np.nonzero(masks.blind)
    grid = masks.grid
    column = np.floor((grid.east_min_m + (columns + 0.5) * grid.cell_m) / AGE_CELL_M).astype(np.int64)
    row = np.floor((grid.north_min_m + (rows + 0.5) * grid.cell_m) / AGE_CELL_M).astype(np.int64)
    keys: NDArray[np.int64] = (column + _OFFSET << 32) + row + _OFFSET
    return keys
