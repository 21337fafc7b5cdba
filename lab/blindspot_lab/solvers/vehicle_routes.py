"""Routes of a fleet under limits of battery, time and place, by PyVRP (Wouda, Lan and Kool 2024).

PyVRP limits a whole route, not the part between two reloads. One battery charge is therefore one route of PyVRP: each
trip of a vehicle is a vehicle there, and the trips are joined afterwards. If there are time windows or an end time,
trip k has its own time slot, k times the longest trip with its swap after the first. The joined trips then keep the
times that PyVRP planned. Times are whole milliseconds internally.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyvrp
from numpy.typing import NDArray
from pyvrp.stop import MaxIterations

from blindspot.planning.tours.tour import closed_tour as two_opt

Matrix = NDArray[np.float64]

ITERATIONS = 2_000
TO_INTEGER = 1_000
"""Milliseconds per second, and mWh per Wh."""
BARRED = 2**32
"""Cost of a barred way: seven weeks. PyVRP's numbers can hold thousands of these."""
NO_LIMIT = 2**62


@dataclass(frozen=True, slots=True)
class Client:
    """A client: duration of the visit, time window of its start, and prize of the visit in seconds. None marks a
    required client."""

    service_s: float = 0.0
    window_s: tuple[float, float] | None = None
    prize_s: float | None = None


@dataclass(frozen=True, slots=True)
class RoutedVehicle:
    """Flies from pad `start` to pad `end` at most `trips` times, each for at most `max_s` and `max_energy_wh`, with
    `swap_s` between them, from 0 until `until_s`; `travel` is the number of its matrices."""

    start: int = 0
    end: int = 0
    travel: int = 0
    trips: int = 1
    max_s: float | None = None
    max_energy_wh: float | None = None
    swap_s: float = 0.0
    until_s: float | None = None


@dataclass(frozen=True, slots=True)
class RoutingProblem:
    """The nodes of the matrices are first the pads, then the clients; an infinite time bars a way.

    Exactly one client of each group is visited, and the prizes of its members must be None. Energy is needed only for
    `max_energy_wh`, and covers the way and the work at its end.
    """

    pads: int
    clients: tuple[Client, ...]
    vehicles: tuple[RoutedVehicle, ...]
    travel_s: tuple[Matrix, ...]
    energy_wh: tuple[Matrix, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Trip:
    """The clients in order, the start and the duration."""

    clients: tuple[int, ...]
    start_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class Routes:
    """The trips of each vehicle. `unserved` are the clients that no trip visits, except members of a group with a
    visited client. Required clients are among them only if the limits make a visit impossible."""

    trips: tuple[tuple[Trip, ...], ...]
    unserved: tuple[int, ...] = ()

    @property
    def duration_s(self) -> float:
        """Duration of all trips together."""
        return sum(trip.duration_s for trips in self.trips for trip in trips)


def closed_tour(cost_s: Matrix, seed: int = 1, iterations: int = ITERATIONS) -> NDArray[np.int64]:
    """A short round trip over all places, starting at 0. The matrix may be asymmetric.

    It starts from the 2-opt tour for the mean of both directions. From a random tour PyVRP may end 5 % above the best
    (200 places in clusters), since it has no move that reverses a section.
    """
    count, cost = len(cost_s), _whole(cost_s)
    if count < 3:
        return np.arange(count)
    start = two_opt((cost + cost.T) / 2.0)
    data = pyvrp.ProblemData(
        [pyvrp.Location(0, 0)] * count, [pyvrp.Client(node) for node in range(1, count)], [pyvrp.Depot(0)],
        [pyvrp.VehicleType()], [cost], [np.zeros_like(cost)],
    )  # fmt: skip
    visits = [pyvrp.Activity(pyvrp.ActivityType.CLIENT, int(node) - 1) for node in start[1:]]
    first = pyvrp.Solution(data, [pyvrp.Route(data, visits, 0)])
    best = _solve(data, seed, iterations, first)
    return np.array([0, *(client + 1 for client in _clients(best.routes()[0]))])


def routes(problem: RoutingProblem, seed: int = 1, iterations: int = ITERATIONS) -> Routes:
    """Routes with a short total time, including trips, waiting and swaps. The same seed and iterations repeat them.

    If the limits exclude some required clients, the routes visit as many of them as the search finds.
    """
    _check(problem)
    if not problem.clients:
        return Routes(tuple(() for _ in problem.vehicles))
    slots = list(_slots(problem))
    best = _solve(_data(problem, slots, required=True), seed, iterations)
    if not best.is_feasible() or _barred(problem, slots, best):
        freely = _data(problem, slots, required=False)
        best = _solve(freely, seed, iterations, pyvrp.Solution(freely, []))
    return _strung(problem, slots, best)


@dataclass(frozen=True, slots=True)
class _Slot:
    """The k-th trips of equal vehicles, and their time slot."""

    vehicle: RoutedVehicle
    numbers: tuple[int, ...]
    trip: int
    from_s: float
    until_s: float | None


def _slots(problem: RoutingProblem) -> Iterator[_Slot]:
    """Slots in the order of a vehicle's trips."""
    timed = any(c.window_s for c in problem.clients) or any(v.until_s is not None for v in problem.vehicles)
    equal = defaultdict(list)
    for number, vehicle in enumerate(problem.vehicles):
        equal[vehicle].append(number)
    for trip in range(max(vehicle.trips for vehicle in problem.vehicles)):
        for vehicle, numbers in equal.items():
            from_s, until_s = 0.0, vehicle.until_s
            if timed and vehicle.trips > 1 and vehicle.max_s is not None:
                from_s = trip * (vehicle.max_s + vehicle.swap_s)
                until_s = min(from_s + vehicle.max_s, np.inf if vehicle.until_s is None else vehicle.until_s)
            if trip < vehicle.trips and (until_s is None or until_s >= from_s):
                yield _Slot(vehicle, tuple(numbers), trip, from_s, until_s)


def _data(problem: RoutingProblem, slots: Sequence[_Slot], *, required: bool) -> pyvrp.ProblemData:
    """The problem in PyVRP's form. If `required` is False, required clients get a prize above each detour."""
    detour_s = 10.0 * max([1.0, *(float(m[np.isfinite(m)].max(initial=0.0)) for m in problem.travel_s)])
    worth = _milli(detour_s + max(c.service_s for c in problem.clients) + max(v.swap_s for v in problem.vehicles))
    group_of = {client: number for number, group in enumerate(problem.groups) for client in group}
    clients = [
        pyvrp.Client(
            problem.pads + number,
            service_duration=_milli(client.service_s),
            tw_early=_milli(client.window_s[0]) if client.window_s else 0,
            tw_late=_milli(client.window_s[1]) if client.window_s else NO_LIMIT,
            prize=_milli(client.prize_s) if client.prize_s is not None else 0 if required else worth,
            required=required and client.prize_s is None and number not in group_of,
            group=group_of.get(number),
        )
        for number, client in enumerate(problem.clients)
    ]
    times = [_whole(matrix) for matrix in problem.travel_s]
    return pyvrp.ProblemData(
        [pyvrp.Location(0, 0)] * (problem.pads + len(clients)),
        clients,
        [pyvrp.Depot(pad) for pad in range(problem.pads)],
        [_vehicle_type(slot) for slot in slots],
        [_whole(matrix) for matrix in problem.energy_wh] or [np.zeros_like(time) for time in times],
        times,
        [pyvrp.ClientGroup(list(group), required=required) for group in problem.groups],
    )


def _vehicle_type(slot: _Slot) -> pyvrp.VehicleType:
    """Only time has a cost. PyVRP's distance is energy here, and each trip after the first costs its swap."""
    vehicle = slot.vehicle
    return pyvrp.VehicleType(
        num_available=len(slot.numbers),
        start_depot=vehicle.start,
        end_depot=vehicle.end,
        fixed_cost=_milli(vehicle.swap_s) if slot.trip else 0,
        tw_early=_milli(slot.from_s),
        tw_late=NO_LIMIT if slot.until_s is None else _milli(slot.until_s),
        shift_duration=NO_LIMIT if vehicle.max_s is None else _milli(vehicle.max_s),
        max_distance=NO_LIMIT if vehicle.max_energy_wh is None else _milli(vehicle.max_energy_wh),
        unit_distance_cost=0,
        unit_duration_cost=1,
        profile=vehicle.travel,
    )


def _solve(data: pyvrp.ProblemData, seed: int, iterations: int, start: pyvrp.Solution | None = None) -> pyvrp.Solution:
    return pyvrp.solve(data, MaxIterations(iterations), seed, collect_stats=False, initial_solution=start).best


def _strung(problem: RoutingProblem, slots: Sequence[_Slot], solution: pyvrp.Solution) -> Routes:
    """The trips by vehicle. A trip starts as soon as its vehicle is ready; with time windows it starts as planned.

    Among equal vehicles, the one that is ready first takes the longest trip.
    """
    trips: list[list[Trip]] = [[] for _ in problem.vehicles]
    ready_s = [0.0] * len(problem.vehicles)
    for kind, slot in enumerate(slots):
        mine = [route for route in solution.routes() if route.vehicle_type() == kind]
        order = sorted(slot.numbers, key=lambda number: ready_s[number])
        for number, route in zip(order, sorted(mine, key=lambda route: -route.duration()), strict=False):
            visits = tuple(_clients(route))
            waits = any(problem.clients[client].window_s for client in visits)
            start_s = max(ready_s[number], route.start_time() / TO_INTEGER) if waits else ready_s[number]
            trips[number].append(Trip(visits, start_s, route.duration() / TO_INTEGER))
            ready_s[number] = start_s + route.duration() / TO_INTEGER + slot.vehicle.swap_s
    visited = {client for mine in trips for trip in mine for client in trip.clients}
    settled = {client for group in problem.groups if visited & set(group) for client in group}
    unserved = set(range(len(problem.clients))) - visited - settled
    return Routes(tuple(map(tuple, trips)), tuple(sorted(unserved)))


def _clients(route: pyvrp.Route) -> Iterator[int]:
    return (visit.idx for visit in route.schedule() if visit.is_client())


def _barred(problem: RoutingProblem, slots: Sequence[_Slot], solution: pyvrp.Solution) -> bool:
    """True if a route takes a barred way."""
    for route in solution.routes():
        vehicle = slots[route.vehicle_type()].vehicle
        nodes = [vehicle.start, *(problem.pads + client for client in _clients(route)), vehicle.end]
        if not np.isfinite(problem.travel_s[vehicle.travel][nodes[:-1], nodes[1:]]).all():
            return True
    return False


def _milli(amount: float) -> int:
    """Whole thousandths, rounded up except for rounding errors, so that limits are kept."""
    return int(np.ceil(amount * TO_INTEGER - 1e-6))


def _whole(matrix: Matrix) -> Any:  # PyVRP's type hints expect older numpy types
    """Whole thousandths of a matrix, with a zero diagonal as PyVRP requires."""
    whole = np.where(np.isfinite(matrix), np.ceil(matrix * TO_INTEGER - 1e-6), BARRED).astype(np.int64)
    np.fill_diagonal(whole, 0)
    return whole


def _check(problem: RoutingProblem) -> None:
    """Raise ValueError for an invalid problem."""
    nodes = problem.pads + len(problem.clients)
    if any(matrix.shape != (nodes, nodes) for matrix in problem.travel_s + problem.energy_wh):
        raise ValueError(f"the matrices must have {nodes} rows and columns: first the pads, then the clients")
    if problem.energy_wh and len(problem.energy_wh) != len(problem.travel_s):
        raise ValueError("there must be one energy matrix for each travel matrix, or none")
    for vehicle in problem.vehicles:
        if vehicle.max_energy_wh is not None and not problem.energy_wh:
            raise ValueError("max_energy_wh needs energy_wh")
        if vehicle.trips > 1 and vehicle.start != vehicle.end:
            raise ValueError("a vehicle of several trips must end where it starts")
        timed = vehicle.until_s is not None or any(client.window_s for client in problem.clients)
        if vehicle.trips > 1 and timed and vehicle.max_s is None:
            raise ValueError("a vehicle of several trips needs max_s where there are time windows or an end")
    if any(problem.clients[client].prize_s is not None for group in problem.groups for client in group):
        raise ValueError("clients of a group can't have prizes: one of them is always visited")
