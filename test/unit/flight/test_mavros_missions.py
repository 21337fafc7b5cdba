"""Missions, fences and rally points: what is sent is read back, and flown only if it is what was meant."""

from __future__ import annotations

from functools import partial
from math import nan
from types import SimpleNamespace as Message

import pytest

from blindspot.flight.route.mission_items import Item, items_by_way_of_route, missions_on_board, route_items
from blindspot.flight.vehicle.mavros_items import fence, rally, same, waypoints
from blindspot.mission.plan import Point

GIVE = "gimbal_control/manager/configure"
"""Before a mission the gimbal is given to the autopilot, which flies the mission's aims."""


def test_an_upload_is_read_back_and_compared(link, drone, route, frame):
    items = route_items(route)
    back = [link.as_px4_gives_it(item) for item in waypoints(items, frame)]
    busy = Message(success=False, wp_transfered=0)
    link.script["mission/push"] = [busy, Message(success=True, wp_transfered=len(items))]
    link.script["mission/pull"] = [Message(success=False, wp_received=0), link.pulled("mission/waypoints", back)]
    reply = drone.upload_mission(items)
    link.run(drone, 3.0)
    assert reply.ok
    assert link.services() == ["mission/push", "mission/push", "mission/pull", "mission/pull"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("x_lat", 47.3), ("z_alt", 59.0), ("param1", 1.0), ("param4", 0.0), ("command", 17), ("frame", 2)],
)
def test_an_upload_that_reads_back_different_is_refused(link, drone, route, frame, field, value):
    items = route_items(route)
    back = [link.as_px4_gives_it(item) for item in waypoints(items, frame)]
    setattr(back[2], field, value)
    link.script["mission/push"] = [Message(success=True, wp_transfered=len(items))]
    link.script["mission/pull"] = [link.pulled("mission/waypoints", back)] * 9
    reply = drone.upload_mission(items)
    link.run(drone, 30.0)
    assert reply.state == "refused"


def test_items_that_are_missing_are_refused_at_once(link, drone, route, frame):
    corners = route.failsafe.fence
    back = [link.as_px4_gives_it(item) for item in fence(corners, frame)][:-1]
    link.script["geofence/push"] = [Message(success=True, wp_transfered=4)]
    link.script["geofence/pull"] = [link.pulled("geofence/fences", back)]
    reply = drone.upload_fence(corners)
    assert (reply.state, reply.detail) == ("refused", "3 fences read back, not as many as the plan's")


def test_an_empty_list_that_is_read_back_is_read_again(link, drone, route, frame):
    """PX4 of February 2026 said once that it had no items, a tenth of a second after it had given all of them."""
    corners = route.failsafe.fence
    back = [link.as_px4_gives_it(item) for item in fence(corners, frame)]
    empty = Message(success=True, wp_received=0)
    link.script["geofence/push"] = [Message(success=True, wp_transfered=4)] * 2
    link.script["geofence/pull"] = [empty, empty, link.pulled("geofence/fences", back), *[empty] * 9]
    reply = drone.upload_fence(corners)
    link.run(drone, 5.0)
    assert reply.ok
    reply = drone.upload_fence(corners)
    link.run(drone, 9.0)
    assert (reply.state, reply.detail) == ("refused", "0 fences read back, not as many as the plan's")


@pytest.mark.parametrize(
    ("severity", "reported"),
    [
        (4, "upload of waypoints refused: Mission rejected: landing waypoint above takeoff"),
        (6, "upload of waypoints refused"),
    ],
)
def test_a_mission_that_is_refused_says_why_where_the_autopilot_does(link, drone, route, severity, reported):
    """PX4 1.18 gives its reason as a status text; what it only notes is none."""

    def refuse():
        link.say("statustext/recv", severity=severity, text="Mission rejected: landing waypoint above takeoff")
        return Message(success=False, wp_transfered=1)

    link.script["mission/push"] = [refuse] * 9
    reply = drone.upload_mission(route_items(route))
    link.run(drone, 5.0)
    assert (reply.state, reply.detail) == ("refused", reported)


def test_a_text_from_before_the_upload_is_no_reason_for_its_refusal(link, drone, route):
    link.say("statustext/recv", severity=2, text="Low battery")
    link.now_s += 1.0
    link.script["mission/push"] = [Message(success=False, wp_transfered=1)] * 9
    reply = drone.upload_mission(route_items(route))
    link.run(drone, 5.0)
    assert reply.detail == "upload of waypoints refused"


def test_a_mission_mode_that_is_refused_says_why_where_the_autopilot_does(link, drone):
    def refuse():
        link.say("statustext/recv", severity=2, text="Mission rejected: empty mission")
        return Message(mode_sent=True)

    link.script["set_mode"] = [refuse] * 9
    reply = drone.set_mode("AUTO.MISSION")
    link.run(drone, 20.0)
    assert reply.detail == "the autopilot does not enter AUTO.MISSION: Mission rejected: empty mission"


def test_an_answer_lost_on_the_way_is_asked_for_again(link, drone, route, frame):
    corners = route.failsafe.fence
    back = [link.as_px4_gives_it(item) for item in fence(corners, frame)]
    link.script["geofence/push"] = [Message(success=True, wp_transfered=4)]
    link.script["geofence/pull"] = [None, link.pulled("geofence/fences", back)]
    reply = drone.upload_fence(corners)
    link.run(drone, 3.0)
    assert reply.ok


def test_answers_that_never_come_are_a_failure(link, drone, route):
    link.script["geofence/push"] = [Message(success=True, wp_transfered=4)]
    link.script["geofence/pull"] = [None] * 9
    reply = drone.upload_fence(route.failsafe.fence)
    link.run(drone, 3.0)
    assert (reply.state, reply.detail) == ("timed out", "no answer when reading fences back")


def test_no_rally_points_are_cleared_not_pushed_empty(link, drone, route):
    link.script["rallypoint/clear"] = [Message(success=True)]
    link.script["rallypoint/pull"] = [Message(success=True, wp_received=0)]
    assert drone.upload_rally((), route.home).ok


def test_rally_points_and_fences_as_px4_takes_them(frame, route):
    (point,) = rally((Point(east_m=10.0, north_m=0.0, up_m=32.0),), route.home, frame)
    assert (point["frame"], point["command"], point["z_alt"]) == (3, 5100, 30.0)
    corners = fence(route.failsafe.fence, frame)
    assert {corner["command"] for corner in corners} == {5001}
    assert {corner["param1"] for corner in corners} == {4.0}


def test_two_uploads_never_run_at_once(link, drone, route):
    drone.upload_fence(route.failsafe.fence)
    drone.upload_mission(route_items(route))
    assert link.services() == ["geofence/push"]


def test_nan_equals_nan_when_read_back(route, frame):
    sent = waypoints(route_items(route), frame)
    assert same(sent, [Message(**item) for item in sent])
    assert not same(sent, [Message(**(item | {"param4": nan})) for item in sent])
    assert not same(sent, [Message(**(item | {"x_lat": nan})) for item in sent]), "a place is never unknown"


@pytest.mark.parametrize(("heading_deg", "reported", "is_same"), [
    (247.5, 1.0, True), (247.5, 247.5, True), (0.0, 0.0, True), (nan, 0.0, True),
    (247.5, 0.0, False), (247.5, 90.0, False), (0.0, 1.0, False),
])  # fmt: skip
def test_the_heading_of_a_loiter_comes_back_as_a_flag(frame, heading_deg, reported, is_same):
    (sent,) = waypoints((Item(19, 0, (3.5, 0.0, 0.0, heading_deg), (10.0, 0.0), 30.0),), frame)
    assert same([sent], [Message(**(sent | {"frame": 6, "param4": reported}))]) is is_same
    there = sent | {"command": 16}
    assert same([there], [Message(**(there | {"param4": reported}))]) is (reported == heading_deg)


def test_a_mission_is_read_back_and_flown_from_an_item_in_that_order(link, drone, on_board):
    link.script["mission/set_current"] = [Message(success=False), link.goes_to(7)]
    link.script["set_mode"] = [Message(mode_sent=True)]
    reply = drone.fly_mission(on_board, 7)
    link.run(drone, 1.0)
    assert link.services() == [GIVE, "mission/pull", "mission/set_current", "mission/set_current", "set_mode"]
    assert link.calls[2][1] == {"wp_seq": 7} and reply.pending
    link.state("AUTO.MISSION", armed=True)
    link.run(drone, 0.2)
    assert reply.ok


def test_a_mission_that_stays_at_another_item_is_not_flown_although_mavros_reports_success(link, drone, on_board):
    """MAVROS answers so to a request that was lost on the link, or that a busy PX4 ignored."""
    link.script["mission/set_current"] = [link.goes_to(7, shown=3)] * 9
    reply = drone.fly_mission(on_board, 7)
    link.run(drone, 14.0)
    assert reply.state == "refused" and link.services().count("mission/set_current") == 4
    assert "set_mode" not in link.services()


def test_an_item_that_shows_late_is_waited_for(link, drone, on_board):
    """PX4 sends its current item once a second, and the answer may be the one of before."""
    link.script["mission/set_current"] = [link.goes_to(7, shown=3)]
    link.script["set_mode"] = [Message(mode_sent=True)]
    drone.fly_mission(on_board, 7)
    link.run(drone, 1.5)
    assert "set_mode" not in link.services()
    link.goes_to(7)()
    link.run(drone, 0.2)
    assert link.services() == [GIVE, "mission/pull", "mission/set_current", "set_mode"]


def test_a_mission_that_is_flown_passes_its_items_too_quickly_to_be_seen(link, drone, on_board):
    link.state("AUTO.MISSION", armed=True)
    link.script["mission/set_current"] = [link.goes_to(7, shown=9)]
    link.script["set_mode"] = [Message(mode_sent=True)]
    drone.fly_mission(on_board, 7)
    link.run(drone, 1.0)
    assert "set_mode" in link.services()


def test_a_mission_may_be_flown_from_where_it_is(link, drone, on_board):
    link.script["set_mode"] = [Message(mode_sent=True)]
    drone.fly_mission(on_board, None)
    link.run(drone, 1.0)
    assert link.services() == [GIVE, "mission/pull", "set_mode"]


def test_a_mission_uploaded_by_another_party_is_not_flown(link, drone, on_board):
    reply = drone.fly_mission(on_board[:-1], 3)
    link.run(drone, 1.0)
    assert (reply.state, link.services()) == ("refused", [GIVE, "mission/pull"])
    assert "read back" in reply.detail


@pytest.mark.parametrize(("answers", "state"), [([Message(success=False)] * 9, "refused"), ([], "timed out")])
def test_a_mission_that_does_not_go_to_the_item_is_not_flown(link, drone, on_board, answers, state):
    link.script["mission/set_current"] = answers
    reply = drone.fly_mission(on_board, 7)
    link.run(drone, 30.0)
    assert reply.state == state and "set_mode" not in link.services()


def test_a_mission_whose_answer_is_lost_is_sent_to_its_item_again(link, drone, on_board):
    link.script["mission/set_current"] = [None, link.goes_to(7)]
    link.script["set_mode"] = [Message(mode_sent=True)]
    drone.fly_mission(on_board, 7)
    link.run(drone, 1.0)
    assert link.services() == [GIVE, "mission/pull", "mission/set_current", "mission/set_current", "set_mode"]


def test_a_pilot_who_comes_while_the_mission_goes_to_its_item_is_asked_nothing_more(link, drone, on_board):
    link.script["mission/set_current"] = [Message(success=False), Message(success=True)]
    reply = drone.fly_mission(on_board, 7)
    link.run(drone, 0.2)
    link.state("POSCTL", armed=True)
    link.run(drone, 5.0)
    assert reply.state == "refused" and link.services() == [GIVE, "mission/pull", "mission/set_current"]


def test_a_mission_is_found_among_several_without_being_pushed(link, drone, route, frame):
    may_be = partial(missions_on_board, route)
    jumped = items_by_way_of_route(route, 1, 0)
    sent = [waypoints(items, frame) for items in (route_items(route), jumped, route_items(route)[:-1])]
    read = [[link.as_px4_gives_it(item) for item in items] for items in sent]
    link.script["mission/pull"] = [link.pulled("mission/waypoints", items) for items in (*read, *read[2:] * 8)]
    for items, count in ((route_items(route), 12), (jumped, 13)):
        found = drone.find_mission(may_be)
        link.run(drone, 1.0)
        assert found.ok and list(may_be(count))[int(found.value)] == items
    other = drone.find_mission(may_be)
    link.run(drone, 30.0)
    assert other.state == "refused" and set(link.services()) == {"mission/pull"}
