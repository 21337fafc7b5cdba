"""Generated scenes: a lattice of streets between blocks, cameras at random places. A seed gives the same scene."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from blindspot.site.ground import Grid, HeightField
from blindspot.site.town.model import FixedCamera
from blindspot_lab.bench.tools.scenes import CELL_M, Scene

STREET_M, BLOCK_M, ROOF_M = (10.0, 22.0), (25.0, 60.0), (6.0, 20.0)
"""Ranges of the widths of streets and blocks and of the heights of roofs, m."""
MAST_M, RANGE_M, HFOV_DEG = 6.0, (25.0, 60.0), (60.0, 110.0)
M2_A_CAMERA = 4000.0


def generated_scene(seed: int, side_m: float) -> Scene:
    """A square town with a side of `side_m`."""
    random = np.random.default_rng(seed)
    cells = round(side_m / CELL_M)
    top = np.zeros((cells, cells), dtype=np.float32)
    for south, north in _blocks(random, side_m):
        for west, east in _blocks(random, side_m):
            rows, cols = (slice(round(a / CELL_M), round(b / CELL_M)) for a, b in ((south, north), (west, east)))
            top[rows, cols] = round(float(random.uniform(*ROOF_M)), 1)
    field = HeightField(Grid(0.0, 0.0, CELL_M, cells, cells), np.zeros_like(top), top)
    streets = field.grid.centres(np.flatnonzero(top == 0.0))
    at = streets[random.choice(len(streets), round(side_m**2 / M2_A_CAMERA), replace=False)]
    masts = tuple(_camera(random, number, *place) for number, place in enumerate(at))
    return Scene(Path(f"generated-{seed}"), field, masts, masts, ())


def _blocks(random: np.random.Generator, side_m: float) -> list[tuple[float, float]]:
    """Begin and end of the blocks along one direction."""
    blocks, at_m = [], float(random.uniform(*STREET_M))
    while at_m < side_m - STREET_M[1]:
        end_m = min(at_m + float(random.uniform(*BLOCK_M)), side_m - STREET_M[0])
        blocks.append((at_m, end_m))
        at_m = end_m + float(random.uniform(*STREET_M))
    return blocks


def _camera(random: np.random.Generator, number: int, east_m: float, north_m: float) -> FixedCamera:
    return FixedCamera(
        id=str(number), east_m=float(east_m), north_m=float(north_m), height_m=MAST_M, kind="fixed",
        heading_deg=float(random.uniform(0.0, 360.0)), tilt_deg=-20.0, hfov_deg=float(random.uniform(*HFOV_DEG)),
        vfov_deg=60.0, width_px=3840, height_px=2160, range_m=float(random.uniform(*RANGE_M)),
    )  # fmt: skip
