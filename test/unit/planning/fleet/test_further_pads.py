"""Further pads: a sortie begins where the crew carries the drone, over ground that no way from its pad reaches."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from math import dist

import numpy as np
import pytest
from shapely.geometry import box

from blindspot.core.errors import InputError, PlanningError
from blindspot.law.of_mission import judge_mission
from blindspot.mission.plan import Waypoint
from blindspot.planning.checker.check import check_plan
from blindspot.planning.checker.check_seen import ground_of, seen_cells
from blindspot.planning.drones.patrols import drones_of, patrols_in
from blindspot.planning.fleet import fleet_sorties
from blindspot.planning.fleet.blocks import Blocks
from blindspot.planning.fleet.districts import districts_of
from blindspot.planning.fleet.fleet_sorties import and_beyond
from blindspot.planning.fleet.further_pads import Carrying, from_further_pads, further_drones
from blindspot.planning.planner import make_sorties
from blindspot.planning.reasons import places_for_pads
from blindspot.planning.reasons.places_for_pads import pad_places
from blindspot.planning.reasons.unseen import NO_PASSAGE
from blindspot.planning.tours.battery_legs import FlownTour
from blindspot.planning.tours.view_chooser import Chooser
from blindspot.planning.views import reachable as reach
from blindspot.planning.views.target_ground import survey_ground
from blindspot.site.town.model import Pad

pytestmark = pytest.mark.usefixtures("searched_little", "small_flights")
WALL = box(-15.0, 14.0, 15.0, 16.0)
SWAP_S = 120.0


@pytest.fixture(scope="module")
def small_flights():
    """The streets beyond the wall have less ground than a town's flights are worth."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fleet_sorties, "WORTH_M2", 300.0)
        patch.setattr(places_for_pads, "WORTH_M2", 300.0)
        yield


@pytest.fixture(scope="module")
def walled(site):
    """The crossroads with a wall across the northern street."""
    return replace(site, buildings=(*site.buildings, replace(site.buildings[0], id="wall", footprint=WALL)))


@pytest.fixture(scope="module")
def asked(mission):
    """One drone on the northern pad with a battery swap; the crew may carry it to the southern pad."""
    data = mission.file.model_dump(by_alias=True)
    fleet = [data["fleet"][0] | {"swaps": 1}]
    changes = {"fleet": fleet, "further_pads": ["south"], "swap_s": SWAP_S}
    return replace(mission, file=type(mission.file).model_validate(data | changes))


@pytest.fixture(scope="module")
def plans(asked, walled, searched_little, small_flights):
    return make_sorties(asked, site=walled)


def without_further_pads(mission):
    return replace(mission, file=mission.file.model_copy(update={"further_pads": ()}))


def test_a_sortie_begins_on_the_further_pad_beyond_the_wall(plans, asked, walled):
    by_pad = {route.pad: plan for plan in plans for route in plan.routes}
    assert set(by_pad) == {"north", "south"} and len(plans) == 2
    assert all(step.to.north_m < 14.0 for step in by_pad["south"].routes[0].steps)
    assert [check_plan(plan, asked, walled) for plan in plans] == [(), ()]
    spots = ground_of(plans[0], walled)
    beyond = seen_cells(by_pad["south"], asked, spots) & ~seen_cells(by_pad["north"], asked, spots)
    assert beyond.sum() * spots.field.grid.cell_area_m2 > 300.0


def test_it_begins_after_the_swap_and_the_way_to_the_pad(plans):
    first, second = plans
    way_m = abs(second.routes[0].home.north_m - first.routes[0].home.north_m)
    ready_s = first.routes[0].expected.flight_time_s + SWAP_S + way_m
    assert second.sortie.begins_s == pytest.approx(ready_s, abs=0.1)


def test_without_the_pad_the_ground_names_its_cause_and_a_place_for_a_pad_is_found(asked, walled):
    bare = without_further_pads(asked)
    (alone,) = make_sorties(bare, site=walled)
    assert {NO_PASSAGE, reach.NO_WAY} & {rest.cause for rest in alone.coverage.unseen}
    spots = ground_of(alone, walled)
    seen = seen_cells(alone, bare, spots).reshape(spots.blind.shape)
    (place,) = pad_places(bare, walled, spots, seen, 3)
    assert place.north_m < 8.0 and place.opens_m2 > 300.0
    there = replace(walled, pads=(*walled.pads, Pad("further1", place.east_m, place.north_m, 0.0)))
    with_it = replace(bare, file=bare.file.model_copy(update={"further_pads": ("further1",)}))
    plans = make_sorties(with_it, site=there)
    assert "further1" in {route.pad for plan in plans for route in plan.routes}


def test_no_place_is_proposed_where_nothing_is_left(asked, walled):
    spots = ground_of(make_sorties(asked, site=walled)[0], walled)
    assert pad_places(asked, walled, spots, np.ones_like(spots.blind), 3) == ()


def test_a_sortie_from_a_pad_that_the_mission_does_not_name_is_refused(plans, asked, walled):
    start = asked.file.start + timedelta(minutes=1)
    there = next(plan for plan in plans if plan.routes[0].pad == "south")
    assert not any("another pad" in verdict.reason for verdict in judge_mission(asked, there, start))
    bare = without_further_pads(asked)
    assert any("another pad" in violation.detail for violation in check_plan(there, bare, walled))
    verdicts = judge_mission(bare, there, start)
    assert any("another pad" in verdict.reason for verdict in verdicts)


def test_ground_that_is_worth_no_flight_is_left_by_the_planner(asked, walled, monkeypatch):
    monkeypatch.setattr(fleet_sorties, "WORTH_M2", 2000.0)
    (alone,) = make_sorties(asked, site=walled)
    causes = {rest.cause: rest.area_m2 for rest in alone.coverage.unseen}
    assert causes[reach.LEFT] > 300.0 and reach.BATTERY not in causes


@pytest.fixture(scope="module")
def chooser(asked, walled):
    ground = survey_ground(asked, walled)
    return Chooser(asked, ground, drones_of(asked, ground), lambda stage, fraction: None)


def left_of(chooser, seen, further, batteries=1):
    blocks = Blocks.of(chooser.ground, chooser.drones)
    return list(from_further_pads(chooser, blocks, further, Counter({"drone1": batteries}), seen))


def test_a_further_pad_serves_the_unseen_ground_beside_its_part_of_the_air(chooser):
    blind = chooser.ground.spots.blind.ravel()
    further = further_drones(chooser.mission, chooser.ground)
    (share,) = left_of(chooser, np.zeros_like(blind), further)
    assert (share.patrol.drone.pad, share.patrol.drone.name) == ("south", "drone1")
    in_the_north = share.left_m2[share.blocks.centres_m[..., 1] > 20.0].sum()
    assert share.left_m2.sum() > 3000.0 and in_the_north > 0.0, "it sees over the wall"
    seen = np.zeros_like(blind)
    seen[share.blocks.over(share.left_m2 > 0.0, chooser.ground.field.grid).ravel()] = True
    (share,) = left_of(chooser, seen, further)
    assert share.left_m2.sum() == 0.0


def test_two_pads_in_one_part_of_the_air_share_its_ground(chooser):
    (south,) = further_drones(chooser.mission, chooser.ground)
    west = replace(south, pad="west", home=south.home.model_copy(update={"east_m": -50.0, "north_m": 0.0}))
    shares = left_of(chooser, np.zeros(chooser.ground.spots.blind.size, dtype=bool), [south, west])
    by_pad = {share.patrol.drone.pad: share.left_m2 > 0.0 for share in shares}
    assert by_pad["south"].any() and by_pad["west"].any() and not (by_pad["south"] & by_pad["west"]).any()


def test_ground_of_a_pad_for_which_no_battery_is_left_needs_more_battery(chooser):
    squad = patrols_in(chooser.drones, {})
    over = chooser.drones[0].home.model_copy(update={"up_m": chooser.drones[0].up_m})
    flown = [FlownTour(squad[0], (Waypoint(to=over, speed_mps=1.0),), np.empty(0, np.int64))] * 2
    blind, blocks = chooser.ground.spots.blind, Blocks.of(chooser.ground, chooser.drones)
    further = further_drones(chooser.mission, chooser.ground)
    wanted, now = and_beyond(chooser, districts_of(blocks, squad), (np.zeros_like(blind), flown), 0.97, further)
    assert now == flown and wanted.sum() * chooser.ground.field.grid.cell_area_m2 > 3000.0


def test_the_drone_of_the_model_with_most_batteries_is_carried_or_the_nearest(chooser):
    (south,) = further_drones(chooser.mission, chooser.ground)
    near = replace(chooser.drones[0], name="near", home=south.home.model_copy(update={"north_m": -10.0}))
    other = replace(near, name="other", model_name="mini")
    crew = Chooser(chooser.mission, chooser.ground, (chooser.drones[0], near, other), lambda stage, fraction: None)
    blocks, nothing = Blocks.of(crew.ground, crew.drones), np.zeros(crew.ground.spots.blind.size, dtype=bool)

    def carried(**batteries):
        return next(from_further_pads(crew, blocks, [south], Counter(batteries), nothing)).patrol.drone.name

    assert carried(drone1=2, near=2, other=9) == "near"
    assert carried(drone1=3, near=2, other=9) == "drone1"


def test_a_further_pad_is_left_out_where_no_drone_of_its_model_flies(chooser):
    """Each drone of a small fleet is tried alone, too."""
    (south,) = further_drones(chooser.mission, chooser.ground)
    mini = replace(chooser.drones[0], model_name="mini")
    alone = Chooser(chooser.mission, chooser.ground, (mini,), lambda stage, fraction: None)
    blocks, nothing = Blocks.of(alone.ground, alone.drones), np.zeros(alone.ground.spots.blind.size, dtype=bool)
    assert list(from_further_pads(alone, blocks, [south], Counter(drone1=2), nothing)) == []


def test_a_sortie_from_further_pads_that_would_land_too_late_is_left_out(plans, asked, walled):
    late = asked.file.start + timedelta(seconds=plans[1].sortie.begins_s + 60.0)
    short = replace(asked, file=asked.file.model_copy(update={"latest_landing": late}))
    (only,) = make_sorties(short, site=walled)
    assert only.routes[0].pad == "north"


def test_a_first_sortie_from_a_further_pad_waits_for_the_carried_drone(plans, asked, walled):
    crew = Carrying.of(asked, walled)
    by_pad = {route.pad: route for plan in plans for route in plan.routes}
    assert crew.ready_s([by_pad["north"]]) == 0.0
    assert crew.ready_s([by_pad["south"]]) == pytest.approx(80.0, abs=0.1)


def test_a_further_pad_beside_another_pad_is_refused_by_planner_and_checker(plans, asked, walled):
    north = walled.pads[0]
    beside = replace(walled, pads=(north, replace(walled.pads[1], east_m=north.east_m, north_m=north.north_m - 18.0)))
    with pytest.raises(
        PlanningError, match=r"south is 18\.0 m from pad north: move it to at least 19 m from pad north, as"
    ):
        make_sorties(asked, site=beside)
    there = next(plan for plan in plans if plan.routes[0].pad == "south")
    home = there.routes[0].home.model_copy(update={"north_m": beside.pads[1].north_m})
    moved = there.model_copy(update={"routes": (there.routes[0].model_copy(update={"home": home}),)})
    assert any("its pad lies 18 m from pad north" in found.detail for found in check_plan(moved, asked, beside))


def test_far_ground_gets_a_place_on_the_way_to_it(mission, site, monkeypatch):
    """Without the wall every street is joined; a way of 20 m is far here."""
    monkeypatch.setattr(places_for_pads, "FAR_M", 20.0)
    monkeypatch.setattr(places_for_pads, "AROUND_M", 30.0)
    lone = replace(mission, file=mission.file.model_copy(update={"fleet": mission.file.fleet[:1]}))
    spots = survey_ground(lone, site).spots
    places = pad_places(lone, site, spots, np.zeros_like(spots.blind), 3)
    assert places and places[0].opens_m2 >= places[-1].opens_m2 > 300.0
    homes = [(0.0, 40.0), *((place.east_m, place.north_m) for place in places)]
    assert all(dist(a, b) >= 19.0 for a, b in combinations(homes, 2))
    private = replace(spots, public=np.zeros_like(spots.public))
    assert pad_places(lone, site, private, np.zeros_like(spots.blind), 3) == (), "a pad stands on public ground"


def test_an_unknown_further_pad_and_one_beside_a_wall_are_named(asked, walled):
    nowhere = replace(asked, file=asked.file.model_copy(update={"further_pads": ("quay",)}))
    with pytest.raises(InputError, match=r"further_pads.*no pad 'quay'"):
        make_sorties(nowhere, site=walled)
    near = replace(walled, pads=(walled.pads[0], Pad("south", 0.0, 11.0, 0.0)))
    with pytest.raises(PlanningError, match=r"pad south is 3\.0 m from a building"):
        make_sorties(asked, site=near)
