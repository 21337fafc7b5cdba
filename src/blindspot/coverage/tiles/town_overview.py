"""Reads a town that was computed in tiles back from its files, at the coarse resolution of a printed map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from blindspot.coverage.ground.blind_ground import BlindSpots
from blindspot.coverage.ground.site_survey import Survey
from blindspot.coverage.sight.fixed import FixedCoverage
from blindspot.coverage.tiles.tiled_town import Question
from blindspot.site import Site
from blindspot.site.ground import Grid, HeightField

LONGEST_CELLS = 4096
"""Maximum number of cells along the longer side. The side of a map is drawn with 2600 pixels and then reduced."""


def overview(folder: Path, site: Site, grid: Grid, question: Question) -> Survey:
    """Read the files of `write_town`, subsampled. Use the result for drawing only, because its areas are inexact.

    The view of each single camera is missing, and the field is flat.
    """
    factor, ground = _reduced(folder / "ground.tif")
    _, causes = _reduced(folder / "reason.tif")
    cell_m, (rows, cols) = factor * grid.cell_m, ground.shape
    coarse = Grid(grid.east_min_m, grid.bounds_m[3] - rows * cell_m, cell_m, rows, cols)
    public, blind = ground > 0, ground == 2
    flat = np.zeros(coarse.shape, np.float32)
    spots = BlindSpots(
        HeightField(coarse, flat, flat), question.area, question.min_px_per_m, public, public & ~blind, blind
    )
    fixed = FixedCoverage(flat, np.zeros(coarse.shape, np.uint8), {}, {})
    return Survey(site, fixed, spots, causes, patrol_share=question.patrol_share)


def _reduced(path: Path) -> tuple[int, NDArray[Any]]:
    """(reduction factor along a row, the cells with row 0 = south).

    The result is the finest of the file's own overviews that is small enough, otherwise the coarsest.
    """
    with rasterio.open(path) as file:
        factors, longest = [1, *file.overviews(1)], max(file.shape)
    level = next((k for k, factor in enumerate(factors) if longest <= LONGEST_CELLS * factor), len(factors) - 1)
    with rasterio.open(path, **({"overview_level": level - 1} if level else {})) as file:
        return factors[level], file.read(1)[::-1]
