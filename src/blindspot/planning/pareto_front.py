"""A few plans of one mission that trade minutes, intrusion and seen ground: the Pareto front of several requests.

Each request stays inside the mission's own limits: lower or higher flight, steeper aims, or less ground. Requests only
narrow the limits. Every plan must then pass the checker by the unchanged mission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from shapely.geometry import Polygon

from blindspot.core import PlanningError
from blindspot.mission import Mission, Plan, mission_file
from blindspot.planning.checker.check import check_plan
from blindspot.planning.fleet.fleet_tours import GOAL_SHARE
from blindspot.planning.planner import Progress, make_plan
from blindspot.planning.reasons.compare import Costs, costs_of
from blindspot.planning.reasons.intrusion import Surroundings, intrusion_of, surroundings_of
from blindspot.site import Site

LESS_SHARE = 0.9
"""Share of the visible ground in requests for less ground: the last tenth takes the most time."""
WORTH_MOVING_M = 4.0
"""Least difference of height between two requests, m."""
UNDER_CEILING_M = 0.5
INTERRUPTED = "interrupted before its plan was finished; the requests after it were not begun"
BEATEN = "another plan is at least as good in every figure"

ProgressFor = Callable[[str], Progress]
"""Called before each plan with the name of its request; returns the progress function of that plan."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One request for a plan."""

    name: str
    mission: Mission
    goal_share: float = GOAL_SHARE


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan for the operator's choice, with the name of the request and the costs."""

    name: str
    plan: Plan
    costs: Costs

    @property
    def burdens(self) -> tuple[float, ...]:
        """The figures to minimise, as precisely as they are shown."""
        costs = self.costs
        figures = (costs.flight_min, costs.private_m2s, costs.facade_m2s, costs.highest_px_per_m)
        return (*(shown(figure or 0.0) for figure in figures), -round(costs.seen_share, 3))


@dataclass(frozen=True, slots=True)
class Front:
    """The unbeaten offers, the fastest first, and the reason against each other request, by name. After an
    interrupted search, the offers of the finished plans."""

    offers: tuple[Offer, ...]
    left_out: dict[str, str]
    is_interrupted: bool = False


def shown(figure: float) -> float:
    """Round a figure to three digits: smaller differences do not matter to an operator.

    Parameters
    ----------
    figure
        A figure of a plan, in any unit.

    Returns
    -------
    float
        The figure with three digits.

    Example
    -------
    >>> shown(1234.5)
    1230.0
    """
    return float(f"{figure:.3g}")


MOST_PLANS = 6
"""The mission's own request and those of `narrower`."""


def narrower(mission: Mission, made: Plan) -> Iterator[Asking]:
    """Further requests, derived from the plan for the mission itself."""
    limits, relief = mission.file.limits, made.relief
    less = f"{100 * LESS_SHARE:.0f} % of what can be seen"
    yield Asking(less, mission, LESS_SHARE)
    level_m, error_m = max(route.takeoff_up_m for route in made.routes), mission_file.VERTICAL_ERROR_M
    least_up_m, most_up_m = limits.planned_up_m
    low_m = (level_m + relief.highest_m + least_up_m) / 2.0
    low, name = mission, "as high"
    if level_m - low_m >= WORTH_MOVING_M:
        low, name = _within(mission, max_up_m=low_m - relief.lowest_m + error_m), f"{level_m - low_m:.0f} m lower"
        yield Asking(name, low)
        yield Asking(f"{name}, {less}", low, LESS_SHARE)
    steepest = max(limits.min_pitch_deg, *(model.camera.gimbal_min_pitch_deg for model in mission.models.values()))
    if steepest < limits.max_pitch_deg:
        straight = "straight down only" if steepest <= -90.0 else f"looks at {steepest:g} deg only"
        level = _within(low, max_up_m=min(low.file.limits.max_up_m, level_m - relief.lowest_m + error_m))
        yield Asking(f"{name}, {straight}", _within(level, max_pitch_deg=steepest))
    high_m = relief.lowest_m + most_up_m - UNDER_CEILING_M
    if high_m - level_m >= WORTH_MOVING_M:
        yield Asking(f"{high_m - level_m:.0f} m higher", _within(mission, min_up_m=high_m - relief.highest_m - error_m))


def front(mission: Mission, site: Site, progress_for: ProgressFor) -> Front:
    """Plan the mission for every request, and drop a plan if another one is at least as good in every figure. Ctrl-C
    ends the search; it is raised only before the first plan is finished.

    Parameters
    ----------
    mission, site
        The mission and its town.
    progress_for
        Called with the name of each request before its plan; returns the progress function of that plan.

    Returns
    -------
    Front
        The unbeaten plans that pass the checker, the fastest first, and the reason against each other plan.

    Raises
    ------
    PlanningError
        The mission itself has no plan, or the checker refuses every plan.

    Example
    -------
    >>> front(mission, site, progress_for).left_out  # doctest: +SKIP
    {}
    """
    asked = Asking("as the mission asks", mission)
    made = make_plan(mission, site=site, progress=progress_for(asked.name))
    around = surroundings_of(Polygon(made.perimeter), mission, site)
    offers, left_out, is_interrupted = [], dict[str, str](), False
    for asking in (asked, *narrower(mission, made)):
        try:
            if asking is not asked:
                progress = progress_for(asking.name)
                made = make_plan(asking.mission, site=site, progress=progress, goal_share=asking.goal_share)
            offers.append(_offer(asking.name, made, mission, site, around))
        except PlanningError as error:
            left_out[asking.name] = str(error)
        except KeyboardInterrupt:
            if not offers:
                raise
            left_out[asking.name], is_interrupted = INTERRUPTED, True
            break
    if not offers:
        raise PlanningError(f"no plan may be flown; the one that the mission asks for {left_out[asked.name]}")
    kept = unbeaten(offers)
    left_out |= {offer.name: BEATEN for offer in offers if offer not in kept}
    return Front(kept, left_out, is_interrupted)


def _offer(name: str, made: Plan, mission: Mission, site: Site, around: Surroundings) -> Offer:
    """The plan with the figures; raises PlanningError if the checker refuses the plan by the unchanged mission."""
    broken = check_plan(made, mission, site)
    if broken:
        raise PlanningError(f"breaks {len(broken)} rules, the first: {broken[0]}")
    measured = made.model_copy(update={"intrusion": intrusion_of(made, mission, around)})
    return Offer(name, measured, costs_of(measured))


def unbeaten(offers: Sequence[Offer]) -> tuple[Offer, ...]:
    """The offers on the Pareto front, the fastest first; of equal offers the first. An offer is beaten by another
    offer, as good in every figure and better in one figure."""
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
