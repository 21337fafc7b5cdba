"""Energy of a flight with the worst return that the autopilot may choose by itself from any of its points.

A straight return is judged after each step. A return along the mission has a direction, which PX4 chooses by the
numbers of the items: backwards in the first half of the items, forwards in the second half. From a hold it begins at
the closest item, so positions along every step are judged too. After a hold a step is flown again from the start, so
each item of the step may be the current item at each position of the step.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from blindspot.mission import Point, Step, Waypoint, return_path, timing
from blindspot.planning.drones.patrols import Drone, Patrol

EVERY_M = 1.0
"""Distance of the judged positions along a step, m."""
NEARER_M = return_path.OFF_PATH_M + EVERY_M / 2.0
"""Largest distance of a drone in a hold from the nearest judged position, m."""

Array = NDArray[np.float64]


def needed_wh(patrol: Patrol, steps: tuple[Step, ...]) -> float:
    """Greatest energy of a flight that gets the waypoints over the pad which it needs, Wh: see `flown_wh`."""
    drone = patrol.drone
    return flown_wh(patrol, steps if drone.rtl_type == return_path.STRAIGHT else balanced(drone, steps))


def flown_wh(patrol: Patrol, steps: tuple[Step, ...]) -> float:
    """Greatest energy of these very steps, Wh: of the whole route, or of a return from the worst of its points."""
    drone = patrol.drone
    if drone.rtl_type == return_path.STRAIGHT:
        costs = timing.flight(drone.model, drone.home, drone.up_m, steps, patrol.start)
        return _with_straight_return(drone, steps, costs)
    return Halves.of(drone, steps).needed_wh


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
    while low < high:  # with each waypoint the energy of the ways back falls, and that of the ways on rises
        middle = (low + high) // 2
        trial = Halves.of(drone, (*[pad] * middle, *steps))
        if trial.backwards_wh <= max(best.whole_wh, trial.forwards_wh):
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
        step, place, is_on = begins_in_mission(places, len(steps))
        row = np.array([_xyz(one.at) for one in places])
        ends = np.array([(drone.home.east_m, drone.home.north_m, drone.up_m), *(_xyz(step.to) for step in steps)])
        used_wh = np.array([cost.energy_wh for cost in costs[:-1]])
        home_wh = np.where(is_on, on_wh[place], back_wh[place])
        worst_wh = np.zeros(len(step))
        for end in (step, step + 1):  # the energy is a convex function of the position: greatest at an end of the step
            chord_wh = _chords_wh(drone, np.linalg.norm(ends[end] - row[place], axis=1), steps)
            worst_wh = np.maximum(worst_wh, used_wh[end] + chord_wh + home_wh)
        backwards_wh, forwards_wh = (float(worst_wh[is_on == way].max(initial=0.0)) for way in (False, True))
        held_wh = _held_wh(drone, steps, costs, places, back_wh, on_wh)
        return cls(places, costs[-1].energy_wh, backwards_wh, forwards_wh, held_wh)


def begins_in_mission(
    places: tuple[return_path.ItemPlace, ...], steps: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Returns that may begin in the mission mode: (step, index of the first place, forwards), for each item of each
    step. Forwards they begin at the next place from the item on, backwards at the last place two items before it."""
    number, owner = (np.array([getattr(place, name) for place in places]) for name in ("item", "step"))
    last = np.searchsorted(owner, np.arange(-1, steps), side="right") - 1
    found = set()
    for step in range(steps):
        for item in range(number[last[step]] + 1, number[last[step + 1]] + 1):
            for forwards in return_path.directions_of(int(number[-1]), item):
                place = np.searchsorted(number, item) if forwards else np.searchsorted(number, item - 2, "right") - 1
                found.add((step, int(place), forwards))
    rows = np.array(sorted(found), dtype=np.int64).reshape(-1, 3)
    return rows[:, 0], rows[:, 1], rows[:, 2] == 1


def spots(drone: Drone, steps: tuple[Step, ...], every_m: float = EVERY_M) -> tuple[Array, NDArray[np.int64], Array]:
    """Positions along the steps: ((n, 3) m ENU, step of each, share of that step that is flown)."""
    at = np.array([(drone.home.east_m, drone.home.north_m, drone.up_m), *(_xyz(step.to) for step in steps)])
    found, numbers, shares = [], [], []
    for number, (start, end) in enumerate(pairwise(at)):
        share = np.linspace(0.0, 1.0, max(2, int(np.ceil(np.linalg.norm(end - start) / every_m)) + 1))
        found.append(start + share[:, None] * (end - start))
        numbers.append(np.full(len(share), number))
        shares.append(share)
    return np.concatenate(found), np.concatenate(numbers), np.concatenate(shares)


def may_be_closest(at: Array, places: Array, within_m: float = NEARER_M) -> NDArray[np.bool_]:
    """(positions, places): whether a place may be the closest to a drone within `within_m` of a position.

    Equal places all count, as for the checker. Where no other place may be the closest, the first of them counts.
    """
    apart2 = ((at[:, None, :] - places[None, :, :]) ** 2).sum(axis=2)
    best = apart2.argmin(axis=1)
    between_m = np.linalg.norm(places[None, :, :] - places[best][:, None, :], axis=2)
    near = apart2 - apart2[np.arange(len(at)), best][:, None] <= 2.0 * within_m * between_m
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
