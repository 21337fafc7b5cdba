"""What the fixed cameras see: line of sight from every mast, field of view, tilt, range and pixel density."""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blindspot.camera import camera_axes
from blindspot.coverage.sight.drone_camera import HEAD_HEIGHT_M
from blindspot.coverage.sight.sight import Point, skyline, surface_of
from blindspot.coverage.sight.sweep import Camera, Window, bounds_within, half_width_deg, slopes_within, sweep
from blindspot.site import FixedCamera
from blindspot.site.ground import Grid, HeightField

EYE_STEPS = 2**12
"""A mast stands at one of so many places along a cell (0.1 mm on cells of 0.5 m): then single precision has its way to
a cell's centre exactly, up to 1 km, wherever the field begins, and a tile answers to the last bit as the whole town."""


class Town(Protocol):
    """A site, as far as its fixed cameras go."""

    @property
    def cameras(self) -> Sequence[FixedCamera]: ...


@dataclass(frozen=True, slots=True)
class FixedCoverage:
    """What a town's fixed cameras see of the open ground; arrays are shaped as the grid.

    `density_px_per_m`: float32, the best density that any camera has of a cell, 0 where none sees it.
    `count`: uint8, how many cameras see it at any density, at most 255.
    `area_m2`: for each camera that counts, by id, the open ground that it sees at any density.
    `left_out`: why a camera counts for nothing, by id.
    """

    density_px_per_m: NDArray[np.float32]
    count: NDArray[np.uint8]
    area_m2: dict[str, float]
    left_out: dict[str, str]


def fixed_coverage(
    site: Town,
    field: HeightField,
    *,
    target_height_m: float = HEAD_HEIGHT_M,
    progress: Callable[[int, int], None] | None = None,
) -> FixedCoverage:
    """What the site's fixed cameras see of a target that stands `target_height_m` tall on the open cells of the field.

    A cell is seen where nothing stands between the camera and the target's top, which is in the picture and within
    range (horizontal distance). Its density is the lower one of the target's foot and top: f_px over the depth along
    the axis of a pin-hole, pixels a radian over the distance for a dome. Only cameras that always look at the same
    place count; a camera outside the field does not, since what lies between is unknown. `progress` is told (cameras
    done, in all).
    """
    density = np.zeros(field.grid.shape, np.float32)
    count = np.zeros(field.grid.shape, np.uint8)
    area_m2: dict[str, float] = {}
    left_out = {camera.id: why for camera in site.cameras if (why := why_left_out(camera, field.grid))}
    looking = [camera for camera in site.cameras if not why_left_out(camera, field.grid)]
    for number, sight in enumerate(sights(looking, field, target_height_m)):
        area_m2[sight.camera.id] = field.grid.cell_area_m2 * enter(sight, field, density, count, target_height_m)
        if progress is not None:
            progress(number + 1 + len(left_out), len(site.cameras))
    return FixedCoverage(density, count, area_m2, left_out)


class _Optics(NamedTuple):
    """A camera's picture. `axes` (3, 3): the unit vectors right, up and forward, ENU; `limits` (3,): see `_limits`.
    `range_m` is horizontal; `target_m` is the height of the target's top above its ground."""

    eye: Point
    axes: NDArray[np.float64]
    limits: NDArray[np.float64]
    is_dome: bool
    f_px: float
    range_m: float
    target_m: float


class _Single(NamedTuple):
    """The same in single precision, as a run of cells takes it. `aside`: from the eye to the centre of its cell, cells
    east; `eye_m`: the eye's height, m above the datum."""

    aside: np.float32
    eye_m: np.float32
    target_m: np.float32
    cell_m: np.float32
    axes: NDArray[np.float32]
    limits: NDArray[np.float32]
    f_px: np.float32


class _Run(NamedTuple):
    """A run of clear cells in a row: views of the two rasters and of the ground's height there; `first`, columns from
    the eye's to its first cell; `y`, m from the eye north to its row."""

    density: NDArray[np.float32]
    cameras: NDArray[np.uint8]
    ground: NDArray[np.float32]
    first: np.float32
    y: np.float32


def why_left_out(camera: FixedCamera, grid: Grid) -> str:
    """Why a camera counts for nothing on a grid; empty if it counts."""
    if not camera.always_sees:
        return "turns" if camera.kind == "panning" else "no known direction"
    return "" if grid.index(camera.east_m, camera.north_m) else "beyond the map's edge"


def sights(
    cameras: Sequence[FixedCamera],
    field: HeightField,
    target_height_m: float = HEAD_HEIGHT_M,
    *,
    all_round: bool = False,
) -> Iterator[Sight]:
    """What lies open to each camera, in their order, worked out on every core; no more than a handful waits at once."""
    workers = os.cpu_count() or 1
    skyline(field)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Sight]] = deque()
        for camera in cameras:
            waiting.append(pool.submit(sight_of, camera, field, target_height_m, all_round=all_round))
            if len(waiting) > 4 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@dataclass(frozen=True, slots=True)
class Sight:
    """Where nothing stands between a camera and a target: `clear` (uint8, 0 or 1) is a window of the grid that holds
    all that it looks at, its corner the cell (`row_min`, `col_min`). It holds the open cells towards which the camera
    looks, with a margin: its optics decide."""

    camera: FixedCamera
    row_min: int
    col_min: int
    clear: NDArray[np.uint8]


def sight_of(
    camera: FixedCamera, field: HeightField, target_height_m: float = HEAD_HEIGHT_M, *, all_round: bool = False
) -> Sight:
    """What lies open to a camera inside the field. `all_round` turns the camera about."""
    grid = field.grid
    place = grid.index(camera.east_m, camera.north_m)
    if place is None:
        raise ValueError(f"camera {camera.id} stands outside the field")
    eye, reach = _eye(camera, field, place), camera.range_m / grid.cell_m
    heading_deg, half_deg = camera.heading_deg or 0.0, 180.0 if all_round else _half_width_deg(camera)
    west, south, east, north = bounds_within(heading_deg, half_deg, reach)
    row_min, row_max = max(0, int(eye[1] + south)), min(grid.rows, int(eye[1] + north) + 1)
    col_min, col_max = max(0, int(eye[0] + west)), min(grid.cols, int(eye[0] + east) + 1)
    clear = np.zeros((row_max - row_min, 8 * math.ceil((col_max - col_min) / 8)), np.uint8)
    looking, slopes = Camera(eye, target_height_m, reach), slopes_within(heading_deg, half_deg)
    sweep(surface_of(field), looking, slopes, Window(clear, row_min, col_min))
    return Sight(camera, row_min, col_min, clear)


def enter(
    sight: Sight,
    field: HeightField,
    density_px_per_m: NDArray[np.float32],
    count: NDArray[np.uint8],
    target_height_m: float = HEAD_HEIGHT_M,
) -> int:
    """Enter into the two rasters what a camera sees of what lies open to it; the number of cells that it sees."""
    camera, grid = sight.camera, field.grid
    eye = _eye(camera, field, grid.index(camera.east_m, camera.north_m) or (0, 0))
    is_dome = camera.kind == "dome"
    axes = np.array(camera_axes(camera.heading_deg or 0.0, 0.0 if is_dome else camera.tilt_deg))
    optics = _Optics(eye, axes, _limits(camera), is_dome, camera.f_px, camera.range_m, target_height_m)
    window = Window(sight.clear, sight.row_min, sight.col_min)
    seen: int = _enter(window, optics, field.ground_m, grid.cell_m, density_px_per_m, count)
    return seen


def look(
    camera: FixedCamera,
    field: HeightField,
    density_px_per_m: NDArray[np.float32],
    count: NDArray[np.uint8],
    target_height_m: float = HEAD_HEIGHT_M,
) -> int:
    """Enter what one camera, inside the field, sees into the two rasters; the number of cells that it sees."""
    return enter(sight_of(camera, field, target_height_m), field, density_px_per_m, count, target_height_m)


def _eye(camera: FixedCamera, field: HeightField, place: tuple[int, int]) -> Point:
    """Where the camera's eye is, in the field's cells."""
    grid = field.grid
    east, north = (camera.east_m - grid.east_min_m) / grid.cell_m, (camera.north_m - grid.north_min_m) / grid.cell_m
    x, y = (round(cells * EYE_STEPS) / EYE_STEPS for cells in (east, north))
    return Point(x, y, float(field.ground_m[place] + camera.height_m))


def _half_width_deg(camera: FixedCamera) -> float:
    """How far to either side of its heading a camera looks at most, with a margin for rounding."""
    if camera.kind == "dome":
        return camera.hfov_deg / 2 + 0.001
    return half_width_deg(camera.hfov_deg, camera.vfov_deg, camera.tilt_deg) + 0.001


def _limits(camera: FixedCamera) -> NDArray[np.float64]:
    """Dome: (cosine of half the width, below -1 for all round; lowest and highest slope). Pin-hole: (half the picture's
    width and height at depth 1; 0)."""
    if camera.kind != "dome":
        half = [math.tan(math.radians(angle) / 2) for angle in (camera.hfov_deg, camera.vfov_deg)]
        return np.array([*half, 0.0])
    lowest, highest = camera.tilt_deg - camera.vfov_deg / 2, camera.tilt_deg + camera.vfov_deg / 2
    slopes = [math.tan(math.radians(min(max(angle, -90.0), 90.0))) for angle in (lowest, highest)]
    return np.array([math.cos(math.radians(camera.hfov_deg / 2)) if camera.hfov_deg < 360 else -2.0, *slopes])


@njit(cache=True, nogil=True, error_model="numpy")
def _enter(window: Any, optics: Any, ground: Any, cell_m: float, density: Any, count: Any) -> int:
    """Raise `density` and `count` where the camera sees; the number of cells seen.

    `window` is a `Window` in which clear cells are 1, `optics` are `_Optics`; `ground` (m above the datum) and the two
    rasters are shaped as the grid.

    Row by row, by runs of clear cells and in single precision, so that the arithmetic works on several cells at a time.
    """
    seen = 0
    clear, row_min, col_min, range_m = window.seen, window.row_min, window.col_min, optics.range_m
    words = clear.view(np.uint64)  # eight cells at once, to pass over what is hidden
    eye_x, eye_y, eye_m = optics.eye
    eye_col = int(eye_x)
    single = _Single(
        np.float32(eye_col + 0.5 - eye_x), np.float32(eye_m), np.float32(optics.target_m), np.float32(cell_m),
        optics.axes.astype(np.float32), optics.limits.astype(np.float32), np.float32(optics.f_px),
    )  # fmt: skip
    for r in range(clear.shape[0]):
        y = (row_min + r + 0.5 - eye_y) * cell_m
        run, width, middle = 0, min(clear.shape[1], density.shape[1] - col_min), eye_x - 0.5
        while run < width and ((col_min + run - middle) * cell_m) ** 2 + y * y > range_m * range_m:
            run += 1
        while width > run and ((col_min + width - 1 - middle) * cell_m) ** 2 + y * y > range_m * range_m:
            width -= 1
        while run < width:
            if clear[r, run] == 0:
                run = (run // 8 + 1) * 8 if words[r, run // 8] == 0 else run + 1
                continue
            end = run + 1
            while end < width and clear[r, end] != 0:
                end += 1
            row, left, right = row_min + r, col_min + run, col_min + end
            cells = _Run(
                density[row, left:right], count[row, left:right], ground[row, left:right],
                np.float32(left - eye_col), np.float32(y),
            )  # fmt: skip
            seen += _dome(cells, single) if optics.is_dome else _pinhole(cells, single)
            run = end
    return seen


@njit(cache=True, nogil=True, error_model="numpy")
def _pinhole(run: Any, optics: Any) -> Any:
    """A `_Run` of cells before `_Single` optics: a cell is in the picture if the target's top is; f_px over the larger
    depth of foot and top. The result for a cell does not depend on the column at which its run begins."""
    density, count, ground, first, y = run.density, run.cameras, run.ground, run.first, run.y
    aside, eye_m, target_m, cell_m = optics.aside, optics.eye_m, optics.target_m, optics.cell_m
    axes, limits, f_px = optics.axes, optics.limits, optics.f_px
    rx, ux, uz, fx, fz = axes[0, 0], axes[1, 0], axes[1, 2], axes[2, 0], axes[2, 2]
    across_y, along_y, flat_y = y * axes[0, 1], y * axes[1, 1], y * axes[2, 1]
    wide, tall, seen = limits[0], limits[1], np.uint32(0)
    for k in range(density.shape[0]):
        x = (first + np.float32(k) + aside) * cell_m
        low = ground[k] - eye_m
        high = low + target_m
        flat = flat_y + x * fx
        depth = flat + high * fz
        inside = (
            (depth > 0) & (abs(across_y + x * rx) <= wide * depth) & (abs(along_y + x * ux + high * uz) <= tall * depth)
        )
        deeper = flat + low * fz
        found = f_px / (deeper if deeper > depth else depth) if inside else np.float32(0)
        density[k] = found if found > density[k] else density[k]
        count[k] = count[k] + np.uint8(1) if inside & (count[k] < 255) else count[k]
        seen += np.uint32(inside)
    return seen


@njit(cache=True, nogil=True, error_model="numpy")
def _dome(run: Any, optics: Any) -> Any:
    """The same for a dome: f_px over the larger distance of foot and top."""
    density, count, ground, first, y = run.density, run.cameras, run.ground, run.first, run.y
    aside, eye_m, target_m, cell_m = optics.aside, optics.eye_m, optics.target_m, optics.cell_m
    axes, limits, f_px = optics.axes, optics.limits, optics.f_px
    flat_y, fx, seen = y * axes[2, 1], axes[2, 0], np.uint32(0)
    narrowest, lowest, highest, tiny = limits[0], limits[1], limits[2], np.float32(1e-12)
    for k in range(density.shape[0]):
        x = (first + np.float32(k) + aside) * cell_m
        low = ground[k] - eye_m
        high = low + target_m
        away = x * x + y * y + tiny
        flat = np.sqrt(away)
        inside = (flat_y + x * fx >= narrowest * flat) & (lowest * flat <= high) & (high <= highest * flat)
        further = low * low if low * low > high * high else high * high
        found = f_px / np.sqrt(away + further) if inside else np.float32(0)
        density[k] = found if found > density[k] else density[k]
        count[k] = count[k] + np.uint8(1) if inside & (count[k] < 255) else count[k]
        seen += np.uint32(inside)
    return seen
