"""The reference scenes: 500 x 500 m height fields with 60 cameras and their exact lines of sight.

They are read from a folder given by the BLINDSPOT_SCENES variable or `shared/data/scenes` beside the repository.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.sight.fixed import enter, sight_of
from blindspot.site.ground.grid import Grid, HeightField
from blindspot.site.town.model import FixedCamera

SCENES = ("synthetic_seed7", "nantes_dense_crop")
CELL_M = 0.5


@dataclass(frozen=True, slots=True)
class Scene:
    """A height field (row 0 = south), its cameras as domes and in their field of view, and each dome's exact view of
    the ground."""

    path: Path
    field: HeightField
    masts: tuple[FixedCamera, ...]
    sectors: tuple[FixedCamera, ...]
    truth: tuple[NDArray[np.bool_], ...]

    @classmethod
    def load(cls, path: Path) -> Scene:
        """Read a scene file. Its rows run from north to south; its truth windows may extend beyond the field."""
        with np.load(path) as data:
            dsm = data["dsm"]
            rows, cols = dsm.shape
            top = np.ascontiguousarray(dsm[::-1])
            ends = np.cumsum(data["truth_bytes"])
            masts, sectors, truth = [], [], []
            for k, (first_row, first_col, size) in enumerate(data["truth_window"].tolist()):
                bits = data["truth_bits"][ends[k] - data["truth_bytes"][k] : ends[k]]
                window = np.unpackbits(bits, count=size * size).reshape(size, size).astype(bool)
                seen = np.zeros((rows, cols), bool)
                row_min, col_min = max(first_row, 0), max(first_col, 0)
                row_max, col_max = min(first_row + size, rows), min(first_col + size, cols)
                seen[row_min:row_max, col_min:col_max] = window[
                    row_min - first_row : row_max - first_row, col_min - first_col : col_max - first_col
                ]
                truth.append(seen[::-1])
                east_m, north_m = (data["col"][k] + 0.5) * CELL_M, (rows - data["row"][k] - 0.5) * CELL_M
                masts.append(dome(k, east_m, north_m, data["mast_height_m"][k], data["range_m"][k]))
                heading_deg, hfov_deg = float(data["heading_deg"][k]), float(data["hfov_deg"][k])
                sectors.append(replace(masts[-1], heading_deg=heading_deg, hfov_deg=hfov_deg))
        field = HeightField(Grid(0.0, 0.0, CELL_M, rows, cols), np.zeros_like(top), top)
        return cls(path, field, tuple(masts), tuple(sectors), tuple(truth))

    @property
    def cameras(self) -> int:
        return len(self.masts)

    def seen_by(self, number: int) -> NDArray[np.bool_]:
        """The bare ground that a camera sees by our kernel."""
        density, count = np.zeros(self.field.grid.shape, np.float32), np.zeros(self.field.grid.shape, np.uint8)
        look(self.masts[number], self.field, density, count)
        return count > 0

    def disagreement(self, number: int, seen: NDArray[np.bool_] | None = None) -> tuple[int, int]:
        """(open cells within the camera's range, how many of them differ from the truth), by our kernel or `seen`."""
        mast = self.masts[number]
        judged = self.seen_by(number) if seen is None else seen
        rows, cols = np.indices(self.field.grid.shape)
        north_m, east_m = (rows + 0.5) * CELL_M - mast.north_m, (cols + 0.5) * CELL_M - mast.east_m
        within = ~self.field.is_building & (np.hypot(east_m, north_m) <= mast.range_m)
        return int(within.sum()), int((within & (judged != self.truth[number])).sum())

    def share_off(self, seen: Sequence[NDArray[np.bool_]] | None = None) -> float:
        """Share of open cells within range that differ from the truth, percent."""
        found = [self.disagreement(k, None if seen is None else seen[k]) for k in range(self.cameras)]
        return 100 * sum(wrong for _, wrong in found) / sum(cells for cells, _ in found)


def look(mast: FixedCamera, field: HeightField, density: NDArray[np.float32], count: NDArray[np.uint8]) -> None:
    """Enter the bare ground that a camera sees into the two rasters."""
    enter(sight_of(mast, field, 0.0), field, density, count, 0.0)


def dome(number: int, east_m: float, north_m: float, height_m: float, range_m: float) -> FixedCamera:
    return FixedCamera(
        id=str(number), east_m=float(east_m), north_m=float(north_m), height_m=float(height_m), kind="dome",
        heading_deg=None, tilt_deg=-45.0, hfov_deg=360.0, vfov_deg=90.0, width_px=3840, height_px=1080,
        range_m=float(range_m),
    )  # fmt: skip


def scenes_folder() -> Path | None:
    """The folder of the scenes, None if absent."""
    beside = Path(__file__).resolve().parents[5] / "shared" / "data" / "scenes"
    folder = Path(os.environ.get("BLINDSPOT_SCENES", beside))
    return folder if all((folder / f"{name}.npz").is_file() for name in SCENES) else None
