"""The rest of a plan: whatever is lost, when and where, the others get routes that the checker passes, or come home."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings, strategies as st

from blindspot.core.errors import PlanningError
from blindspot.mission.in_flight.situation import ClosedZone, Situation, Standing, load_situation, occupied
from blindspot.mission.plan import Begin, Point, Waypoint
from blindspot.planning.checker.check_replan import check_rest, claimed
from blindspot.planning.checker.check_seen import ground_of, seen_cells
from blindspot.planning.checker.check_track import track_of
from blindspot.planning.replan import OUT_OF_REACH, SEEN, make_rest


def hover_of(route, mission, time_s, off_m=(0.0, 0.0), spent=0.0):
    """Where a drone of the plan is `time_s` after its take-off, as one that stopped there."""
    model = mission.model_of(route.drone)
    track = track_of(route, model)
    sample = min(int(track.time_s.searchsorted(time_s)), len(track.time_s) - 1)
    steps_done, (east_m, north_m, up_m) = int(track.step[sample]), track.at_m[sample]
    if not 0 <= steps_done < len(route.steps):
        return Standing(drone=route.drone, steps_done=max(0, steps_done))
    left = 1.0 - float(track.used_wh[sample]) / model.energy.usable_wh() - spent
    at = Point(east_m=float(east_m) + off_m[0], north_m=float(north_m) + off_m[1], up_m=float(up_m))
    hover = Begin(at=at, battery_fraction=left, flown_s=float(track.time_s[sample]))
    return Standing(drone=route.drone, steps_done=steps_done, hover=hover)


def lost_in(plan, mission, lost, time_s, *, down, **hovers):
    """A situation in which one drone is lost and the others stopped."""
    drones = [hover_of(route, mission, time_s, **hovers) for route in plan.routes]
    gone = [one.model_copy(update={"hover": None, "down": down}) if one.drone == lost else one for one in drones]
    return Situation(schema="blindspot.situation/1", drones=tuple(gone))


def on_the_way_s(plan, mission, share):
    """A time at which all drones fly their steps: this share of the way from the first such moment to the last."""
    begin_s, end_s = 0.0, np.inf
    for route in plan.routes:
        track = track_of(route, mission.model_of(route.drone))
        on_steps_s = track.time_s[(track.step >= 0) & (track.step < len(route.steps))]
        begin_s, end_s = max(begin_s, on_steps_s[0]), min(end_s, on_steps_s[-1])
    assert begin_s < end_s, "no moment in which all fly their steps"
    return float(begin_s + share * (end_s - begin_s))


def own_rest(plan, situation, mission, spots):
    """Blind cells that the remaining steps of the hovering drones would have seen."""
    routes = tuple(
        route.model_copy(update={"steps": route.steps[situation.of(route.drone).steps_done :]})
        for route in plan.routes
        if situation.of(route.drone).hover is not None
    )
    return seen_cells(plan.model_copy(update={"routes": routes}), mission, spots)


def seen_so_far(plan, situation, mission, spots):
    routes = tuple(
        route.model_copy(update={"steps": route.steps[: situation.of(route.drone).steps_done]}) for route in plan.routes
    )
    return seen_cells(plan.model_copy(update={"routes": routes}), mission, spots)


@pytest.fixture(scope="module")
def spots(plan, site):
    return ground_of(plan, site)


@pytest.fixture(scope="module")
def midway_s(plan, mission):
    return on_the_way_s(plan, mission, 0.5)


def test_the_other_drone_sees_the_ground_of_a_landed_one(plan, mission, site, spots, midway_s):
    longest, other = sorted(plan.routes, key=lambda route: -route.expected.flight_time_s)
    situation = lost_in(plan, mission, longest.drone, midway_s, down=True)
    rest = make_rest(plan, situation, mission, site)
    assert check_rest(rest.plan, plan, situation, mission, site) == ()
    assert [route.drone for route in rest.plan.routes] == [other.drone] and rest.without == {}
    before = seen_so_far(plan, situation, mission, spots)
    whole = before | seen_cells(rest.plan, mission, spots)
    alone = before | own_rest(plan, situation, mission, spots)
    planned = seen_cells(plan, mission, spots)
    assert (whole & planned).sum() >= 0.99 * planned.sum(), "all that the fleet meant to see"
    assert whole.sum() > 1.1 * alone.sum(), "much more than the other alone would have seen"


def test_a_rest_passes_by_itself_only_if_the_lost_drone_is_known_to_be_down(plan, mission, site, midway_s):
    """Judged without a situation: the replan states its begins, and a drone counts as down only if it is known."""
    longest = max(plan.routes, key=lambda route: route.expected.flight_time_s)
    rest = make_rest(plan, lost_in(plan, mission, longest.drone, midway_s, down=True), mission, site).plan
    assert check_rest(rest, plan, claimed(rest, plan, (longest.drone,)), mission, site) == ()
    broken = check_rest(rest, plan, claimed(rest, plan, ()), mission, site)
    assert {violation.rule for violation in broken} == {"separation"}


def test_the_route_begins_where_the_drone_hovers_and_counts_what_is_left(plan, mission, site, midway_s):
    situation = lost_in(plan, mission, "drone2", midway_s, down=True)
    [route] = make_rest(plan, situation, mission, site).plan.routes
    hover, energy = situation.of("drone1").hover, mission.model_of("drone1").energy
    assert route.begin == hover and route.start == hover.at
    assert route.failsafe == plan.route_of("drone1").failsafe
    left = hover.battery_fraction - route.expected.energy_wh / energy.usable_wh()
    assert route.expected.battery_left_fraction == pytest.approx(left, abs=1e-3)


def test_ground_that_was_seen_is_not_flown_for_again(plan, mission, site, spots):
    whole_s, most = plan.route_of("drone1").expected.flight_time_s, seen_cells(plan, mission, spots).sum()
    lost = (lost_in(plan, mission, "drone1", share * whole_s, down=True) for share in (0.5, 0.6, 0.7, 0.8))
    situation = next(one for one in lost if seen_so_far(plan, one, mission, spots).sum() > 0.8 * most)
    rest = make_rest(plan, situation, mission, site).plan
    assert 0 < rest.coverage.planned_area_m2 < 0.5 * plan.coverage.planned_area_m2
    assert {rest.cause for rest in rest.coverage.unseen} <= {SEEN, OUT_OF_REACH}


def test_a_drone_that_may_still_be_in_the_air_keeps_its_area(plan, mission, site, midway_s):
    situation = lost_in(plan, mission, "drone2", midway_s, down=False)
    rest = make_rest(plan, situation, mission, site)
    assert check_rest(rest.plan, plan, situation, mission, site) == ()
    area = occupied(plan, situation)
    assert not area.is_empty
    [route] = rest.plan.routes
    track = track_of(route, mission.model_of("drone1")).flat_m
    east_m, north_m = area.centroid.x, area.centroid.y
    assert np.hypot(track[:, 0] - east_m, track[:, 1] - north_m).min() > mission.file.limits.separation_m


def test_the_same_situation_gives_the_same_rest(plan, mission, site, midway_s):
    situation = lost_in(plan, mission, "drone1", midway_s, down=True)
    made = [make_rest(plan, situation, mission, site).plan.to_json() for _ in range(2)]
    assert made[0] == made[1]


@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lost=st.sampled_from(["drone1", "drone2"]),
    time_s=st.floats(20.0, 150.0),
    down=st.booleans(),
    off_m=st.tuples(st.floats(-0.7, 0.7), st.floats(-0.7, 0.7)),
    spent=st.floats(0.0, 0.75),
)
def test_the_replan_after_any_loss_is_sound_and_covers_at_least_the_others_own(
    plan, mission, site, spots, lost, time_s, down, off_m, spent
):
    situation = lost_in(plan, mission, lost, time_s, down=down, off_m=off_m, spent=spent)
    try:
        rest = make_rest(plan, situation, mission, site).plan
    except PlanningError:
        return
    assert check_rest(rest, plan, situation, mission, site) == ()
    if spent < 0.4:
        before = seen_so_far(plan, situation, mission, spots)
        alone = before | own_rest(plan, situation, mission, spots)
        assert (before | seen_cells(rest, mission, spots)).sum() >= 0.99 * alone.sum()


def test_losses_early_in_the_flight_are_made_good(plan, mission, site):
    """The property above would hold if every loss were refused."""
    for lost, share in product(("drone1", "drone2"), (0.2, 0.5, 0.8)):
        situation = lost_in(plan, mission, lost, on_the_way_s(plan, mission, share), down=True)
        assert make_rest(plan, situation, mission, site).plan.routes


def test_a_battery_that_bears_nothing_more_comes_home(plan, mission, site, midway_s):
    situation = lost_in(plan, mission, "drone2", midway_s, down=True, spent=0.75)
    with pytest.raises(PlanningError, match="no remaining view is within reach and battery range of drone1"):
        make_rest(plan, situation, mission, site)


def test_a_replan_without_hovering_drones_is_refused(plan, mission, site):
    situation = Situation(schema="blindspot.situation/1", drones=(Standing(drone="drone1", steps_done=3, down=True),))
    with pytest.raises(PlanningError, match="none hovers"):
        make_rest(plan, situation, mission, site)


def test_a_new_zone_is_kept_out_of_and_one_that_hovers_in_it_comes_home(plan, mission, site):
    home, track = plan.routes[0].home, track_of(plan.routes[0], mission.model_of("drone1"))
    farthest = np.hypot(*(track.flat_m - (home.east_m, home.north_m)).T).argmax()
    drones = tuple(hover_of(route, mission, float(track.time_s[farthest])) for route in plan.routes)
    inside = drones[0].hover.at
    ring = tuple((inside.east_m + e, inside.north_m + n) for e, n in ((-3, -3), (3, -3), (3, 3), (-3, 3)))
    situation = Situation(
        schema="blindspot.situation/1", drones=drones, closed=(ClosedZone(name="fire brigade", ring=ring),)
    )
    rest = make_rest(plan, situation, mission, site)
    assert check_rest(rest.plan, plan, situation, mission, site) == ()
    assert [route.drone for route in rest.plan.routes] == ["drone2"]
    assert list(rest.without) == ["drone1"]


def test_a_new_zone_over_the_pad_of_a_lost_drone_leaves_the_other_its_route(plan, mission, site, midway_s):
    home = plan.route_of("drone1").home
    ring = tuple((home.east_m + e, home.north_m + n) for e, n in ((-3, -3), (3, -3), (3, 3), (-3, 3)))
    lost = lost_in(plan, mission, "drone1", midway_s, down=True)
    situation = lost.model_copy(update={"closed": (ClosedZone(name="rescue", ring=ring),)})
    rest = make_rest(plan, situation, mission, site)
    assert check_rest(rest.plan, plan, situation, mission, site) == ()
    assert [route.drone for route in rest.plan.routes] == ["drone2"]


def test_a_drone_that_hovers_too_near_to_a_wall_comes_home(plan, mission, site, midway_s):
    """Its new routes, and those of all others, would be refused by the checker."""
    situation = lost_in(plan, mission, "drone2", midway_s, down=True)
    hover = situation.of("drone1").hover
    walls = shapely.union_all([building.footprint for building in site.buildings])
    up_m = hover.at.up_m
    aside = [Point(east_m=8.0 + k / 10, north_m=-10.5, up_m=up_m) for k in range(100)]
    near = next(at for at in aside if walls.distance(shapely.Point(at.east_m, at.north_m)) < 4.8)
    drones = (situation.of("drone1").model_copy(update={"hover": hover.model_copy(update={"at": near})}),)
    with pytest.raises(PlanningError, match="drone1 hovers where the way home is not proven clear"):
        make_rest(plan, situation.model_copy(update={"drones": (*drones, situation.of("drone2"))}), mission, site)


def test_a_drone_that_a_new_zone_cuts_off_from_its_pad_comes_home(plan, mission, site, midway_s):
    """It hovers in the eastern street, and the zone closes that street; its straight way home is clear."""
    situation = lost_in(plan, mission, "drone1", midway_s, down=True)
    landed, flying = situation.drones
    east = flying.hover.at.model_copy(update={"east_m": 69.8, "north_m": -4.6})
    hover = flying.hover.model_copy(update={"at": east})
    closed = ClosedZone(name="rescue", ring=((18.4, -6.9), (33.4, -6.9), (33.4, 8.1), (18.4, 8.1)))
    drones = (landed, flying.model_copy(update={"hover": hover}))
    with pytest.raises(PlanningError, match="no remaining view is within reach"):
        make_rest(plan, situation.model_copy(update={"drones": drones, "closed": (closed,)}), mission, site)


def test_a_drone_held_in_its_take_off_comes_home(plan, mission, site, midway_s):
    situation = lost_in(plan, mission, "drone2", midway_s, down=True)
    low = situation.drones[0].hover.model_copy(
        update={"at": situation.drones[0].hover.at.model_copy(update={"up_m": 30.0})}
    )
    drones = (situation.drones[0].model_copy(update={"hover": low}), situation.drones[1])
    with pytest.raises(PlanningError, match="is at 30 m"):
        make_rest(plan, situation.model_copy(update={"drones": drones}), mission, site)


def aside(step):
    return step.model_copy(update={"to": step.to.model_copy(update={"north_m": step.to.north_m + 3.0})})


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda route: {"begin": None}, "begin"),
        (lambda route: {"begin": moved(route.begin, 5.0)}, "begin"),
        (lambda route: {"begin": route.begin.model_copy(update={"battery_fraction": 1.0})}, "begin"),
        (lambda route: {"begin": route.begin.model_copy(update={"flown_s": 0.0})}, "begin"),
        (lambda route: {"failsafe": route.failsafe.model_copy(update={"rtl_return_alt_m": 70.0})}, "autopilot"),
        (lambda route: {"steps": (*route.steps[:-1], aside(route.steps[-1]))}, "ends"),
        (lambda route: {"expected": route.expected.model_copy(update={"energy_wh": 1.0})}, "expected"),
    ],
)
def test_the_checker_finds_faults_of_a_replan(plan, mission, site, change, rule, midway_s):
    situation = lost_in(plan, mission, "drone2", midway_s, down=True)
    rest = make_rest(plan, situation, mission, site).plan
    [route] = rest.routes
    wrong = rest.model_copy(update={"routes": (route.model_copy(update=change(route)),)})
    assert rule in {violation.rule for violation in check_rest(wrong, plan, situation, mission, site)}


def test_the_checker_knows_which_drones_may_still_be_in_the_way(plan, mission, site, midway_s):
    landed = lost_in(plan, mission, "drone2", midway_s, down=True)
    rest = make_rest(plan, landed, mission, site).plan
    in_the_air = lost_in(plan, mission, "drone2", midway_s, down=False)
    assert "separation" in {violation.rule for violation in check_rest(rest, plan, in_the_air, mission, site)}


def test_a_way_of_a_drone_in_the_air_to_its_rally_point_is_kept_clear(plan, mission, site, midway_s):
    """Its rally point lies under the other drone's new route."""
    rest = make_rest(plan, lost_in(plan, mission, "drone2", midway_s, down=False), mission, site).plan
    [route], other = rest.routes, plan.route_of("drone2")
    rally = route.begin.at.model_copy(update={"up_m": 0.0})
    failsafe = other.failsafe.model_copy(update={"rally": (rally,)})
    flown = plan.with_routes([other.model_copy(update={"failsafe": failsafe})])
    assert check_rest(rest, plan, claimed(rest, plan, ()), mission, site) == ()
    assert {v.rule for v in check_rest(rest, flown, claimed(rest, flown, ()), mission, site)} == {"separation"}


def test_a_way_home_from_between_two_places_over_a_drone_in_the_air_is_found(plan, mission, site):
    """The ways home from both places pass at 15 m and more; the other drone hovers over its pad between them."""
    first, other = plan.routes
    far, wide = (Point(east_m=e, north_m=-70.0, up_m=first.takeoff_up_m) for e in (-70.0, 70.0))
    steps = tuple(Waypoint(to=to, speed_mps=4.0) for to in (wide, far, first.over_pad))
    begin = Begin(at=far, battery_fraction=0.9, flown_s=60.0)
    around = first.model_copy(update={"begin": begin, "steps": steps})
    above = other.model_copy(update={"steps": (Waypoint(to=other.over_pad, speed_mps=4.0),)})
    rest, flown = plan.model_copy(update={"routes": (around,)}), plan.with_routes([above])
    found = check_rest(rest, flown, claimed(rest, flown, ()), mission, site)
    assert any(v.rule == "separation" and "drone2 may be" in v.detail for v in found)


def test_a_situation_is_read_as_it_was_written(plan, mission, tmp_path, midway_s):
    situation = lost_in(plan, mission, "drone2", midway_s, down=True)
    path = tmp_path / "situation.json"
    path.write_text(situation.model_dump_json(by_alias=True))
    assert load_situation(path) == situation


def moved(begin, north_m):
    return begin.model_copy(update={"at": begin.at.model_copy(update={"north_m": begin.at.north_m + north_m})})


def test_no_route_begins_in_the_air_if_returns_are_along_the_mission(plan, mission, site):
    failsafe = {"rtl_type": 4}
    along = plan.with_routes(
        route.model_copy(update={"failsafe": route.failsafe.model_copy(update=failsafe)}) for route in plan.routes
    )
    drones = tuple(
        Standing(drone=r.drone, steps_done=1, hover=Begin(at=r.steps[0].to, battery_fraction=0.8, flown_s=60.0))
        for r in along.routes
    )
    with pytest.raises(PlanningError, match="must begin on its pad"):
        make_rest(along, Situation(drones=drones), mission, site)


def test_a_post_of_a_watch_has_no_rest(posts, watch, site):
    standing = Standing(drone="drone1", steps_done=0)
    with pytest.raises(PlanningError, match="a post of an overwatch has no rest"):
        make_rest(posts[0], Situation(schema="blindspot.situation/1", drones=(standing,)), watch, site)
