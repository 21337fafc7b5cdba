"""The pictures on the meshes: a storey of wall with its window, a piece of roof, the ground with its streets."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.vision.town import Town
from blindspot_sim.pictures.figures import Colour
from blindspot_sim.pictures.ground import ground_texture
from blindspot_sim.pictures.renderer import ROOFS, WALLS
from blindspot_sim.world.town_mesh import TILE_M, TONES, tiles

Picture = NDArray[np.uint8]

SIDE_PX = 64
GLASS: Colour = (92, 78, 66)
FRAME: Colour = (216, 220, 222)
GROUND_TEXEL_M = 0.5
JPEG_QUALITY = 85


def write_pictures(folder: Path, town: Town, seed: int) -> dict[str, str]:
    """Write all pictures of the town's meshes into the folder. Returns the file name by material."""
    names = {}
    random = np.random.default_rng([seed, 17])
    for tone in range(TONES):
        for kind, picture in (("wall", _wall(WALLS[tone])), ("roof", _roof(ROOFS[tone]))):
            names[f"{kind}{tone}"] = f"{kind}{tone}.png"
            cv2.imwrite(str(folder / f"{kind}{tone}.png"), _grained(picture, random))
    texture, side_px = ground_texture(town, seed, GROUND_TEXEL_M), round(TILE_M / GROUND_TEXEL_M)
    rows, cols = tiles(town)
    for row in range(rows):
        for col in range(cols):
            tile = np.zeros((side_px, side_px, 3), np.uint8)
            piece = texture[row * side_px : (row + 1) * side_px, col * side_px : (col + 1) * side_px]
            tile[: len(piece), : piece.shape[1]] = piece
            name = names[f"ground_{row}_{col}"] = f"ground_{row}_{col}.jpg"
            # A picture's first row is its top: north.
            cv2.imwrite(str(folder / name), tile[::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return names


def _wall(colour: Colour) -> Picture:
    """A storey: plaster, one window in its frame, the line of the floor above."""
    picture = np.full((SIDE_PX, SIDE_PX, 3), colour, np.uint8)
    cv2.rectangle(picture, (18, 14), (45, 49), FRAME, -1)
    cv2.rectangle(picture, (20, 16), (43, 47), GLASS, -1)
    cv2.line(picture, (31, 16), (31, 47), FRAME, 2)
    cv2.line(picture, (0, 1), (SIDE_PX, 1), tuple(0.85 * c for c in colour), 2)
    return picture


def _roof(colour: Colour) -> Picture:
    """Rows of tiles."""
    picture = np.full((SIDE_PX, SIDE_PX, 3), colour, np.uint8)
    for row in range(0, SIDE_PX, 8):
        cv2.line(picture, (0, row), (SIDE_PX, row), tuple(0.8 * c for c in colour), 1)
    return picture


def _grained(picture: Picture, random: np.random.Generator) -> Picture:
    noisy = picture + random.normal(0.0, 4.0, picture.shape[:2])[..., None]
    return np.clip(noisy, 0, 255).astype(np.uint8)
