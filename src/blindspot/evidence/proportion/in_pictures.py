"""The figures of a set of pictures: public, private and doubly seen ground, facades, streets, and the sensor's time.

The kernels are those of the plan's intrusion (`planning/reasons/intrusion.py`), so that a flown figure and a planned
figure differ by the flight alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.core import workers
from blindspot.coverage.ground import streets_on
from blindspot.mission import DensityBand, GroundMasks, Mission, Plan
from blindspot.planning.reasons import InView, Picture, Surroundings, in_view, surroundings_of
from blindspot.site import Site
from blindspot.site.ground import Grid

MOST_STREETS = 10
AT_ONCE = 64
"""Pictures evaluated before their sums are taken: the ground of an hour of pictures would fill the memory."""
NO_STREET = -1


@dataclass(frozen=True, slots=True)
class StreetTime:
    """A street, and the time for which any public ground of the street was in a picture."""

    street: str
    time_s: float


@dataclass(frozen=True, slots=True)
class Proportion:
    """Figures of all drones together; None is unknown.

    Parameters
    ----------
    seen_m2, seen_m2s
        Blind ground that was seen, m2; blind ground in the pictures times their duration, m2 s.
    overlap_m2
        Ground in the pictures that a fixed camera sees as well, m2.
    private_m2s, facade_m2s
        Private ground and facades in the pictures times their duration, m2 s.
    highest_px_per_m
        Highest density of any surface, px/m.
    sensor_s
        Duration of all pictures, s.
    streets
        At most ten streets, those with most time first.
    """

    seen_m2: float | None = None
    seen_m2s: float | None = None
    overlap_m2: float | None = None
    private_m2s: float | None = None
    facade_m2s: float | None = None
    highest_px_per_m: float | None = None
    sensor_s: float | None = None
    streets: tuple[StreetTime, ...] | None = None


UNKNOWN = Proportion()


@dataclass(frozen=True, slots=True)
class TownAround:
    """The ground around a perimeter. The masks and the numbers of streets are flat, one entry for each cell of
    `around`."""

    around: Surroundings
    blind: NDArray[np.bool_]
    fixed_seen: NDArray[np.bool_]
    names: tuple[str, ...]
    street: NDArray[np.int32]

    @classmethod
    def of(cls, plan: Plan, mission: Mission, site: Site, masks: GroundMasks) -> TownAround:
        around = surroundings_of(Polygon(plan.perimeter), mission, site)
        grid = around.field.grid
        names, numbers = streets_on(site, grid)
        is_public = ~(around.private | around.field.is_building)
        blind, fixed_seen = (_onto(grid, mask, masks.grid).ravel() for mask in (masks.blind, masks.fixed_seen))
        return cls(around, blind, fixed_seen, names, np.where(is_public, numbers, NO_STREET).ravel())


def _onto(grid: Grid, mask: NDArray[np.bool_], of: Grid) -> NDArray[np.bool_]:
    """A mask at the centres of another grid's cells; false outside of the mask."""
    east_m = grid.east_min_m + (np.arange(grid.cols) + 0.5) * grid.cell_m
    north_m = grid.north_min_m + (np.arange(grid.rows) + 0.5) * grid.cell_m
    col, row = (np.floor((east_m - of.east_min_m) / of.cell_m), np.floor((north_m - of.north_min_m) / of.cell_m))
    rows, cols = np.flatnonzero((row >= 0) & (row < of.rows)), np.flatnonzero((col >= 0) & (col < of.cols))
    found = np.zeros(grid.shape, bool)
    found[np.ix_(rows, cols)] = mask[np.ix_(row[rows].astype(int), col[cols].astype(int))]
    return found


def figures_of(
    pictures: Sequence[Picture], band: DensityBand, ground: TownAround, seen_m2: float | None, error_m: float = 0.0
) -> Proportion:
    """The figures of these pictures.

    Parameters
    ----------
    pictures
        Place, aim and duration of each picture.
    band
        Ground and walls count from its least density on.
    ground
        The ground around the perimeter.
    seen_m2
        The blind ground that was seen by the rule of the coverage, m2; None if it is unknown.
    error_m
        Largest error of a camera's position, m.

    Returns
    -------
    Proportion
        Each figure is known, `seen_m2` as given.

    Raises
    ------
    ValueError
        A camera is outside the town or inside a building.
    """
    sums = _Sums(ground)
    with ThreadPoolExecutor(workers()) as pool:
        for begin in range(0, len(pictures), AT_ONCE):
            few = pictures[begin : begin + AT_ONCE]
            views = pool.map(lambda one: in_view(one, band, ground.around, error_m), few)
            for picture, view in zip(few, views, strict=True):
                sums.add(picture.time_s, view)
    return sums.figures(seen_m2)


class _Sums:
    def __init__(self, ground: TownAround) -> None:
        self._ground, self._cell_m2 = ground, ground.around.field.grid.cell_area_m2
        self._in_view = np.zeros(ground.blind.size, bool)
        self._street_s = np.zeros(len(ground.names) + 1)
        self._sensor_s = self._seen_m2s = self._private_m2s = self._facade_m2s = self._highest_px_per_m = 0.0

    def add(self, time_s: float, view: InView) -> None:
        ground, cells = self._ground, view.ground
        self._in_view[cells] = True
        self._street_s[np.bincount(ground.street[cells] + 1, minlength=len(self._street_s)) > 0] += time_s
        self._sensor_s += time_s
        self._seen_m2s += time_s * int(ground.blind[cells].sum()) * self._cell_m2
        self._private_m2s += time_s * view.private_m2
        self._facade_m2s += time_s * view.facade_m2
        self._highest_px_per_m = max(self._highest_px_per_m, view.highest_px_per_m)

    def figures(self, seen_m2: float | None) -> Proportion:
        named = sorted(zip(self._street_s[1:].tolist(), self._ground.names, strict=True), reverse=True)
        streets = tuple(StreetTime(name, round(time_s, 1)) for time_s, name in named[:MOST_STREETS] if time_s > 0)
        highest = self._highest_px_per_m
        return Proportion(
            seen_m2=None if seen_m2 is None else round(seen_m2, 1),
            seen_m2s=round(self._seen_m2s, 1),
            overlap_m2=round(int((self._in_view & self._ground.fixed_seen).sum()) * self._cell_m2, 1),
            private_m2s=round(self._private_m2s, 1),
            facade_m2s=round(self._facade_m2s, 1),
            highest_px_per_m=round(highest, 2) if math.isfinite(highest) else None,
            sensor_s=round(self._sensor_s, 1),
            streets=streets,
        )
