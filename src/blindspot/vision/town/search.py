"""Detection within a time budget: first the whole picture, then enlarged tiles where people are small.

Tiles on blind ground, the target of the flight, come first.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, centre_px, project, unproject
from blindspot.site.ground import Grid
from blindspot.vision.models.detector import Detections
from blindspot.vision.models.tiling import Ground, choose_tiles, merged, tiles_of
from blindspot.vision.town.seen_town import Town

Floats = NDArray[np.float64]

TILE_PX = 416
"""Side of the network's input for a tile, if the network takes any size."""
BLOCK_PX = 40
"""Side of the picture blocks for which the ground is computed."""
PERSON_M, PERSON_WIDE_M = 1.7, 0.6
BLIND_TIMES = 4.0
"""Weight of blind ground relative to other ground in view."""
COSTS_KEPT = 9
"""Number of measured costs of which the median is used."""


class Searcher(Protocol):
    """The part of `Detector` that a search needs."""

    @property
    def enough_px(self) -> float: ...
    def shown(self, shape: tuple[int, ...], max_side_px: int | None = None) -> tuple[int, int, float]: ...
    def detect(self, bgr: NDArray[np.uint8], max_side_px: int | None = None) -> Detections: ...


@dataclass(frozen=True, slots=True)
class BlindGround:
    """The blind ground: bool, shaped as the grid."""

    grid: Grid
    blind: NDArray[np.bool_]

    def at(self, points_m: Floats) -> NDArray[np.bool_]:
        """(n,) whether each of (n, 2) points (east, north, m) is blind; False outside the grid."""
        corner_m = (self.grid.east_min_m, self.grid.north_min_m)
        cell = np.floor(np.nan_to_num((points_m - corner_m) / self.grid.cell_m, nan=-1.0).clip(-1, 1e6))
        col, row = cell.astype(int).T
        inside = (row >= 0) & (row < self.grid.rows) & (col >= 0) & (col < self.grid.cols)
        return np.asarray(inside & self.blind[row.clip(0, self.grid.rows - 1), col.clip(0, self.grid.cols - 1)])


class Search:
    """Searches the pictures of one lens over one town, with `budget_ms` of processor time for each picture."""

    def __init__(
        self,
        detector: Searcher,
        town: Town,
        lens: Lens,
        budget_ms: float,
        clock_s: Callable[[], float] = time.thread_time,
    ) -> None:
        """With a budget of 0 ms the network runs once on the whole picture. The clock measures the cost of each run.
        The default is this thread's processor time, which is independent of other programs."""
        self._detector, self._town, self._lens = detector, town, lens
        self._budget_ms, self._clock_s = budget_ms, clock_s
        self._whole_ms_per_px: deque[float] = deque(maxlen=COSTS_KEPT)
        self._tile_ms_per_px: deque[float] = deque(maxlen=COSTS_KEPT)
        self.blind: BlindGround | None = None

    def detect(self, bgr: NDArray[np.uint8], pose: CameraPose, keep: NDArray[np.uint8]) -> Detections:
        """Detect objects in a picture of the lens within the budget: boxes in its pixels, best first.

        `keep` is a mask of the ground that may be shown, of any size: 255 where it may.
        """
        if self._budget_ms <= 0:
            return self._detector.detect(bgr)
        whole_side_px = self._whole_side_px(bgr)
        whole = self._timed(self._whole_ms_per_px, bgr, whole_side_px)
        wide_px, tall_px, zoom = self._detector.shown(bgr.shape, whole_side_px)
        side_px = min(self._detector.shown((TILE_PX, TILE_PX), TILE_PX)[:2])
        whole_ms = [cost * wide_px * tall_px for cost in self._whole_ms_per_px]
        tile_ms = [cost * side_px**2 for cost in self._tile_ms_per_px]
        count = affordable(self._budget_ms, whole_ms, tile_ms, side_px**2 / (wide_px * tall_px))
        ground = ground_in_view(pose, self._lens, self._town, keep, self.blind)
        every = tiles_of(self._lens.width_px, self._lens.height_px, side_px)
        tiles = choose_tiles(ground, every, zoom, self._detector.enough_px, count)
        tiled = [(self._timed(self._tile_ms_per_px, tile.cut(bgr), side_px), tile) for tile in tiles]
        return merged([(whole, None), *tiled], self._lens.width_px, self._lens.height_px)

    def _whole_side_px(self, bgr: NDArray[np.uint8]) -> int | None:
        """The picture's own longest side, if the budget pays for it; else None for the detector's default. At full size
        one run shows the same as tiles at the picture's scale, and it has no tile edges."""
        own_px = max(bgr.shape[:2])
        wide_px, tall_px, zoom = self._detector.shown(bgr.shape, own_px)
        if not self._whole_ms_per_px or zoom <= self._detector.shown(bgr.shape)[2]:
            return None
        return own_px if median(self._whole_ms_per_px) * wide_px * tall_px <= self._budget_ms else None

    def _timed(self, costs: deque[float], bgr: NDArray[np.uint8], max_side_px: int | None) -> Detections:
        """Run the network and store its cost, ms per pixel of its input."""
        wide_px, tall_px, _ = self._detector.shown(bgr.shape, max_side_px)
        began_s = self._clock_s()
        found = self._detector.detect(bgr, max_side_px)
        costs.append(1e3 * (self._clock_s() - began_s) / (wide_px * tall_px))
        return found


def affordable(budget_ms: float, whole_ms: Sequence[float], tile_ms: Sequence[float], tile_share: float) -> int:
    """Number of tiles that the budget pays for beside the whole picture, from the measured costs. Before the first tile
    its cost is estimated as its share of the whole picture's input."""
    whole = median(whole_ms)
    tile = median(tile_ms) if tile_ms else whole * tile_share
    return max(0, int((budget_ms - whole) / max(tile, 1e-3)))


def level_in_view(town: Town, pose: CameraPose, lens: Lens) -> float:
    """Height of the ground in the middle of the view, m; the town's median if the middle shows other things."""
    east_m, north_m = unproject([centre_px(lens)], pose, lens, town.level_m)[0]
    ground_m = town.ground_at(east_m, north_m) if np.isfinite(east_m) else None
    return town.level_m if ground_m is None else ground_m


def ground_in_view(
    pose: CameraPose, lens: Lens, town: Town, keep: NDArray[np.uint8], blind: BlindGround | None
) -> Ground:
    """The ground behind each block of a picture, at the ground level in the middle of the view. Its worth is the share
    of the block that may be shown, times BLIND_TIMES on blind ground."""
    rows, columns = (max(1, round(side / BLOCK_PX)) for side in (lens.height_px, lens.width_px))
    x = (np.arange(columns) + 0.5) * lens.width_px / columns - 0.5
    y = (np.arange(rows) + 0.5) * lens.height_px / rows - 0.5
    pixels = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    level_m = level_in_view(town, pose, lens)
    points_m = unproject(pixels, pose, lens, level_m)
    on_ground = np.asarray(np.isfinite(points_m).all(axis=1))
    feet = np.column_stack([np.where(on_ground[:, None], points_m, 0.0), np.full(len(pixels), level_m)])
    tall = project(feet + np.array([0.0, 0.0, PERSON_M]), pose, lens)[0]
    depth_m = np.maximum(project(feet, pose, lens)[1], 1.0)
    person_px = np.maximum(np.hypot(*(tall - pixels).T), PERSON_WIDE_M * lens.f_px / depth_m)
    shown = cv2.resize(keep, (columns, rows), interpolation=cv2.INTER_AREA).ravel() / 255.0
    worth = np.where(on_ground & np.isfinite(person_px), shown, 0.0)
    if blind is not None:
        worth = worth * np.where(blind.at(points_m), BLIND_TIMES, 1.0)
    shape = (rows, columns)
    return Ground(lens.width_px, lens.height_px, worth.reshape(shape), np.nan_to_num(person_px, nan=1.0).reshape(shape))
