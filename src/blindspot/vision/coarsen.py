"""Limits the pixel density of a masked picture: a published picture shows no surface finer than its purpose needs.

The limit needs the pose, the lens and the town's ground alone. No network takes part, so a person whom the network
misses is protected too. The picture keeps its size: each band of rows is averaged to cells, and each cell is as wide
as the limit allows at the nearest surface that the band may show.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, project, unproject
from blindspot.core import MaskingError
from blindspot.vision.masking import SURE_SIGMAS, sure_pose
from blindspot.vision.town.seen_town import Town

Picture = NDArray[np.uint8]
Floats = NDArray[np.float64]

BLOCK_M = 1.0
"""Side of the ground's blocks for which a depth is computed; the highest ground of a block counts."""
HEADS_M = (0.0, 2.1)
"""Heights above the ground at which a surface may be: the ground, and the head of a tall person."""
STRIP_PX = 24
"""Rows for which one depth is computed."""
SAME = 1.03
"""Strips whose cells differ by less than this factor are one band."""
SOFT = 0.45
"""Standard deviation of the average of a cell, in cells: of stripes half a cell wide 2 % of the contrast is left, and
of stripes two cells wide 78 %. A plain mean over the cell leaves up to 20 % of finer ones, as a false pattern."""


class Coarsener:
    """Averages the pictures of one lens over one town to at most `px_per_m`; math.inf leaves every picture alone."""

    def __init__(self, town: Town, lens: Lens, px_per_m: float) -> None:
        if not px_per_m > 0:
            raise MaskingError(f"the density of published pictures is {px_per_m} px/m, and has to be above 0")
        self._town, self._lens, self._px_per_m = town, lens, px_per_m
        self._cells = max(1, round(BLOCK_M / town.grid.cell_m))
        self._tops_m = _tops(town, self._cells)
        self._levels_m = sorted({float(town.ground_m.min()), float(town.ground_m.max()) + HEADS_M[-1]})

    def coarsen(self, bgr: Picture, shown: Picture, pose: CameraPose) -> Picture:
        """The picture under its mask `shown` (h, w: 255 where a pixel may be seen), at most as dense as the limit.

        Hidden pixels are black. They are hidden before the averaging, and again after it.
        """
        masked = np.asarray(cv2.copyTo(bgr, shown), np.uint8)
        if math.isinf(self._px_per_m) or not shown.any():
            return masked
        out = np.zeros_like(masked)
        for rows, cell_px in self._bands(pose):
            out[rows] = averaged(masked[rows], cell_px)
        return np.asarray(cv2.copyTo(out, shown), np.uint8)

    def _bands(self, pose: CameraPose) -> Iterator[tuple[slice, float]]:
        """Rows of the picture from the top, and the side of their cells, px. Rows without ground have no band."""
        sides = self._cells_px(sure_pose(pose, pose.stamp_s))
        first = 0
        for strip in range(1, len(sides) + 1):
            band = sides[first : strip + 1]
            if strip < len(sides) and (band.max() <= SAME * band.min() or band.max() <= 1):
                continue
            side_px = float(sides[first:strip].max())
            if side_px > 0:
                yield slice(first * STRIP_PX, strip * STRIP_PX), side_px
            first = strip

    def _cells_px(self, pose: CameraPose) -> Floats:
        """(strips,) side of the cells in each strip of rows, px; 0 where no allowed ground is near."""
        strips = -(-self._lens.height_px // STRIP_PX)
        nearest_m = np.full(strips, np.inf)
        points_m = self._points_m(pose)
        pixels, depth_m = project(points_m, pose, self._lens)
        # A block counts as its middle, and the pose is not exact.
        spare_m = self._cells * self._town.grid.cell_m * math.sqrt(0.5)
        unsure_m = np.hypot(pose.position_std_m, depth_m * math.radians(pose.level_std_deg))
        depth_m = depth_m - spare_m - SURE_SIGMAS * unsure_m
        depth_m = np.maximum(depth_m, 0.1)
        reach_px = spare_m * self._lens.f_px / depth_m
        x, y = np.nan_to_num(pixels, nan=-np.inf).T
        inside = (x > -reach_px) & (x < self._lens.width_px + reach_px)
        first = np.floor((y - reach_px) / STRIP_PX)
        last = np.floor((y + reach_px) / STRIP_PX)
        inside &= (last >= 0) & (first < strips)
        depth_m, first, last = depth_m[inside], first[inside].clip(0), last[inside].clip(0, strips - 1)
        for strip in range(strips):
            nearest_m[strip] = depth_m[(first <= strip) & (last >= strip)].min(initial=np.inf)
        return self._lens.f_px / nearest_m / self._px_per_m

    def _points_m(self, pose: CameraPose) -> Floats:
        """(n, 3) surfaces of allowed ground around the picture, ENU m: each block at the ground and at a head."""
        grid, side_m = self._town.grid, self._cells * self._town.grid.cell_m
        corner_m = np.array([grid.east_min_m, grid.north_min_m])
        edges = [(x, y) for x in (0, self._lens.width_px - 1) for y in (0, self._lens.height_px - 1)]
        reached = np.concatenate([unproject(edges, pose, self._lens, level_m) for level_m in self._levels_m])
        part = slice(None), slice(None)
        if np.isfinite(reached).all():
            low = np.floor((reached.min(axis=0) - corner_m) / side_m).astype(int) - 1
            high = np.floor((reached.max(axis=0) - corner_m) / side_m).astype(int) + 2
            part = slice(max(0, low[1]), max(0, high[1])), slice(max(0, low[0]), max(0, high[0]))
        rows, cols = np.nonzero(np.isfinite(self._tops_m[part]))
        up_m = self._tops_m[part][rows, cols]
        rows, cols = rows + (part[0].start or 0), cols + (part[1].start or 0)
        at_m = np.column_stack([cols, rows]) * side_m + corner_m + side_m / 2
        return np.concatenate([np.column_stack([at_m, up_m + above_m]) for above_m in HEADS_M])


def averaged(picture: Picture, cell_px: float) -> Picture:
    """The (h, w, 3) picture averaged to cells of at least `cell_px`, in its own size; unchanged up to one pixel."""
    if cell_px <= 1:
        return picture
    tall, wide = picture.shape[:2]
    soft_px = SOFT * cell_px
    side_px = 2 * math.ceil(2 * soft_px) + 1
    soft = cv2.GaussianBlur(picture, (side_px, side_px), soft_px, borderType=cv2.BORDER_REPLICATE)
    size = max(1, math.floor(wide / cell_px)), max(1, math.floor(tall / cell_px))
    small = cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(small, (wide, tall), interpolation=cv2.INTER_NEAREST), np.uint8)


def _tops(town: Town, cells: int) -> NDArray[np.float32]:
    """The highest allowed ground of each block of `cells` by `cells`, m; -inf for a block without any."""
    ground_m = np.where(town.allowed, town.ground_m, -np.inf).astype(np.float32)
    beyond = [(0, -side % cells) for side in ground_m.shape]
    whole = np.pad(ground_m, beyond, constant_values=-np.inf)
    rows, cols = (side // cells for side in whole.shape)
    return np.asarray(whole.reshape(rows, cells, cols, cells).max(axis=(1, 3)), np.float32)
