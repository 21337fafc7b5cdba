"""Coverage as an occupancy grid: the cells of a nav_msgs/OccupancyGrid, and the files that nav2's map_server loads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from blindspot.coverage.records.provenance import Provenance
from blindspot.mission import GroundMasks

UNKNOWN, SEEN, BLIND = -1, 0, 100
SHADES = {UNKNOWN: 128, SEEN: 255, BLIND: 0}
"""Grey value of each cell in the picture. In map_server, free is white and occupied is black."""
DESCRIPTION = """\
# Public ground of a town: 0 (free, white) seen by a fixed camera, 100 (occupied, black) blind, -1 (grey) anything else.
# {attribution}
# inputs, sha256:
{inputs}
image: {image}
mode: trinary
resolution: {cell_m!r}
origin: [{east_m!r}, {north_m!r}, 0.0]  # of the lower left corner, m east and north of the site's origin
negate: 0
occupied_thresh: 0.65
free_thresh: 0.25
"""


def cells_of(masks: GroundMasks) -> NDArray[np.int8]:
    """The cells, shaped as the grid: 0 seen by a fixed camera, 100 blind, -1 everything else."""
    cells = np.full(masks.grid.shape, UNKNOWN, np.int8)
    cells[masks.public] = SEEN
    cells[masks.blind] = BLIND
    return cells


def write_occupancy_grid(folder: Path, masks: GroundMasks, provenance: Provenance) -> tuple[Path, ...]:
    """Write `coverage.yaml` and `coverage.pgm`. map_server reads the values of `cells_of` from them in its modes
    `trinary` and `scale`."""
    description, picture = folder / "coverage.yaml", folder / "coverage.pgm"
    shades = np.zeros(256, np.uint8)
    for cell, shade in SHADES.items():
        shades[cell % 256] = shade
    Image.fromarray(shades[cells_of(masks).view(np.uint8)[::-1]]).save(picture, "PPM")
    inputs = (f"#   {digest}  {name}" for name, digest in provenance.inputs_sha256.items())
    grid = masks.grid
    description.write_text(
        DESCRIPTION.format(
            attribution=" ".join(provenance.attribution.split()),
            inputs="\n".join(inputs),
            image=picture.name,
            cell_m=float(grid.cell_m),
            east_m=float(grid.east_min_m),
            north_m=float(grid.north_min_m),
        ),
        encoding="utf-8",
    )
    return description, picture
