"""Sectors and districts: their estimates, and the assignment of every piece of ground to exactly one drone."""

from dataclasses import replace

import numpy as np
import pytest

from blindspot.coverage.sight.drone_camera import drone_view
from blindspot.coverage.sight.sight import BLOCK
from blindspot.planning.drones.patrols import drones_of, patrols
from blindspot.planning.drones.stations import thinned
from blindspot.planning.fleet.blocks import BLOCK_M, Blocks, block_of
from blindspot.planning.fleet.districts import districts_of
from blindspot.planning.fleet.sharing import burden, busy_s, flight_s, shared_out
from blindspot.planning.fleet.town_part import patrol_in, window
from blindspot.planning.tours.tour_parts import FAR_S, _cells, _places, _straight, _times
from blindspot.planning.views.candidates import lens_of
from blindspot.planning.views.target_ground import survey_ground


@pytest.fixture(scope="module")
def ground(mission):
    return survey_ground(mission)


@pytest.fixture(scope="module")
def drones(mission, ground):
    return drones_of(mission, ground)


def test_the_burden_of_borders_counts_the_pace_of_the_drones(blocks, drones):
    def burden_s(pace):
        return burden(blocks, drones, {drone.name: 0.0 for drone in drones}, 19.0, {}, pace)

    assert burden_s({drone.name: 2.0 for drone in drones}) == pytest.approx(2.0 * burden_s({}))
    assert burden_s({drones[0].name: 2.0}) > burden_s({drones[1].name: 2.0}), "the first has more ground"


@pytest.fixture(scope="module")
def blocks(ground, drones):
    return Blocks.of(ground, drones)


@pytest.fixture(scope="module")
def squad(mission, ground, blocks, drones):
    return shared_out(mission, ground, blocks, drones, lambda stage, fraction: None)


def test_blocks_hold_all_blind_ground(blocks, ground):
    assert blocks.blind_m2.sum() == pytest.approx(ground.spots.blind_area_m2)
    assert blocks.grid.cell_m == BLOCK_M


def test_some_blocks_cover_the_cells_that_lie_in_them(blocks, ground):
    grid, some = ground.field.grid, np.random.default_rng(1).random(blocks.grid.shape) < 0.3
    cells = np.arange(grid.rows * grid.cols)
    np.testing.assert_array_equal(blocks.over(some, grid).ravel(), some[block_of(blocks.grid, grid, cells)])


def test_sharing_out_is_never_worse_than_sectors_by_distance_alone(blocks, drones, squad, mission, ground):
    by_distance = patrols(drones, ground, 15.0, {drone.name: 0.0 for drone in drones})

    def longest_s(some):
        shares = districts_of(blocks, some)
        return max(busy_s(s.patrol.drone, s.way_m[s.left_m2 > 0], s.left_m2[s.left_m2 > 0]) for s in shares)

    assert longest_s(squad) <= 1.05 * longest_s(by_distance)
    assert burden(blocks, drones, {drone.name: 0.0 for drone in drones}, 19.0, {}) > 0.0


def test_no_ground_is_two_drones_to_see(blocks, squad):
    shares = districts_of(blocks, squad)
    assert not np.logical_and.reduce([share.left_m2 > 0.0 for share in shares]).any()
    assert sum(share.left_m2.sum() for share in shares) <= blocks.blind_m2.sum() * (1 + 1e-6)


@pytest.mark.parametrize("farthest", [True, False])
def test_districts_are_within_a_battery_and_begin_at_the_requested_end(blocks, squad, farthest):
    share = districts_of(blocks, squad)[0]
    share.rate_m2_per_s = float(share.left_m2.sum()) / (0.5 * flight_s(share.patrol.drone))
    some = share.left_m2 > 0.0
    end_m = share.way_m[some].max() if farthest else share.way_m[some].min()
    district = share.next(farthest=farthest)
    assert end_m in share.way_m[district]
    seeing_s = share.left_m2[district].sum() / share.rate_m2_per_s
    assert seeing_s <= flight_s(share.patrol.drone)


def test_ground_that_a_flight_sees_remains_for_no_other(blocks, squad, ground):
    """Each cell counts once, and ground that another drone must see counts for nothing."""
    share = districts_of(blocks, squad)[0]
    before_m2, seen = share.left_m2.copy(), np.flatnonzero(ground.spots.blind)[:5000]
    share.see(ground.field.grid, seen)
    at = block_of(blocks.grid, ground.field.grid, seen)
    gone_m2 = np.zeros_like(before_m2)
    np.add.at(gone_m2, at, np.float32(ground.field.grid.cell_area_m2))
    assert share.left_m2 == pytest.approx(np.maximum(before_m2 - gone_m2, 0.0))
    share.see(ground.field.grid, np.flatnonzero(ground.spots.blind))
    assert share.is_used_up


def test_the_rate_learnt_from_a_flight_is_bounded(blocks, squad):
    share = districts_of(blocks, squad)[0]
    district = share.next(farthest=True)
    before = share.rate_m2_per_s
    share.learn(district, 1e6, 1.0)
    assert before < share.rate_m2_per_s <= 150.0


def test_a_window_is_the_same_ground(ground):
    west, south, east, north = ground.perimeter.bounds
    view = window(ground, ((west + east) / 2, south, east, (south + north) / 2))
    inner = np.flatnonzero(view.ground.spots.blind)
    assert len(inner)
    assert ground.spots.blind.ravel()[view.outer(inner)].all()
    assert view.ground.field.grid.centres(inner[:9]) == pytest.approx(ground.field.grid.centres(view.outer(inner[:9])))


def test_a_window_sees_the_same_to_the_last_cell(ground, mission):
    """Its corner lies on the kernel's blocks for any requested place."""
    west, south, east, north = ground.perimeter.bounds
    view = window(ground, (west + 3.3, south + 1.7, east, north))
    assert view.ground.field.grid.shape != ground.field.grid.shape
    place = ground.field.grid.place_of(view.ground.field.grid)
    assert [part.start % BLOCK for part in place] == [0, 0]
    model, band = mission.model_of("drone1"), mission.file.band
    for heading_deg in range(0, 360, 30):
        eye = (lens_of(model), 0.0, 0.0, 62.0, float(heading_deg), -60.0, band)
        whole = drone_view(ground.field, *eye, among=ground.spots.blind, uncertainty_m=1.0)
        part = drone_view(view.ground.field, *eye, among=view.ground.spots.blind, uncertainty_m=1.0)
        assert view.outer(part.cells).tolist() == whole.cells.tolist()


@pytest.mark.parametrize("most", [400, 40, 12])
def test_few_places_are_all_joined_to_the_pad(squad, most):
    for patrol in squad:
        few = thinned(patrol, most)
        at = few.air.grid.centres(np.flatnonzero(few.reachable))
        assert len(at) <= most
        straight = _straight(few.air.open, *_cells(few.air, at), few.air.grid.cell_m)
        assert (_times(at, straight, few.drone) < FAR_S).all()


def test_of_few_places_none_is_left_out_of_a_tour(squad):
    """Each may be a turn that joins others to the pad, however near it is to the next."""
    patrol = squad[0]
    cells = np.flatnonzero(patrol.reachable & patrol.air.open)[:3]
    distance_m = np.full(patrol.air.grid.shape, np.inf)
    distance_m.flat[cells] = patrol.ways.distance_m.flat[cells]
    few = replace(patrol, ways=replace(patrol.ways, distance_m=distance_m))
    begin, *places = _places(few, 3)
    assert begin == few.drone.home_2d
    assert places == [tuple(at) for at in patrol.air.grid.centres(cells).tolist()]
    assert len(_places(few, 2)[1:]) < 3


def test_a_district_keeps_its_way_to_the_pad(blocks, squad):
    share = districts_of(blocks, squad)[0]
    district = share.next(farthest=True)
    allowed, bounds_m = share.air_of(district)
    part = patrol_in(share.patrol, (*(b - 20 for b in bounds_m[:2]), *(b + 20 for b in bounds_m[2:])), allowed)
    cells = np.flatnonzero(part.reachable)
    near = share.blocks.around(district)[block_of(blocks.grid, part.air.grid, cells)]
    assert near.any()
    assert part.reachable[part.air.grid.index(*share.patrol.drone.home_2d)]


def test_far_ground_keeps_a_drone_busy_for_longer(drones):
    drone, much_m2 = drones[0], np.full(100, 2000.0, np.float32)
    near, far = (busy_s(drone, np.full(100, way_m, np.float32), much_m2) for way_m in (50.0, 1500.0))
    assert far > 1.5 * near > flight_s(drone)
    little_m2 = np.full(100, 20.0, np.float32)
    once_s = busy_s(drone, np.full(100, 260.0, np.float32), little_m2)
    assert once_s == pytest.approx(2000.0 / 58.0 + 2 * 260.0 / drone.leg_mps)


def test_a_window_keeps_the_passages_inside_it(squad):
    """A place in a passage's cell may lie behind an edge, so the search must know which cells these are."""
    patrol = squad[0]
    some = np.flatnonzero(patrol.air.open)[::50]
    joined = replace(patrol, air=replace(patrol.air, passages=some))
    east, north = patrol.drone.home_2d
    part = patrol_in(joined, (east - 30.0, north - 30.0, east + 30.0, north + 30.0), np.ones_like(patrol.air.open))
    inner, outer = part.air.grid.centres(part.air.passages), patrol.air.grid.centres(some)
    inside = [tuple(at) for at in outer.tolist() if part.air.grid.index(*at) is not None]
    assert len(inside) > 3
    assert [tuple(at) for at in inner.tolist()] == pytest.approx(inside)
