"""Figures of coverage: agreement with an exact line of sight, and the time of a fixed camera and of a drone's view.

GDAL's viewshed is measured too if the system has it. The figures of a whole town follow.

The scenes (500 x 500 m height fields with 60 cameras and their exact lines of sight) are read from a folder given by
the BLINDSPOT_SCENES variable or `shared/data/scenes` beside the repository.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blindspot.camera.optics import Lens
from blindspot.core.errors import DependencyError
from blindspot.coverage.sight.drone_camera import drone_view
from blindspot.coverage.sight.facade_view import facades
from blindspot.coverage.sight.fixed import enter, sight_of
from blindspot.mission.plan import DensityBand
from blindspot.site.ground.grid import Grid, HeightField
from blindspot.site.model import FixedCamera
from blindspot_lab.bench import cost, network, town
from blindspot_lab.bench.gdal_viewshed import viewsheds
from blindspot_lab.bench.target import Target, in_parts
from blindspot_lab.bench.timing import median_ms

SCENES = ("synthetic_seed7", "nantes_dense_crop")
LEAST_RATIO = {"synthetic_seed7": 10, "nantes_dense_crop": 7}
"""Least speed-up over GDAL for a 360 degree view."""
CELL_M = 0.5
REFERENCE_LENS = Lens(35.0, 1920, 1080)
OVER = (250.0, 250.0, 90.0)
VIEWS = tuple((heading, pitch) for pitch in (-90.0, -70.0, -50.0) for heading in range(0, 360, 40))


BAND = DensityBand(min_px_per_m=25.0, max_px_per_m=60.0)
"""That of the reference missions."""


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
    beside = Path(__file__).resolve().parents[4] / "shared" / "data" / "scenes"
    folder = Path(os.environ.get("BLINDSPOT_SCENES", beside))
    return folder if all((folder / f"{name}.npz").is_file() for name in SCENES) else None


def run(only: str | None = None) -> list[Target]:
    """All figures available on this machine, or those of one part. Missing ones are logged on stderr and left out."""
    parts = {"scenes": scenes, "network": network.run, "town": town.run, "cost": cost.run}
    return in_parts("coverage", parts, only)


def scenes() -> list[Target]:
    """Those of the reference scenes."""
    folder = scenes_folder()
    if folder is None:
        print("NOT MEASURED: the reference scenes are absent; name their folder in BLINDSPOT_SCENES", file=sys.stderr)
        return []
    return [target for name in SCENES for target in scene_targets(name, Scene.load(folder / f"{name}.npz"))]


def scene_targets(name: str, scene: Scene) -> list[Target]:
    """Agreement over all cameras; CPU time of a fixed camera and of a drone's view, once compiled."""
    off = scene.share_off()
    density, count = np.zeros(scene.field.grid.shape, np.float32), np.zeros(scene.field.grid.shape, np.uint8)
    fixed_ms, sector_ms = (
        median_ms([partial(look, mast, scene.field, density, count) for mast in masts])
        for masts in (scene.masts, scene.sectors)
    )
    blind = count == 0
    view_ms = median_ms([partial(_view, scene.field, view, None) for view in VIEWS])
    among_ms = median_ms([partial(_view, scene.field, view, blind) for view in VIEWS])
    walls_ms = median_ms([partial(facades, scene.field, REFERENCE_LENS, *OVER, *view, 10.0) for view in VIEWS])
    return [
        Target(f"{name}: open cells off the exact line of sight", "<= 0.2", off, "%", off <= 0.2),
        Target(f"{name}: CPU time of a fixed camera, 360 degrees", "", fixed_ms, "ms", None),
        Target(f"{name}: CPU time of a fixed camera, its field of view", "", sector_ms, "ms", None),
        *gdal_targets(name, scene, fixed_ms, sector_ms),
        Target(f"{name}: CPU time of a drone's view from 90 m", "< 2", view_ms, "ms", view_ms < 2),
        Target(f"{name}: the same, blind cells only", "< 2", among_ms, "ms", among_ms < 2),
        Target(f"{name}: the facades in it", "< 2", walls_ms, "ms", walls_ms < 2),
    ]


def gdal_targets(name: str, scene: Scene, fixed_ms: float, sector_ms: float) -> list[Target]:
    """Speed-up over GDAL. If GDAL is absent, log that on stderr and return an empty list.

    GDAL's viewshed has no field of view, so that a camera's sector costs it the whole circle.
    """
    try:
        theirs = viewsheds(scene.path, CELL_M)
    except DependencyError as missing:
        print(f"NOT MEASURED: {name} against GDAL: {missing}", file=sys.stderr)
        return []
    all_round, within = theirs.median_ms / fixed_ms, theirs.median_ms / sector_ms
    least = LEAST_RATIO[name]
    return [
        Target(f"{name}: CPU time of GDAL {theirs.version}", "", theirs.median_ms, "ms", None),
        Target(f"{name}: open cells that GDAL has off", "", scene.share_off(theirs.seen), "%", None),
        Target(f"{name}: faster than GDAL, 360 degrees", f">= {least}", all_round, "x", all_round >= least),
        Target(f"{name}: faster than GDAL, field of view", ">= 20", within, "x", within >= 20),
    ]


def _view(field: HeightField, aim: tuple[float, float], among: NDArray[np.bool_] | None) -> None:
    drone_view(field, REFERENCE_LENS, *OVER, *aim, BAND, among=among)
