"""The ground of one mission as masks: public ground, the part that the fixed cameras see, and the blind part.

A small file beside the plan holds them, which saves the computation in nodes with drawn or judged coverage.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blindspot.core import InputError, outputs
from blindspot.site.ground import Grid, HeightField


@dataclass(frozen=True, slots=True)
class GroundMasks:
    """Masks inside the perimeter, shaped as the grid of `field`."""

    field: HeightField
    public: NDArray[np.bool_]
    fixed_seen: NDArray[np.bool_]
    blind: NDArray[np.bool_]

    @property
    def grid(self) -> Grid:
        return self.field.grid

    @classmethod
    def load(cls, path: Path, *, with_peaks: bool = True) -> GroundMasks:
        """Read the file; raises InputError if it is missing or of another kind.

        A file of an earlier version has no peaks: the ridges are unknown, and no density can be judged. Such a file
        is refused unless `with_peaks` is false, for a caller that reads the masks alone.
        """
        try:
            with np.load(path) as data:
                east, north, cell, rows, cols = data["grid"].tolist()
                grid = Grid(east, north, cell, int(rows), int(cols))
                under_m = data["under_m"]
                peak_m = data["peak_m"] if with_peaks or "peak_m" in data else np.empty(0, np.float32)
                under_m, peak_m = (heights_m if heights_m.size else None for heights_m in (under_m, peak_m))
                field = HeightField(grid, data["ground_m"], data["top_m"], under_m, peak_m)
                return cls(field, data["public"], data["fixed_seen"], data["blind"])
        except Exception as error:  # zipfile, zlib and numpy raise ten unrelated errors for a broken file
            raise InputError(
                path, "", "is missing or no ground file", "make it with: blindspot plan MISSION"
            ) from error

    def save(self, path: Path) -> None:
        """Write the file as a whole."""
        with outputs.whole_file(path) as opened:
            opened.write(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The content of the file."""
        grid, under_m, peak_m = self.grid, self.field.under_m, self.field.peak_m
        content = io.BytesIO()
        np.savez_compressed(
            content,
            grid=np.array([grid.east_min_m, grid.north_min_m, grid.cell_m, grid.rows, grid.cols]),
            ground_m=self.field.ground_m,
            top_m=self.field.top_m,
            under_m=np.empty(0, np.float32) if under_m is None else under_m,
            peak_m=np.empty(0, np.float32) if peak_m is None else peak_m,
            public=self.public,
            fixed_seen=self.fixed_seen,
            blind=self.blind,
        )
        return content.getvalue()
