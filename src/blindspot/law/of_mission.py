"""The gate's rules on a plan and its mission: the plan stays inside the mission's limits and the drones' abilities.

These rules use the mission's files alone. The checker judges the same from the town's model, independently.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from math import hypot, radians, tan

from shapely import Polygon

from blindspot.core import InputError, plain_text
from blindspot.law.verdict import Verdict
from blindspot.mission import DroneModel, Mission, Plan, Route, View, px4_plan_parameters, site_pads
from blindspot.site import load_area

TOLERANCE_M = 0.05
FENCE_MARGIN_M = 1.0
"""Tolerance for rounding only: a fence lies inside the perimeter."""
FENCE_ABOVE_M = 20.0
HOME_WITHIN_M = 0.5
SOURCE = "policy"


def judge_mission(mission: Mission, plan: Plan, at: datetime) -> Iterator[Verdict]:
    """Every way in which a flight of a plan at this time differs from this mission, or exceeds its drones' limits.

    The ground under a place is only known between the plan's bounds, which the checker verifies. A refusal here holds
    for any ground between them.
    """
    try:
        origin, pads = site_pads(mission)
        perimeter = load_area(mission.perimeter_path, origin.frame)
    except InputError as error:
        yield Verdict(
            "PLN-01", SOURCE, str(error), "restore the mission's files", "remettre les fichiers de la mission"
        )
        return
    if not at >= mission.file.earliest:
        yield Verdict(
            "PLN-06", SOURCE, f"the mission starts at {mission.file.start.isoformat()}: obstacles that stand now may "
            "be left out of its town", "give the mission file an earlier start, and plan again",
            "avancer start dans le fichier de mission, puis planifier à nouveau",
        )  # fmt: skip
    if plan.origin != origin:
        yield _refused("PLN-01", "its origin or its heights are not the site's")
        return
    names = [route.drone for route in plan.routes]
    fleet = {drone.name: drone for drone in mission.file.fleet}
    if not names:
        yield _refused("PLN-01", "it has no route")
    targets = {target.name for target in mission.file.targets}
    if (plan.watch is not None or targets) and (plan.watch is None or plan.watch.target not in targets):
        yield _refused("PLN-01", "it is a post of no target of its mission")  # a post begins without the right to look
    if plan.band != mission.file.band:
        yield _refused("GEO-03", "its density band is not the mission's")
    outline = Polygon(plan.perimeter) if len(plan.perimeter) >= 3 else Polygon()
    if not (outline.is_valid and perimeter.buffer(FENCE_MARGIN_M).covers(outline)):
        yield _refused("GEO-01", "its perimeter is not the mission's")
    for route in plan.routes:
        drone = fleet.get(route.drone)
        if drone is None:
            yield _refused("PLN-02", f"{route.drone} is not in the mission's fleet")
        elif names.count(route.drone) > 1:
            yield _refused("PLN-02", f"{route.drone} has two routes")
        elif route.model != drone.model or not mission.file.may_start_from(drone, route.pad):
            yield _refused("PLN-02", f"{route.drone} would fly as another model or from another pad than the mission's")
        else:
            home = pads[route.pad]
            off_m = hypot(route.home.east_m - home.east_m, route.home.north_m - home.north_m)
            if max(off_m, abs(route.home.up_m - home.up_m)) > HOME_WITHIN_M:
                yield _refused("PLN-02", f"{route.drone} would start elsewhere than on pad {route.pad}")
            yield from _judge_route(mission, plan, route, mission.models[drone.model], perimeter)
    yield from _judge_same_way(plan)


def _judge_route(
    mission: Mission, plan: Plan, route: Route, model: DroneModel, perimeter: Polygon
) -> Iterator[Verdict]:
    limits, failsafe, name = mission.file.limits, route.failsafe, route.drone
    steps_m = [step.to.up_m for step in route.steps] or [route.takeoff_up_m]
    lowest_m, highest_m = min(steps_m) - plan.relief.lowest_m, max(*steps_m, route.takeoff_up_m) - plan.relief.highest_m
    if lowest_m < limits.min_up_m - TOLERANCE_M or highest_m > limits.max_up_m + TOLERANCE_M:
        lowest, highest = (
            plain_text.beside(lowest_m, limits.min_up_m, ".0f"),
            plain_text.beside(highest_m, limits.max_up_m, ".0f"),
        )
        yield _refused(
            "AVI-01", f"{name} would fly at {lowest} to {highest} m, the mission says "
            f"{plain_text.exact(limits.min_up_m)} to {plain_text.exact(limits.max_up_m)} m above the ground",
        )  # fmt: skip
    camera = model.camera
    f_px = camera.width_px / (2.0 * tan(radians(camera.hfov_deg) / 2.0))
    if lowest_m <= 0.0 or f_px / lowest_m > mission.file.band.max_px_per_m:
        most = mission.file.band.max_px_per_m
        density = f"{plain_text.beside(f_px / lowest_m, most, '.0f')} px/m" if lowest_m > 0.0 else "any density"
        yield _refused("GEO-03", f"{name}'s camera would see the ground below it at {density}, "
                       f"{plain_text.exact(most)} px/m are allowed")  # fmt: skip
    fastest_mps = min(limits.max_speed_mps, model.performance.cruise_mps)
    speeds_mps = [step.speed_mps for step in route.steps] + [failsafe.parameters.get("MPC_XY_CRUISE", 0.0)]
    if max(speeds_mps) > fastest_mps + 1e-6:
        speed = plain_text.beside(max(speeds_mps), fastest_mps, "g")
        yield _refused("AVI-03", f"{name} would fly at {speed} m/s, {plain_text.exact(fastest_mps)} m/s are allowed")
    fence = Polygon(failsafe.fence)
    if not (fence.is_valid and perimeter.buffer(FENCE_MARGIN_M).covers(fence)):
        yield _refused("GEO-01", f"{name}'s fence crosses itself or reaches outside the mission's perimeter")
    top_m = route.home.up_m + failsafe.fence_max_alt_m - plan.relief.highest_m
    if top_m > (most_m := limits.max_up_m + FENCE_ABOVE_M):
        top = plain_text.beside(top_m, most_m, ".0f")
        yield _refused("AVI-01", f"{name}'s fence ends {top} m above the ground, at most "
                       f"{plain_text.exact(most_m)} m are allowed")  # fmt: skip
    for problem in px4_plan_parameters.not_settable(failsafe.parameters):
        yield _refused("PLN-03", f"{name}: {problem}")
    if missing := px4_plan_parameters.not_set(failsafe.parameters):
        yield _refused("PLN-03", f"{name}: {', '.join(missing)} must be set by the plan, and is not")


def _judge_same_way(plan: Plan) -> Iterator[Verdict]:
    """Refuse two drones with a view at the same place. The checker judges their separation."""
    places: dict[tuple[float, float], str] = {}
    for route in plan.routes:
        for step in route.steps:
            if isinstance(step, View):
                at = (round(step.to.east_m, 2), round(step.to.north_m, 2))
                other = places.setdefault(at, route.drone)
                if other != route.drone:
                    yield _refused("PLN-02", f"{route.drone} would fly the route of {other}")
                    return


def _refused(rule: str, reason: str) -> Verdict:
    fix, fix_fr = "plan again with: blindspot plan MISSION", "planifier à nouveau : blindspot plan MISSION"
    return Verdict(rule, SOURCE, f"the plan is refused: {reason}", fix, fix_fr)
