"""The blind ground of a running stack with the age of each place, as the console's map draws the ground."""

from __future__ import annotations

import base64
import gzip
import json
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from blindspot.console.plan_drawing import degrees
from blindspot.core import InputError
from blindspot.coverage.ground import GroundAges
from blindspot.mission import GroundMasks
from blindspot.site import LocalFrame

MOST_CELLS = 4_000_000
"""Cells of the drawn grid: a town of 4 km by 4 km."""
NEVER = 65535
"""In the times of the ground's cells: blind ground that nobody has seen. 0 is ground that is not blind."""
UNIT_S = 2.0
"""Step of the drawn ages: the oldest is 36 h."""


class LiveGround:
    """Ages of the 2 m cells of blind ground, from the stack's messages. Times are of the stack's clock. The server's
    threads read `document` while the owner of the graph writes.

    Example
    -------
    >>> ground = LiveGround(frame)                                     # doctest: +SKIP
    >>> ground.see(np.array([[1.0, 3.0]]), np.array([120.0]))          # doctest: +SKIP
    >>> ground.number                                                  # doctest: +SKIP
    1
    """

    def __init__(self, frame: LocalFrame) -> None:
        self._frame, self._ages, self._lock = frame, GroundAges(), Lock()
        self.number = 0
        """Number of the newest change."""

    def take_masks(self, masks: GroundMasks) -> None:
        """Add the ground of a mission, as ground that nobody has seen yet."""
        with self._lock:
            self._ages.take(masks, np.full(masks.grid.shape, np.nan))
            self.number += 1

    def see(self, centres_m: NDArray[np.float64], last_seen_s: NDArray[np.float64]) -> None:
        """Add places (n, 2), m east and north, with the time of the last view; NaN: never. Raises InputError for
        places that span more than a town."""
        if not np.isfinite(centres_m).all():
            raise InputError("ages", "", "names a place that is no number", "")
        if not len(centres_m):
            return
        with self._lock:
            before = self._ages.centres_m()
            both = np.concatenate([before, centres_m]) if len(before) else centres_m
            rows, columns = np.ptp(both[:, ::-1], axis=0) / GroundAges.CELL_M + 1
            if rows * columns > MOST_CELLS:
                raise InputError("ages", "", "spans more ground than a town", "")
            self._ages.see(centres_m, last_seen_s)
            self.number += 1

    def document(self, now_s: float) -> bytes | None:
        """The ground as the map reads it: JSON, compressed with gzip, as `FlownRun.ground`; None without a cell."""
        with self._lock:
            centres_m, seen_s = self._ages.centres_m(), self._ages.last_seen_s
        if not len(centres_m):
            return None
        cell_m = GroundAges.CELL_M
        low, high = centres_m.min(axis=0), centres_m.max(axis=0)
        columns, rows = (np.round((high - low) / cell_m).astype(int) + 1).tolist()
        column, row = np.round((centres_m - low) / cell_m).astype(int).T
        ages = np.nan_to_num((now_s - seen_s) / UNIT_S).clip(0, NEVER - 2)
        units = np.zeros((rows, columns), "<u2")
        units[rows - 1 - row, column] = np.where(np.isnan(seen_s), NEVER, NEVER - 1 - np.round(ages))
        (west, south), (east, north) = low - cell_m / 2, high + cell_m / 2
        corners = [(west, north), (east, north), (east, south), (west, south)]
        text = base64.b64encode(units.tobytes()).decode()
        content = {
            "rows": rows, "columns": columns, "begin_s": now_s - (NEVER - 2) * UNIT_S, "unit_s": UNIT_S,
            "never": NEVER, "at_s": now_s, "number": self.number,
            "corners": [degrees(self._frame, *corner) for corner in corners], "first": text, "last": text,
        }  # fmt: skip
        return gzip.compress(json.dumps(content).encode(), 1, mtime=0)
