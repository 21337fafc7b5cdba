"""Private ground and facades in pictures: the yard of the crossroads, computed by hand."""

import pytest

from blindspot.mission.plan import Aim, Leg, Plan, Point, View, Waypoint, parse_plan
from blindspot.mission.timing import flight
from blindspot.planning.reasons.intrusion import intrusion_of, pictures, surroundings_of

DOWN = Aim(heading_deg=0.0, pitch_deg=-90.0)
OVER_YARD = Point(east_m=-29.0, north_m=-29.0, up_m=80.0)
OVER_CROSSING = Point(east_m=0.0, north_m=0.0, up_m=80.0)


@pytest.fixture(scope="module")
def around(plan, mission, site):
    from shapely.geometry import Polygon

    return surroundings_of(Polygon(plan.perimeter), mission, site)


def flown(plan, *steps):
    route = plan.routes[0].model_copy(update={"steps": steps})
    return plan.model_copy(update={"routes": (route,)})


def view(at, dwell_s=10.0, aim=DOWN):
    return View(id="v", to=at, aim=aim, speed_mps=5.0, dwell_s=dwell_s)


def test_the_yard_from_above_by_hand(plan, mission, around):
    """The yard is 24 x 24 m in a block 15 m high, the eye 80 m over its middle: f 3045 px, so that the picture's half
    sides are 0.3153 and 0.1773 of the depth, and the yard lies within 0.1773 x 78.3 = 13.9 m, heads included.

    Its northern and southern walls are in the picture where 12 <= 0.1773 (80 - h), up to h = 12.3 m; the other two
    to the eaves, but for 1.3 m2 of corners each: 2 x 24 x 12.3 + 2 x (24 x 15 - 1.3) = 1 308 m2. The nearest surface
    is the roof, 65 m off, and 64 m for an eye a metre lower.
    """
    found = intrusion_of(flown(plan, view(OVER_YARD)), mission, around)
    assert found.private_m2s == pytest.approx(10 * 24 * 24, rel=0.03)
    assert found.facade_m2s == pytest.approx(10 * 1308, rel=0.03)
    assert found.highest_px_per_m == pytest.approx(3045 / 64, abs=0.1)


def test_straight_down_on_the_crossing_holds_neither(plan, mission, around):
    """Half sides of 25.2 and 14.2 m on streets 30 m wide: the blocks begin outside of it."""
    found = intrusion_of(flown(plan, view(OVER_CROSSING)), mission, around)
    assert (found.private_m2s, found.facade_m2s) == (0.0, 0.0)
    assert found.highest_px_per_m == pytest.approx(3045 / (80 - 1.7 - 1.0), abs=0.1)  # the head of a person


def test_a_stay_twice_as_long_costs_twice_as_much(plan, mission, around):
    once, twice = (intrusion_of(flown(plan, view(OVER_YARD, s)), mission, around) for s in (5.0, 10.0))
    assert twice.private_m2s == pytest.approx(2 * once.private_m2s, abs=0.2)
    assert twice.highest_px_per_m == once.highest_px_per_m


def test_an_oblique_look_from_there_holds_walls(plan, mission, around):
    corner = Aim(heading_deg=45.0, pitch_deg=-75.0)
    assert intrusion_of(flown(plan, view(OVER_CROSSING, aim=corner)), mission, around).facade_m2s > 0.0


def test_a_leg_counts_for_as_long_as_it_is_flown_and_other_ways_do_not(plan, mission):
    route = plan.routes[0]
    away = Point(east_m=0.0, north_m=-40.0, up_m=80.0)
    steps = (Waypoint(to=OVER_CROSSING, speed_mps=5.0), Leg(id="l", to=away, aim=DOWN, speed_mps=5.0), view(away, 4.0))
    model = mission.model_of(route.drone)
    costs = flight(model, route.home, route.takeoff_up_m, steps)
    along = list(pictures(route.model_copy(update={"steps": steps}), model))
    leg_s = costs[2].time_s - costs[1].time_s
    assert sum(picture.time_s for picture in along) == pytest.approx(leg_s + 4.0)
    assert along[0].at == OVER_CROSSING and along[-2].at == away
    assert along[0].time_s == pytest.approx(along[1].time_s / 2)


def test_a_plan_looks_no_closer_than_the_checker_allows(plan, mission, around):
    assert intrusion_of(plan, mission, around).highest_px_per_m <= plan.band.max_px_per_m


def test_an_eye_inside_a_building_is_refused(plan, mission, around):
    inside = Point(east_m=40.0, north_m=40.0, up_m=5.0)
    with pytest.raises(ValueError, match="inside a solid"):
        intrusion_of(flown(plan, view(inside)), mission, around)


def test_a_plan_that_was_not_measured_keeps_the_text_of_its_file(plan, mission, around):
    """Its hash is that of its file, whatever wrote it."""
    assert '"intrusion"' not in plan.to_json()
    measured = plan.model_copy(update={"intrusion": intrusion_of(plan, mission, around)})
    assert '"intrusion"' in measured.to_json()
    assert parse_plan(measured.to_json()) == measured
    assert Plan.model_validate_json(plan.to_json()).sha256 == plan.sha256
