"""A drawing surface over a rectangle of the site's plane. Shapes are in metres, drawn at twice the size and reduced."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image
from shapely.geometry import Polygon

from blindspot.site.ground import Grid

Colour = tuple[int, int, int]
"""Red, green, blue, 0..255."""
Points = NDArray[np.float64]
"""(n, 2) ENU, m."""

Weights = NDArray[np.float32]
"""Weight of a colour at each pixel, 0..1, shaped (height, width) of the surface before reduction."""

OVERSAMPLING = 2
SUBPIXEL_BITS = 4
HATCH_PX, HATCH_WIDE_PX = 7.0, 1.4
"""Distance and width of the lines of a hatch."""


class Canvas:
    """A picture of `bounds_m` (east_min, north_min, east_max, north_max; m ENU), north up. `px_per_m` is the scale
    after reduction."""

    def __init__(self, bounds_m: tuple[float, float, float, float], px_per_m: float, background: Colour) -> None:
        self.bounds_m = bounds_m
        self.scale = px_per_m * OVERSAMPLING
        self.width = max(OVERSAMPLING, round((bounds_m[2] - bounds_m[0]) * px_per_m) * OVERSAMPLING)
        self.height = max(OVERSAMPLING, round((bounds_m[3] - bounds_m[1]) * px_per_m) * OVERSAMPLING)
        self.pixels = np.empty((self.height, self.width, 3), np.uint8)
        self.pixels[:] = background

    def to_px(self, points_m: Points) -> Points:
        """Pixel positions, (n, 2) x and y, of ENU points on the surface before reduction."""
        points = np.asarray(points_m, float).reshape(-1, 2)
        return np.column_stack([points[:, 0] - self.bounds_m[0], self.bounds_m[3] - points[:, 1]]) * self.scale

    def wash(self, share: Weights, colour: Colour) -> None:
        """Blend a colour in: `share` is its weight at every pixel, 0..1."""
        rows, cols = np.flatnonzero(share.any(axis=1)), np.flatnonzero(share.any(axis=0))
        if not rows.size:
            return
        part = (slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1))
        weight, paint = share[part], np.full_like(self.pixels[part], colour)
        self.pixels[part] = cv2.blendLinear(self.pixels[part], paint, 1 - weight, weight)

    def mask(self, grid: Grid, mask: NDArray[np.bool_]) -> Weights:
        """A grid's mask as weights. A cell smaller than a pixel adds its share; a larger cell gets soft edges."""
        row_min, row_max = self._overlap(grid.north_min_m, grid.cell_m, grid.rows, self.bounds_m[1], self.bounds_m[3])
        col_min, col_max = self._overlap(grid.east_min_m, grid.cell_m, grid.cols, self.bounds_m[0], self.bounds_m[2])
        share: Weights = np.zeros((self.height, self.width), np.float32)
        if row_min >= row_max or col_min >= col_max:
            return share
        part: Weights = np.ascontiguousarray(mask[row_min:row_max, col_min:col_max][::-1].astype(np.float32))
        corner_m = (grid.east_min_m + col_min * grid.cell_m, grid.north_min_m + row_max * grid.cell_m)
        left, upper = self.to_px(np.array([corner_m]))[0]
        zoom = grid.cell_m * self.scale
        if zoom < 1:
            size = (max(1, round(part.shape[1] * zoom)), max(1, round(part.shape[0] * zoom)))
            part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.float32)
            zoom = 1.0
        shift = np.array([[zoom, 0, left + zoom / 2 - 0.5], [0, zoom, upper + zoom / 2 - 0.5]])
        size = (self.width, self.height)
        share = np.asarray(cv2.warpAffine(part, shift, size, flags=cv2.INTER_LINEAR), np.float32)
        if zoom > 2:
            share = np.clip((share - 0.5) * zoom + 0.5, 0, 1)
        return share

    @staticmethod
    def _overlap(start_m: float, cell_m: float, cells: int, low_m: float, high_m: float) -> tuple[int, int]:
        first = max(0, int(np.floor((low_m - start_m) / cell_m)) - 1)
        return first, min(cells, int(np.ceil((high_m - start_m) / cell_m)) + 1)

    def area(self, polygons: Iterable[Polygon], shift_px: tuple[float, float] = (0, 0)) -> Weights:
        """Polygons with their holes as weights of the canvas, moved by `shift_px` of the finished picture."""
        share = np.zeros((self.height, self.width), np.uint8)
        for polygon in polygons:
            rings = [self._fixed_point(np.asarray(ring.coords)[:, :2], shift_px) for ring in _rings(polygon)]
            cv2.fillPoly(share, rings, 255, cv2.LINE_AA, SUBPIXEL_BITS)
        return np.asarray(share / np.float32(255), np.float32)

    def polygon(self, polygon: Polygon, fill: Colour | None, edge: Colour | None = None, width_px: float = 1.0) -> None:
        rings = [self._fixed_point(np.asarray(ring.coords)[:, :2]) for ring in _rings(polygon)]
        if fill is not None:
            cv2.fillPoly(self.pixels, rings, fill, cv2.LINE_AA, SUBPIXEL_BITS)
        if edge is not None:
            cv2.polylines(self.pixels, rings, True, edge, _thick(width_px), cv2.LINE_AA, SUBPIXEL_BITS)

    def line(self, points_m: Points, colour: Colour, width_px: float, closed: bool = False) -> None:
        points = self._fixed_point(points_m)
        cv2.polylines(self.pixels, [points], closed, colour, _thick(width_px), cv2.LINE_AA, SUBPIXEL_BITS)

    def dot(
        self, at_m: Points, radius_px: float, fill: Colour, edge: Colour | None = None, width_px: float = 1.0
    ) -> None:
        for centre in self._fixed_point(at_m):
            radius = round(radius_px * OVERSAMPLING * 2**SUBPIXEL_BITS)
            cv2.circle(self.pixels, centre, radius, fill, -1, cv2.LINE_AA, SUBPIXEL_BITS)
            if edge is not None:
                cv2.circle(self.pixels, centre, radius, edge, _thick(width_px), cv2.LINE_AA, SUBPIXEL_BITS)

    def hatch(self, share: Weights, colour: Colour) -> None:
        """Draw slanting lines on a faint wash where `share` is positive."""
        step = HATCH_PX * OVERSAMPLING
        across = np.arange(self.height + self.width - 1, dtype=np.float32)  # row + column of a pixel
        distance = np.abs(across % step - step / 2)
        lines = np.clip(HATCH_WIDE_PX * OVERSAMPLING / 2 + 0.5 - distance, 0, 1)
        self.wash(share * sliding_window_view(np.maximum(lines * 0.75, 0.10), self.width), colour)

    def _fixed_point(self, points_m: Points, shift_px: tuple[float, float] = (0, 0)) -> NDArray[np.int32]:
        px = self.to_px(points_m) - 0.5 + np.array(shift_px) * OVERSAMPLING
        return np.asarray((px * 2**SUBPIXEL_BITS).round(), np.int32)

    def image(self) -> Image.Image:
        """The surface before reduction."""
        return Image.fromarray(self.pixels)


def mixed(base: Colour, colour: Colour, share: float) -> Colour:
    """A colour over a base colour, as a share of the mixture (0..1)."""
    red, green, blue = (round(under + (over - under) * share) for under, over in zip(base, colour, strict=True))
    return (red, green, blue)


def _rings(polygon: Polygon) -> list[Any]:
    return [polygon.exterior, *polygon.interiors]


def _thick(width_px: float) -> int:
    return max(1, round(width_px * OVERSAMPLING))
