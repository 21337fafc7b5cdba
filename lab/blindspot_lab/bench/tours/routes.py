"""Figures of routing: round trips against the best of long runs, and routes of limited duration against the best known.

Seeds and numbers of iterations are fixed. Times are CPU times of one thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from blindspot.planning.tours.tour import tour_cost
from blindspot_lab.bench.tools.target import Target
from blindspot_lab.bench.tours.route_instances import INSTANCES, Instance
from blindspot_lab.solvers.vehicle_routes import ITERATIONS, Client, RoutedVehicle, RoutingProblem, closed_tour, routes

SEEDS = (1, 2, 3)
PLACES = (50, 100, 200)
AREA_M, CLUSTER_M, SPEED_MPS = 500.0, 15.0, 8.0
LONGER = 10
"""Iterations of a long run, as a multiple of the normal number. Each long run has its own seed."""
FLEET = 25


def run() -> list[Target]:
    """All figures."""
    tours = [target for spread in (uniform, clustered) for places in PLACES for target in of_tours(spread, places)]
    return tours + [target for instance in INSTANCES for target in of_routes(instance)]


def uniform(places: int) -> NDArray[np.float64]:
    return np.random.default_rng(places).uniform(0.0, AREA_M, (places, 2))


def clustered(places: int) -> NDArray[np.float64]:
    """Random places in clusters of about fifteen."""
    dice = np.random.default_rng(places)
    centres = dice.uniform(0.0, AREA_M, (max(3, places // 15), 2))
    return centres[dice.integers(0, len(centres), places)] + dice.normal(0.0, CLUSTER_M, (places, 2))


def of_tours(spread: Callable[[int], NDArray[np.float64]], places: int) -> list[Target]:
    """The worst seed against the best of the long runs."""
    cost_s = distances(spread(places)) / SPEED_MPS
    start_s = time.process_time()
    found = [tour_cost(cost_s, closed_tour(cost_s, seed)) for seed in SEEDS]
    cpu_s = (time.process_time() - start_s) / len(SEEDS)
    long = [tour_cost(cost_s, closed_tour(cost_s, 100 + seed, LONGER * ITERATIONS)) for seed in SEEDS]
    above = 100 * (max(found) / min(*found, *long) - 1)
    label = f"round trip of {places} places, {spread.__name__}"
    return [
        Target(f"{label}, above the best of long runs", "<= 2 %", above, "%", above <= 2.0),
        Target("the same, CPU time", "", cpu_s, "s", None),
    ]


def of_routes(instance: Instance) -> list[Target]:
    """The worst seed against the best known. The vehicles' capacity is modelled as energy spent at the clients."""
    nodes = instance.table()
    ways, clients = distances(nodes[:, :2]), len(nodes) - 1
    vehicle = RoutedVehicle(max_s=instance.max_duration, max_energy_wh=instance.capacity)
    problem = RoutingProblem(
        1, (Client(instance.service),) * clients, (vehicle,) * FLEET, (ways,), (np.tile(nodes[:, 2], (clients + 1, 1)),)
    )
    start_s = time.process_time()
    found = [routes(problem, seed, iterations(clients)) for seed in SEEDS]
    cpu_s = (time.process_time() - start_s) / len(SEEDS)
    worst = max(one.duration_s - clients * instance.service for one in found)
    above = 100 * (worst / instance.best_known - 1)
    whole = not any(one.unserved for one in found)
    return [
        Target(f"{instance.name}, above the best known", "<= 0.5 %", above, "%", whole and above <= 0.5),
        Target("the same, CPU time", "", cpu_s, "s", None),
    ]


def iterations(clients: int) -> int:
    """Number of iterations at which all seeds come close to the best, by number of clients."""
    return 2 * clients**2


def distances(at: NDArray[np.float64]) -> NDArray[np.float64]:
    apart: NDArray[np.float64] = np.linalg.norm(at[:, None] - at[None, :], axis=2)
    return apart
