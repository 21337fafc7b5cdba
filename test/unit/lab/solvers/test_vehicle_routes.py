"""Routes of a fleet: each client is visited once within the limits, or returned as unserved; repeatable by seed."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from blindspot.planning.tours.tour import tour_cost
from blindspot_lab.solvers.vehicle_routes import Client, RoutedVehicle, RoutingProblem, closed_tour, routes

FEW = 100
ANY = RoutedVehicle()
TICK_S = 2e-3
"""Largest rounding error of a way in milliseconds."""

points = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=2, max_size=7)


def distances(at):
    at = np.array(at, dtype=float).reshape(-1, 2)
    return np.linalg.norm(at[:, None] - at[None], axis=2)


def problem(at, clients=None, vehicles=(ANY,), pads=1, **more):
    clients = (Client(),) * (len(at) - pads) if clients is None else tuple(clients)
    return RoutingProblem(pads, clients, tuple(vehicles), (distances(at),), **more)


def flown(problem, vehicle, trip):
    """Seconds of a trip by the matrix, service included."""
    nodes = [vehicle.start, *(problem.pads + c for c in trip.clients), vehicle.end]
    ways = problem.travel_s[vehicle.travel][nodes[:-1], nodes[1:]].sum()
    return ways + sum(problem.clients[c].service_s for c in trip.clients)


@pytest.mark.thorough
@settings(max_examples=40, deadline=None)
@given(points, st.booleans())
def test_a_tour_visits_every_place_once_and_few_in_the_best_order(at, one_way):
    cost = distances(at)
    if one_way:
        cost = cost + np.arange(len(at))[:, None] * 3.0
        np.fill_diagonal(cost, 0.0)
    order = closed_tour(cost, iterations=FEW)
    assert order[0] == 0 and sorted(order) == list(range(len(at)))
    best = min(tour_cost(cost, np.array([0, *rest])) for rest in permutations(range(1, len(at))))
    assert tour_cost(cost, order) <= best + TICK_S * len(at)


def test_a_tour_of_one_place_stays_there():
    assert closed_tour(np.zeros((1, 1))).tolist() == [0]


@settings(max_examples=40, deadline=None)
@given(points, st.integers(1, 3), st.integers(1, 3), st.integers(60, 400), st.integers(0, 10))
def test_every_client_is_visited_once_within_the_limits_or_returned(at, drones, trips, most_s, service_s):
    vehicle = RoutedVehicle(trips=trips, max_s=float(most_s), swap_s=30.0)
    asked = problem(at, [Client(float(service_s))] * (len(at) - 1), [vehicle] * drones)
    found = routes(asked, iterations=FEW)
    visited = [client for mine in found.trips for trip in mine for client in trip.clients]
    assert sorted([*visited, *found.unserved]) == list(range(len(at) - 1))
    for mine in found.trips:
        assert len(mine) <= trips
        ready_s = 0.0
        for trip in mine:
            assert trip.clients and trip.start_s >= ready_s - 1e-9
            assert trip.duration_s <= most_s
            assert flown(asked, vehicle, trip) <= trip.duration_s + 1e-6
            assert trip.duration_s <= flown(asked, vehicle, trip) + TICK_S * (len(trip.clients) + 1)
            ready_s = trip.start_s + trip.duration_s + vehicle.swap_s
    there_and_back = 2 * asked.travel_s[0][0, 1:] + service_s + 2 * TICK_S
    reachable = set(np.flatnonzero(there_and_back <= most_s).tolist())
    if drones * trips >= len(reachable):
        assert set(visited) == reachable


def test_the_same_seed_has_the_same_answer():
    at = np.random.default_rng(2).uniform(0, 100, (30, 2))
    asked = problem(at, vehicles=[RoutedVehicle(max_s=250.0)] * 4)
    assert routes(asked, 5, 200) == routes(asked, 5, 200)


def test_a_battery_is_swapped_where_one_is_not_enough():
    """Two far clients on opposite sides, 80 s there and back each."""
    asked = problem([(0, 0), (40, 0), (-40, 0)], vehicles=[RoutedVehicle(trips=3, max_s=100.0, swap_s=60.0)])
    (mine,) = routes(asked, iterations=FEW).trips
    assert [trip.start_s for trip in mine] == [0.0, 140.0]
    assert [trip.duration_s for trip in mine] == [80.0, 80.0]


def test_energy_is_a_limit_of_its_own():
    asked = problem(
        [(0, 0), (40, 0), (-40, 0)],
        vehicles=[RoutedVehicle(trips=2, max_energy_wh=9.0)],
        energy_wh=(distances([(0, 0), (4, 0), (-4, 0)]),),
    )
    (mine,) = routes(asked, iterations=FEW).trips
    assert sorted(trip.clients for trip in mine) == [(0,), (1,)]


def test_time_windows_hold_through_the_trips():
    """The near client opens when the second battery is in; the far one must be first."""
    clients = [Client(window_s=(150.0, 300.0)), Client(window_s=(0.0, 50.0))]
    vehicle = RoutedVehicle(trips=2, max_s=100.0, swap_s=20.0)
    (mine,) = routes(problem([(0, 0), (10, 0), (-40, 0)], clients, [vehicle]), iterations=FEW).trips
    assert [trip.clients for trip in mine] == [(1,), (0,)]
    assert mine[1].start_s >= mine[0].start_s + mine[0].duration_s + 20.0
    assert 150.0 <= mine[1].start_s + 10.0 <= 300.0


def test_nothing_is_flown_after_the_end():
    asked = problem([(0, 0), (40, 0), (-40, 0)], vehicles=[RoutedVehicle(until_s=100.0)])
    found = routes(asked, iterations=FEW)
    assert len(found.unserved) == 1 and found.duration_s == 80.0


def test_an_optional_client_is_visited_if_its_prize_is_high_enough():
    at = [(0, 0), (10, 0), (50, 0)]
    for prize_s, unserved in ((79.0, (1,)), (81.0, ())):
        assert routes(problem(at, [Client(), Client(prize_s=prize_s)]), iterations=FEW).unserved == unserved


def test_one_of_a_group_is_visited():
    """A street leg may be flown in either direction: from its far end it would be a detour."""
    cost = distances([(0, 0), (10, 0), (10, 0), (60, 0)])
    cost[1:3, :], cost[2, 0], cost[2, 3] = 100.0, 10.0, 50.0
    np.fill_diagonal(cost, 0.0)
    asked = RoutingProblem(1, (Client(), Client(), Client()), (RoutedVehicle(),), (cost,), groups=((0, 1),))
    found = routes(asked, iterations=FEW)
    assert found.unserved == () and found.trips[0][0].clients in ((1, 2), (2, 1))


def test_a_barred_way_is_not_taken():
    cost = distances([(0, 0), (10, 0), (20, 0)])
    cost[0, 2] = cost[1, 0] = np.inf
    asked = RoutingProblem(1, (Client(), Client()), (RoutedVehicle(),), (cost,))
    assert routes(asked, iterations=FEW).trips[0][0].clients == (0, 1)
    cost[1, 2] = np.inf
    assert routes(asked, iterations=FEW).unserved == (0, 1)


def test_each_vehicle_has_its_own_pads_and_speed():
    at = [(0, 0), (100, 0), (10, 0), (90, 0)]
    slow, fast = distances(at), distances(at) / 2
    vehicles = (RoutedVehicle(0, 0, travel=0, max_s=30.0), RoutedVehicle(1, 1, travel=1))
    found = routes(RoutingProblem(2, (Client(), Client()), vehicles, (slow, fast)), iterations=FEW)
    assert [[trip.clients for trip in mine] for mine in found.trips] == [[(0,)], [(1,)]]
    across = routes(RoutingProblem(2, (Client(), Client()), (RoutedVehicle(0, 1),), (slow,)), iterations=FEW)
    assert across.trips[0][0].clients == (0, 1) and across.duration_s == 100.0


def test_without_clients_nothing_is_flown():
    assert routes(problem([(0, 0)])).trips == ((),)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (problem([(0, 0), (1, 0)], clients=[]), "2 rows|1 rows"),
        (problem([(0, 0), (1, 0)], vehicles=[RoutedVehicle(max_energy_wh=1.0)]), "energy_wh"),
        (problem([(0, 0), (1, 0), (2, 0)], pads=2, vehicles=[RoutedVehicle(0, 1, trips=2)]), "end where it starts"),
        (problem([(0, 0), (1, 0)], vehicles=[RoutedVehicle(trips=2, until_s=9.0)]), "max_s"),
        (problem([(0, 0), (1, 0)], [Client(prize_s=1.0)], groups=((0,),)), "prizes"),
    ],
)
def test_an_invalid_problem_is_refused(asked, message):
    with pytest.raises(ValueError, match=message):
        routes(asked)
