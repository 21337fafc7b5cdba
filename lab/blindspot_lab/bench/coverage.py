"""Figures of coverage: agreement with an exact line of sight, and the time of a fixed camera and of a drone's view.

GDAL's viewshed is measured too if the system has it. The figures of a whole town follow.
"""

from __future__ import annotations

import sys
from functools import partial

import numpy as np
from numpy.typing import NDArray

from blindspot.camera.optics import Lens
from blindspot.core.errors import DependencyError
from blindspot.coverage.sight.drone_camera import drone_view
from blindspot.coverage.sight.facade_view import facades
from blindspot.mission.plan import DensityBand
from blindspot.site.ground.grid import HeightField
from blindspot_lab.bench import cost
from blindspot_lab.bench.tools import network, town
from blindspot_lab.bench.tools.gdal_viewshed import viewsheds
from blindspot_lab.bench.tools.scenes import CELL_M, SCENES, Scene, look, scenes_folder
from blindspot_lab.bench.tools.target import Target, in_parts
from blindspot_lab.bench.tools.timing import median_ms

LEAST_RATIO = {"synthetic_seed7": 10, "nantes_dense_crop": 7}
"""Least speed-up over GDAL for a 360 degree view."""
REFERENCE_LENS = Lens(35.0, 1920, 1080)
OVER = (250.0, 250.0, 90.0)
VIEWS = tuple((heading, pitch) for pitch in (-90.0, -70.0, -50.0) for heading in range(0, 360, 40))


BAND = DensityBand(min_px_per_m=25.0, max_px_per_m=60.0)
"""The band of the reference missions."""


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
