"""A few places of a drone's air, joined to the pad by straight ways from place to place.

One place per block of the plan leaves bends and narrow streets uncovered. A place without a straight way gets the
turns of the shortest way as additional places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.airspace.paths import Ways, ways_from
from blindspot.planning.drones.patrols import Patrol
from blindspot.planning.views.candidates import Fineness, Position, at_most, positions

CLOSEST = Fineness(4.0, 0, 0.0)
WIDER = 1.15


@numba.njit(cache=True, nogil=True)
def _clear(is_open, row, col, to_row, to_col):  # type: ignore[no-untyped-def]
    """Whether the straight way between the centres of two cells lies in open cells, sampled twice per cell."""
    steps = 2 * max(abs(row - to_row), abs(col - to_col)) + 1
    for k in range(steps + 1):
        s = k / steps
        if not is_open[int(row + 0.5 + s * (to_row - row)), int(col + 0.5 + s * (to_col - col))]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _joined(is_open, before, cells, root):  # type: ignore[no-untyped-def]
    """The cells, each preceded by the joining turns from earlier cells; the root comes first."""
    cols = is_open.shape[1]
    found = [root]
    for goal in cells:
        chain = [goal]
        while True:
            here = chain[-1]
            r, c = here // cols, here % cols
            near = False
            for k in range(len(found) - 1, -1, -1):
                if _clear(is_open, r, c, found[k] // cols, found[k] % cols):
                    near = True
                    break
            if near or before[here] < 0:
                break
            ahead = before[here]
            while before[ahead] >= 0 and _clear(is_open, r, c, before[ahead] // cols, before[ahead] % cols):
                ahead = before[ahead]
            chain.append(ahead)
        for k in range(len(chain) - 1, -1, -1):
            found.append(chain[k])
    return np.array(found)


def turns(patrol: Patrol, places: Sequence[Position]) -> list[Position]:
    """The turns of the shortest ways from the start of the route to the places that no chain of straight ways over
    other places reaches."""
    ways, grid = patrol.ways, patrol.air.grid
    if patrol.entry is not None:
        ways = ways_from(patrol.air, patrol.entry)
    known = {grid.index(*at) for at in places}
    joined = dict.fromkeys(divmod(int(cell), grid.cols) for cell in _joined_to_start(ways, places)[1:])
    return [grid.centre(*index) for index in joined if index not in known]


def thinned(patrol: Patrol, most: int) -> Patrol:
    """The patrol with at most `most` places in reach, roughly evenly spread and all joined to the drone's pad."""
    fineness, ways, air = CLOSEST, patrol.ways, patrol.air
    while True:
        fineness = at_most(air, patrol.reachable, fineness, most, WIDER)
        joined = _joined_to_start(ways, positions(air, patrol.reachable, fineness))
        if len(joined) <= most:
            break
        fineness = replace(fineness, block_m=WIDER * fineness.block_m)
    distance_m = np.full(air.grid.shape, np.inf, dtype=np.float32)
    distance_m.flat[joined] = ways.distance_m.flat[joined]
    return replace(patrol, ways=replace(ways, distance_m=distance_m))


def _joined_to_start(ways: Ways, places: Sequence[Position]) -> NDArray[np.int64]:
    """The cells (flat) of the ways' start and of the places, the nearest first, each preceded by the joining turns."""
    grid = ways.air.grid
    root = grid.index(*ways.start)
    assert root is not None
    cells = [index for index in (grid.index(*at) for at in places) if index is not None]
    near_first = sorted(cells, key=lambda index: float(ways.distance_m[index]))
    flat = np.array([row * grid.cols + col for row, col in near_first], dtype=np.int64)
    joined: NDArray[np.int64] = _joined(ways.air.open, ways.before, flat, root[0] * grid.cols + root[1])
    return joined
