"""Another route in the air: the drones that may get one, the checks before it, and the end of a refused one."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest

from blindspot.flight.route.mission_items import CHANGE_SPEED, LAND, LOITER_TIME, TAKEOFF, WAYPOINT, route_items
from blindspot.flight.watch.resume_rules import off_route_m
from blindspot.flight.watch.surroundings import CALM, Other
from blindspot.mission.plan import Begin, Point, Waypoint

HERE = Point(east_m=30.0, north_m=40.0, up_m=62.0)
AWAY = Point(east_m=30.0, north_m=46.0, up_m=62.0)


@pytest.fixture
def rest(route):
    """From where the drone hovers to a view east of it, and over the pad."""
    view = route.steps[1].model_copy(update={"id": "v9", "to": Point(east_m=50.0, north_m=40.0, up_m=62.0)})
    home = Waypoint(to=Point(east_m=0.0, north_m=0.0, up_m=62.0), speed_mps=8.0)
    begin = Begin(at=HERE, battery_fraction=0.8, flown_s=60.0)
    return route.model_copy(update={"begin": begin, "steps": (view, home)})


@pytest.fixture
def en_route(new_flight, vehicle, route, settings, fly_to_view):
    return fly_to_view(new_flight(vehicle, route, settings))


@pytest.fixture
def standing_by(en_route, vehicle, flying):
    assert en_route.stand_by() == ""
    vehicle.now = flying(mode="AUTO.LOITER")
    en_route.step(21.0, "ok")
    assert en_route.phase == "hold" and vehicle.asked == ["AUTO.LOITER"]
    return en_route


def test_the_items_of_a_route_that_begins_in_the_air_have_no_take_off(rest):
    commands = [item.command for item in route_items(rest)]
    assert commands == [CHANGE_SPEED, WAYPOINT, 1000, LOITER_TIME, WAYPOINT, LAND] and TAKEOFF not in commands
    assert route_items(rest)[0].step == 0


def test_it_is_uploaded_and_read_back_in_hold_and_then_flown_from_its_beginning(standing_by, vehicle, rest, flying):
    vehicle.answers["mission"] = ("pending", "")
    assert standing_by.fly_rest(rest) == ""
    standing_by.step(21.1, "ok")
    assert (standing_by.phase, vehicle.asked[1:]) == ("hold", ["AUTO.LOITER", "mission"])
    assert standing_by.route.steps[1].id == "v1", "until it is on board the old one counts"
    vehicle.replies["mission"].settle("ok", "", 0.0)
    standing_by.step(21.2, "ok")
    assert standing_by.phase == "en_route" and vehicle.asked[-2:] == ["item 0", "AUTO.MISSION"]
    assert standing_by.route == rest and standing_by.items == route_items(rest)
    assert standing_by.route_fraction == 0.0


@pytest.mark.parametrize("order", ["rest", "jump"])
def test_a_mission_that_is_on_board_is_not_begun_while_a_failsafe_is_due(standing_by, vehicle, rest, order):
    """Another drone came near during the upload, which takes seconds."""
    vehicle.answers["mission"] = ("pending", "")
    assert (standing_by.fly_rest(rest) if order == "rest" else standing_by.jump(2, "A. Martin")) == ""
    standing_by.step(21.1, "ok")
    near = replace(CALM, others=(Other("drone2", 40.0, 40.0, 62.0, silent_s=0.0),))
    standing_by.step(21.2, "ok", around=near)
    vehicle.replies["mission"].settle("ok", "", 0.0)
    for tick in range(213, 230):
        standing_by.step(tick / 10, "ok", around=near)
    assert standing_by.phase == "hold" and "AUTO.MISSION" not in vehicle.asked
    for tick in range(230, 260):
        standing_by.step(tick / 10, "ok")
    assert standing_by.phase == "en_route" and vehicle.asked.count("AUTO.MISSION") == 1


@pytest.mark.parametrize(("north_m", "asked"), [(42.9, ["mission", "item 0", "AUTO.MISSION"]), (43.1, [])])
def test_a_jump_from_the_route_begins_where_the_drone_has_come_to_rest_near_it(
    en_route, vehicle, flying, north_m, asked
):
    """Braking carries it past a corner, and from there it would fly straight to the next place."""
    assert en_route.jump(2, "A. Martin") == "" and vehicle.asked == ["AUTO.LOITER"]
    vehicle.now = flying(mode="AUTO.LOITER", east_m=20.0, north_m=41.0, north_mps=0.6)
    en_route.step(21.0, "ok")
    assert vehicle.asked == ["AUTO.LOITER"], "it is not at rest yet"
    vehicle.now = flying(mode="AUTO.LOITER", east_m=20.0, north_m=north_m)
    for tick in range(211, 215):
        en_route.step(tick / 10, "ok")
    assert vehicle.asked[1:] == asked
    assert ("off the route" in en_route.reason) == (asked == [])
    vehicle.now = flying(mode="AUTO.LOITER", east_m=20.0, north_m=42.0)
    assert asked or en_route.resume("A. Martin") == "", "its mission is still on board"


def test_a_jump_whose_mission_the_autopilot_cannot_store_is_refused(new_flight, vehicle, fly_to_view, route, settings):
    """The way back along the route comes before the steps."""
    long = route.model_copy(update={"steps": route.steps[:1] * 260 + route.steps[1:]})
    flight = fly_to_view(new_flight(vehicle, long, settings), mission_seq=263)
    assert "items, the autopilot stores 500" in flight.jump(0, "A. Martin")
    assert flight.phase == "en_route" and vehicle.asked == []


def test_pictures_are_taken_at_the_new_views_only(standing_by, vehicle, rest, flying):
    standing_by.fly_rest(rest)
    standing_by.step(21.1, "ok")
    standing_by.step(21.2, "ok")
    vehicle.now = flying(east_m=50.0, mission_seq=3)
    standing_by.step(30.0, "ok")
    standing_by.step(30.1, "ok")
    assert not standing_by.sensor_inhibited
    vehicle.now = flying(mission_seq=3)
    standing_by.step(30.2, "ok")
    assert standing_by.sensor_inhibited, "where the old route had its view"


def test_a_mission_that_is_not_taken_leaves_it_in_hold_which_becomes_a_return(standing_by, vehicle, rest, flying):
    vehicle.answers["mission"] = ("refused", "mission upload refused")
    assert standing_by.fly_rest(rest) == ""
    standing_by.step(21.1, "ok")
    standing_by.step(21.2, "ok")
    assert standing_by.phase == "hold" and "mission upload refused" in standing_by.reason
    assert standing_by.resume("A. Martin") != "", "what is on board is not known"
    standing_by.step(21.2 + 121.0, "ok")
    assert standing_by.phase == "return"


def test_only_a_drone_that_stands_by_gets_another_route(en_route, rest):
    assert "does not stand by" in en_route.fly_rest(rest)
    en_route.hold()
    assert "does not stand by" in en_route.fly_rest(rest)


def test_only_a_person_ends_the_operators_hold(en_route, vehicle, flying, rest):
    en_route.hold()
    vehicle.now = flying(mode="AUTO.LOITER")
    en_route.step(21.0, "ok")
    assert "the operator holds the drone" in en_route.stand_by()
    assert en_route.reason == "held by the operator"


def test_a_hold_that_outlived_its_flight_control_may_be_a_persons(flight, vehicle, flying, rest):
    """A restarted flight_control does not know the origin of the hold: only a person may end it."""
    vehicle.now = flying(mode="AUTO.LOITER")
    flight.reattach(0.0, "hold")
    for tick in range(1, 10):
        flight.step(tick / 10, "ok")
    assert flight.phase == "hold" and "unknown after the restart" in flight.stand_by()
    assert "does not stand by" in flight.fly_rest(rest)
    assert flight.resume("A. Martin") == "" and flight.stand_by() == ""


def test_a_drone_on_its_way_down_is_not_stopped(en_route, vehicle, flying):
    en_route.return_home()
    vehicle.now = flying(mode="AUTO.RTL")
    en_route.step(21.0, "ok")
    assert "on the way down" in en_route.stand_by() and en_route.phase == "return"


def test_a_hold_ordered_while_it_stands_by_is_the_operators(standing_by, rest):
    assert standing_by.hold() == ""
    assert "does not stand by" in standing_by.fly_rest(rest)


def test_the_pilot_keeps_a_drone_that_stood_by(standing_by, vehicle, flying, rest):
    vehicle.now = flying(mode="POSCTL")
    assert "does not stand by" in standing_by.fly_rest(rest) and standing_by.phase == "pilot"
    assert standing_by.stand_by() != ""


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ({"begin": None}, "begins on the ground"),
        ({"home": HERE}, "another home or failsafe"),
        ({"begin": Begin(at=AWAY, battery_fraction=0.8, flown_s=60.0)}, "6 m from here"),
        ({"begin": Begin(at=HERE, battery_fraction=1.0, flown_s=60.0)}, "more battery"),
        ({"drone": "drone2"}, "another home or failsafe"),
    ],
)
def test_a_route_that_does_not_fit_is_refused_and_it_stays_in_hold(
    standing_by, vehicle, flying, rest, change, reported
):
    vehicle.now = flying(mode="AUTO.LOITER", battery_fraction=0.9)
    assert reported in standing_by.fly_rest(rest.model_copy(update=change))
    assert standing_by.fly_rest(rest) == ""


def test_it_does_not_go_on_while_a_row_of_the_ladder_is_due(standing_by, vehicle, flying, rest):
    vehicle.now = flying(mode="AUTO.LOITER", battery_fraction=0.82, gimbal_pitch_deg=nan)
    standing_by.step(22.0, "ok")
    assert standing_by.fly_rest(rest) == "the camera's aim is uncertain"


def test_the_new_plans_lease_is_waited_for(standing_by, rest):
    """The gate leases one plan: the old lease ends before the new one can count."""
    standing_by.step(22.0, "inhibit")
    assert standing_by.fly_rest(rest) == ""
    for time_s in (22.1, 22.2, 25.0):
        standing_by.step(time_s, "inhibit")
        assert standing_by.phase == "hold"
    standing_by.step(25.1, "ok")
    assert standing_by.phase == "en_route" and standing_by.route == rest


def test_a_route_in_the_air_starts_where_it_begins(rest, flying):
    assert off_route_m(rest, flying()) == 0.0
    assert off_route_m(rest, flying(east_m=30.0, north_m=47.0)) == pytest.approx(7.0)
