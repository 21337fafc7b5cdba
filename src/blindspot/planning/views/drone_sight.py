"""The targets that a camera at a candidate position would see: the planner's own fast kernel.

The line of sight is independent of the aim, so it is traced once per position. For each aim the kernel then only tests
which visible points fall into the picture. This kernel only chooses: the plan's claim is counted afterwards with the
coverage kernel, and the checker counts it again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.views.picture import Picture
from blindspot.planning.views.too_near import BLOCK, Place, Surfaces, block_tops, is_too_near
from blindspot.site.ground import HeightField

HEAD_M = 1.7
"""Height of a person's head, m above ground."""
NOTHING_DONE = np.empty(0, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Targets:
    """Ground points to be seen, m ENU."""

    east_m: NDArray[np.float64]
    north_m: NDArray[np.float64]
    ground_m: NDArray[np.float64]

    @classmethod
    def of(cls, field: HeightField, cells: NDArray[np.integer]) -> Targets:
        """The centres of the cells with these numbers in the field's flat, row-major grid."""
        centres = field.grid.centres(cells)
        return cls(
            np.ascontiguousarray(centres[:, 0]),
            np.ascontiguousarray(centres[:, 1]),
            field.ground_m.ravel()[cells].astype(np.float64),
        )

    def __len__(self) -> int:
        return len(self.east_m)

    def part(self, some: NDArray[np.integer]) -> Targets:
        """The targets with these numbers, in this order."""
        return Targets(self.east_m[some], self.north_m[some], self.ground_m[some])


class Roofs(NamedTuple):
    """The obstacles to sight, in the form that the kernels take. `top`: the tops of the cells (float32, m above the
    datum, shaped as the grid). `block_top`: the highest top of every `BLOCK` times `BLOCK` cells. `cell_m`: the side of
    a cell, m."""

    top: NDArray[np.float32]
    block_top: NDArray[np.float32]
    cell_m: float


class Sorted(NamedTuple):
    """The targets of a `SightScene` (east, north and ground, m from the grid's corner and above the datum) and the
    squares that contain them, as described in `SightScene`."""

    east: NDArray[np.float64]
    north: NDArray[np.float64]
    ground: NDArray[np.float64]
    side_m: float
    first: NDArray[np.int64]
    order: NDArray[np.int32]


class _Camera(NamedTuple):
    """Aims as (n, 9) rows of `aim_axes`; the picture in which a target counts and the whole picture (`edges`), as
    `Picture.as_row`; the longest line of sight, m."""

    axes: NDArray[np.float64]
    picture: NDArray[np.float64]
    edges: NDArray[np.float64]
    reach_m: float


@dataclass(frozen=True, slots=True)
class SightScene:
    """A town and its targets, prepared for views from many places.

    Coordinates are metres from the field's corner. The targets of the square of row r and column c, `side_m` wide, are
    `order[first[r, c]:first[r, c + 1]]`; `block_top_m` is the highest top of every `BLOCK` times `BLOCK` cells, and
    `block_peak_m` their highest surface.
    """

    field: HeightField
    east_m: NDArray[np.float64]
    north_m: NDArray[np.float64]
    ground_m: NDArray[np.float64]
    side_m: float
    first: NDArray[np.int64]
    order: NDArray[np.int32]
    block_top_m: NDArray[np.float32]
    block_peak_m: NDArray[np.float32]

    @classmethod
    def of(cls, field: HeightField, targets: Targets, side_m: float) -> SightScene:
        grid = field.grid
        east_m, north_m = targets.east_m - grid.east_min_m, targets.north_m - grid.north_min_m
        rows, cols = (int(cells * grid.cell_m // side_m) + 1 for cells in grid.shape)
        square = (north_m // side_m).astype(np.int64) * cols + (east_m // side_m).astype(np.int64)
        order = np.argsort(square, kind="stable").astype(np.int32)
        bounds = np.searchsorted(square[order], np.arange(rows * cols + 1))
        first = np.column_stack([bounds[:-1].reshape(rows, cols), bounds[cols::cols]])
        block_top_m = block_tops(field.top_m)
        block_peak_m = block_top_m if field.peak_m is None else block_tops(field.peak_m)
        return cls(
            field, east_m, north_m, targets.ground_m, side_m, np.ascontiguousarray(first), order, block_top_m,
            block_peak_m,
        )  # fmt: skip

    @property
    def roofs(self) -> Roofs:
        return Roofs(self.field.top_m, self.block_top_m, self.field.grid.cell_m)

    @property
    def surfaces(self) -> Surfaces:
        return Surfaces(self.field.ground_m, self.field.surface_m, self.block_peak_m, self.field.grid.cell_m)

    @property
    def targets(self) -> Sorted:
        return Sorted(self.east_m, self.north_m, self.ground_m, self.side_m, self.first, self.order)


@numba.njit(cache=True, nogil=True)
def clear_ones(roofs, eye, targets, some):  # type: ignore[no-untyped-def]
    """The targets among `some` (numbers) whose line up to the camera clears every vertical-walled cell on its way.

    `roofs` are `Roofs`, `eye` is a `Place`, `targets` are `Sorted`. The walk starts at the target (Amanatides and Woo,
    1987) and stops where the line is above all tops around it. The line climbs, so it is lowest where it enters a cell.
    One target has no function of its own: such a call would count references to all arrays, which takes longer.
    """
    top, block_top, cell_m = roofs.top, roofs.block_top, roofs.cell_m
    east_m, north_m, ground_m = targets.east, targets.north, targets.ground
    rows, cols = top.shape
    to_col, to_row = int(eye.east // cell_m), int(eye.north // cell_m)
    clear, count = np.empty(len(some), dtype=np.int32), 0
    for i in some:
        east, north, up = east_m[i], north_m[i], ground_m[i]
        along_east, along_north, rise = eye.east - east, eye.north - north, eye.up - up
        col, row = int(east // cell_m), int(north // cell_m)
        highest = -np.inf
        for r in range(max(0, min(row, to_row) - 1) // BLOCK, min(rows - 1, max(row, to_row) + 1) // BLOCK + 1):
            for c in range(max(0, min(col, to_col) - 1) // BLOCK, min(cols - 1, max(col, to_col) + 1) // BLOCK + 1):
                highest = max(highest, block_top[r, c])
        step_col = 1 if along_east > 0 else -1
        step_row = 1 if along_north > 0 else -1
        delta_col = cell_m / abs(along_east) if along_east != 0.0 else np.inf
        delta_row = cell_m / abs(along_north) if along_north != 0.0 else np.inf
        next_col = ((col + (step_col > 0)) * cell_m - east) / along_east if along_east != 0.0 else np.inf
        next_row = ((row + (step_row > 0)) * cell_m - north) / along_north if along_north != 0.0 else np.inf
        while True:
            if next_col < next_row:
                at = next_col
                next_col += delta_col
                col += step_col
            else:
                at = next_row
                next_row += delta_row
                row += step_row
            height = up + at * rise
            if at >= 1.0 or height > highest or col < 0 or row < 0 or col >= cols or row >= rows:
                clear[count] = i
                count += 1
                break
            if top[row, col] > height:
                break
    return clear[:count]


@numba.njit(cache=True, nogil=True)
def _in_reach(targets, eye, reach_m):  # type: ignore[no-untyped-def]
    """The targets at most `reach_m` from the eye, square after square."""
    first, order, side_m = targets.first, targets.order, targets.side_m
    east_m, north_m, ground_m = targets.east, targets.north, targets.ground
    rows, cols = first.shape[0], first.shape[1] - 1
    row, col, beside = int(eye.north // side_m), int(eye.east // side_m), math.ceil(reach_m / side_m)
    found, count = np.empty(len(order), dtype=np.int32), 0
    for r in range(max(0, row - beside), min(rows, row + beside + 1)):
        for k in range(first[r, min(cols, max(0, col - beside))], first[r, max(0, min(cols, col + beside + 1))]):
            i = order[k]
            away = (east_m[i] - eye.east) ** 2 + (north_m[i] - eye.north) ** 2
            if away + (eye.up - ground_m[i]) ** 2 <= reach_m**2:
                found[count] = i
                count += 1
    return found[:count]


@numba.njit(cache=True, nogil=True)
def _visible(roofs, targets, eye, reach_m, done):  # type: ignore[no-untyped-def]
    """The visible targets in reach, ascending; empty if all of them are done."""
    near = _in_reach(targets, eye, reach_m)
    if len(done) == 0:
        return np.sort(clear_ones(roofs, eye, targets, near))
    # Open targets come first. If the place sees none of them, the lines to the targets already seen are skipped.
    is_done = done[near]
    clear = clear_ones(roofs, eye, targets, near[~is_done])
    if len(clear) == 0:
        return clear
    return np.sort(np.concatenate((clear, clear_ones(roofs, eye, targets, near[is_done]))))


@numba.njit(cache=True, nogil=True)
def _look_once(roofs, surfaces, targets, eye, camera):  # type: ignore[no-untyped-def]
    """The targets that the only aim sees, ascending. Lines of sight are traced inside the picture alone."""
    axes = camera.axes[0]
    if is_too_near(surfaces, eye, axes, camera.edges, camera.picture[2]):
        return targets.order[:0]
    near = _in_reach(targets, eye, camera.reach_m)
    inside = np.empty(len(near), np.bool_)
    at = targets.east[near] - eye.east, targets.north[near] - eye.north, targets.ground[near] - eye.up
    _all_in_picture(axes, camera.picture, *at, inside)
    return np.sort(clear_ones(roofs, eye, targets, near[inside]))


@numba.njit(cache=True, nogil=True)
def look_all_ways(roofs, surfaces, targets, eye, camera, done, least):  # type: ignore[no-untyped-def]
    """(first, seen): aim k sees targets seen[first[k]:first[k + 1]]; an aim that sees fewer than `least` sees nothing.

    The arguments are `Roofs`, `Surfaces`, `Sorted`, a `Place` and a `_Camera`. `done` (bool, one per target, or empty)
    marks targets that are already seen: an aim needs at least one other target.
    """
    picture, aims = camera.picture, len(camera.axes)
    visible = _visible(roofs, targets, eye, camera.reach_m, done)
    if len(visible) < least:
        return np.zeros(aims + 1, dtype=np.int64), visible[:0]
    east, north = targets.east[visible] - eye.east, targets.north[visible] - eye.north
    up = targets.ground[visible] - eye.up
    inside = np.empty(len(visible), dtype=np.bool_)
    first = np.zeros(aims + 1, dtype=np.int64)
    seen = np.empty(len(visible) * aims, dtype=np.int32)
    total = 0
    for k in range(aims):
        axes, more, is_asked = camera.axes[k], total, len(done) == 0
        _all_in_picture(axes, picture, east, north, up, inside)
        for i in range(len(visible)):  # without a branch, which the processor could hardly foresee
            seen[more] = visible[i]
            more += inside[i]
        for i in range(total, more if len(done) else total):
            is_asked = is_asked or not done[seen[i]]
        if more - total >= least and is_asked and not is_too_near(surfaces, eye, axes, camera.edges, picture[2]):
            total = more
        first[k + 1] = total
    return first, seen[:total].copy()


@numba.njit(cache=True, nogil=True)
def _all_in_picture(axes, picture, east, north, up, inside):  # type: ignore[no-untyped-def]
    """Set `inside` for each point relative to the camera: whether the point and the head above the point lie in the
    picture inside the band, as `too_near` tests both. The loop has no branches, so that the processor takes several
    points at once."""
    a0, a1, a2, a3, a4, a5, a6, a7, a8 = axes
    wide, high, nearest, farthest = picture
    for k in range(len(east)):
        e, n, u, h = east[k], north[k], up[k], up[k] + HEAD_M
        far, near = a0 * e + a1 * n + a2 * u, a0 * e + a1 * n + a2 * h
        right, near_right = a3 * e + a4 * n + a5 * u, a3 * e + a4 * n + a5 * h
        down, near_down = a6 * e + a7 * n + a8 * u, a6 * e + a7 * n + a8 * h
        inside[k] = (
            (far > 0.0) & (abs(right) <= wide * far) & (abs(down) <= high * far) & (far <= farthest)
            & (near > 0.0) & (abs(near_right) <= wide * near) & (abs(near_down) <= high * near) & (nearest <= near)
        )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _seen_of(roofs, surfaces, targets, eye, camera, some):  # type: ignore[no-untyped-def]
    """Which of the targets `some` the only aim sees; for the other arguments see `look_all_ways`."""
    axes, picture, seen = camera.axes[0], camera.picture, np.zeros(len(some), np.bool_)
    if is_too_near(surfaces, eye, axes, camera.edges, picture[2]):
        return seen
    _all_in_picture(axes, picture, targets.east[some] - eye.east, targets.north[some] - eye.north,
                    targets.ground[some] - eye.up, seen)  # fmt: skip
    clear, count = clear_ones(roofs, eye, targets, some[seen]), 0
    for k in range(len(some)):
        if seen[k]:
            seen[k] = count < len(clear) and clear[count] == some[k]
            count += seen[k]
    return seen


def camera_of(axes: NDArray[np.float64], picture: Picture, edges: Picture) -> _Camera:
    """A camera with these aims, as the kernels take it: see `look`."""
    return _Camera(axes, picture.as_row(), edges.as_row(), picture.reach_m)


def sees(
    scene: SightScene, position_m: tuple[float, float, float], axes: NDArray[np.float64],
    seen_in: tuple[Picture, Picture], some: NDArray[np.int32],
) -> NDArray[np.bool_]:  # fmt: skip
    """Which of the targets with the numbers `some` one aim sees: see `look`. It saves the time for all others."""
    grid = scene.field.grid
    east, north, up = position_m
    eye = Place(east - grid.east_min_m, north - grid.north_min_m, up)
    camera = camera_of(axes, *seen_in)
    return _seen_of(scene.roofs, scene.surfaces, scene.targets, eye, camera, some)  # type: ignore[no-any-return]


def look(
    scene: SightScene, position_m: tuple[float, float, float], axes: NDArray[np.float64], picture: Picture,
    edges: Picture, done: NDArray[np.bool_] = NOTHING_DONE, least: int = 1,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:  # fmt: skip
    """The targets that each aim sees from a position (ENU, m, above the datum): aim k sees `seen[first[k]:first[k +
    1]]`.

    The aims, (n, 9), are those of `aim_axes`. A target counts as seen in the part `picture` of the picture. An aim with
    any surface over the density cap in the whole picture (`edges`) sees nothing. So does an aim that sees only targets
    of `done` (one bool per target, or empty), or fewer than `least`.
    """
    grid = scene.field.grid
    east, north, up = position_m
    eye = Place(east - grid.east_min_m, north - grid.north_min_m, up)
    camera = camera_of(axes, picture, edges)
    if len(axes) == 1 and not len(done) and least == 1:
        seen = _look_once(scene.roofs, scene.surfaces, scene.targets, eye, camera)
        return np.array([0, len(seen)]), seen
    return look_all_ways(scene.roofs, scene.surfaces, scene.targets, eye, camera, done, least)  # type: ignore[no-any-return]
