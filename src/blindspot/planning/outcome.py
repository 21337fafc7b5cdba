"""What a plan comes to on its town: the ground that each of its views sees, and what stays unseen and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.blind_spots import BlindSpots
from blindspot.planning.check_seen import ground_of, seen_by_step
from blindspot.planning.mission import Mission
from blindspot.planning.plan import Plan, Route
from blindspot.planning.unseen import Unseen, unseen_ground
from blindspot.site.model import Site


@dataclass(frozen=True)
class Outcome:
    """`spots` is the ground of the plan's perimeter; `views` has each view and leg as its route, its number among the
    steps and the blind cells (flat) that it sees."""

    plan: Plan
    mission: Mission
    site: Site
    spots: BlindSpots
    views: tuple[tuple[Route, int, NDArray[np.integer]], ...]

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """The blind cells that the plan sees, shaped as the grid."""
        mask = np.zeros(self.spots.blind.size, dtype=bool)
        for _, _, cells in self.views:
            mask[cells] = True
        return mask.reshape(self.spots.blind.shape)

    @cached_property
    def unseen(self) -> tuple[Unseen, ...]:
        """What it leaves, largest first."""
        return unseen_ground(self.plan, self.mission, self.site, self.spots, self.seen)


def outcome_of(plan: Plan, mission: Mission, site: Site) -> Outcome:
    spots = ground_of(plan, site)
    return Outcome(plan, mission, site, spots, tuple(seen_by_step(plan, mission, spots)))
