"""Energy of a flight with the worst return that the autopilot may choose by itself from any of its points.

A straight return is judged after each step. A return along the mission has a direction, which PX4 chooses by the
numbers of the items: backwards in the first half of the items, forwards in the second half. From a hold it begins at
the closest item, so positions along every step are judged too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from blindspot.mission import Point, Step, Waypoint, return_path, timing
from blindspot.planning.fleet.fleet_routes import Drone, Patrol

EVERY_M = 2.0
"""Distance of the judged positions along a step, m."""
NEARER_M = return_path.OFF_PATH_M

Array = NDArray[np.float64]


def needed_wh(patrol: Patrol, steps: tuple[Step, ...]) -> float:
    """Greatest energy of the flight, Wh: of the whole route, or of a return from the worst of its points."""
    drone = patrol.drone
    if drone.rtl_type == return_path.STRAIGHT:
        costs = timing.flight(drone.model, drone.home, drone.up_m, steps, patrol.start)
        return _with_straight_return(drone, steps, costs)
    return Halves.of(drone, balanced(drone, steps)).needed_wh


def _with_straight_return(drone: Drone, steps: tuple[Step, ...], costs: tuple[timing.Cost, ...]) -> float:
    height_m = drone.up_m - drone.home.up_m
    returns = [
        cost.energy_wh + timing.go_home(drone.model, step.to, drone.home, height_m, drone.speed_mps).energy_wh
        for cost, step in zip(costs[1:-1], steps, strict=True)
    ]
    return max([costs[-1].energy_wh, *returns])


def balanced(drone: Drone, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps, with as many waypoints over the pad before them as the way back needs to be no dearer than the way on.

    They move the middle of the items towards the pad, so that the autopilot turns to the landing item earlier.
    """
    if not steps:
        return steps
    over_pad = Point(east_m=drone.home.east_m, north_m=drone.home.north_m, up_m=drone.up_m)
    pad = Waypoint(to=over_pad, speed_mps=steps[0].speed_mps)
    best = Halves.of(drone, steps)
    fewest, least_wh, most = 0, best.needed_wh, len(best.places)
    if least_wh <= best.whole_wh:
        return steps
    low, high = 0, most
    while low < high:  # the energy of the ways back falls with each waypoint
        middle = (low + high) // 2
        trial = Halves.of(drone, (*[pad] * middle, *steps))
        if trial.backwards_wh <= best.whole_wh:
            high = middle
        else:
            low = middle + 1
        if trial.needed_wh < least_wh:
            fewest, least_wh = middle, trial.needed_wh
    return (*[pad] * fewest, *steps)


@dataclass(frozen=True, slots=True)
class Halves:
    """Energies of a route that returns along its mission, Wh: flown and landed, and with the worst way back or on."""

    places: tuple[return_path.ItemPlace, ...]
    whole_wh: float
    backwards_wh: float
    forwards_wh: float
    held_wh: float

    @property
    def needed_wh(self) -> float:
        return max(self.whole_wh, self.backwards_wh, self.forwards_wh, self.held_wh)

    @classmethod
    def of(cls, drone: Drone, steps: tuple[Step, ...]) -> Halves:
        costs = timing.flight(drone.model, drone.home, drone.up_m, steps, stops=True)
        places = return_path.positions_of(drone.home, drone.up_m, steps)
        back_wh, on_wh = _ways_wh(drone, places, steps)
        landing = places[-1].item
        worst: dict[bool, float] = {False: 0.0, True: 0.0}
        first = 0
        for number, cost in enumerate(costs[1:-1]):
            mine = [k for k, place in enumerate(places) if place.step == number]
            items = range(places[first].item + 1, places[mine[-1]].item + 1)
            for forwards in {way for item in items for way in return_path.directions_of(landing, item)}:
                if forwards:
                    begin_wh = costs[number].energy_wh + on_wh[first]
                    worst[True] = max(worst[True], begin_wh, cost.energy_wh + on_wh[mine[-1]])
                else:
                    worst[False] = max(worst[False], cost.energy_wh + back_wh[mine[-1]])
            first = mine[-1]
        held_wh = _held_wh(drone, steps, costs, places, back_wh, on_wh)
        return cls(places, costs[-1].energy_wh, worst[False], worst[True], held_wh)


def spots(drone: Drone, steps: tuple[Step, ...]) -> tuple[Array, NDArray[np.int64], Array]:
    """Positions along the steps: ((n, 3) m ENU, step of each, share of that step that is flown)."""
    at = np.array([(drone.home.east_m, drone.home.north_m, drone.up_m), *(_xyz(step.to) for step in steps)])
    found, numbers, shares = [], [], []
    for number, (start, end) in enumerate(pairwise(at)):
        share = np.linspace(0.0, 1.0, max(2, int(np.ceil(np.linalg.norm(end - start) / EVERY_M)) + 1))
        found.append(start + share[:, None] * (end - start))
        numbers.append(np.full(len(share), number))
        shares.append(share)
    return np.concatenate(found), np.concatenate(numbers), np.concatenate(shares)


def may_be_closest(at: Array, places: Array) -> NDArray[np.bool_]:
    """(positions, places): whether a place may be the closest to a drone within `NEARER_M` of a position.

    Equal places all count, as for the checker. Where no other place may be the closest, the first of them counts.
    """
    apart2 = ((at[:, None, :] - places[None, :, :]) ** 2).sum(axis=2)
    best = apart2.argmin(axis=1)
    between_m = np.linalg.norm(places[None, :, :] - places[best][:, None, :], axis=2)
    near = apart2 - apart2[np.arange(len(at)), best][:, None] <= 2.0 * NEARER_M * between_m
    is_other = between_m > 0.0
    near &= is_other | (near & is_other).any(axis=1)[:, None]
    near[np.arange(len(at)), best] = True
    return np.asarray(near)


def _ways_wh(drone: Drone, places: tuple[return_path.ItemPlace, ...], steps: tuple[Step, ...]) -> tuple[Array, Array]:
    """Energy from each place backwards and forwards along the items, landed, Wh, at the mission's dearest speed."""
    speeds = {drone.speed_mps, *(step.speed_mps for step in steps)}
    hops = [
        0.0 if a.at == b.at else max(timing.move(drone.model, a.at, b.at, speed).energy_wh for speed in speeds)
        for a, b in pairwise(places[:-1])
    ]
    low_m = places[0].at.up_m - drone.home.up_m
    down_wh = timing.land(drone.model, drone.up_m - drone.home.up_m).energy_wh
    back_wh = timing.land(drone.model, low_m).energy_wh + np.cumsum([0.0, *hops])
    back_wh[0] = max(down_wh, float(back_wh[0]))
    on_wh = down_wh + np.cumsum([0.0, *hops[::-1]])[::-1]
    return np.append(back_wh, down_wh), np.append(on_wh, down_wh)


def _held_wh(
    drone: Drone, steps: tuple[Step, ...], costs: tuple[timing.Cost, ...], places: tuple[return_path.ItemPlace, ...],
    back_wh: Array, on_wh: Array,
) -> float:  # fmt: skip
    """Greatest energy of a flight that is held anywhere and then returns from the closest item, Wh."""
    if not steps:
        return 0.0
    at, number, share = spots(drone, steps)
    used_wh = np.array([cost.energy_wh for cost in costs[:-1]])
    here_wh = used_wh[number] + share * (used_wh[number + 1] - used_wh[number])
    row = np.array([_xyz(place.at) for place in places])
    landing = places[-1].item
    home_wh = np.array([
        max(float((on_wh if forwards else back_wh)[k]) for forwards in return_path.directions_of(landing, place.item))
        for k, place in enumerate(places)
    ])  # fmt: skip
    near = may_be_closest(at, row)
    chord_wh = _chords_wh(drone, np.linalg.norm(at[:, None, :] - row[None, :, :], axis=2), steps)
    return float(np.where(near, here_wh[:, None] + chord_wh + home_wh[None, :], 0.0).max())


def _chords_wh(drone: Drone, length_m: Array, steps: tuple[Step, ...]) -> Array:
    """Upper bound of the energy of straight level flights, Wh, at the dearest speed of the mission."""
    energy, performance = drone.model.energy, drone.model.performance
    worst = np.zeros(length_m.shape)
    for speed_mps in {drone.speed_mps, *(step.speed_mps for step in steps)}:
        ramp_s = speed_mps / performance.acceleration_mps2 + performance.acceleration_mps2 / timing.JERK_MPS3
        time_s = length_m / speed_mps * (1.0 + timing.CRUISE_STRETCH) + ramp_s + timing.CATCH_UP_S_PER_MPS * speed_mps
        power_w = energy.hover_w + energy.cruise_extra_w * (speed_mps / performance.cruise_mps) ** 3
        worst = np.maximum(worst, np.where(length_m > EVERY_M / 2.0, power_w * time_s / 3600.0, 0.0))
    return worst


def _xyz(point: Point) -> tuple[float, float, float]:
    return point.east_m, point.north_m, point.up_m
