"""The search of a drone's tour: a flight sees the targets of its parts, and missed ground is searched again."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely

from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.drones.patrols import Patrol, drone_of
from blindspot.planning.tours.covering_tour import covering_tour
from blindspot.planning.tours.itinerary import Halt, Scout
from blindspot.planning.tours.routing import route_cost
from blindspot.planning.tours.tour_parts import FAR_S, parts_of
from blindspot.planning.tours.tour_search import TourSearch, near_together
from blindspot.planning.tours.view_chooser import Chooser
from blindspot.planning.views.candidates import POSE_ERROR_M
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.target_ground import survey_ground


@pytest.fixture(scope="module")
def scout(mission, site):
    """The crossroads for one drone alone."""
    ground = survey_ground(mission, site)
    drone = drone_of(mission, ground, "drone1")
    chooser = Chooser(mission, ground, (drone,), lambda stage, fraction: None)
    return Scout(chooser, Patrol(drone, drone.air, ways_from(drone.air, drone.home_2d)))


@pytest.fixture(scope="module")
def nothing(scout):
    return np.zeros(scout.chooser.ground.spots.blind.size, dtype=bool)


def test_the_flight_sees_the_targets_of_its_parts(scout):
    """All targets of a tour's views and legs, except those of views that are over the density cap."""
    chooser = scout.chooser
    cells = np.flatnonzero(chooser.ground.spots.blind)[::15]
    targets = Targets.of(chooser.ground.field, cells)
    weight = np.ones(len(cells), dtype=np.float32)
    parts = parts_of(chooser.mission, scout.patrol, chooser.ground.taller(POSE_ERROR_M), targets, weight, 60)
    choice, aims = parts.choice, (*parts.aims, None)
    for e, aim in enumerate(choice.aim):
        if aims[aim] is not None and not scout.may_look(parts.places[choice.place[e]], aims[aim]):
            choice.stay_s[e] = FAR_S
    tour = covering_tour(choice, parts.rates, goal=0.95 * len(cells), moves=30_000, seed=1)
    promised = set()
    places = [0, *choice.place[tour.parts], 0]
    numbers = [choice.leg[a, b] for a, b in pairwise(places) if a != b]
    for part in (*tour.parts, *(choice.parts + leg for leg in numbers if leg >= 0)):
        promised |= set(choice.seen[choice.first[part] : choice.first[part + 1]].tolist())
    assert any(leg >= 0 for leg in numbers) and len(promised) >= 0.95 * len(cells)
    halts = [Halt(parts.places[choice.place[e]], aims[choice.aim[e]]) for e in tour.parts]
    seen = scout.seen(scout.steps(halts))
    assert seen[cells[sorted(promised)]].mean() > 0.998  # over ten seeds, up to 3 of 1 700 were missed


def test_a_tour_sees_the_requested_share_of_all_cells(scout, nothing):
    search = TourSearch.over(scout, nothing)
    for share in (0.6, 0.95):
        seen = scout.seen(scout.steps(search.tour(share)))
        assert share - 0.02 < seen[search.cells].mean()


@pytest.mark.slow
@pytest.mark.thorough
def test_over_roofs_a_tour_costs_no_more_than_the_best_lawnmower_nor_than_the_one_before(mission, site, nothing):
    limits = mission.file.limits.model_copy(update={"over_roofs": True})
    high = replace(mission, file=mission.file.model_copy(update={"limits": limits}))
    ground = survey_ground(high, site)
    drone = drone_of(high, ground, "drone1")
    chooser = Chooser(high, ground, (drone,), lambda stage, fraction: None)
    own = Scout(chooser, Patrol(drone, drone.air, ways_from(drone.air, drone.home_2d)))
    search = TourSearch.over(own, nothing)
    halts = search.tour(0.95)
    steps, mown = own.steps(halts), own.steps(search.lawnmower)
    seen, seen_mown = (own.seen(some)[search.cells].sum() for some in (steps, mown))
    lacking = max(0, 0.95 * len(search.cells) - seen) - max(0, 0.95 * len(search.cells) - seen_mown)
    more_s = route_cost(own.patrol, steps).time_s - route_cost(own.patrol, mown).time_s
    assert more_s + search.price_s * lacking < 1.0
    assert seen > 0.94 * len(search.cells)
    again = own.steps(search.improved(halts, 7))
    lost = max(0, seen - own.seen(again)[search.cells].sum())
    assert route_cost(own.patrol, again).time_s + search.price_s * lost <= route_cost(own.patrol, steps).time_s


def test_ground_seen_by_another_drone_is_left_out(scout, nothing):
    everything = ~nothing
    assert len(TourSearch.over(scout, everything).cells) == 0
    assert TourSearch.over(scout, everything).tour(0.99) == []


def test_ground_with_a_priority_is_seen_first(scout, nothing):
    """Of two halves of the town, the one with the priority is seen more, whichever it is."""
    ground = scout.chooser.ground
    blind = np.flatnonzero(ground.spots.blind)
    west, south, east, north = ground.perimeter.bounds
    halves = [shapely.box(a, south, a + (east - west) / 2, north) for a in (west, (west + east) / 2)]
    at = ground.field.grid.centres(blind)
    inside = [shapely.contains_xy(half, at[:, 0], at[:, 1]) for half in halves]
    shares = []
    for half in halves:
        weighted = replace(scout.chooser, ground=replace(ground, priorities=((half, 10.0),)))
        own = Scout(weighted, scout.patrol)
        seen = own.seen(own.steps(TourSearch.over(own, nothing).tour(0.5)))[blind]
        shares.append([float(seen[mask].mean()) for mask in inside])
    assert shares[0][0] > shares[1][0] + 0.1 and shares[1][1] > shares[0][1] + 0.1


def test_overlapping_priorities_count_the_greatest_weight(scout):
    ground = scout.chooser.ground
    blind = np.flatnonzero(ground.spots.blind)[::50]
    box = ground.perimeter.buffer(1.0)
    low, both = replace(ground, priorities=((box, 0.5),)), replace(ground, priorities=((box, 3.0), (box, 0.5)))
    assert (low.weight_of(blind) == 0.5).all() and (both.weight_of(blind) == 3.0).all()
    assert (ground.weight_of(blind) == 1.0).all()


def test_cells_with_near_numbers_lie_near_each_other():
    """64 neighbours along the curve, from a multiple of 64 on, are a square of 8 by 8 cells."""
    cols = 100
    cells = np.arange(64 * cols)
    cells = cells[cells % cols < 64]
    order = cells[np.argsort(near_together(cells, cols))]
    for begin in range(0, len(order), 64):
        row, col = np.divmod(order[begin : begin + 64], cols)
        assert np.ptp(row) == np.ptp(col) == 7
