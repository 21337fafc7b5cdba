"""The targets that a camera with a fixed aim sees along a straight flight leg: the planner's own fast kernel.

For a fixed aim, a point lies in the picture on one stretch of the leg, found by clipping. Lines of sight are compared
with the point's horizon only on that stretch. As for `drone_sight.py`, the plan's claim is counted with the coverage
kernel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.core import workers
from blindspot.mission import Aim, DroneModel, rounding, timing
from blindspot.planning.views.bits import take_marked
from blindspot.planning.views.drone_sight import HEAD_M, SightScene, Targets
from blindspot.planning.views.horizon import horizons, is_over
from blindspot.planning.views.picture import Picture
from blindspot.planning.views.too_near import Place
from blindspot.site.ground import HeightField

LOOK_EVERY_M = 3.0
"""Lines of sight are tested this often along a leg."""
LEG_MIN_M, LEG_MAX_M = 24.0, 100.0
"""Shorter ways end before the camera sees much along them. A longer straight way consists of several legs, which are
flown as one."""
DWELL_S = 1.0
"""A point counts as seen from a leg if it stays in sight this long: a detector needs more than one picture."""
TOGETHER = 256
"""Number of legs that one call computes."""
STEEP_RAD = math.radians(80.0)
"""Pictures within this angle of straight down reach only so far as their flattest line meets the ground."""
SAME = 1e-9
"""Components of unit vectors that differ by less are equal."""
NOTHING = np.empty(0, dtype=np.int32)
DOWN = Aim(heading_deg=0.0, pitch_deg=-90.0)

Position = tuple[float, float]
Mask = NDArray[np.bool_]


class _Legs(NamedTuple):
    """Legs: `starts` and `ends` (n, 2) are m from the grid's corner, `up` is m above the datum. `axes` (n, 9) are rows
    of `aim_axes`, one per leg. A target counts if it stays in sight for `needed` m of the leg."""

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    up: float
    axes: NDArray[np.float64]
    needed: float


class _Leg(NamedTuple):
    """One leg: the start, m from the grid's corner; the unit direction; the length, m; the height, m above the datum.
    `slopes` are the growth of a point's depth, right and down with each metre flown. For `needed` see `_Legs`."""

    east: float
    north: float
    along_east: float
    along_north: float
    length: float
    up: float
    slopes: tuple[float, float, float]
    needed: float


@numba.njit(cache=True, nogil=True)
def _clip(low, high, at_zero, slope):  # type: ignore[no-untyped-def]
    """The part of [low, high] where `at_zero + s * slope >= 0`; low > high if it is empty."""
    if slope > 1e-12:
        low = max(low, -at_zero / slope)
    elif slope < -1e-12:
        high = min(high, -at_zero / slope)
    elif at_zero < 0.0:
        return 1.0, 0.0
    return low, high


@numba.njit(cache=True, nogil=True)
def _stretch(east, north, ground_up, leg, axes, picture):  # type: ignore[no-untyped-def]
    """The stretch (low, high) of a `_Leg` on which a ground point, relative to the leg's start, and the head above it
    lie in the picture inside the band."""
    low, high = 0.0, leg.length
    depth_s, right_s, down_s = leg.slopes
    for z in (ground_up, ground_up + HEAD_M):
        depth = axes[0] * east + axes[1] * north + axes[2] * z
        right = axes[3] * east + axes[4] * north + axes[5] * z
        down = axes[6] * east + axes[7] * north + axes[8] * z
        low, high = _clip(low, high, picture[0] * depth - right, picture[0] * depth_s - right_s)
        low, high = _clip(low, high, picture[0] * depth + right, picture[0] * depth_s + right_s)
        low, high = _clip(low, high, picture[1] * depth - down, picture[1] * depth_s - down_s)
        low, high = _clip(low, high, picture[1] * depth + down, picture[1] * depth_s + down_s)
        low, high = _clip(low, high, depth - picture[2], depth_s)
        low, high = _clip(low, high, picture[3] - depth, -depth_s)
        if low > high:
            return low, high
    return low, high


@numba.njit(cache=True, nogil=True)
def _stretch_below(at, beside, depth, leg, picture):  # type: ignore[no-untyped-def]
    """`_stretch` of a camera straight down and along the leg, for a ground point `depth` metres below, `at` metres
    along the leg and `beside` metres from its line. The head above it is nearer, so the picture is narrower there."""
    above = depth - HEAD_M
    if beside > picture[0] * above or above < picture[2] or depth > picture[3]:
        return 1.0, 0.0
    return max(0.0, at - picture[1] * above), min(leg.length, at + picture[1] * above)


@numba.njit(cache=True, nogil=True)
def _stays_in_sight(leg, target, horizon, i, low, high):  # type: ignore[no-untyped-def]
    """Whether target `i`, which is in the picture from `low` to `high`, is in sight over `leg.needed` metres."""
    if high - low < leg.needed:
        return False
    pieces = max(1, int(np.ceil(leg.length / LOOK_EVERY_M)))
    step, rise = leg.length / pieces, leg.up - target.up
    wanted = int(np.ceil(leg.needed / step - 1e-9)) + 1
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    # Tested backwards from the end of the next possible run: after a hidden place, all places before it are skipped.
    clear_to = first - 1
    while first + wanted - 1 <= last:
        k = first + wanted - 1
        while k > clear_to:
            east, north = leg.east + k * step * leg.along_east, leg.north + k * step * leg.along_north
            if not is_over(horizon, i, east - target.east, north - target.north, rise):
                break
            k -= 1
        if k <= clear_to:
            return True
        first, clear_to = k + 1, first + wanted - 1
    return False


@numba.njit(cache=True, nogil=True)
def _leg(legs, number):  # type: ignore[no-untyped-def]
    start, end, axes = legs.starts[number], legs.ends[number], legs.axes[number]
    along_e, along_n = end[0] - start[0], end[1] - start[1]
    length = np.sqrt(along_e**2 + along_n**2)
    along_e, along_n = along_e / length, along_n / length
    slopes = (
        -(axes[0] * along_e + axes[1] * along_n),
        -(axes[3] * along_e + axes[4] * along_n),
        -(axes[6] * along_e + axes[7] * along_n),
    )
    return _Leg(start[0], start[1], along_e, along_n, length, legs.up, slopes, legs.needed)


@numba.njit(cache=True, nogil=True)
def _mark_seen(some, targets, horizon, leg, axes, picture, reach_m, seen):  # type: ignore[no-untyped-def]
    """Set `seen[k]` for each target `some[k]`: whether the leg sees it. For the other arguments see `_sweep`.

    The test of one target is no function of its own: its call would take longer than the test.
    """
    east_m, north_m, ground_m = targets.east, targets.north, targets.ground
    looks_along = axes[2] < -1.0 + SAME and abs(leg.slopes[1]) < SAME
    for k in range(len(some)):
        i = some[k]
        seen[k] = False
        target = Place(east_m[i], north_m[i], ground_m[i])
        east, north = target.east - leg.east, target.north - leg.north
        at = east * leg.along_east + north * leg.along_north
        beside = abs(north * leg.along_east - east * leg.along_north)
        if beside > reach_m or at < -reach_m or at > leg.length + reach_m:
            continue
        if looks_along:
            low, high = _stretch_below(at, beside, leg.up - target.up, leg, picture)
        else:
            low, high = _stretch(east, north, target.up - leg.up, leg, axes, picture)
        seen[k] = _stays_in_sight(leg, target, horizon, i, low, high)


@numba.njit(cache=True, nogil=True)
def _seen_of(targets, horizon, legs, picture, reach_m, some):  # type: ignore[no-untyped-def]
    """Which of the targets `some` the first of the legs sees; for the other arguments see `_sweep`."""
    seen = np.empty(len(some), np.bool_)
    _mark_seen(some, targets, horizon, _leg(legs, 0), legs.axes[0], picture, reach_m, seen)
    return seen


@numba.njit(cache=True, nogil=True)
def _sweep(targets, horizon, legs, picture, reach_m):  # type: ignore[no-untyped-def]
    """Returns (number of targets that each leg sees, these targets, ascending for each leg, leg after leg).

    The arguments are `Sorted` targets, their `horizons`, `_Legs`, the picture as a row, and the largest distance of a
    target in it from the drone's foot, m.
    """
    counts, seen, total = np.zeros(len(legs.starts), dtype=np.int64), np.empty(1024, dtype=np.int32), 0
    squares, order, side_m = targets.first, targets.order, targets.side_m
    rows, cols = squares.shape[0], squares.shape[1] - 1
    marks, is_seen = np.zeros((len(targets.east) + 63) // 64, np.uint64), np.empty(len(targets.east), dtype=np.bool_)
    for number in range(len(legs.starts)):
        start, end, axes = legs.starts[number], legs.ends[number], legs.axes[number]
        leg, count = _leg(legs, number), 0
        row_lo, row_hi = min(start[1], end[1]) - reach_m, max(start[1], end[1]) + reach_m
        col_lo, col_hi = min(start[0], end[0]) - reach_m, max(start[0], end[0]) + reach_m
        col_lo, col_hi = min(cols, max(0, int(col_lo // side_m))), max(0, min(cols, int(col_hi // side_m) + 1))
        for r in range(max(0, int(row_lo // side_m)), min(rows, int(row_hi // side_m) + 1)):
            some = order[squares[r, col_lo] : max(squares[r, col_lo], squares[r, col_hi])]
            _mark_seen(some, targets, horizon, leg, axes, picture, reach_m, is_seen)
            for k in range(len(some)):
                if is_seen[k]:
                    marks[some[k] >> 6] |= np.uint64(1) << np.uint64(some[k] & 63)
                    count += 1
        if total + count > len(seen):
            seen = np.concatenate((seen, np.empty(max(count, len(seen)), dtype=np.int32)))
        take_marked(marks, seen[total : total + count])
        counts[number] = count
        total += count
    return counts, seen[:total].copy()


def sweep_legs(
    field: HeightField, starts: NDArray[np.float64], ends: NDArray[np.float64], up_m: float, axes: NDArray[np.float64],
    targets: Targets, picture: Picture, speed_mps: float,
) -> tuple[NDArray[np.int64], list[NDArray[np.int32]]]:  # fmt: skip
    """The targets that each leg sees, as (first, lists): leg k sees `joined(lists)[first[k]:first[k + 1]]`.

    The legs run from `starts` to `ends`, (n, 2), ENU, m, all at `up_m` above the datum. Each has one aim of `aim_axes`,
    (n, 9).
    """
    if not len(starts) or not len(targets):
        return np.zeros(len(starts) + 1, dtype=np.int64), []
    return LegSweep.of(field, up_m, axes, targets, picture, speed_mps).seen(starts, ends, axes)


@dataclass(frozen=True, slots=True)
class LegSweep:
    """A town and its targets, prepared for many legs of one height and speed."""

    scene: SightScene
    horizons: NDArray[np.float32]
    picture: NDArray[np.float64]
    reach_m: float
    up_m: float
    needed_m: float

    @classmethod
    def of(
        cls, field: HeightField, up_m: float, axes: NDArray[np.float64], targets: Targets, picture: Picture,
        speed_mps: float, side_m: float | None = None,
    ) -> LegSweep:  # fmt: skip
        """`axes` are those of the flattest legs. Targets are found by squares with the side `side_m`."""
        widest_rad = _widest_rad(axes, picture)
        reach_m = _reach_m(up_m - targets.ground_m, widest_rad, picture)
        scene = SightScene.of(field, targets, side_m or reach_m)
        found = horizons(scene.roofs, scene.targets, reach_m)
        return cls(scene, found, picture.as_row(), reach_m, up_m, DWELL_S * speed_mps)

    def sees(self, start: Position, end: Position, axes: NDArray[np.float64], some: NDArray[np.int32]) -> Mask:
        """Which of the targets with the numbers `some` a leg sees. It saves the time for all others."""
        grid = self.scene.field.grid
        corner, ends = np.array([[grid.east_min_m, grid.north_min_m]]), np.array([start, end])
        legs = _Legs(ends[:1] - corner, ends[1:] - corner, self.up_m, axes, self.needed_m)
        scene = self.scene
        return _seen_of(  # type: ignore[no-any-return]
            scene.targets, self.horizons, legs, self.picture, self.reach_m, some
        )

    def seen(
        self, starts: NDArray[np.float64], ends: NDArray[np.float64], axes: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], list[NDArray[np.int32]]]:
        """The targets that each leg sees: see `sweep_legs`."""
        corner = np.array([self.scene.field.grid.east_min_m, self.scene.field.grid.north_min_m])
        targets = self.scene.targets

        def some(k: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
            part = slice(k, k + TOGETHER)
            legs = _Legs(starts[part] - corner, ends[part] - corner, self.up_m, axes[part], self.needed_m)
            return _sweep(targets, self.horizons, legs, self.picture, self.reach_m)  # type: ignore[no-any-return]

        begins = range(0, len(starts), TOGETHER)
        if len(begins) == 1:
            found = [some(0)]
        else:
            with ThreadPoolExecutor(workers()) as pool:
                found = list(pool.map(some, begins))
        first = np.zeros(len(starts) + 1, dtype=np.int64)
        first[1:] = np.cumsum(np.concatenate([counts for counts, _ in found]))
        return first, [seen for _, seen in found]


def joined(arrays: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    """The arrays one after another. They are taken out of the list, from the last one on: the legs of a large sector
    see hundreds of millions of targets, and memory should not hold them twice."""
    end = sum(len(array) for array in arrays)
    whole = np.empty(end, dtype=np.int32)
    while arrays:
        array = arrays.pop()
        whole[end - len(array) : end] = array
        end -= len(array)
    return whole


def _widest_rad(axes: NDArray[np.float64], picture: Picture) -> float:
    """The largest angle between straight down and a direction in any of the pictures."""
    tilt_rad = float(np.arccos(np.clip(-axes[:, 2], -1.0, 1.0)).max())
    return tilt_rad + math.atan(math.hypot(picture.half_width, picture.half_height))


def _reach_m(drops_m: NDArray[np.float64], widest_rad: float, picture: Picture) -> float:
    """The largest distance from the drone's foot at which a target so far below it can be in a picture, m."""
    reach_m = math.sqrt(max(picture.reach_m**2 - max(0.0, float(drops_m.min())) ** 2, 1.0))
    if widest_rad < STEEP_RAD:
        reach_m = min(reach_m, max(0.0, float(drops_m.max())) * math.tan(widest_rad) + 0.01)
    return max(reach_m, 1.0)


def aiming_m(model: DroneModel, speed_mps: float) -> float:
    """An upper bound of the distance, m, flown until the camera has the leg's aim: it turns from the departure on."""
    time_s, a = timing.turn_s(model, None, DOWN), model.performance.acceleration_mps2
    speeding_up_s = min(time_s, speed_mps / a)
    return a * speeding_up_s**2 / 2.0 + speed_mps * (time_s - speeding_up_s)


def seen_on_leg(pictures: Iterable[NDArray[np.int32]], step_m: float, speed_mps: float) -> NDArray[np.int32]:
    """The cells (flat, ascending) that stay in sight for `DWELL_S`. `pictures` are the cells seen from each place of a
    leg; places are `step_m` apart."""
    pictures_of_leg = [NOTHING, *pictures]
    cells, ends = np.concatenate(pictures_of_leg), np.cumsum([len(one) for one in pictures_of_leg])
    if not len(cells):
        return NOTHING
    lowest, needed_m = cells.min(), DWELL_S * speed_mps - rounding.LEG_M
    stays: NDArray[np.bool_] = _stay(cells - lowest, ends, int(cells.max() - lowest) + 1, step_m, needed_m)
    seen: NDArray[np.int32] = (np.flatnonzero(stays) + lowest).astype(np.int32)
    return seen


@numba.njit(cache=True, nogil=True)
def _stay(cells, ends, span, step_m, needed_m):  # type: ignore[no-untyped-def]
    """Which numbers below `span` are in consecutive pictures over at least `needed_m`. Picture k holds
    `cells[ends[k - 1]:ends[k]]`; picture 0 is empty."""
    begun, last, stays = np.zeros(span, np.int32), np.zeros(span, np.int32), np.zeros(span, np.bool_)
    for k in range(1, len(ends)):
        for j in range(ends[k - 1], ends[k]):
            cell = cells[j]
            if last[cell] == 0 or last[cell] != k - 1:
                begun[cell] = k
            last[cell] = k
            stays[cell] = stays[cell] or (k - begun[cell]) * step_m >= needed_m
    return stays


class InSight:
    """The cells that stay in sight along a leg, found while its pictures are taken, with the result of `seen_on_leg`.

    `left` marks the cells (shaped as the grid) that a further picture can still add: a cell that has stayed in sight
    for long enough needs no further line of sight.
    """

    def __init__(self, among: Mask, step_m: float, speed_mps: float) -> None:
        self.left = among.copy()
        self._step_m, self._needed_m = step_m, DWELL_S * speed_mps - rounding.LEG_M
        self._begun, self._last = np.zeros(among.size, np.int32), np.zeros(among.size, np.int32)
        self._stay, self._pictures = [NOTHING], 0

    def add(self, cells: NDArray[np.int32]) -> None:
        """Add the cells of the next picture."""
        self._pictures += 1
        stay = _staying(
            cells, self._pictures, self._begun, self._last, self.left.ravel(), self._step_m, self._needed_m
        )  # fmt: skip
        self._stay.append(stay)

    def cells(self) -> NDArray[np.int32]:
        """The cells (flat, ascending) that stayed in sight."""
        return np.sort(np.concatenate(self._stay))


@numba.njit(cache=True, nogil=True)
def _staying(cells, picture, begun, last, left, step_m, needed_m):  # type: ignore[no-untyped-def]
    """The cells that picture number `picture`, from 1 on, shows for long enough; they are removed from `left`."""
    stay, count = np.empty(len(cells), np.int32), 0
    for cell in cells:
        if last[cell] == 0 or last[cell] != picture - 1:
            begun[cell] = picture
        last[cell] = picture
        if (picture - begun[cell]) * step_m >= needed_m:
            left[cell] = False
            stay[count] = cell
            count += 1
    return stay[:count].copy()
