"""A few plans of one mission that trade minutes, intrusion and ground seen, none of them worse than another in all.

Each is asked for inside the mission's own limits: from lower or higher, with steeper looks, for less ground. What is
asked is narrower, never wider; every plan then has to pass the checker by the mission as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from shapely.geometry import Polygon

from blindspot.core import PlanningError
from blindspot.mission import Mission, Plan
from blindspot.planning.checker.check import check_plan
from blindspot.planning.planner import Progress, make_plan
from blindspot.planning.reasons.compare import Costs, costs_of
from blindspot.planning.reasons.intrusion import Surroundings, intrusion_of, surroundings_of
from blindspot.planning.tours.tours import GOAL_SHARE
from blindspot.site import Site

LESS_SHARE = 0.9
"""Of what a tour could see, where less ground is asked for: the last tenth takes the most time."""
WORTH_MOVING_M = 4.0
"""A level that differs by less is no other choice."""
UNDER_CEILING_M = 0.5

Tell = Callable[[str], Progress]
"""Asked for before each plan, by what is asked; what it returns is told how far that plan is."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A way to ask for a plan."""

    name: str
    mission: Mission
    goal_share: float = GOAL_SHARE


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan that an operator may pick, what was asked for and what it costs."""

    name: str
    plan: Plan
    costs: Costs

    @property
    def burdens(self) -> tuple[float, ...]:
        """What is to be small, as precisely as it is shown."""
        costs = self.costs
        figures = (costs.flight_min, costs.private_m2s, costs.facade_m2s, costs.highest_px_per_m)
        return (*(shown(figure or 0.0) for figure in figures), -round(costs.seen_share, 3))


@dataclass(frozen=True, slots=True)
class Front:
    """The offers that none other beats, the fastest first, and why what else was tried is none of them, by name."""

    offers: tuple[Offer, ...]
    left_out: dict[str, str]


def shown(figure: float) -> float:
    """Three digits: what differs by less is the same to an operator."""
    return float(f"{figure:.3g}")


MOST_PLANS = 6
"""As the mission asks, and those of `narrower`."""


def narrower(mission: Mission, made: Plan) -> Iterator[Asking]:
    """What else may be asked for, judged by the plan that the mission itself gives."""
    limits, relief = mission.file.limits, made.relief
    less = f"{100 * LESS_SHARE:.0f} % of what can be seen"
    yield Asking(less, mission, LESS_SHARE)
    level_m = max(route.takeoff_up_m for route in made.routes)
    low_m = (level_m + relief.highest_m + limits.min_up_m) / 2.0
    low, told = mission, "as high"
    if level_m - low_m >= WORTH_MOVING_M:
        low, told = _within(mission, max_up_m=low_m - relief.lowest_m), f"{level_m - low_m:.0f} m lower"
        yield Asking(told, low)
        yield Asking(f"{told}, {less}", low, LESS_SHARE)
    steepest = max(limits.min_pitch_deg, *(model.camera.gimbal_min_pitch_deg for model in mission.models.values()))
    if steepest < limits.max_pitch_deg:
        straight = "straight down only" if steepest <= -90.0 else f"looks at {steepest:g} deg only"
        level = _within(low, max_up_m=min(low.file.limits.max_up_m, level_m - relief.lowest_m))
        yield Asking(f"{told}, {straight}", _within(level, max_pitch_deg=steepest))
    high_m = relief.lowest_m + limits.max_up_m - UNDER_CEILING_M
    if high_m - level_m >= WORTH_MOVING_M:
        yield Asking(f"{high_m - level_m:.0f} m higher", _within(mission, min_up_m=high_m - relief.highest_m))


def front(mission: Mission, site: Site, tell: Tell) -> Front:
    """Plans the mission in every way, and keeps what is worth picking from.

    Raises PlanningError where the mission itself can't be planned, or no plan may be flown.
    """
    asked = Asking("as the mission asks", mission)
    made = make_plan(mission, site=site, progress=tell(asked.name))
    around = surroundings_of(Polygon(made.perimeter), mission, site)
    offers, left_out = [], dict[str, str]()
    for asking in (asked, *narrower(mission, made)):
        try:
            if asking is not asked:
                told = tell(asking.name)
                made = make_plan(asking.mission, site=site, progress=told, goal_share=asking.goal_share)
            offers.append(_offer(asking.name, made, mission, site, around))
        except PlanningError as error:
            left_out[asking.name] = str(error)
    if not offers:
        raise PlanningError(f"no plan may be flown; the one that the mission asks for {left_out[asked.name]}")
    kept = unbeaten(offers)
    left_out |= {offer.name: "another is no worse in anything" for offer in offers if offer not in kept}
    return Front(kept, left_out)


def _offer(name: str, made: Plan, mission: Mission, site: Site, around: Surroundings) -> Offer:
    """The plan measured; raises PlanningError for one that the checker refuses by the mission as it stands."""
    broken = check_plan(made, mission, site)
    if broken:
        raise PlanningError(f"breaks {len(broken)} rules, the first: {broken[0]}")
    measured = made.model_copy(update={"intrusion": intrusion_of(made, mission, around)})
    return Offer(name, measured, costs_of(measured))


def unbeaten(offers: Sequence[Offer]) -> tuple[Offer, ...]:
    """Those to which no other is as good in all and better in something, the fastest first; of equals the first."""
    kept = [
        offer
        for number, offer in enumerate(offers)
        if not any(_beats(other, offer) for other in offers)
        and all(other.burdens != offer.burdens for other in offers[:number])
    ]
    return tuple(sorted(kept, key=lambda offer: offer.costs.flight_min))


def _beats(one: Offer, other: Offer) -> bool:
    pairs = list(zip(one.burdens, other.burdens, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def _within(mission: Mission, **limits: float) -> Mission:
    """The mission with some of its limits narrowed."""
    file = mission.file
    return replace(mission, file=file.model_copy(update={"limits": file.limits.model_copy(update=limits)}))
