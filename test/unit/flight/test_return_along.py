"""A flight whose autopilot returns along the mission (RTL_TYPE 4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blindspot.flight.control.inspect import Inspection
from blindspot.flight.preflight.preflight import checks
from blindspot.flight.route.mission_items import items_by_way_of_route, route_items, start_of_step
from blindspot.flight.vehicle.parameters import autopilot_parameters
from blindspot.flight.vehicle.vehicle import Firmware
from blindspot.flight.watch.energy import way_home
from blindspot.flight.watch.ladder import Situation
from blindspot.flight.watch.surroundings import Around
from blindspot.flight.watch.wind import Wind
from blindspot.mission.plan import Aim, Leg, Point, View, Waypoint

UP_M = 62.0
CORNERS = [(0.0, 60.0), (60.0, 60.0), (60.0, 0.0), (60.0, -60.0), (0.0, -60.0)]
AIM = Aim(heading_deg=90.0, pitch_deg=-60.0)


@pytest.fixture(scope="session")
def parked(parked):
    """With a firmware that can return along the mission."""
    return replace(parked, firmware=Firmware("PX4", (1, 17, 0), "release"))


@pytest.fixture(scope="session")
def loop(route, along):
    """Round five corners, of which the third is seen from a view, and back over the pad."""
    places = [Point(east_m=e, north_m=n, up_m=UP_M) for e, n in CORNERS]
    steps = (
        Waypoint(to=places[0], speed_mps=5.0),
        Leg(id="l", to=places[1], aim=AIM, speed_mps=5.0),
        View(id="v", to=places[2], aim=AIM, speed_mps=5.0, dwell_s=5.0),
        *(Waypoint(to=place, speed_mps=5.0) for place in places[3:]),
    )
    return along(route.model_copy(update={"steps": steps}))


@pytest.fixture
def on_view(new_flight, vehicle, loop, settings, fly_to_view, flying):
    """In AUTO.MISSION on the view of the loop."""
    items = route_items(loop)
    seq = next(seq for seq, item in enumerate(items) if item.step == 2)
    vehicle.now = flying(east_m=60.0, north_m=0.0, mission_seq=seq, mission_items=len(items))
    flight = fly_to_view(new_flight(vehicle, loop, settings), east_m=60.0, north_m=0.0)
    at(vehicle, east_m=60.0, north_m=0.0, mission_seq=seq, mission_items=len(items))
    flight.step(20.2, "ok")
    return flight


def at(vehicle, **changes):
    vehicle.now = replace(vehicle.now, **changes)


def closest(flight, east_m, north_m):
    items = flight.items
    return min(
        (seq for seq, item in enumerate(items) if item.at is not None and item.above_home_m == 60.0),
        key=lambda seq: (items[seq].at[0] - east_m) ** 2 + (items[seq].at[1] - north_m) ** 2,
    )


def along(flight, east_m, north_m):
    return f"along {len(flight.items)} from {closest(flight, east_m, north_m)}"


def steps(flight, from_s, count=60):
    for k in range(count):
        flight.step(from_s + k / 10, "ok")


def test_a_return_from_the_mission_keeps_its_item(on_view, vehicle):
    """There the autopilot begins with the items before and behind its current one."""
    assert on_view.return_home() == ""
    assert vehicle.asked == [f"{along(on_view, 60.0, 0.0)} in the mission", "AUTO.RTL"]


def test_a_return_that_is_refused_in_the_mission_is_tried_from_a_hold_and_then_lands(on_view, vehicle):
    """Another mission as long as ours is flown: it is replaced in a hold only."""
    wanted = along(on_view, 60.0, 0.0)
    vehicle.answers[f"{wanted} in the mission"] = ("refused", "another mission is on board")
    vehicle.answers[wanted] = ("pending", "")
    on_view.return_home()
    on_view.step(20.3, "ok")
    assert vehicle.asked == [f"{wanted} in the mission", wanted]
    at(vehicle, mode="AUTO.LOITER")
    on_view.step(20.4, "ok")
    assert on_view.phase == "return" and "another mission" in on_view.reason
    vehicle.replies[wanted].settle("refused", "it stays on board")
    on_view.step(20.5, "ok")
    assert on_view.phase == "landing" and vehicle.asked[-1] == "AUTO.LAND"


def test_the_hold_of_a_return_may_still_show_when_a_landing_replaces_the_return(on_view, vehicle):
    """The return stops the drone first. Its request is on the way when the abort comes."""
    wanted = along(on_view, 60.0, 0.0)
    vehicle.answers |= {f"{wanted} in the mission": ("refused", ""), wanted: ("pending", "")}
    vehicle.answers["AUTO.LAND"] = ("pending", "")
    on_view.return_home()
    on_view.step(20.3, "ok")
    assert vehicle.asked[-1] == wanted
    assert on_view.abort() == ""
    at(vehicle, mode="AUTO.LOITER")
    on_view.step(20.4, "ok")
    at(vehicle, mode="AUTO.LAND")
    vehicle.replies["AUTO.LAND"].settle("ok")
    on_view.step(20.5, "ok")
    assert on_view.phase == "landing"


def test_a_hold_by_the_pilot_stays_the_pilots_while_a_return_from_the_mission_is_prepared(on_view, vehicle):
    vehicle.answers[f"{along(on_view, 60.0, 0.0)} in the mission"] = ("pending", "")
    on_view.return_home()
    at(vehicle, mode="AUTO.LOITER")
    on_view.step(20.3, "ok")
    assert on_view.phase == "pilot"


def test_a_return_just_after_a_hold_counts_as_one_from_the_hold(on_view, vehicle):
    """`state` comes once a second: the autopilot may hold already."""
    vehicle.answers["AUTO.LOITER"] = ("pending", "")
    on_view.hold()
    on_view.return_home()
    assert vehicle.now.mode == "AUTO.RTL" and vehicle.asked[1] == along(on_view, 60.0, 0.0)


@pytest.mark.parametrize("upload", [("refused", "busy"), ("timed out", "no answer"), ("pending", "")])
def test_the_less_is_known_about_the_mission_the_more_a_return_checks(on_view, vehicle, upload):
    vehicle.answers["mission"] = upload
    on_view.jump(3, "A. Martin")
    steps(on_view, 21.0, 3)
    assert vehicle.asked[-1] == "mission"
    vehicle.asked.clear()
    on_view.return_home()
    assert vehicle.asked == [along(on_view, 60.0, 0.0), "AUTO.RTL"]


@pytest.mark.parametrize("last", ["hold", "en_route"])
def test_after_a_restart_a_return_is_along_the_mission_too(new_flight, vehicle, loop, settings, flying, last):
    items = route_items(loop)
    vehicle.on_board = items
    mode = "AUTO.LOITER" if last == "hold" else "AUTO.MISSION"
    vehicle.now = flying(east_m=60.0, north_m=0.0, mission_seq=9, mission_items=len(items), mode=mode)
    flight = new_flight(vehicle, loop, settings)
    flight.reattach(20.0, last)
    steps(flight, 20.0, 3)
    assert flight.phase == last
    may_go_on = flight.jump(3, "A. Martin") == ""
    assert may_go_on is (last == "en_route"), "a hold has moved the current item: the step is unknown"
    vehicle.asked.clear()
    flight.return_home()
    assert vehicle.asked[0].startswith(along(flight, 60.0, 0.0))


def test_a_return_from_a_hold_begins_at_the_closest_item_and_in_its_direction(on_view, vehicle):
    on_view.hold()
    on_view.step(21.0, "ok")
    at(vehicle, east_m=2.0, north_m=-10.0)
    on_view.step(21.1, "ok")
    vehicle.asked.clear()
    assert on_view.return_home() == ""
    assert vehicle.asked == [f"along {len(on_view.items)} from 1", "AUTO.RTL"]
    assert closest(on_view, 2.0, -10.0) == 1  # over the pad, at the begin of the mission


def test_a_hold_at_rest_chooses_the_closest_item_once(on_view, vehicle):
    """Else the autopilot's own return from there could fly the whole mission again, with an almost empty battery."""
    on_view.hold()
    at(vehicle, east_mps=3.0)
    on_view.step(21.0, "ok")
    assert vehicle.asked == ["AUTO.LOITER"]
    at(vehicle, east_mps=0.1, east_m=2.0, north_m=-10.0)
    for k in range(5):
        on_view.step(21.1 + k / 10, "ok")
    assert vehicle.asked == ["AUTO.LOITER", "choose 1"]
    interrupted = start_of_step(on_view.items, vehicle.now.mission_seq)
    at(vehicle, mission_seq=1, east_m=60.0, north_m=0.0)
    on_view.step(21.8, "ok")
    vehicle.asked.clear()
    assert on_view.resume("A. Martin") == ""
    assert vehicle.asked[0] == f"item {interrupted}"


def test_a_straight_return_leaves_the_item_of_a_hold(en_route, vehicle):
    en_route.hold()
    for k in range(5):
        en_route.step(21.0 + k / 10, "ok")
    assert vehicle.asked == ["AUTO.LOITER"]


@pytest.mark.parametrize("answer", [("refused", "busy"), ("timed out", "no answer")])
def test_a_choice_that_fails_is_repeated_and_reported(on_view, vehicle, answer):
    choice = f"choose {closest(on_view, 60.0, 0.0)}"
    vehicle.answers[choice] = answer
    on_view.hold()
    steps(on_view, 21.0, 40)
    assert vehicle.asked == ["AUTO.LOITER", choice]
    assert f"the item of a return is not chosen: {answer[1]}" in on_view.reason
    vehicle.answers[choice] = ("pending", "")
    steps(on_view, 25.0, 100)
    assert vehicle.asked == ["AUTO.LOITER", choice, choice]


def test_every_attempt_is_along_the_mission(on_view, vehicle):
    """The vehicle may have been silent while the mission was read back."""
    on_view.hold()
    on_view.step(21.0, "ok")
    vehicle.asked.clear()
    vehicle.answers["AUTO.RTL"] = ("timed out", "no answer")
    on_view.return_home()
    steps(on_view, 21.1, 80)
    assert vehicle.asked == [along(on_view, 60.0, 0.0), "AUTO.RTL"] * 2


def test_without_a_known_place_the_return_is_asked_for_at_once(on_view, vehicle):
    on_view.hold()
    on_view.step(21.0, "ok")
    vehicle.asked.clear()
    at(vehicle, east_m=float("nan"))
    on_view.return_home()
    assert vehicle.asked == ["AUTO.RTL"]


def test_a_mission_of_another_length_is_replaced_before_a_return_along_it(on_view, vehicle):
    """The autopilot would return along the mission of another participant."""
    at(vehicle, mission_items=5, mission_seq=0)
    on_view.return_home()
    assert vehicle.asked[0].startswith(f"along {len(on_view.items)} from ")


def test_a_flight_held_at_the_end_of_its_climb_goes_on_at_its_beginning(
    new_flight, vehicle, loop, settings, parked, flying
):
    """The end of the route is 6 m lower over the pad, and closer: the hold has chosen it for a return."""
    low = Waypoint(to=Point(east_m=0.0, north_m=-60.0, up_m=UP_M - 6.0), speed_mps=5.0)
    flight = new_flight(vehicle, loop.model_copy(update={"steps": (*loop.steps, low)}), settings)
    vehicle.now = parked
    flight.start(0.0)
    flight.step(0.1, "ok")
    count = len(flight.items)
    vehicle.now = flying(east_m=0.0, north_m=0.0, height_m=55.0, mission_seq=0, mission_items=count)
    flight.step(3.0, "ok")
    assert flight.phase == "takeoff" and flight.hold() == ""
    for tick in range(31, 60):
        flight.step(tick / 10, "ok")
    assert vehicle.asked[-1] == f"choose {count - 2}"
    at(vehicle, mission_seq=count - 2, height_m=57.5)
    assert flight.resume("A. Martin") == ""
    assert vehicle.asked[-2:] == ["item 1", "AUTO.MISSION"]


def test_a_straight_return_chooses_no_item(en_route, vehicle):
    en_route.hold()
    en_route.step(21.0, "ok")
    vehicle.asked.clear()
    en_route.return_home()
    assert vehicle.asked == ["AUTO.RTL"]


def test_a_jump_goes_on_behind_the_way_from_the_pad(on_view, vehicle):
    assert on_view.jump(3, "A. Martin") == ""
    for k in range(3):
        on_view.step(21.0 + k / 10, "ok")
    items = items_by_way_of_route(on_view.route, 2, 3)
    first = next(seq for seq, item in enumerate(items) if item.step == 2)
    assert on_view.items == items and f"item {first}" in vehicle.asked
    assert on_view.phase == "en_route"


def test_another_route_is_taken_on_the_ground_only(on_view, loop):
    assert on_view.stand_by() == ""
    on_view.step(21.0, "ok")
    begin = {"at": Point(east_m=60.0, north_m=0.0, up_m=UP_M), "battery_fraction": 0.5, "flown_s": 30.0}
    rest = type(loop).model_validate(loop.model_dump() | {"begin": begin})
    assert "does not lead to the pad" in on_view.fly_rest(rest)


def test_the_way_home_is_as_long_as_the_mission_says(settings, loop, flying):
    items = route_items(loop)

    def home_s(seq, mode, **place):
        seen = flying(mission_seq=seq, mission_items=len(items), mode=mode, **place)
        return way_home(settings, loop, seen, Wind(0.0, 0.0)).time_s

    at_view = {"east_m": 60.0, "north_m": 0.0}
    first_leg = home_s(5, "AUTO.MISSION", east_m=0.0, north_m=30.0)
    last_leg = home_s(len(items) - 2, "AUTO.MISSION", east_m=0.0, north_m=-30.0)
    assert first_leg < home_s(7, "AUTO.MISSION", east_m=60.0, north_m=60.0)  # back
    assert last_leg < home_s(11, "AUTO.MISSION", **at_view)
    straight = loop.model_copy(update={"failsafe": loop.failsafe.model_copy(update={"rtl_type": 0})})
    straight_s = way_home(settings, straight, flying(**at_view), Wind(0.0, 0.0)).time_s
    assert home_s(11, "AUTO.MISSION", **at_view) > straight_s + 10.0


def test_the_way_home_needs_more_against_the_wind_and_most_in_unknown_wind(settings, loop, flying):
    seen = flying(east_m=60.0, north_m=0.0, mission_seq=11, mission_items=len(route_items(loop)))
    calm, windy, unknown = (way_home(settings, loop, seen, wind) for wind in (Wind(0.0, 0.0), Wind(0.0, -6.0), None))
    assert calm.battery_fraction < windy.battery_fraction < unknown.battery_fraction
    assert calm.time_s == windy.time_s == unknown.time_s


def test_beside_the_route_an_inspection_counts_the_dearer_way_from_the_closest_item(on_view, vehicle):
    """A companion computer that fails there leaves the return to the autopilot: in its current item's direction."""
    order = Inspection("A. Martin", Point(east_m=10.0, north_m=-60.0, up_m=UP_M), AIM, 5.0)
    on_view.hold()
    on_view.step(21.0, "ok")
    ahead, back = len(on_view.items) - 2, 2

    def answer(seq, battery_fraction):
        at(vehicle, east_m=15.0, north_m=-60.0, mission_seq=seq, battery_fraction=battery_fraction)
        return on_view.inspect(order)

    needs = [float(answer(seq, 0.0).split()[-1].rstrip("%")) / 100.0 for seq in (ahead, back)]
    assert needs[1] - needs[0] > 0.02
    enough_for_one = sum(needs) / 2.0
    assert "the way home need" in answer(back, enough_for_one)
    assert answer(ahead, enough_for_one) == ""


def test_the_autopilot_is_set_to_return_along_the_mission_without_a_hold_before(loop, route):
    given = autopilot_parameters(loop)
    assert given["RTL_TYPE"] == 4.0 and given["COM_FAIL_ACT_T"] == 0.0
    assert "COM_FAIL_ACT_T" not in autopilot_parameters(route)


@pytest.mark.parametrize("simulated", [True, False])
@pytest.mark.parametrize(("version", "flies"), [((1, 16, 2), False), ((1, 15, 0), False), ((1, 17, 0), True)])
def test_a_firmware_that_may_not_return_along_the_mission_is_refused(
    vehicle, loop, settings, parked, version, flies, simulated
):
    seen = replace(parked, firmware=Firmware("PX4", version, "release"))
    pending = checks(vehicle, loop, route_items(loop), replace(settings, simulated=simulated), fix=False)
    check = next(check for check in pending if check.name == "return")
    situation = Situation(seen, "ok", 0.0, loop, settings, Around())
    assert (check.judge(situation, 0.0).todo == "") is flies
