"""The texture of the ground: private ground, pavements and streets under grain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.vision.town import Town
from blindspot_sim.pictures.figures import SHIFT, Colour

TILE = 256
"""Texels after which the grain repeats."""


@dataclass(frozen=True, slots=True)
class GroundTones:
    """Values of the ground's three kinds, and the standard deviation of the fine and of the coarse grain. A value is
    a colour of 8 bits, or one number of 16 bits."""

    private: Colour | int
    pavement: Colour | int
    street: Colour | int
    grain: float


VISIBLE = GroundTones((88, 128, 104), (158, 162, 166), (96, 94, 92), 7.0)


def ground_texture(town: Town, seed: int, texel_m: float, tones: GroundTones = VISIBLE) -> NDArray[Any]:
    """Ground with texels of this size, row 0 the southernmost: (rows, cols, 3) BGR, or (rows, cols) numbers."""
    grid, kind = town.grid, np.uint16 if isinstance(tones.private, int) else np.uint8
    factor = round(grid.cell_m / texel_m)
    rows, cols = grid.rows * factor, grid.cols * factor
    texture = np.empty((rows, cols, *np.shape(tones.private)), kind)
    texture[:] = tones.private
    public = cv2.resize(town.public.astype(np.uint8), (cols, rows), interpolation=cv2.INTER_NEAREST)
    texture[public > 0] = tones.pavement
    origin = np.array([grid.east_min_m, grid.north_min_m])
    for axis, width_m in town.streets:
        corners = np.rint(((axis - origin) / texel_m - 0.5) * (1 << SHIFT)).astype(np.int32)
        cv2.polylines(texture, [corners], False, tones.street, max(1, round(width_m / texel_m)), cv2.LINE_AA, SHIFT)
    cv2.GaussianBlur(texture, (5, 5), 0, dst=texture)
    grain = _grain(seed, tones.grain).reshape(TILE, TILE, *[1] * (texture.ndim - 2))
    for row in range(0, rows, TILE):
        for col in range(0, cols, TILE):
            tile = texture[row : row + TILE, col : col + TILE]
            tile[:] = np.clip(tile + grain[: tile.shape[0], : tile.shape[1]], 0, np.iinfo(kind).max)
    return texture


def _grain(seed: int, spread: float) -> NDArray[np.int16]:
    """(TILE, TILE) fine and coarse noise."""
    rng = np.random.default_rng([seed, 13])
    coarse = cv2.resize(rng.normal(0, spread, (32, 32)).astype(np.float32), (TILE, TILE), interpolation=cv2.INTER_CUBIC)
    return np.asarray(rng.normal(0, spread, (TILE, TILE)) + coarse, np.float64).astype(np.int16)
