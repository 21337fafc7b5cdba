"""A part of a team instead of all of it, where borders cost more ground than a further drone sees.

Drones in the air at the same time stay in separate parts of the ground plan. In a small mission one drone alone may
see more. Parts are tried only if the team misses ground in view from the team's whole air.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Protocol, Self, TypeVar

import numpy as np

from blindspot.core import PlanningError
from blindspot.planning.drones.patrols import SEEN_M2_PER_S, Drone, Patrol
from blindspot.planning.fleet.blocks import Blocks
from blindspot.planning.fleet.districts import districts_of
from blindspot.planning.fleet.finishing import Patience
from blindspot.planning.fleet.fleet_sorties import Made, Mask
from blindspot.planning.tours.routing import route_cost
from blindspot.planning.tours.view_chooser import Chooser

MORE = 1.004
"""A part of the team flies if it sees so many times the ground of the team, or as much and ends earlier."""
SMALL_S, MUCH_MORE = 600.0, 1.015
"""A mission is small if one drone sees all blind ground in about so long: then each drone is tried alone if it may see
`MORE`. In a larger mission, whose plans take longer, and for parts of several drones, which leave up to 0.8 % as too
far away themselves, it must be `MUCH_MORE`."""
ROUGHLY = 1.25
"""Most by which a drone sees more than the estimate for its battery."""
MOST_IN_PARTS = 4
"""Drones of the largest team whose parts are themselves compared with their parts: there are 15 parts of 4 drones."""


class Team(Protocol):
    """Drones in their parts of the ground plan, as in `teams.py`."""

    @property
    def chooser(self) -> Chooser: ...

    @property
    def squad(self) -> tuple[Patrol, ...]: ...

    @property
    def blocks(self) -> Blocks: ...

    def part(self, drones: Sequence[Drone]) -> Self:
        """Some of the drones as a team of their own."""

    def seen_by(self, made: Made) -> Mask:
        """Flat mask of the blind cells that the tours see."""


T = TypeVar("T", bound=Team)
Known = dict[frozenset[str], Made | None]


def or_of_fewer(
    team: T, make: Callable[[T, Patience | None], Made], patience: Patience | None, known: Known | None = None
) -> Made:
    """The result of `make` for the team, or for a part of the team with clearly more seen ground. `known` holds the
    results of parts, by the names of the drones."""
    known, best = {} if known is None else known, make(team, patience)
    quiet = None if patience is None else patience.quiet()
    for drones in parts_of(team):
        if flies_twice(best) or _most(team, best) <= _worth(team, drones) * _seen(team, best):
            continue
        names = frozenset(drone.name for drone in drones)
        if names not in known:
            known[names] = made_by(team, drones, best, make, quiet, known)
        other = known[names]
        if other is not None and _is_better(team, other, best):
            best = other
    return best


def parts_of(team: Team) -> Iterator[tuple[Drone, ...]]:
    """Each drone alone, which often sees all, then all but one drone."""
    drones = [patrol.drone for patrol in team.squad]
    for size in sorted({1, len(drones) - 1} - {0, len(drones)}):
        yield from combinations(drones, size)


def made_by(
    team: T,
    drones: tuple[Drone, ...],
    best: Made,
    make: Callable[[T, Patience | None], Made],
    patience: Patience | None,
    known: Known,
) -> Made | None:
    """The result of a part; None for batteries too small to see more than the best part, or without a plan."""
    try:
        part = team.part(drones)
        if _bears(part) * _most(team, best) <= _seen(team, best):
            return None
        if len(drones) > MOST_IN_PARTS:
            return make(part, patience)
        return or_of_fewer(part, make, patience, known)
    except PlanningError:
        return None  # the team has tours


def _worth(team: Team, drones: tuple[Drone, ...]) -> float:
    """A part is tried if the part may see so many times the ground of the team."""
    is_small = team.chooser.ground.spots.blind_area_m2 <= SMALL_S * SEEN_M2_PER_S
    return MORE if is_small and len(drones) == 1 else MUCH_MORE


def _most(team: Team, made: Made) -> int:
    """Most cells for any tours of the drones: the cells of the tours, and the cells of any possible view."""
    return _seen(team, made) + int((team.chooser.may_be_seen() & ~team.seen_by(made)).sum())


def _bears(part: Team) -> float:
    """Most of its ground, as a share, that a part sees with one battery for each drone."""
    shares = districts_of(part.blocks, part.squad)
    whole_m2 = sum(share.whole_m2 for share in shares)
    borne_m2 = sum(share.whole_m2 * min(1.0, ROUGHLY / max(1e-9, share.batteries_needed)) for share in shares)
    return borne_m2 / whole_m2 if whole_m2 else 0.0


def _is_better(team: Team, new: Made, old: Made) -> bool:
    more, before = _seen(team, new), _seen(team, old)
    return more > MORE * before or (more >= before and longest_s(new) < longest_s(old))


def _seen(team: Team, made: Made) -> int:
    return int(np.count_nonzero(team.seen_by(made)))


def flies_twice(made: Made) -> bool:
    """Whether a drone has several tours."""
    drones = [tour.patrol.drone.name for tour in made[1] if tour.steps]
    return len(set(drones)) < len(drones)


def longest_s(made: Made) -> float:
    """Longest time of a drone in the air, all of its sorties together, s."""
    times_s = defaultdict[str, float](float)
    for tour in made[1]:
        times_s[tour.patrol.drone.name] += route_cost(tour.patrol, tour.steps).time_s
    return max(times_s.values())
