"""Shadows, windows and sensor noise, which make a drawn town look like a photograph to a network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.vision.town import CLIP_M, Surface, Town
from blindspot_sim.pictures.light import RENDERED
from blindspot_sim.pictures.trees import shadow_outline_m

Picture = NDArray[np.uint8]
Floats = NDArray[np.float64]

SHADE = 0.6
NOISE = 2.5
"""Standard deviation of a pixel, of 255."""
FLOOR_M, BAY_M = 3.0, 2.6
WINDOW = ((0.3, 0.7), (0.3, 0.8))
"""Extent of a window in its bay and in its floor, as shares."""
WINDOW_COLOUR = (92, 78, 70)
SHIFT = 4


def shadow_m(height_m: float) -> Floats:
    """(east, north) from an object of this height to the end of its shadow on level ground, m."""
    east, north, up = RENDERED.direction
    return np.array([east, north]) * (height_m / -up)


def cast_shadows(texture: Picture, town: Town, texel_m: float) -> None:
    """Darken the ground's texture (row 0 the southernmost) in the shadows of buildings and trees, with soft edges."""
    shade = ground_shade(town, texture.shape[:2], texel_m)
    rows = max(1, (1 << 20) // texture.shape[1])
    for row in range(0, len(texture), rows):  # by strips: a town's texture has a hundred megabytes
        light = 1.0 - (1.0 - SHADE) / 255 * shade[row : row + rows, :, None].astype(np.float32)
        texture[row : row + rows] = texture[row : row + rows] * light


def ground_shade(town: Town, shape: tuple[int, ...], texel_m: float) -> Picture:
    """(rows, cols) 255 in the shadows of buildings and trees on the ground, 0 in the sun."""
    shade = np.zeros(shape, np.uint8)
    origin = np.array([town.grid.east_min_m, town.grid.north_min_m])
    for prism in town.prisms:
        ring, end = prism.rings[0], prism.rings[0] + shadow_m(prism.eaves_m - prism.base_m)
        sides = np.stack([ring, np.roll(ring, -1, axis=0), np.roll(end, -1, axis=0), end], axis=1)
        for polygon in (end, *sides):
            fill(shade, [(polygon - origin) / texel_m - 0.5], 255)
    for tree in town.trees:
        shadow = shadow_outline_m(tree, shadow_m(tree.middle_m - tree.ground_m))
        fill(shade, [(shadow - origin) / texel_m - 0.5], 255)
    return np.asarray(cv2.GaussianBlur(shade, (5, 5), 0), np.uint8)


def fill(picture: NDArray[Any], rings: Iterable[Floats], colour: tuple[int, int, int] | int) -> None:
    """Fill a polygon of one or more rings, in pixels."""
    polygons = [np.rint(ring * (1 << SHIFT)).astype(np.int32) for ring in rings]
    cv2.fillPoly(picture, polygons, colour, cv2.LINE_8, SHIFT)


def darken_line(picture: Picture, start: Floats, end: Floats, thickness: int) -> None:
    """Paint the shadow of a thin object between two pixels, as far as it is in the picture."""
    _darken(picture, np.stack([start, end]), thickness)


def darken_polygon(picture: Picture, pixels: Floats) -> None:
    """Paint a shadow inside the convex outline of (n, 2) pixels, as far as it is in the picture."""
    _darken(picture, cv2.convexHull(pixels.astype(np.float32)).reshape(-1, 2).astype(float), 0)


def _darken(picture: Picture, pixels: Floats, thickness: int) -> None:
    """Darken a line of a thickness, or a polygon if the thickness is 0."""
    low = np.floor(pixels.min(axis=0)).astype(int) - thickness
    high = np.ceil(pixels.max(axis=0)).astype(int) + thickness + 1
    (x1, y1), (x2, y2) = np.maximum(low, 0), np.minimum(high, (picture.shape[1], picture.shape[0]))
    if x2 <= x1 or y2 <= y1:
        return
    shade = np.zeros((y2 - y1, x2 - x1), np.uint8)
    points = np.rint((pixels - (x1, y1)) * (1 << SHIFT)).astype(np.int32)
    if thickness:
        cv2.line(shade, points[0].tolist(), points[1].tolist(), 255, thickness, cv2.LINE_AA, SHIFT)
    else:
        cv2.fillPoly(shade, [points], 255, cv2.LINE_AA, SHIFT)
    part = picture[y1:y2, x1:x2]
    part[:] = part * (1.0 - (1.0 - SHADE) / 255 * shade[:, :, None].astype(np.float32))


def draw_windows(picture: NDArray[Any], wall: Surface, colour: tuple[int, int, int] | int = WINDOW_COLOUR) -> None:
    """Paint windows by floors and bays, on a wall with all its corners in the picture."""
    across, up = int(wall.width_m / BAY_M), int(wall.height_m / FLOOR_M)
    if wall.facing_deg is None or wall.depth_m <= 1.01 * CLIP_M or not across or not up:
        return
    corners = np.array([(0, 0), (across, 0), (across, up), (0, up)], np.float32)
    to_picture = cv2.getPerspectiveTransform(corners, wall.rings[0].astype(np.float32))
    bays = np.stack(np.meshgrid(np.arange(across), np.arange(up)), axis=-1).reshape(-1, 1, 2)
    (left, right), (low, high) = WINDOW
    windows = bays + np.array([(left, low), (right, low), (right, high), (left, high)])
    pixels = cv2.perspectiveTransform(windows.reshape(1, -1, 2).astype(np.float64), to_picture).reshape(-1, 4, 2)
    size = (picture.shape[1], picture.shape[0])
    seen = ((pixels.max(axis=1) > 0) & (pixels.min(axis=1) < size)).all(axis=1)
    drawn = np.rint(pixels[seen] * (1 << SHIFT)).astype(np.int32)
    cv2.fillPoly(picture, list(drawn), colour, cv2.LINE_AA, SHIFT)


class SensorNoise:
    """The noise of a sensor: different at each time stamp, and the same for the same stamp."""

    def __init__(self, width_px: int, height_px: int, seed: int, gain: float = 1.0) -> None:
        self._rng_seed, self._slack = seed, 64
        noise = np.random.default_rng([seed, 17]).normal(0, NOISE * gain, (height_px + 64, width_px + 64, 3))
        self._more = np.clip(np.rint(noise), 0, 255).astype(np.uint8)
        self._less = np.clip(np.rint(-noise), 0, 255).astype(np.uint8)

    def add(self, picture: Picture, stamp_s: float) -> Picture:
        rng = np.random.default_rng([self._rng_seed, round(abs(stamp_s) * 1000)])
        row, col = rng.integers(0, self._slack, 2)
        height, width = picture.shape[:2]
        part = (slice(row, row + height), slice(col, col + width))
        return np.asarray(cv2.subtract(cv2.add(picture, self._more[part]), self._less[part]), np.uint8)
