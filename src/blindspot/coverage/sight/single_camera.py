"""The view of one camera alone, and an upper bound of the view for any other heading, each over a part of the grid."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blindspot.coverage.sight.drone_camera import HEAD_HEIGHT_M
from blindspot.coverage.sight.fixed import Sight, enter
from blindspot.site import FixedCamera
from blindspot.site.ground import Grid, HeightField
from blindspot.site.town import assumptions

Density = NDArray[np.float32]
Window = tuple[slice, slice]


def window_of(sight: Sight, grid: Grid) -> Window:
    """The rows and columns of the grid that a sight's window covers."""
    rows, cols = sight.clear.shape
    col_max = min(sight.col_min + cols, grid.cols)
    return slice(sight.row_min, sight.row_min + rows), slice(sight.col_min, col_max)


class Alone:
    """Evaluates one camera at a time over a field. It holds two working rasters: create it once for all cameras."""

    def __init__(self, field: HeightField) -> None:
        self._field = field
        self._density = np.zeros(field.grid.shape, np.float32)
        self._count = np.zeros(field.grid.shape, np.uint8)

    def density(self, sight: Sight) -> Density:
        """The density, px/m, of the sight's camera in each cell of its window; 0 in unseen cells."""
        return self.highest([sight], window_of(sight, self._field.grid))

    def highest(self, sights: Iterable[Sight], window: Window) -> Density:
        """The highest density, px/m, of any of the sights' cameras in each cell of the window that they share."""
        for sight in sights:
            enter(sight, self._field, self._density, self._count)
        found = self._density[window].copy()
        self._density[window] = 0
        self._count[window] = 0
        return found

    def density_if_turned(self, sight: Sight) -> Density:
        """An upper bound of the camera's density, px/m, in each cell of its window for any heading.

        For a panning camera it holds for any known heading, tilt and zoom. The sight must be all round. The bound
        places the target's top in a corner of a pin-hole's picture, where a metre has the most pixels.
        """
        camera, grid = sight.camera, self._field.grid
        if camera.kind == "dome":
            all_round_px = math.ceil(camera.width_px * 360 / camera.hfov_deg * HAIR)
            return self.density(replace(sight, camera=replace(camera, hfov_deg=360.0, width_px=all_round_px)))
        place = grid.index(camera.east_m, camera.north_m)
        if place is None:
            raise ValueError(f"camera {camera.id} stands outside the field")
        rows, cols = window_of(sight, grid)
        found = np.zeros((rows.stop - rows.start, cols.stop - cols.start), np.float32)
        up_m = float(self._field.ground_m[place]) + camera.height_m
        eye_m = np.array([camera.east_m - grid.east_min_m, camera.north_m - grid.north_min_m, up_m])
        slopes = np.tan(np.radians(np.clip(elevations_deg(camera), -89.999, 89.999) + np.array([-HAIR_DEG, HAIR_DEG])))
        _turned(
            sight.clear, sight.row_min, sight.col_min, self._field.ground_m, eye_m, densest_px(camera), slopes,
            camera.range_m, HEAD_HEIGHT_M, grid.cell_m, found,
        )  # fmt: skip
        return found


HAIR_DEG, HAIR = 1e-3, 1 + 1e-6
"""Margins of the bounds: the bounded values are computed in single precision."""


@njit(cache=True, nogil=True, error_model="numpy")
def _turned(
    clear: Any, row_min: int, col_min: int, ground: Any, eye_m: Any, px: float, slopes: Any,
    range_m: float, target_m: float, cell_m: float, density: Any,
) -> None:  # fmt: skip
    """Set `density` to `px` a radian over the distance of the target's top, if its slope lies within `slopes`."""
    for r in range(density.shape[0]):
        y = (row_min + r + 0.5) * cell_m - eye_m[1]
        for c in range(density.shape[1]):
            if clear[r, c] == 0:
                continue
            x = (col_min + c + 0.5) * cell_m - eye_m[0]
            away = x * x + y * y + 1e-12
            if away > range_m * range_m * HAIR:
                continue
            flat, high = np.sqrt(away), ground[row_min + r, col_min + c] + target_m - eye_m[2]
            if slopes[0] * flat <= high <= slopes[1] * flat:
                density[r, c] = px * HAIR / np.sqrt(away + high * high)


def densest_px(camera: FixedCamera) -> float:
    """Pixels a radian in a corner of a pin-hole's picture, where it has the most, at the closest known zoom."""
    closest_deg = min([preset.hfov_deg for preset in camera.presets], default=camera.hfov_deg)
    f_px = camera.width_px / 2 / math.tan(math.radians(closest_deg) / 2)
    return math.hypot(f_px, camera.width_px / 2, camera.height_px / 2)


def elevations_deg(camera: FixedCamera) -> tuple[float, float]:
    """The lowest and the highest elevation in a pin-hole's picture; a panning camera's at any tilt and zoom."""
    tilts_deg = assumptions.PANNING_TILT_DEG if camera.kind == "panning" else (camera.tilt_deg, camera.tilt_deg)
    widest_deg = max([preset.hfov_deg for preset in camera.presets], default=camera.hfov_deg)
    across = math.tan(math.radians(widest_deg) / 2)
    along = across * camera.height_px / camera.width_px
    return -_highest_deg(-tilts_deg[0], across, along), _highest_deg(tilts_deg[1], across, along)


def _highest_deg(tilt_deg: float, across: float, along: float) -> float:
    """The highest elevation in a picture whose half-width and half-height at depth 1 are `across` and `along`: in the
    middle of the upper edge, or in the upper corners if the upper edge lies below the horizon.

    A point lies at (right, up, forward) = (x, y, 1): the sine of its elevation is (sin t + y cos t) / |(x, y, 1)|.
    """
    middle_deg = tilt_deg + math.degrees(math.atan(along))
    if middle_deg >= 0:
        return min(middle_deg, 90.0)
    tilt = math.radians(tilt_deg)
    return math.degrees(math.asin((math.sin(tilt) + along * math.cos(tilt)) / math.hypot(across, along, 1)))
