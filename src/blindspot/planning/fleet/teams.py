"""The tours of a team of drones: sorties or one tour each, moved borders, and clear returns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from blindspot.core import PlanningError
from blindspot.mission import Leg
from blindspot.planning.drones.patrols import Drone, Patrol, drones_of
from blindspot.planning.fleet.blocks import Blocks
from blindspot.planning.fleet.districts import districts_of
from blindspot.planning.fleet.fewer import flies_twice, longest_s, or_of_fewer
from blindspot.planning.fleet.finishing import Patience
from blindspot.planning.fleet.fleet_sorties import Made, and_beyond, seen_by, sorties
from blindspot.planning.fleet.fleet_tours import tours
from blindspot.planning.fleet.room import with_room
from blindspot.planning.fleet.sharing import AS_ESTIMATED, Pace, shared_out
from blindspot.planning.fleet.territories import in_territories
from blindspot.planning.tours.battery_legs import FlownTour
from blindspot.planning.tours.extra_items import UnclearReturnError, with_items
from blindspot.planning.tours.itinerary import Scout
from blindspot.planning.tours.returns import flown_wh
from blindspot.planning.tours.routing import budget_wh, route_cost
from blindspot.planning.tours.view_chooser import Chooser

ONE_TOUR, ONE_SHORTENED = 0.85, 2.0
"""Estimated number of batteries up to which a drone flies one tour: with battery swaps, and without them. Without
swaps the tour is shortened."""
UNEVEN, AS_MUCH = 1.08, 0.998
"""Longest time of a drone as a multiple of the mean from which borders are moved; least share of the ground seen
before that tours with moved borders must see if they end earlier."""
DAMPED = 0.5
"""Exponent of the measured pace: a part of a flight, such as the climb, does not follow a border."""
LEAST_BORNE = 0.98
"""Least share of the ground of tours that one battery each must bear, before drones with swaps fly sorties instead."""
ROUNDS = 3
"""Number of searches for tours of a drone whose returns are all clear; each leaves more room. Then the drone stays on
the pad."""
CLEARLY = 1.01
"""Borders are moved if the drones then see so many times the ground."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Team:
    """Drones in their parts of the ground plan, the views to choose from, and the blocks of blind ground."""

    chooser: Chooser
    squad: tuple[Patrol, ...]
    blocks: Blocks
    further: tuple[Drone, ...] = ()
    """A drone on each further pad; another drone of its model may be carried there."""

    @classmethod
    def of(cls, chooser: Chooser, blocks: Blocks, pace: Pace = AS_ESTIMATED, further: tuple[Drone, ...] = ()) -> Team:
        """The drones of a chooser, each in a part of the ground. `pace` is a drone's time as a multiple of the
        estimate."""
        mission, drones, report = chooser.mission, chooser.drones, chooser.progress
        if mission.file.limits.return_ == "mission":
            return cls(chooser, in_territories(mission, blocks, drones, report, pace), blocks)
        return cls(chooser, shared_out(mission, chooser.ground, blocks, drones, report, pace), blocks, further)

    def only(self, drones: Sequence[Drone]) -> Team:
        """Some of the drones, each in a new part, without reports of their progress."""
        known = self.chooser
        chooser = Chooser(known.mission, known.ground, tuple(drones), lambda stage, fraction: None, known.looked)
        return Team.of(chooser, self.blocks, further=self.further)

    def part(self, drones: Sequence[Drone]) -> Team:
        """Some of the drones as a fleet of their own, at the height that suits their number."""
        known, names = self.chooser, {drone.name for drone in drones}
        fleet = tuple(entry for entry in known.mission.file.fleet if entry.name in names)
        mission = replace(known.mission, file=known.mission.file.model_copy(update={"fleet": fleet}))
        alone = drones_of(mission, known.ground)
        chooser = Chooser(mission, known.ground, alone, lambda stage, fraction: None)
        return Team.of(chooser, Blocks.of(known.ground, alone), further=self.further)

    def roomier(self, error: UnclearReturnError) -> Team:
        """The drone of the error keeps off the edges where its returns are barred."""
        return replace(
            self,
            squad=tuple(with_room(p, error.places) if p.drone.name == error.drone else p for p in self.squad),
        )

    def made(self, goal_share: float, patience: Patience | None = None) -> Made:
        """The tours, or those of a part of the drones, if they see more: see `fewer.py`.

        Raises PlanningError for tours without energy for the needed stops of the returns, and without any clear
        return.
        """
        return or_of_fewer(self, lambda team, time: team._whole(goal_share, time), patience)

    def _whole(self, goal_share: float, patience: Patience | None) -> Made:
        return self.clear(lambda team: team._any(goal_share, patience))

    def seen_by(self, made: Made) -> Mask:
        """Flat mask of the blind cells that the tours see."""
        return seen_by(self.chooser.ground, made[1])

    def clear(self, make: Callable[[Team], Made]) -> Made:
        """Tours whose returns are all clear, of the team with as much room for them as they need. A drone without
        such a tour stays on the pad, and the others share this drone's ground."""
        team, tried = self, defaultdict[str, int](int)
        while True:
            try:
                return make(team)
            except UnclearReturnError as error:
                # First the drone gets more room at the edges; after ROUNDS vain rounds the drone stays on the pad.
                tried[error.drone] += 1
                if tried[error.drone] < ROUNDS:
                    team = team.roomier(error)
                    continue
                left = [patrol.drone for patrol in team.squad if patrol.drone.name != error.drone]
                if not left:
                    raise
                team = team.only(left)

    def _any(self, goal_share: float, patience: Patience | None) -> Made:
        """The tours, or sorties, with the stops at the items that their returns need."""
        chooser, file = self.chooser, self.chooser.mission.file
        shares, is_swapped = districts_of(self.blocks, self.squad), any(entry.swaps for entry in file.fleet)
        # The estimate decides between sorties and one tour each; the flown tours then correct a wrong estimate.
        if max(share.batteries_needed for share in shares) > (ONE_TOUR if is_swapped else ONE_SHORTENED):
            made = sorties(chooser, shares, goal_share)
            is_enough = is_swapped or all(share.is_used_up for share in shares)
            if is_enough and not flies_twice(made):  # less ground than estimated: a whole tour sees more of it
                made = self._or_whole_tours(made, goal_share, patience)
        else:
            made = self._whole_tours(goal_share, patience)
            if is_swapped and self.seen_by(made).sum() < LEAST_BORNE * made[0].sum():  # a battery was too small
                made = self._seeing_more(made, sorties(chooser, shares, goal_share))
        # A fresh battery may also serve ground that the borders between the drones cut off.
        if is_swapped:
            made = and_beyond(chooser, shares, made, goal_share, self.further)
        return made[0], [with_stops(chooser, tour) for tour in made[1]]

    def _or_whole_tours(self, made: Made, goal_share: float, patience: Patience | None) -> Made:
        """The sorties, or a tour each if these see more and their returns are clear."""
        try:
            return self._seeing_more(made, self._whole_tours(goal_share, patience))
        except UnclearReturnError:
            return made

    def _whole_tours(self, goal_share: float, patience: Patience | None) -> Made:
        """A tour each, or those with moved borders, if these see clearly more, or end earlier and see as much, within
        `AS_MUCH`.

        Narrow streets take more time than their ground suggests, and fields less, so borders are moved by the measured
        pace of each drone. With a limit of time sectors stay as they are: they seldom move, and half of the time would
        be lost.
        """
        is_along = self.chooser.mission.file.limits.return_ == "mission"
        if len(self.squad) < 2 or (patience is not None and not is_along):
            return tours(self.chooser, self.squad, goal_share, patience)
        made = tours(self.chooser, self.squad, goal_share, patience.half() if patience is not None else None)
        times_s = [route_cost(tour.patrol, tour.steps).time_s for tour in made[1]]
        # Borders move only for a clear imbalance: each move costs a whole new search.
        if max(times_s) <= UNEVEN * float(np.mean(times_s)):
            return made
        estimated_s = [share.busy_s for share in districts_of(self.blocks, self.squad)]
        # The power damps the correction: the climb and the way out do not shrink with the ground.
        pace = {
            patrol.drone.name: (time_s / max(1.0, estimate_s)) ** DAMPED
            for patrol, time_s, estimate_s in zip(self.squad, times_s, estimated_s, strict=True)
        }
        moved = Team.of(self.chooser, self.blocks, pace)
        if all(new.sector == old.sector for new, old in zip(moved.squad, self.squad, strict=True)):
            return made
        try:
            evened = tours(self.chooser, moved.squad, goal_share, patience)
        except UnclearReturnError:
            return made
        seen, before = int(self.seen_by(evened).sum()), int(self.seen_by(made).sum())
        # More ground wins, and of nearly equal ground the fleet that lands earlier.
        is_better = seen > CLEARLY * before or (longest_s(evened) < max(times_s) and seen >= AS_MUCH * before)
        return evened if is_better else made

    def _seeing_more(self, *some: Made) -> Made:
        return max(some, key=lambda one: int(self.seen_by(one).sum()))


def with_stops(chooser: Chooser, tour: FlownTour) -> FlownTour:
    """The tour with the further items for the returns. A leg in two parts sees less: its ground counts again."""
    drone, steps = tour.patrol.drone, with_items(tour.patrol, tour.steps)
    missing_wh = flown_wh(tour.patrol, steps) - budget_wh(drone.model) if steps != tour.steps else 0.0
    if missing_wh > 0.0:
        raise PlanningError(
            f"{drone.name} has {missing_wh:.1f} Wh too little for the stops at the items of the returns: set "
            "limits.return to straight, or give it a larger battery"
        )
    if sum(isinstance(step, Leg) for step in steps) == sum(isinstance(step, Leg) for step in tour.steps):
        return replace(tour, steps=steps)
    return replace(tour, steps=steps, cells=np.flatnonzero(Scout(chooser, tour.patrol).seen(steps)))
