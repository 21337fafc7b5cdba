"""The turns of a watch as planned: who flies when, with the gaps, packs and people that follow.

The times are those of the relay (`relay.py`) in still air or in a steady wind, with pre-flight checks of the least
length. A real watch differs: the battery decides about each turn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import inf

from blindspot.core import PlanningError
from blindspot.mission import DroneModel, Fleet, Mission, Plan
from blindspot.operations.crew import PlaceM, people_needed
from blindspot.operations.rota import Flight, Pack, packs_missing, packs_of, rota, usable_wh
from blindspot.operations.watches.post_plan import PostPlan
from blindspot.operations.watches.relay import LEAST_PREFLIGHT_S
from blindspot.operations.watches.target_relay import LANDING_SPARE, LEAST_LOOK_S, MARGIN_S, SETTLE_S

REST_S = 3600.0
"""Time until a landed pack is charged, s, where no fleet file says so."""
MOST_DRONES = 12
"""Most drones of a fleet."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One flight of a watch; times are seconds after the mission's start. `planned_s` is the flight time of the plan
    that the gate judges, which is longer if the relief comes before the end of the post."""

    target: str
    drone: str
    takes_off_s: float
    arrives_s: float
    leaves_s: float
    lands_s: float
    planned_s: float
    need_wh: float

    @property
    def flown_s(self) -> float:
        return self.lands_s - self.takes_off_s


@dataclass(frozen=True, slots=True)
class Gap:
    """A time, s after the mission's start, in which no drone looks at a target."""

    target: str
    begins_s: float
    ends_s: float


@dataclass(frozen=True)
class Forecast:
    """All turns of a watch by time, the foreseen gaps, and the posts by target."""

    turns: tuple[Turn, ...]
    gaps: tuple[Gap, ...]
    posts: Mapping[str, tuple[PostPlan, ...]]
    mission: Mission
    pads: Mapping[str, PlaceM]

    @property
    def lead_s(self) -> float:
        """Longest time from the start of a relief's pre-flight checks to the end of the post before, s."""
        ways_s = [post.way_s for posts in self.posts.values() for post in posts]
        return LEAST_PREFLIGHT_S + max(ways_s) + self.mission.file.overlap_s + MARGIN_S

    @property
    def looks_s(self) -> dict[str, float]:
        """Time for which each target is in pictures, s."""
        looked_s = dict.fromkeys(self.posts, 0.0)
        for turn in self.turns:
            looked_s[turn.target] += turn.leaves_s - turn.arrives_s
        return looked_s

    def flights(self) -> list[Flight]:
        """The turns as flights that need a pack; a pack is in the drone from the pre-flight checks on."""
        return [
            Flight(number, turn.drone, self._model_name(turn.drone), turn.takes_off_s - LEAST_PREFLIGHT_S,
                   turn.lands_s, turn.need_wh)
            for number, turn in enumerate(self.turns)
        ]  # fmt: skip

    def packs_needed(self, rests_s: Mapping[str, float] | None = None) -> dict[str, int]:
        """Number of equal, new packs of each model that the watch needs. `rests_s` is the time, s, from a landing until
        a pack of a model is charged; `REST_S` by default."""
        needed, flights = dict[str, int](), self.flights()
        for model in dict.fromkeys(flight.model for flight in flights):
            rest_s = (rests_s or {}).get(model, REST_S)
            own = [flight for flight in flights if flight.model == model]
            needed[model] = max(
                sum(other.from_s <= flight.from_s < other.until_s + rest_s for other in own) for flight in own
            )
        return needed

    def packs_missing(self, fleet: Fleet) -> dict[str, int]:
        """The fewest further packs of each model with which a rota exists; -1 where even a new pack is too small."""
        return packs_missing(self.flights(), packs_of(fleet), {
            model: Pack(f"new {model}", model, usable_wh(fleet.models[model], None), rest_s)
            for model, rest_s in rests_of(fleet).items()
        })  # fmt: skip

    def rota(self, fleet: Fleet) -> list[str]:
        """The pack of each turn; empty if the packs are too few."""
        chosen = rota(self.flights(), packs_of(fleet))
        return [] if chosen is None else [chosen[number, turn.drone] for number, turn in enumerate(self.turns)]

    @cached_property
    def people(self) -> int | None:
        """The fewest people who change the packs of all drones between two turns of a drone; None if even one person a
        pad is too slow."""
        by_drone, slack_s = defaultdict[str, list[Turn]](list), inf
        for turn in self.turns:
            by_drone[turn.drone].append(turn)
        for own in by_drone.values():
            for before, after in pairwise(own):
                slack_s = min(slack_s, after.takes_off_s - LEAST_PREFLIGHT_S - before.lands_s)
        return people_needed([self.pads[drone] for drone in by_drone], self.mission.file.swap_s, slack_s)

    def drones_needed(self, target: str) -> int | None:
        """The fewest drones for a target without a gap, all as far from it as its own; None if 12 are too few."""
        own = self.posts[target]
        for count in range(2, MOST_DRONES + 1):
            alike = [replace(own[k % len(own)], drone=f"{own[k % len(own)].drone}/{k}") for k in range(count)]
            if not _turns_at(target, alike, self.mission, lambda post: 0.0)[1]:
                return count
        return None

    def _model_name(self, drone: str) -> str:
        return next(one.model for one in self.mission.file.fleet if one.name == drone)


def rests_of(fleet: Fleet) -> dict[str, float]:
    """The longest time, s, from a landing until a pack is charged, by drone model of a fleet."""
    own, names = packs_of(fleet), {drone.model for drone in fleet.file.drones}
    return {name: max([pack.rest_s for pack in own if pack.model == name], default=REST_S) for name in sorted(names)}


def forecast(mission: Mission, plans: Sequence[Plan], wind_mps: float = 0.0) -> Forecast:
    """The turns of the posts of a mission, each a plan with a target and one view, in a steady wind, m/s.

    Raises
    ------
    PlanningError
        A plan is no post, or a stay on post is too short for a relief.
    """
    posts, routes = defaultdict[str, list[PostPlan]](list), {plan.routes[0].drone: plan.routes[0] for plan in plans}
    for plan in plans:
        if plan.watch is not None:
            model: DroneModel = mission.model_of(plan.routes[0].drone)
            posts[plan.watch.target].append(PostPlan.of(plan, plan.watch.target, model).in_wind(wind_mps))

    def energy_wh(post: PostPlan) -> float:
        return routes[post.drone].expected.energy_wh

    least_s = mission.file.overlap_s + MARGIN_S + LEAST_LOOK_S
    turns, gaps = list[Turn](), list[Gap]()
    for target, own in posts.items():
        if wind_mps > 0.0 and min(post.dwell_s for post in own) < least_s:
            raise PlanningError(f"{target}: a stay on post is shorter than {least_s:g} s in a wind of {wind_mps:g} m/s")
        some, missed = _turns_at(target, own, mission, energy_wh)
        turns, gaps = [*turns, *some], [*gaps, *missed]
    pads = {name: (route.home.east_m, route.home.north_m) for name, route in routes.items()}
    in_time = sorted(turns, key=lambda turn: turn.takes_off_s)
    return Forecast(tuple(in_time), tuple(gaps), {k: tuple(own) for k, own in posts.items()}, mission, pads)


def _turns_at(
    target: str, posts: Sequence[PostPlan], mission: Mission, energy_wh: Callable[[PostPlan], float]
) -> tuple[list[Turn], list[Gap]]:
    """The turns at one target and the gaps between them; the longest ready drone flies next."""
    file, ready_s = mission.file, {post.drone: -inf for post in posts}
    ends_s = file.window_s - max(post.home_s + LANDING_SPARE * post.flight_s for post in posts) - MARGIN_S
    turns, gaps, covered_s = list[Turn](), list[Gap](), 0.0
    while covered_s < ends_s:
        post = min((one for one in posts if not turns or one.drone != turns[-1].drone), key=lambda o: ready_s[o.drone])
        due_s = covered_s - file.overlap_s - MARGIN_S - post.way_s
        takes_off_s = max(due_s, ready_s[post.drone] + LEAST_PREFLIGHT_S)
        arrives_s = takes_off_s + post.way_s
        if arrives_s + LEAST_LOOK_S > ends_s:
            gaps.append(Gap(target, covered_s, ends_s))
            break
        if arrives_s > covered_s:
            gaps.append(Gap(target, covered_s, arrives_s))
        if turns:
            turns[-1] = _left(turns[-1], min(turns[-1].leaves_s, arrives_s + SETTLE_S + file.overlap_s))
            ready_s[turns[-1].drone] = turns[-1].lands_s + file.swap_s
        covered_s = min(arrives_s + post.dwell_s, ends_s)
        home_s, stays_s = post.home_s, covered_s - arrives_s
        turns.append(Turn(
            target, post.drone, takes_off_s, arrives_s, covered_s, covered_s + home_s,
            planned_s=post.way_s + stays_s + home_s,
            need_wh=energy_wh(post) - post.hover_w * (post.dwell_s - stays_s) / 3600.0,
        ))  # fmt: skip
    return turns, gaps


def _left(turn: Turn, leaves_s: float) -> Turn:
    return replace(turn, leaves_s=leaves_s, lands_s=leaves_s + turn.lands_s - turn.leaves_s)
