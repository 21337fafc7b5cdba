"""Choice of views: a cover of sampled blind ground, checked and completed cell by cell with the coverage kernel."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.sight import drone_view
from blindspot.mission import Aim, Mission
from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.covers.cover import cover
from blindspot.planning.drones.patrols import Drone, Patrol
from blindspot.planning.views.candidates import (
    FINE,
    POSE_ERROR_M,
    Position,
    Views,
    aims_for,
    lens_of,
    pictures,
    positions,
    survey_at_most,
)  # fmt: skip
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.target_ground import Ground

ENOUGH_AT_LAST_M2 = 4.0
"""Least new ground for which a view is taken."""
MOST_SEEN = 64_000_000
"""Most targets in all views of a survey together: a gigabyte with their inverse."""
STAY_S, MOVE_S = 3.0, 6.0
"""Costs of another aim and of another place in the cover, s: about the medians of routes over Nantes."""

Mask = NDArray[np.bool_]
Progress = Callable[[str, float], None]
Key = tuple[str, Position, Aim]


@dataclass(frozen=True, slots=True)
class Shot:
    """A chosen view and the blind cells that it sees (flat numbers)."""

    drone: str
    at: Position
    aim: Aim
    cells: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Group:
    """Drones of one model fly at one height and share places and aims; `views` has the targets that these see."""

    drone: Drone
    places: list[Position]
    aims: tuple[Aim, ...]
    views: Views

    def key(self, candidate: int) -> Key:
        at, aim = self.places[self.views.place[candidate]], self.aims[self.views.aim[candidate]]
        return self.drone.model_name, at, aim


@dataclass(slots=True)
class Chooser:
    """Chooses views for a fleet over one ground. `looked` caches the coverage kernel's result for each view: the
    blind cells that the view sees, or None if a surface in the view is over the density cap."""

    mission: Mission
    ground: Ground
    drones: tuple[Drone, ...]
    progress: Progress
    looked: dict[Key, NDArray[np.int32] | None] = field(default_factory=dict)
    _places: dict[str, list[Position]] = field(default_factory=dict)
    """The places of finishing views, by model."""
    _never: Mask | None = None
    """Cells that the first finishing views were to see, and that none of all candidates sees."""

    def finishing_views(self, squad: Sequence[Patrol], seen: Mask) -> list[Shot]:
        """Views of the blind cells outside `seen`, from finer candidates."""
        area_m2, wanted = self.ground.field.grid.cell_area_m2, self.ground.spots.blind & ~seen
        cells = np.flatnonzero(wanted if self._never is None else wanted & ~self._never)
        if not len(cells):
            return []
        # The first survey also learns which cells are in no view; later ones leave out what the cover would not take.
        is_first, side = self._never is None, 1
        while True:
            targets, weight = _thinned(cells, wanted.shape[1], side)
            groups = self._survey(targets, 1 if is_first else math.ceil(ENOUGH_AT_LAST_M2 / (side**2 * area_m2)))
            if groups is not None:
                break
            side *= 2
        if is_first:
            in_view = np.logical_or.reduce([np.bincount(g.views.seen, minlength=len(targets)) > 0 for g in groups])
            self._never = np.zeros_like(wanted)
            self._never.flat[targets[~in_view]] = True
        return self._covered(squad, groups, weight * area_m2, ENOUGH_AT_LAST_M2)

    def may_be_seen(self) -> Mask:
        """Flat mask of the blind cells that are not known to be in no view of any drone, from all of its air."""
        blind = self.ground.spots.blind
        return (blind if self._never is None else blind & ~self._never).ravel()

    def seen(self, shots: Sequence[Shot]) -> Mask:
        """Mask of the blind cells that the shots see."""
        mask = np.zeros(self.ground.spots.blind.size, dtype=bool)
        for shot in shots:
            mask[shot.cells] = True
        return mask.reshape(self.ground.spots.blind.shape)

    def _survey(self, cells: NDArray[np.integer], least: int) -> list[Group] | None:
        """Candidates that see at least `least` cells, and these cells, for each model of the fleet; None if they would
        take too much memory."""
        targets, taller = Targets.of(self.ground.field, cells), self.ground.taller(POSE_ERROR_M)
        models = list(dict.fromkeys(drone.model_name for drone in self.drones))
        groups = []
        for number, name in enumerate(models):

            def report(fraction: float, number: int = number) -> None:
                self.progress("finishing views", (number + fraction) / len(models))

            drone = next(drone for drone in self.drones if drone.model_name == name)
            aims = aims_for(drone.model, self.mission.file.limits, FINE)
            seen_in = pictures(drone.model, self.mission.file.band)
            places = self._places_of(name)
            views = survey_at_most(MOST_SEEN, taller, places, drone.up_m, aims, targets, seen_in, report, least)
            if views is None:
                return None
            groups.append(Group(drone, places, aims, views))
        return groups

    def _places_of(self, model: str) -> list[Position]:
        """The places to which some drone of the model can fly."""
        if model not in self._places:
            alike = [drone for drone in self.drones if drone.model_name == model]
            usable = np.logical_or.reduce([np.isfinite(ways_from(d.air, d.home_2d).distance_m) for d in alike])
            self._places[model] = positions(alike[0].air, usable, FINE)
        return self._places[model]

    def _covered(
        self, squad: Sequence[Patrol], groups: list[Group], weight_m2: NDArray[np.float64], enough_m2: float
    ) -> list[Shot]:
        """Choose a cover, check it with the coverage kernel, drop the views over the cap and repeat until all pass."""
        joined, group_of, start = _joined(groups)
        owner = np.concatenate([_owners(squad, group) for group in groups])
        allowed = owner[joined.place] >= 0
        while True:
            chosen = cover(
                joined.first, joined.seen, joined.place, weight_m2,
                allowed=allowed, stay_s=STAY_S, move_s=MOVE_S, enough=enough_m2,
            )  # fmt: skip
            shots = []
            for c in chosen:
                group = groups[group_of[c]]
                _, at, aim = key = group.key(int(c - start[group_of[c]]))
                cells = self.look(key, group.drone)
                if cells is None:
                    allowed[c] = False
                else:
                    shots.append(Shot(squad[owner[joined.place[c]]].drone.name, at, aim, cells))
            if allowed[chosen].all():
                return shots

    def reach_m(self, drone: Drone) -> float:
        """Greatest distance on the ground from below a drone at which its pictures contain cells that count, m."""
        return pictures(drone.model, self.mission.file.band)[0].reach_m

    def look(self, key: Key, drone: Drone) -> NDArray[np.int32] | None:
        """The blind cells that a view sees, by the coverage kernel; None if a surface is over the density cap."""
        if key not in self.looked:
            _, (east_m, north_m), aim = key
            band = self.mission.file.band
            view = drone_view(
                self.ground.field, lens_of(drone.model), east_m, north_m, drone.up_m,
                aim.heading_deg, aim.pitch_deg, band, among=self.ground.spots.blind, uncertainty_m=POSE_ERROR_M,
            )  # fmt: skip
            self.looked[key] = view.cells if view.max_px_per_m <= band.max_px_per_m else None
        return self.looked[key]


def _thinned(
    cells: NDArray[np.integer], cols: int, side: int
) -> tuple[NDArray[np.integer], NDArray[np.float64]]:  # fmt: skip
    """(one cell for each block of `side` cells on a side; the number of cells that it stands for)."""
    block = cells // cols // side * cols + cells % cols // side
    _, first, count = np.unique(block, return_index=True, return_counts=True)
    order = np.argsort(first, kind="stable")
    return cells[first[order]], count[order].astype(np.float64)


def _owners(squad: Sequence[Patrol], group: Group) -> NDArray[np.int64]:
    """Index of the patrol that can fly to each place of the group, -1 for none."""
    owner = np.full(len(group.places), -1, dtype=np.int64)
    for number, patrol in enumerate(squad):
        if patrol.drone.model_name == group.drone.model_name:
            grid, at = patrol.air.grid, np.array(group.places).reshape(-1, 2)
            col, row = np.floor((at - [grid.east_min_m, grid.north_min_m]) / grid.cell_m).astype(np.int64).T
            known = np.flatnonzero((row >= 0) & (row < grid.rows) & (col >= 0) & (col < grid.cols))
            owner[known[patrol.reachable[row[known], col[known]]]] = number
    return owner


def _joined(groups: list[Group]) -> tuple[Views, NDArray[np.int64], NDArray[np.int64]]:
    """(all candidates as one list with places numbered through, the group of each, each group's first number)."""
    views = [group.views for group in groups]
    start = np.cumsum([0, *(len(v.place) for v in views)])
    group_of = np.repeat(np.arange(len(views)), np.diff(start))
    if len(views) == 1:
        return views[0], group_of, start
    places = np.cumsum([0, *(len(group.places) for group in groups)])
    ends = np.cumsum([0, *(len(v.seen) for v in views)])
    joined = Views(
        np.concatenate([v.place + places[k] for k, v in enumerate(views)]).astype(np.int32),
        np.concatenate([v.aim for v in views]),
        np.concatenate([np.zeros(1, np.int64), *(v.first[1:] + ends[k] for k, v in enumerate(views))]),
        np.concatenate([v.seen for v in views]),
    )
    return joined, group_of, start
