"""What a camera with a fixed aim sees while it is flown along a straight line: the planner's own fast kernel.

For a fixed aim the places from which a point lies in the picture are one stretch of the line, found by clipping; only
on that stretch lines of sight are traced. As with `sight.py` the plan's claim is counted with the coverage kernel.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.mission import DroneModel
from blindspot.planning.plan import Aim
from blindspot.planning.sight import HEAD_M, Picture, Targets, is_clear
from blindspot.planning.timing import turn_s
from blindspot.site.grid import HeightField

LOOK_EVERY_M = 3.0
"""Lines of sight are traced this often along a leg."""
LEG_MIN_M, LEG_MAX_M = 24.0, 150.0
"""Shorter ways are hardly looked along before they end; longer ones bend somewhere."""
DWELL_S = 1.0
"""A point counts as seen from a leg when it stays in sight this long: a detector wants more than one picture."""
WORKERS = 2
NOTHING = np.empty(0, dtype=np.int32)
DOWN = Aim(heading_deg=0.0, pitch_deg=-90.0)


@numba.njit(cache=True, nogil=True)
def _clip(low, high, at_zero, slope):  # type: ignore[no-untyped-def]
    """The part of [low, high] where `at_zero + s * slope >= 0`; low > high if there is none."""
    if slope > 1e-12:
        low = max(low, -at_zero / slope)
    elif slope < -1e-12:
        high = min(high, -at_zero / slope)
    elif at_zero < 0.0:
        return 1.0, 0.0
    return low, high


@numba.njit(cache=True, nogil=True)
def _stretch(east, north, ground_up, head_up, along, length, axes, picture):  # type: ignore[no-untyped-def]
    """(low, high) along the leg between which a ground point, relative to the leg's start, and the head above it lie
    in the picture inside the band."""
    low, high = 0.0, length
    for z in (ground_up, head_up):
        depth = axes[0] * east + axes[1] * north + axes[2] * z
        right = axes[3] * east + axes[4] * north + axes[5] * z
        down = axes[6] * east + axes[7] * north + axes[8] * z
        depth_s = -(axes[0] * along[0] + axes[1] * along[1])
        right_s = -(axes[3] * along[0] + axes[4] * along[1])
        down_s = -(axes[6] * along[0] + axes[7] * along[1])
        low, high = _clip(low, high, depth - picture[2], depth_s)
        low, high = _clip(low, high, picture[3] - depth, -depth_s)
        low, high = _clip(low, high, picture[0] * depth - right, picture[0] * depth_s - right_s)
        low, high = _clip(low, high, picture[0] * depth + right, picture[0] * depth_s + right_s)
        low, high = _clip(low, high, picture[1] * depth - down, picture[1] * depth_s - down_s)
        low, high = _clip(low, high, picture[1] * depth + down, picture[1] * depth_s + down_s)
        if low > high:
            return low, high
    return low, high


@numba.njit(cache=True, nogil=True)
def _sweep(  # type: ignore[no-untyped-def]
    top, cell_m, start, end, up, target_east, target_north, target_up, axes, picture, reach_m, needed, highest
):
    """The targets that stay in sight over `needed` metres of the leg."""
    along_e, along_n = end[0] - start[0], end[1] - start[1]
    length = np.sqrt(along_e**2 + along_n**2)
    along = np.array([along_e / length, along_n / length])
    seen = np.empty(len(target_east), dtype=np.int32)
    count = 0
    pieces = max(1, int(np.ceil(length / LOOK_EVERY_M)))
    step = length / pieces
    wanted = int(np.ceil(needed / step - 1e-9)) + 1
    for i in range(len(target_east)):
        east, north = target_east[i] - start[0], target_north[i] - start[1]
        at = east * along[0] + north * along[1]
        beside = abs(north * along[0] - east * along[1])
        if beside > reach_m or at < -reach_m or at > length + reach_m:
            continue
        z = target_up[i] - up
        low, high = _stretch(east, north, z, z + HEAD_M, along, length, axes, picture)
        if high - low < needed:
            continue
        first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
        # Tried backwards from the end of the next possible run: where one place is hidden, all before it are spared.
        clear_to = first - 1
        while first + wanted - 1 <= last:
            k = first + wanted - 1
            while k > clear_to:
                s = k * step
                if not is_clear(
                    top, cell_m, start[0] + s * along[0], start[1] + s * along[1], up,
                    target_east[i], target_north[i], target_up[i], highest,
                ):
                    break
                k -= 1
            if k <= clear_to:
                seen[count] = i
                count += 1
                break
            first, clear_to = k + 1, first + wanted - 1
    return seen[:count].copy()


def sweep_legs(
    field: HeightField,
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    up_m: float,
    axes: NDArray[np.float64],
    targets: Targets,
    picture: Picture,
    speed_mps: float,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """What each leg sees: (first, seen), leg k sees targets `seen[first[k]:first[k + 1]]`.

    `starts` and `ends` are (n, 2) m ENU, `axes` (n, 9) as `aim_axes` gives them, one aim a leg.
    """
    if not len(starts) or not len(targets):
        return np.zeros(len(starts) + 1, dtype=np.int64), np.empty(0, dtype=np.int32)
    grid = field.grid
    corner = np.array([grid.east_min_m, grid.north_min_m])
    east, north = targets.east_m - corner[0], targets.north_m - corner[1]
    highest_m, row = float(field.top_m.max()), picture.as_row()
    least_drop_m = max(0.0, up_m - float(targets.ground_m.max()))
    reach_m = float(np.sqrt(max(picture.reach_m**2 - least_drop_m**2, 1.0)))

    def one(k: int) -> NDArray[np.int32]:
        return _sweep(  # type: ignore[no-any-return]
            field.top_m, grid.cell_m, starts[k] - corner, ends[k] - corner, up_m, east, north, targets.ground_m,
            axes[k], row, reach_m, DWELL_S * speed_mps, highest_m,
        )  # fmt: skip

    with ThreadPoolExecutor(WORKERS) as pool:
        lists = list(pool.map(one, range(len(starts)), chunksize=256))
    first = np.zeros(len(lists) + 1, dtype=np.int64)
    first[1:] = np.cumsum([len(seen) for seen in lists])
    return first, np.concatenate(lists)


def aiming_m(model: DroneModel, speed_mps: float) -> float:
    """How far a drone has come when its camera looks where a leg wants it, at the latest: it aims as it departs."""
    time_s, a = turn_s(model, None, DOWN), model.performance.acceleration_mps2
    speeding_up_s = min(time_s, speed_mps / a)
    return a * speeding_up_s**2 / 2.0 + speed_mps * (time_s - speeding_up_s)


def seen_on_leg(pictures: Iterable[NDArray[np.int32]], step_m: float, speed_mps: float) -> NDArray[np.int32]:
    """The cells (flat, ascending) that stay in sight for `DWELL_S`, from what each place of a leg sees, `step_m`
    apart."""
    looks = [NOTHING, *pictures]
    cells, at = np.unique(np.concatenate(looks), return_inverse=True)
    begun, last = np.zeros(len(cells), dtype=np.int32), np.full(len(cells), -2, dtype=np.int32)
    seen = np.zeros(len(cells), dtype=bool)
    for k, picture in enumerate(np.split(at, np.cumsum([len(look) for look in looks])[:-1])):
        begun[picture[last[picture] != k - 1]] = k
        last[picture] = k
        seen[picture[(k - begun[picture]) * step_m >= DWELL_S * speed_mps - 1e-6]] = True
    return cells[seen]
