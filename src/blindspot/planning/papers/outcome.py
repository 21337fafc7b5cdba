"""The outcome of a plan over its town: the ground that each view sees, and the unseen ground with the cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from blindspot.coverage.ground import BlindSpots
from blindspot.mission import Mission, Plan, Route
from blindspot.planning.checker.check_air import gap_below, over_pad
from blindspot.planning.checker.check_flight import Flight
from blindspot.planning.checker.check_seen import StepView, ground_of, seen_by_step, seen_cells
from blindspot.planning.checker.check_separation import ground_plan
from blindspot.planning.reasons.unseen import Unseen, unseen_ground
from blindspot.site import Building, Site


@dataclass(frozen=True, slots=True)
class AssumedHeight:
    """A building of assumed height, and the greatest height above its ground up to which the plan keeps its clearance,
    m."""

    building: Building
    clear_up_to_m: float


@dataclass(frozen=True)
class Outcome:
    """`spots` is the ground of the plan's perimeter. `views` lists each view and leg: the route, the number among the
    steps and the blind cells (flat) that the view sees."""

    plan: Plan
    mission: Mission
    site: Site
    spots: BlindSpots
    views: tuple[StepView, ...]
    others: tuple[Plan, ...] = ()
    """The plans of the mission's other sorties."""
    for_simulation: str = ""
    """The sentence about a plan that is for simulations alone; empty for any other one."""

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes that the papers show: those of the plan, or of all posts of a watch."""
        posts = () if self.plan.watch is None else self.others
        return (*self.plan.routes, *(route for post in posts for route in post.routes))

    @property
    def posts(self) -> tuple[tuple[str, str, float], ...]:
        """(drone, target, share of the target's public ground in the picture, 0..1) of each post of a watch."""
        return tuple(
            (plan.routes[0].drone, plan.watch.target, plan.watch.seen_m2 / plan.watch.target_m2)
            for plan in (self.plan, *self.others) if plan.watch is not None
        )  # fmt: skip

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """The blind cells that the plan sees, shaped as the grid."""
        mask = np.zeros(self.spots.blind.size, dtype=bool)
        for _, _, cells in self.views:
            mask[cells] = True
        return mask.reshape(self.spots.blind.shape)

    @property
    def not_flying(self) -> tuple[str, ...]:
        """One sentence for each drone of the mission that has no route."""
        return self.plan.not_flying(drone.name for drone in self.mission.file.fleet)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences for the crew: drones that do not fly, and the count of buildings of assumed height."""
        count = len(self.assumed_heights)
        compare = f"buildings of assumed height in reach of the flights: {count}; compare them with reality"
        return (*self.not_flying, *[compare] * bool(count))

    @cached_property
    def seen_elsewhere(self) -> NDArray[np.bool_]:
        """The blind cells that the mission's other sorties see, likewise."""
        elsewhere = np.zeros_like(self.spots.blind)
        for other in self.others:
            elsewhere |= seen_cells(other, self.mission, self.spots)
        return elsewhere

    @cached_property
    def unseen(self) -> tuple[Unseen, ...]:
        """The blind ground that the plan leaves, largest first; empty for a watch, which looks at its targets alone."""
        if self.plan.watch is not None:
            return ()
        return unseen_ground(self.plan, self.mission, self.site, self.spots, self.seen, self.seen_elsewhere)

    @cached_property
    def over_roofs_s(self) -> dict[str, float]:
        """By drone: seconds of its flight in which a landing at once would end on a roof or too near to a wall."""
        return {route.drone: self._over_roofs_s(route) for route in self.routes}

    @cached_property
    def assumed_heights(self) -> tuple[AssumedHeight, ...]:
        """The buildings of assumed height below the flights and their ways home, or within the clearance beside the
        flights; the buildings with the least room above their roofs first."""
        clearance_m = self.mission.file.limits.building_clearance_m
        assumed = [building for building in self.site.buildings if building.assumed]
        footprints = np.array([building.footprint for building in assumed], dtype=object)
        clear_m = np.full(len(assumed), np.inf)
        for route in self.routes:
            below = ground_plan(self._flights[route.drone])
            shapely.prepare(below)
            lowest_m = min((step.to.up_m for step in route.steps), default=route.takeoff_up_m)
            near = shapely.dwithin(below, footprints, clearance_m)
            clear_m[near] = np.minimum(clear_m[near], lowest_m - clearance_m)
        found = [
            AssumedHeight(building, float(up_m) - building.ground_m)
            for building, up_m in zip(assumed, clear_m, strict=True)
            if np.isfinite(up_m)
        ]
        return tuple(sorted(found, key=lambda one: one.clear_up_to_m - one.building.height_m))

    @cached_property
    def _flights(self) -> dict[str, Flight]:
        return {route.drone: Flight.of(route, self.plan, self.mission, self.site) for route in self.routes}

    def _over_roofs_s(self, route: Route) -> float:
        flight = self._flights[route.drone]
        over = np.isfinite(gap_below(flight)) & ~over_pad(flight)
        return float(np.diff(flight.track.time_s)[over[1:]].sum())


def outcome_of(
    plan: Plan, mission: Mission, site: Site, others: tuple[Plan, ...] = (), ground: BlindSpots | None = None,
    counted: Sequence[StepView] = (), for_simulation: str = "",
) -> Outcome:  # fmt: skip
    """The outcome of a plan. `others` are the plans of its other sorties, or the other posts of a watch, whose views
    are shown as well. `ground`, and `counted` on it, are as in `check_plan`. `for_simulation` is that of `Outcome`."""
    spots = ground_of(plan, site, ground)
    views = tuple(counted) if counted and spots is ground else tuple(seen_by_step(plan, mission, spots))
    if plan.watch is not None:
        views += tuple(view for other in others for view in seen_by_step(other, mission, spots))
    return Outcome(plan, mission, site, spots, views, others, for_simulation)
