"""What a camera at a candidate position would see: the planner's own fast kernel.

The line of sight does not depend on the aim, so it is traced once a position; an aim then only asks which of the
visible points fall into its picture. The plan's claim is counted afterwards with the coverage kernel, and the checker
counts it again: this one only chooses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.site.grid import HeightField

HEAD_M = 1.7
"""Height at which a person's head is looked for, m above ground."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Ground points to be seen, m ENU, and their weights (m2)."""

    east_m: NDArray[np.float64]
    north_m: NDArray[np.float64]
    ground_m: NDArray[np.float64]

    @classmethod
    def of(cls, field: HeightField, cells: NDArray[np.integer]) -> Targets:
        """The centres of flat row-major cells of the field."""
        centres = field.grid.centres(cells)
        return cls(
            np.ascontiguousarray(centres[:, 0]),
            np.ascontiguousarray(centres[:, 1]),
            field.ground_m.ravel()[cells].astype(np.float64),
        )

    def __len__(self) -> int:
        return len(self.east_m)


@dataclass(frozen=True, slots=True)
class Picture:
    """The pin-hole picture in which a thing counts as seen: half-width tangents and depths along the axis, m."""

    half_width: float
    half_height: float
    nearest_m: float
    farthest_m: float

    @property
    def reach_m(self) -> float:
        """Longest line of sight that can still lie in the picture."""
        return self.farthest_m * math.sqrt(1.0 + self.half_width**2 + self.half_height**2)

    def as_row(self) -> NDArray[np.float64]:
        return np.array([self.half_width, self.half_height, self.nearest_m, self.farthest_m])


def aim_axes(aims: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) headings and pitches in degrees as (n, 9): the axis, the picture's right and its down, each ENU."""
    heading, pitch = np.radians(aims[:, 0]), np.radians(aims[:, 1])
    sin_h, cos_h, sin_p, cos_p = np.sin(heading), np.cos(heading), np.sin(pitch), np.cos(pitch)
    axis = np.column_stack([sin_h * cos_p, cos_h * cos_p, sin_p])
    right = np.column_stack([cos_h, -sin_h, np.zeros_like(heading)])
    down = np.column_stack([sin_h * sin_p, cos_h * sin_p, -cos_p])
    return np.ascontiguousarray(np.hstack([axis, right, down]))


@numba.njit(cache=True, nogil=True)
def is_clear(top, cell_m, east, north, up, target_east, target_north, target_up, highest):  # type: ignore[no-untyped-def]
    """Whether the line from a ground target up to the camera clears every vertical-walled cell on its way.

    Coordinates are metres from the grid's corner. Walks the cells from the target on (Amanatides and Woo, 1987) and
    stops where the line is above everything. The line climbs, so that it is lowest where it enters a cell.
    """
    rows, cols = top.shape
    along_east, along_north, rise = east - target_east, north - target_north, up - target_up
    col, row = int(target_east // cell_m), int(target_north // cell_m)
    step_col = 1 if along_east > 0 else -1
    step_row = 1 if along_north > 0 else -1
    delta_col = cell_m / abs(along_east) if along_east != 0.0 else np.inf
    delta_row = cell_m / abs(along_north) if along_north != 0.0 else np.inf
    next_col = ((col + (step_col > 0)) * cell_m - target_east) / along_east if along_east != 0.0 else np.inf
    next_row = ((row + (step_row > 0)) * cell_m - target_north) / along_north if along_north != 0.0 else np.inf
    while True:
        if next_col < next_row:
            at = next_col
            next_col += delta_col
            col += step_col
        else:
            at = next_row
            next_row += delta_row
            row += step_row
        height = target_up + at * rise
        if at >= 1.0 or height > highest or col < 0 or row < 0 or col >= cols or row >= rows:
            return True
        if top[row, col] > height:
            return False


@numba.njit(cache=True, nogil=True)
def _in_picture(axes, picture, east, north, up):  # type: ignore[no-untyped-def]
    """Depth along the axis of a point relative to the camera, or -1 outside the picture's edges."""
    depth = axes[0] * east + axes[1] * north + axes[2] * up
    if depth <= 0.0:
        return -1.0
    right = axes[3] * east + axes[4] * north + axes[5] * up
    if abs(right) > picture[0] * depth:
        return -1.0
    down = axes[6] * east + axes[7] * north + axes[8] * up
    if abs(down) > picture[1] * depth:
        return -1.0
    return depth


@numba.njit(cache=True, nogil=True)
def _too_near(ground, top, cell_m, east, north, up, all_axes, edges, nearest_m):  # type: ignore[no-untyped-def]
    """For every aim, whether some roof, wall or ground in the picture is nearer than the density cap allows.

    Walls are sampled every metre from the roof down to the ground at their foot; what hides what is ignored, which errs
    on the safe side.
    """
    rows, cols = top.shape
    bad = np.zeros(len(all_axes), dtype=np.bool_)
    reach = nearest_m * math.sqrt(1.0 + edges[0] ** 2 + edges[1] ** 2)
    col_lo, col_hi = max(0, int((east - reach) // cell_m)), min(cols, int((east + reach) // cell_m) + 1)
    row_lo, row_hi = max(0, int((north - reach) // cell_m)), min(rows, int((north + reach) // cell_m) + 1)
    for row in range(row_lo, row_hi):
        for col in range(col_lo, col_hi):
            if top[row, col] < up - reach:
                continue
            away_east, away_north = (col + 0.5) * cell_m - east, (row + 0.5) * cell_m - north
            flat = away_east**2 + away_north**2
            if flat + max(0.0, up - top[row, col]) ** 2 > reach**2:
                continue
            height = top[row, col] + 0.0
            while height > ground[row, col] - 1.0 and flat + (up - height) ** 2 <= reach**2:
                for k in range(len(all_axes)):
                    if not bad[k]:
                        depth = _in_picture(all_axes[k], edges, away_east, away_north, height - up)
                        bad[k] = 0.0 < depth < nearest_m
                height -= 1.0
    return bad


@numba.njit(cache=True, nogil=True)
def _look(  # type: ignore[no-untyped-def]
    ground, top, cell_m, east, north, up, target_east, target_north, target_up, all_axes, picture, wide, reach_m,
    highest
):
    """(first, seen): aim k sees targets seen[first[k]:first[k + 1]]."""
    aims = len(all_axes)
    visible = np.empty(len(target_east), dtype=np.int32)
    count = 0
    for i in range(len(target_east)):
        away = (target_east[i] - east) ** 2 + (target_north[i] - north) ** 2
        if away + (up - target_up[i]) ** 2 <= reach_m**2 and is_clear(
            top, cell_m, east, north, up, target_east[i], target_north[i], target_up[i], highest
        ):
            visible[count] = i
            count += 1
    first = np.zeros(aims + 1, dtype=np.int64)
    if count == 0:
        return first, visible[:0].copy()
    bad = _too_near(ground, top, cell_m, east, north, up, all_axes, wide, picture[2])
    seen = np.empty(count * aims, dtype=np.int32)
    total = 0
    for k in range(aims):
        if not bad[k]:
            for j in range(count):
                i = visible[j]
                e, n, u = target_east[i] - east, target_north[i] - north, target_up[i] - up
                far = _in_picture(all_axes[k], picture, e, n, u)
                near = _in_picture(all_axes[k], picture, e, n, u + HEAD_M)
                if picture[2] <= near and far >= 0.0 and far <= picture[3]:
                    seen[total] = i
                    total += 1
        first[k + 1] = total
    return first, seen[:total].copy()


def look(
    field: HeightField,
    position_m: tuple[float, float, float],
    targets: Targets,
    axes: NDArray[np.float64],
    picture: Picture,
    edges: Picture,
    highest_m: float,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """What every aim sees from a position: (first, seen), aim k sees targets `seen[first[k]:first[k + 1]]`.

    `picture` says where a target counts as seen, `edges` is the whole picture, in which nothing may exceed the cap;
    `highest_m` is the highest roof of the field.
    """
    grid = field.grid
    east, north, up = position_m
    return _look(  # type: ignore[no-any-return]
        field.ground_m,
        field.top_m,
        grid.cell_m,
        east - grid.east_min_m,
        north - grid.north_min_m,
        up,
        targets.east_m - grid.east_min_m,
        targets.north_m - grid.north_min_m,
        targets.ground_m,
        axes,
        picture.as_row(),
        edges.as_row(),
        picture.reach_m,
        highest_m,
    )
