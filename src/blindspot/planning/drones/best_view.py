"""Area of some ground that the best of all candidate views sees at once, up to a useful limit.

Every place is examined once and then dropped, since the views of a whole town exceed the memory. A cell is done as soon
as one view is known to see enough. Views of done cells alone are skipped, with the same result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from blindspot.core import workers
from blindspot.mission import Mission
from blindspot.planning.airspace.air import Air
from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.drones.patrols import Drone, legal_of
from blindspot.planning.views.candidates import (
    FINE,
    POSE_ERROR_M,
    Fineness,
    Position,
    aims_for,
    pictures,
    positions,
)
from blindspot.planning.views.drone_sight import SightScene, Targets, look
from blindspot.planning.views.gains import raise_gains
from blindspot.planning.views.picture import Picture, aim_axes
from blindspot.planning.views.target_ground import Ground

PLACES_AT_ONCE = 1000
Cells = NDArray[np.integer]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Lookout:
    """The candidate views of drones of one model, and the targets; each target stands for its `weight_m2`."""

    scene: SightScene
    places: list[Position]
    up_m: float
    axes: Floats
    seen_in: tuple[Picture, Picture]
    weight_m2: Floats

    def seen_from(self, place: Position, done: NDArray[np.bool_]) -> tuple[NDArray[np.int32], Floats]:
        """(targets seen by the views from a place, view after view; for each target the seen area of the view, m2)."""
        first, seen = look(self.scene, (*place, self.up_m), self.axes, *self.seen_in, done)
        so_far_m2 = np.concatenate([[0.0], np.cumsum(self.weight_m2[seen])])
        return seen, np.repeat(np.diff(so_far_m2[first]), np.diff(first))


def best_gain_m2(
    mission: Mission, ground: Ground, drones: Sequence[Drone], cells: Cells, weight_m2: Floats, *, enough_m2: float,
    capped: bool = True, anywhere: bool = False,
) -> Floats:  # fmt: skip
    """For each cell (flat), the area of all these cells in the best candidate view at once, m2.

    The result is 0 for a cell without a view, and at most `enough_m2`. `weight_m2` is the ground of each cell. `capped`
    False ignores the density cap. `anywhere` takes views from all legal air, even from places out of reach from the
    pad.
    """
    gain_m2, done, lock = np.zeros(len(cells)), np.zeros(len(cells), dtype=bool), Lock()
    for lookout in _lookouts(mission, ground, drones, cells, weight_m2, FINE, capped=capped, anywhere=anywhere):

        def learn(places: list[Position], lookout: _Lookout = lookout) -> None:
            # The kernel runs without the GIL, so it gets copies: other threads mark cells as done meanwhile.
            with lock:
                own_m2, own_done = gain_m2.copy(), done.copy()
            views = lookout.scene, np.array(places), lookout.up_m, lookout.axes, lookout.seen_in
            raise_gains(*views, lookout.weight_m2, enough_m2, own_m2, own_done)
            with lock:
                np.maximum(gain_m2, own_m2, out=gain_m2)
                np.logical_or(done, own_done, out=done)

        some = range(0, len(lookout.places), PLACES_AT_ONCE)
        with ThreadPoolExecutor(workers()) as pool:
            list(pool.map(learn, (lookout.places[k : k + PLACES_AT_ONCE] for k in some)))
    return np.minimum(gain_m2, enough_m2)


def some_view_sees(
    mission: Mission, ground: Ground, drones: Sequence[Drone], cells: Cells, weight_m2: Floats, enough_m2: float,
    fineness: Fineness,
) -> bool:  # fmt: skip
    """Whether a candidate view sees at least `enough_m2` of the cells at once."""
    done = np.zeros(len(cells), dtype=bool)
    return any(
        lookout.seen_from(place, done)[1].max(initial=0.0) >= enough_m2
        for lookout in _lookouts(mission, ground, drones, cells, weight_m2, fineness, capped=True)
        for place in lookout.places
    )


def _lookouts(
    mission: Mission, ground: Ground, drones: Sequence[Drone], cells: Cells, weight_m2: Floats, fineness: Fineness, *,
    capped: bool, anywhere: bool = False,
) -> Iterator[_Lookout]:  # fmt: skip
    targets, taller = Targets.of(ground.field, cells), ground.taller(POSE_ERROR_M)
    for name in dict.fromkeys(drone.model_name for drone in drones):
        alike = [drone for drone in drones if drone.model_name == name]
        first = alike[0]
        air = legal_of(mission, ground, first.model) if anywhere else _reached(alike)
        counts_in, whole = pictures(first.model, mission.file.band)
        if not capped:
            counts_in, whole = replace(counts_in, nearest_m=0.0), replace(whole, nearest_m=0.0)
        aims = aims_for(first.model, mission.file.limits, fineness)
        axes = aim_axes(np.array([(aim.heading_deg, aim.pitch_deg) for aim in aims]))
        scene = SightScene.of(taller, targets, counts_in.reach_m)
        yield _Lookout(scene, positions(air, air.open, fineness), first.up_m, axes, (counts_in, whole), weight_m2)


def _reached(drones: Sequence[Drone]) -> Air:
    """The air in reach of at least one drone."""
    reached = [drone.air.open & np.isfinite(ways_from(drone.air, drone.home_2d).distance_m) for drone in drones]
    return replace(drones[0].air, open=np.logical_or.reduce(reached))
