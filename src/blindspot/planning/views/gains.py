"""The ground that the best of many views sees at once, for each target: all views of many places in one kernel call."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.views.drone_sight import SightScene, camera_of, look_all_ways
from blindspot.planning.views.picture import Picture
from blindspot.planning.views.too_near import Place


@numba.njit(cache=True, nogil=True)
def _gains(roofs, surfaces, targets, places, up, camera, weight, enough, gain, done):  # type: ignore[no-untyped-def]
    for p in range(len(places)):
        eye = Place(places[p, 0], places[p, 1], up)
        first, seen = look_all_ways(roofs, surfaces, targets, eye, camera, done, 1)
        for k in range(len(first) - 1):
            some = seen[first[k] : first[k + 1]]
            worth = weight[some].sum()
            for i in some:
                gain[i] = max(gain[i], worth)
        for i in seen:
            done[i] = gain[i] >= enough


def raise_gains(
    scene: SightScene, places: NDArray[np.float64], up_m: float, axes: NDArray[np.float64],
    seen_in: tuple[Picture, Picture], weight: NDArray[np.float64], enough: float, gain: NDArray[np.float64],
    done: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Raise each target's `gain` to the weight of all targets that the best view from these places (n, 2; ENU, m) sees
    together with the target, and mark the target as `done` at `enough`. Views of done targets alone are left out. See
    `look`."""
    grid = scene.field.grid
    at = places - (grid.east_min_m, grid.north_min_m)
    camera = camera_of(axes, *seen_in)
    _gains(scene.roofs, scene.surfaces, scene.targets, at, up_m, camera, weight, enough, gain, done)
