"""Choosing views: a cover of sampled blind ground, checked and completed cell by cell with the coverage kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.drone_view import drone_view
from blindspot.planning.candidates import POSE_ERROR_M, Position, Views, aims_for, lens_of, pictures, positions, survey
from blindspot.planning.cover import cover
from blindspot.planning.fleet import Drone, Patrol
from blindspot.planning.ground import Ground
from blindspot.planning.mission import Mission
from blindspot.planning.paths import ways_from
from blindspot.planning.plan import Aim
from blindspot.planning.sight import Targets

SAMPLE = 3
"""The first cover is over every third row and column of the blind cells; the second over all that it leaves."""
ENOUGH_M2, ENOUGH_AT_LAST_M2 = 20.0, 6.0
"""Least new ground for which a view is taken, in the first and in the second cover."""
STAY_S, MOVE_S = 3.0, 6.0
"""What another aim, and another place, cost in the cover: about the medians of routes over Nantes."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Shot:
    """A chosen view and the blind cells that it sees (flat numbers)."""

    drone: str
    at: Position
    aim: Aim
    cells: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Group:
    """Drones of one model fly at one height and share places and aims."""

    drone: Drone
    places: list[Position]
    aims: tuple[Aim, ...]


@dataclass(slots=True)
class Chooser:
    """All candidates of a fleet over one ground. Candidates found too close to a roof are remembered and left out."""

    mission: Mission
    ground: Ground
    groups: tuple[Group, ...]
    tell: Callable[[str, float], None]
    banned: set[tuple[int, int, int]] = field(default_factory=set)
    exposed: dict[tuple[int, int, int], NDArray[np.int32]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, mission: Mission, ground: Ground, drones: tuple[Drone, ...], tell: Callable[[str, float], None]
    ) -> Chooser:
        groups = []
        for name in dict.fromkeys(drone.model_name for drone in drones):
            alike = [drone for drone in drones if drone.model_name == name]
            usable = np.zeros(alike[0].air.grid.shape, dtype=bool)
            for drone in alike:
                usable |= np.isfinite(ways_from(drone.air, drone.home_2d).distance_m)
            groups.append(Group(alike[0], positions(alike[0].air, usable), aims_for(alike[0].model, mission.file.limits)))
        return cls(mission, ground, tuple(groups), tell)

    def sampled_cells(self) -> NDArray[np.int64]:
        """Flat numbers of the blind cells that the first cover is about."""
        blind = np.zeros_like(self.ground.spots.blind)
        blind[::SAMPLE, ::SAMPLE] = self.ground.spots.blind[::SAMPLE, ::SAMPLE]
        return np.flatnonzero(blind)

    def survey(self, cells: NDArray[np.int64], stage: str) -> list[Views]:
        """What every candidate of every group sees of the cells."""
        targets = Targets.of(self.ground.field, cells)
        taller = self.ground.taller(POSE_ERROR_M)
        views = []
        for number, group in enumerate(self.groups):

            def told(fraction: float, number: int = number) -> None:
                self.tell(stage, (number + fraction) / len(self.groups))

            seen_in = pictures(group.drone.model, self.mission.file.band)
            views.append(survey(taller, group.places, group.drone.up_m, group.aims, targets, seen_in, told))
        return views

    def first_cover(self, squad: tuple[Patrol, ...], views: list[Views], cells: NDArray[np.int64]) -> list[Shot]:
        """The cover of sampled cells, with what its views really see."""
        return self._covered(squad, views, len(cells), SAMPLE**2 * self.ground.field.grid.cell_area_m2, ENOUGH_M2)

    def second_cover(self, squad: tuple[Patrol, ...], shots: list[Shot]) -> list[Shot]:
        """Further views for the cells that the shots leave, and all of them without those that became needless."""
        left = self.ground.spots.blind & ~self.seen(shots)
        cells = np.flatnonzero(left)
        views = self.survey(cells, "finishing views")
        more = self._covered(squad, views, len(cells), self.ground.field.grid.cell_area_m2, ENOUGH_AT_LAST_M2)
        return self._needed(shots + more)

    def seen(self, shots: list[Shot]) -> Mask:
        mask = np.zeros(self.ground.spots.blind.size, dtype=bool)
        for shot in shots:
            mask[shot.cells] = True
        return mask.reshape(self.ground.spots.blind.shape)

    def _covered(
        self, squad: tuple[Patrol, ...], views: list[Views], targets: int, area_m2: float, enough_m2: float
    ) -> list[Shot]:
        """Cover, look with the coverage kernel, and cover again without what is over the cap, until all chosen views hold."""
        joined, group_of = _joined(views, [len(group.places) for group in self.groups])
        owners = [self._owners(squad, group) for group in self.groups]
        owner = np.concatenate(owners) if owners else np.empty(0, dtype=np.int64)
        offsets = np.cumsum([0, *(len(group.places) for group in self.groups)])
        while True:
            allowed = owner[joined.place] >= 0
            for c in np.flatnonzero(allowed):
                if self.banned and self._key(joined, group_of, offsets, int(c)) in self.banned:
                    allowed[c] = False
            chosen = cover(
                joined.first, joined.seen, joined.place, np.full(targets, area_m2),
                allowed=allowed, stay_s=STAY_S, move_s=MOVE_S, enough=enough_m2,
            )
            keys = [self._key(joined, group_of, offsets, int(c)) for c in chosen]
            if all([self._expose(key) for key in keys]):
                return [
                    Shot(squad[owner[joined.place[c]]].drone.name, self.groups[g].places[p], self.groups[g].aims[a], self.exposed[g, p, a])
                    for c, (g, p, a) in zip(chosen, keys, strict=True)
                ]

    def _key(
        self, views: Views, group_of: NDArray[np.int64], offsets: NDArray[np.int64], candidate: int
    ) -> tuple[int, int, int]:
        group = int(group_of[candidate])
        return group, int(views.place[candidate] - offsets[group]), int(views.aim[candidate])

    def _expose(self, key: tuple[int, int, int]) -> bool:
        """Look with the coverage kernel, once a candidate; False, and banned, if a surface is over the density cap."""
        if key in self.exposed:
            return True
        group, band = self.groups[key[0]], self.mission.file.band
        (east_m, north_m), aim = group.places[key[1]], group.aims[key[2]]
        view = drone_view(
            self.ground.field, lens_of(group.drone.model), east_m, north_m, group.drone.up_m,
            aim.heading_deg, aim.pitch_deg, band, among=self.ground.spots.blind, uncertainty_m=POSE_ERROR_M,
        )  # fmt: skip
        if view.max_px_per_m > band.max_px_per_m:
            self.banned.add(key)
            return False
        self.exposed[key] = view.cells
        return True

    def _owners(self, squad: tuple[Patrol, ...], group: Group) -> NDArray[np.int64]:
        """Index of the patrol that can fly to each place of the group, -1 for none."""
        owner = np.full(len(group.places), -1, dtype=np.int64)
        for number, patrol in enumerate(squad):
            if patrol.drone.model_name == group.drone.model_name:
                reachable = patrol.reachable
                index = [patrol.air.grid.index(*place) for place in group.places]
                owner[[i is not None and bool(reachable[i]) for i in index]] = number
        return owner

    def _needed(self, shots: list[Shot]) -> list[Shot]:
        """The shots without those that add less than is worth a view to the others; the least useful go first."""
        times = np.zeros(self.ground.spots.blind.size, dtype=np.int32)
        for shot in shots:
            times[shot.cells] += 1
        area_m2, kept = self.ground.field.grid.cell_area_m2, []
        for shot in sorted(shots, key=lambda s: len(s.cells)):
            if int((times[shot.cells] == 1).sum()) * area_m2 < ENOUGH_AT_LAST_M2:
                times[shot.cells] -= 1
            else:
                kept.append(shot)
        return kept


def _joined(views: list[Views], places: list[int]) -> tuple[Views, NDArray[np.int64]]:
    """The groups' candidates as one list with places numbered through, and the group of each."""
    if len(views) == 1:
        return views[0], np.zeros(len(views[0].place), dtype=np.int64)
    offsets = np.cumsum([0, *places])
    ends = np.cumsum([0, *(len(v.seen) for v in views)])
    return (
        Views(
            np.concatenate([v.place + offsets[k] for k, v in enumerate(views)]).astype(np.int32),
            np.concatenate([v.aim for v in views]),
            np.concatenate([np.zeros(1, np.int64), *(v.first[1:] + ends[k] for k, v in enumerate(views))]),
            np.concatenate([v.seen for v in views]),
        ),
        np.repeat(np.arange(len(views)), [len(v.place) for v in views]),
    )
