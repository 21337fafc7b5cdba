"""From chosen views to a route: the order of the stops, the ways between them, and the stay at each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from blindspot.mission import Aim, DroneModel, Expected, Point, Step, View, Waypoint, return_path, rounding, timing
from blindspot.planning.airspace.paths import Point2, ways_from
from blindspot.planning.drones.patrols import Drone, Patrol
from blindspot.planning.tours.returns import needed_wh
from blindspot.planning.tours.tour import closed_tour
from blindspot.planning.tours.view_chooser import Shot

ONE_PLACE_M = 1.01
"""Nearer places count as one, where the camera turns: the checker does so up to a metre."""
BATTERY_SLACK_WH = 0.5
"""Energy kept beside the reserve, Wh: a return also brakes and turns."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A place and the aims of the views there."""

    at: Point2
    aims: tuple[Aim, ...]


def route_steps(patrol: Patrol, stops: list[Stop]) -> tuple[Step, ...]:
    """The steps of a tour over the stops, from the pad or the hover place to over the pad; empty for an empty list."""
    if not stops:
        return ()
    drone, first = patrol.drone, 1 if patrol.entry is None else 2
    places = [drone.home_2d, *([] if patrol.entry is None else [patrol.entry]), *(stop.at for stop in stops)]
    order = _order(_times_s(patrol, places), from_home=patrol.entry is None)
    steps: list[Step] = []
    if patrol.entry is not None:
        steps.append(Waypoint(to=_point(patrol.entry, drone.up_m), speed_mps=patrol.entry_mps))
    last_aim: Aim | None = None
    for here, there in pairwise(order):
        way = ways_from(patrol.air, places[here]).to(places[there])
        moves = [(bend, _speed_mps(drone, before, bend)) for before, bend in pairwise(way)]
        bends = moves[:-1] if there else moves
        steps += [Waypoint(to=_point(bend, drone.up_m), speed_mps=speed_mps) for bend, speed_mps in bends]
        if there:
            last_leg_m = float(shapely.LineString(way[-2:]).length)
            speed_mps = moves[-1][1] if moves else drone.speed_mps
            travel_s = 0.0
            if last_leg_m >= ONE_PLACE_M:
                travel_s = timing.straight_s(last_leg_m, speed_mps, drone.model.performance.acceleration_mps2)
            for view in _views(drone, stops[there - first], None if bends else last_aim, travel_s, speed_mps):
                steps.append(
                    view.model_copy(update={"id": f"{drone.name}-{sum(isinstance(s, View) for s in steps) + 1:03d}"})
                )
                last_aim = view.aim
    return tuple(steps)


def stops_of(shots: Sequence[Shot]) -> list[Stop]:
    aims = defaultdict(list)
    for shot in shots:
        aims[shot.at].append(shot.aim)
    return [Stop(at, tuple(aims[at])) for at in sorted(aims)]


def affordable(
    patrol: Patrol, shots: Sequence[Shot], left_wh: float,
    needed: Callable[[Patrol, tuple[Step, ...]], float] = needed_wh,
) -> tuple[list[Shot], tuple[Step, ...]]:  # fmt: skip
    """As many of the shots as a battery with `left_wh` allows with its reserve, and their steps. The best shots must
    come first. `needed` is the energy of a flight, Wh."""
    most_wh = budget_wh(patrol.drone.model, left_wh)
    kept = list(shots)
    while kept:
        steps = route_steps(patrol, stops_of(kept))
        if needed(patrol, steps) <= most_wh:
            return kept, steps
        kept = kept[: min(len(kept) - 1, round(len(kept) * 0.9))]
    return [], ()


def alone_wh(patrol: Patrol, shot: Shot) -> float:
    """Greatest energy of a flight for one view alone, Wh."""
    return needed_wh(patrol, route_steps(patrol, stops_of([shot])))


def budget_wh(model: DroneModel, left_wh: float | None = None) -> float:
    """Energy that a flight may use from a battery with `left_wh` (default: full), the reserve excluded, Wh."""
    whole_wh = model.energy.usable_wh()
    left_wh = whole_wh if left_wh is None else left_wh
    return left_wh - whole_wh * model.energy.reserve_fraction - BATTERY_SLACK_WH


def expected_of(patrol: Patrol, steps: tuple[Step, ...], left_wh: float) -> Expected:
    """Expected cost of a route that begins with `left_wh` in the battery."""
    cost = route_cost(patrol, steps)
    return Expected(
        flight_time_s=round(cost.time_s, 1),
        distance_m=round(cost.distance_m, 1),
        energy_wh=round(cost.energy_wh, 2),
        battery_left_fraction=round((left_wh - cost.energy_wh) / patrol.drone.model.energy.usable_wh(), 4),
    )


def route_cost(patrol: Patrol, steps: tuple[Step, ...]) -> timing.Cost:
    """Time, distance and energy of the whole flight."""
    drone = patrol.drone
    if not steps:
        return timing.Cost()
    stops = drone.rtl_type == return_path.ALONG_MISSION
    return timing.flight(drone.model, drone.home, drone.up_m, steps, patrol.start, stops=stops)[-1]


def _order(cost: NDArray[np.float64], *, from_home: bool) -> list[int]:
    """The places in the order flown, home (0) last; the first is home, or place 1 if not `from_home`. A negative cost
    between them puts place 1 beside home in the round trip."""
    if not from_home:
        cost[0, 1] = cost[1, 0] = -float(cost[np.isfinite(cost)].sum())
    tour = closed_tour(cost).tolist()
    if not from_home:
        tour = tour[1:] if tour[1] == 1 else tour[:0:-1]
    return [*tour, 0]


def _times_s(patrol: Patrol, places: list[Point2]) -> NDArray[np.float64]:
    """Flight times between all places, s: straight if that is legal, else by the grid's ways."""
    performance = patrol.drone.model.performance
    at = np.array(places)
    metres = np.linalg.norm(at[:, None] - at[None, :], axis=2)
    first, second = np.triu_indices(len(places), 1)
    lines = shapely.linestrings(np.stack([at[first], at[second]], axis=1))
    bent = ~shapely.covers(patrol.air.free, lines)
    cells = [patrol.air.grid.index(*place) for place in places]
    for i in np.unique(first[bent]):
        distance_m = ways_from(patrol.air, places[i]).distance_m
        for j in second[bent & (first == i)]:
            cell = cells[j]
            metres[i, j] = metres[j, i] = np.inf if cell is None else distance_m[cell]
    times = [timing.straight_s(float(d), patrol.drone.speed_mps, performance.acceleration_mps2) for d in metres.ravel()]
    return np.array(times).reshape(metres.shape)


def _speed_mps(drone: Drone, start: Point2, end: Point2) -> float:
    """Speed of a straight transit, m/s, with room for a hold beyond its end."""
    return drone.holds.speed_mps(rounding.place(*start), rounding.place(*end), drone.speed_mps)


def _views(drone: Drone, stop: Stop, before: Aim | None, travel_s: float, speed_mps: float) -> list[View]:
    """The stop's views, reached at `speed_mps`; the next aim is always the quickest to turn to.

    The nose turns to the first aim on the way there, for at most `travel_s`; the gimbal tilts after arrival.
    """
    left, model = list(stop.aims), drone.model
    views: list[View] = []
    last = before
    while left:
        aim = min(left, key=lambda a: (timing.turn_s(model, last, a), a.heading_deg, a.pitch_deg))
        left.remove(aim)
        slew_s = timing.turn_s(model, last, aim)
        if not views:
            tilt_s = 90.0 / model.camera.gimbal_slew_dps
            slew_s = max(min(slew_s, tilt_s), slew_s - travel_s)
        dwell_s = round(slew_s + (timing.LOOK_S if views else timing.SETTLE_S), 2)
        views.append(View(id="-", to=_point(stop.at, drone.up_m), aim=aim, speed_mps=speed_mps, dwell_s=dwell_s))
        last = aim
    return views


def _point(at: Point2, up_m: float) -> Point:
    east_m, north_m = rounding.place(*at)
    return Point(east_m=east_m, north_m=north_m, up_m=up_m)
