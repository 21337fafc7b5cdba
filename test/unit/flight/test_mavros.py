"""The adapter against a scripted MAVROS: what it believes, what it retries, and that silence is a failure."""

from __future__ import annotations

from math import cos, isnan, nan, radians, sin
from types import SimpleNamespace as Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blindspot.flight.mavros import MavrosVehicle
from blindspot.flight.mavros_ear import YAW_LOCK
from blindspot.flight.mavros_items import fence, rally, same, waypoints
from blindspot.flight.route_items import Item, route_items
from blindspot.planning.plan import Point
from blindspot.site.frame import LocalFrame

GIVE = "gimbal_control/manager/configure"
"""Before a mission the gimbal is given to the autopilot, which flies the mission's aims."""


class ScriptedLink:
    """Answers each service with the next of its scripted answers; silent where there is none."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.calls: list[tuple[str, dict]] = []
        self.script: dict[str, list] = {}
        self.parameters: dict[str, float] = {}
        self.told: dict = {}
        self.listeners: dict[str, object] = {}

    def call(self, service, fields, done):
        self.calls.append((service, dict(fields)))
        answers = self.script.get(service)
        if answers:
            answer = answers.pop(0)
            done(answer() if callable(answer) else answer)

    def read_parameter(self, name, done):
        done(self.parameters.get(name))

    def publish(self, topic, fields):
        raise AssertionError("nothing is published")

    def subscribe(self, topic, callback):
        self.listeners[topic] = callback

    def say(self, topic, **fields):
        self.listeners[topic](Message(**fields))

    def state(self, mode, *, armed=False, connected=True, status=3):
        self.told = {"mode": mode, "armed": armed, "connected": connected, "system_status": status}
        self.say("state", **self.told)

    def services(self):
        return [service for service, _ in self.calls]


@pytest.fixture
def link():
    return ScriptedLink()


@pytest.fixture
def drone(link, origin):
    drone = MavrosVehicle(link, origin, lambda: link.now_s)
    link.state("", connected=False)
    link.now_s += 1.0
    link.state("AUTO.LOITER")
    return drone


def after(link, drone, seconds, each=None):
    """Let time pass, a tenth of a second at a time; `state` is told once a second."""
    for tick in range(round(seconds * 10)):
        link.now_s += 0.1
        if tick % 10 == 9 and link.told:
            link.state(link.told["mode"], armed=link.told["armed"], status=link.told["system_status"])
        if each is not None:
            each()
        drone.telemetry(link.now_s)


def test_history_and_placeholders_of_state_are_not_believed(link, origin):
    drone = MavrosVehicle(link, origin, lambda: link.now_s)
    link.state("", connected=False)
    link.state("CMODE(50593792)", status=0)
    link.state("AUTO.RTL", armed=True, status=4)  # the flight before: latched history, in one burst
    assert not drone.telemetry(link.now_s).connected
    assert drone.telemetry(link.now_s).mode == ""
    link.now_s += 1.0
    link.state("CMODE(50593792)", status=0)
    assert not drone.telemetry(link.now_s).connected
    link.state("AUTO.LOITER")
    assert drone.telemetry(link.now_s).mode == "AUTO.LOITER"


def test_never_heard_is_unknown(link, origin):
    seen = MavrosVehicle(link, origin, lambda: link.now_s).telemetry(link.now_s)
    assert not seen.connected
    assert not seen.position_ok
    assert not seen.is_down
    assert seen.landed == "unknown"
    assert seen.state_age_s == seen.position_age_s == seen.battery_age_s == float("inf")


def test_places_are_metres_about_the_origin_and_heights_above_its_datum(link, drone, origin):
    frame = LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)
    lon, lat = frame.to_wgs84(120.0, -50.0)
    link.say("global_position/global", latitude=lat, longitude=lon, altitude=8.0 + 48.0 + 60.0)
    geo = Message(latitude=origin.lat_deg, longitude=origin.lon_deg, altitude=8.0 + 48.0 + 3.0)
    link.say("home_position/home", geo=geo)
    seen = drone.telemetry(link.now_s)
    assert (seen.east_m, seen.north_m) == pytest.approx((120.0, -50.0), abs=1e-6)
    assert seen.up_m == pytest.approx(60.0)
    assert seen.height_m == pytest.approx(57.0)


@given(heading=st.floats(0, 359.9), pitch=st.floats(-90, 20), nose=st.floats(0, 359.9), locked=st.booleans())
def test_the_gimbals_quaternion_is_pitch_and_compass_heading(origin, heading, pitch, nose, locked):
    link = ScriptedLink()
    drone = MavrosVehicle(link, origin, lambda: link.now_s)
    yaw, p = radians(heading if locked else heading - nose) / 2, radians(pitch) / 2
    q = Message(w=cos(yaw) * cos(p), x=-sin(yaw) * sin(p), y=cos(yaw) * sin(p), z=sin(yaw) * cos(p))
    link.say("global_position/compass_hdg", data=nose)
    link.say("gimbal_control/device/attitude_status", q=q, flags=YAW_LOCK if locked else 0, failure_flags=0)
    seen = drone.telemetry(link.now_s)
    assert seen.gimbal_pitch_deg == pytest.approx(pitch, abs=1e-4)
    assert (seen.gimbal_heading_deg - heading + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-6)


def test_a_mode_is_believed_on_state_only(link, drone):
    link.script["set_mode"] = [Message(mode_sent=True)] * 9
    reply = drone.set_mode("AUTO.RTL")
    after(link, drone, 1.0)
    assert reply.pending
    link.state("AUTO.RTL")
    after(link, drone, 0.1)
    assert reply.ok


def test_a_mode_that_was_already_shown_must_be_shown_again(link, drone):
    link.script["set_mode"] = [Message(mode_sent=True)] * 9
    reply = drone.set_mode("AUTO.LOITER")
    after(link, drone, 0.5)
    assert reply.pending
    link.state("AUTO.LOITER")
    after(link, drone, 0.1)
    assert reply.ok


def test_a_mission_refused_once_is_asked_again_and_not_for_ever(link, drone):
    link.script["set_mode"] = [Message(mode_sent=True), Message(mode_sent=True)]
    reply = drone.set_mode("AUTO.MISSION")
    after(link, drone, 3.5)
    assert link.services() == [GIVE, "set_mode", "set_mode"]
    link.state("AUTO.MISSION")
    after(link, drone, 0.1)
    assert reply.ok
    link.script["set_mode"] = [Message(mode_sent=False)] * 99
    refused = drone.set_mode("NOT.A.MODE")
    after(link, drone, 60.0)
    assert refused.state == "refused"
    assert len(link.calls) == 3 + 4


def test_silence_is_a_failure(link, drone, route):
    replies = [
        drone.set_mode("AUTO.RTL"), drone.upload_mission(route_items(route)), drone.set_parameter("RTL_TYPE", 0.0),
        drone.point_gimbal(-90.0, 0.0),
    ]  # fmt: skip
    after(link, drone, 40.0)
    assert [reply.state for reply in replies] == ["timed out"] * 4
    arming = drone.arm(True)
    after(link, drone, 10.0)
    assert arming.state == "timed out"


def test_arming_is_believed_on_state_only(link, drone):
    link.script["cmd/arming"] = [Message(success=True, result=0), Message(success=False, result=1)]
    reply = drone.arm(True)
    after(link, drone, 1.0)
    assert reply.pending
    link.state("AUTO.MISSION", armed=True, status=4)
    after(link, drone, 0.1)
    assert reply.ok
    refused = drone.arm(True)
    assert refused.state == "refused"
    assert "result 1" in refused.detail


def test_a_newer_mode_replaces_the_one_that_is_asked(link, drone):
    link.script["set_mode"] = [Message(mode_sent=True)] * 9
    first = drone.set_mode("AUTO.LOITER")
    second = drone.set_mode("AUTO.RTL")
    assert first.state == "refused"
    assert [fields["custom_mode"] for _, fields in link.calls] == ["AUTO.LOITER", "AUTO.RTL"]
    link.now_s += 0.5
    link.state("AUTO.RTL")
    after(link, drone, 0.1)
    assert second.ok


def test_what_was_abandoned_is_never_repeated(link, drone):
    link.script["set_mode"] = [Message(mode_sent=False)] * 9
    reply = drone.set_mode("AUTO.MISSION")
    asked = len(link.calls)
    drone.abandon()
    after(link, drone, 30.0)
    assert not reply.pending
    assert len(link.calls) == asked


def test_a_busy_autopilot_is_asked_again_for_a_parameter_and_it_is_read_back(link, drone):
    link.script["param/set"] = [Message(success=False), Message(success=True)]
    link.parameters["RTL_RETURN_ALT"] = 60.0
    reply = drone.set_parameter("RTL_RETURN_ALT", 60.0)
    after(link, drone, 2.0)
    assert (reply.state, reply.value) == ("ok", 60.0)
    assert [fields["value"]["type"] for _, fields in link.calls] == [3, 3]


def test_a_parameter_that_does_not_take_is_refused_and_integers_are_sent_as_such(link, drone):
    link.script["param/set"] = [Message(success=True)] * 9
    link.parameters["RTL_TYPE"] = 1.0
    reply = drone.set_parameter("RTL_TYPE", 0.0)
    after(link, drone, 10.0)
    assert reply.state == "refused"
    assert link.calls[0][1]["value"] == {"type": 2, "integer_value": 0}
    assert drone.read_parameter("RTL_TYPE").value == 1.0


def test_a_parameter_that_is_not_known_is_looked_for_once_more_after_a_pull(link, drone):
    def pull():
        link.parameters["RTL_TYPE"] = 1.0
        return Message(success=True, param_received=1)

    told = [pull, Message(success=True, param_received=1), Message(success=False, param_received=0)]
    link.script["param/pull"] = told
    assert drone.read_parameter("RTL_TYPE").value == 1.0
    none, unknown = drone.read_parameter("NO_SUCH"), drone.read_parameter("NO_SUCH")
    assert (none.state, none.detail) == ("refused", "the autopilot has no parameter NO_SUCH")
    assert (unknown.state, unknown.detail) == ("refused", "not all of them came")


def as_px4_gives_it(item):
    """What a pull returns (measured): integer frames, 1e-7 degrees, autocontinue lost in a fence."""
    rounded = {key: round(item[key], 7) for key in ("x_lat", "y_long")}
    frames = {0: 5, 3: 6}
    return Message(**(item | rounded | {"frame": frames.get(item["frame"], item["frame"]), "autocontinue": False}))


def pulled(link, topic, items):
    def answer():
        link.say(topic, waypoints=items, current_seq=0)
        return Message(success=True, wp_received=len(items))

    return answer


@pytest.fixture
def frame(origin):
    return LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)


def test_an_upload_is_read_back_and_compared(link, drone, route, frame):
    items = route_items(route)
    back = [as_px4_gives_it(item) for item in waypoints(items, frame)]
    busy = Message(success=False, wp_transfered=0)
    link.script["mission/push"] = [busy, Message(success=True, wp_transfered=len(items))]
    link.script["mission/pull"] = [Message(success=False, wp_received=0), pulled(link, "mission/waypoints", back)]
    reply = drone.upload_mission(items)
    after(link, drone, 3.0)
    assert reply.ok
    assert link.services() == ["mission/push", "mission/push", "mission/pull", "mission/pull"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("x_lat", 47.3), ("z_alt", 59.0), ("param1", 1.0), ("param4", 0.0), ("command", 17), ("frame", 2)],
)
def test_an_upload_that_reads_back_different_is_refused(link, drone, route, frame, field, value):
    items = route_items(route)
    back = [as_px4_gives_it(item) for item in waypoints(items, frame)]
    setattr(back[2], field, value)
    link.script["mission/push"] = [Message(success=True, wp_transfered=len(items))]
    link.script["mission/pull"] = [pulled(link, "mission/waypoints", back)] * 9
    reply = drone.upload_mission(items)
    after(link, drone, 30.0)
    assert reply.state == "refused"


def test_items_that_are_missing_are_refused_at_once(link, drone, route, frame):
    corners = route.failsafe.fence
    back = [as_px4_gives_it(item) for item in fence(corners, frame)][:-1]
    link.script["geofence/push"] = [Message(success=True, wp_transfered=4)]
    link.script["geofence/pull"] = [pulled(link, "geofence/fences", back)]
    reply = drone.upload_fence(corners)
    assert (reply.state, reply.detail) == ("refused", "3 fences read back, not 4")


def test_an_answer_lost_on_the_way_is_asked_for_again(link, drone, route, frame):
    corners = route.failsafe.fence
    back = [as_px4_gives_it(item) for item in fence(corners, frame)]
    link.script["geofence/push"] = [Message(success=True, wp_transfered=4)]
    link.script["geofence/pull"] = [None, pulled(link, "geofence/fences", back)]
    reply = drone.upload_fence(corners)
    after(link, drone, 3.0)
    assert reply.ok


def test_answers_that_never_come_are_a_failure(link, drone, route):
    link.script["geofence/push"] = [Message(success=True, wp_transfered=4)]
    link.script["geofence/pull"] = [None] * 9
    reply = drone.upload_fence(route.failsafe.fence)
    after(link, drone, 3.0)
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


@pytest.mark.parametrize(("heading_deg", "told", "is_same"), [
    (247.5, 1.0, True), (247.5, 247.5, True), (0.0, 0.0, True), (nan, 0.0, True),
    (247.5, 0.0, False), (247.5, 90.0, False), (0.0, 1.0, False),
])  # fmt: skip
def test_the_heading_of_a_loiter_comes_back_as_a_flag(frame, heading_deg, told, is_same):
    (sent,) = waypoints((Item(19, 0, (3.5, 0.0, 0.0, heading_deg), (10.0, 0.0), 30.0),), frame)
    assert same([sent], [Message(**(sent | {"frame": 6, "param4": told}))]) is is_same
    there = sent | {"command": 16}
    assert same([there], [Message(**(there | {"param4": told}))]) is (told == heading_deg)


def vehicle_info(packed: int, *, available: int = 3):
    info = Message(available_info=available, autopilot=12, flight_sw_version=packed)
    return Message(success=True, vehicles=[info])


def test_the_firmware_is_asked_of_the_vehicle_that_this_mavros_serves(link, drone):
    assert drone.telemetry(link.now_s).firmware is None
    link.script["vehicle_info_get"] = [vehicle_info(17891392)]  # as recorded from PX4 1.17-alpha
    assert drone.read_firmware().ok
    assert link.calls[-1] == ("vehicle_info_get", {"get_all": False})
    assert str(drone.telemetry(link.now_s).firmware) == "PX4 1.17.0 alpha"


@pytest.mark.parametrize(
    "answer",
    [
        Message(success=False, vehicles=[]), Message(success=True, vehicles=[]), vehicle_info(0),
        vehicle_info(17891392, available=1),
    ],
)  # fmt: skip
def test_a_firmware_that_is_not_told_is_unknown(link, drone, answer):
    link.script["vehicle_info_get"] = [answer]
    assert drone.read_firmware().state == "refused"
    assert drone.telemetry(link.now_s).firmware is None


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Message(success=True, param_received=923), "ok"),
        (Message(success=False, param_received=400), "refused"),
        (Message(success=True, param_received=0), "refused"),
        (None, "timed out"),
    ],
)
def test_parameters_are_known_when_all_of_them_came(link, drone, answer, state):
    link.script["param/pull"] = [answer]
    reply = drone.pull_parameters()
    after(link, drone, 1.0)
    assert reply.state == state


def test_a_whole_number_reaches_a_float_parameter_as_a_float(link, drone):
    """ROS packs an int in a float field as rubbish, without a word."""
    link.script["param/set"] = [Message(success=True)]
    drone.set_parameter("MIS_DIST_1WP", 10000)
    _, fields = link.calls[0]
    assert isinstance(fields["value"]["double_value"], float)


def test_a_parameter_whose_setting_is_not_answered_is_set_again(link, drone):
    link.script["param/set"] = [None, Message(success=True)]
    link.parameters["RTL_TYPE"] = 3.0
    reply = drone.set_parameter("RTL_TYPE", 3.0)
    after(link, drone, 1.0)
    assert reply.ok


def test_a_silent_mavros_tells_no_firmware(link, drone):
    reply = drone.read_firmware()
    after(link, drone, 7.0)
    assert reply.state == "timed out"


def test_what_health_is_never_heard_is_unknown(link, drone):
    seen = drone.telemetry(link.now_s)
    assert (seen.sick_sensors, seen.radio_ok, seen.satellites, seen.estimator_doubts) == (None, None, None, None)
    assert isnan(seen.gps_error_m) and isnan(seen.clock_offset_s)
    assert seen.gimbal_age_s == float("inf")


def test_health_that_is_not_told_any_more_is_unknown_again(link, drone):
    link.say("global_position/raw/satellites", data=12)
    link.say("time_reference", time_ref=Message(sec=int(link.now_s) + 2, nanosec=500_000_000))
    assert drone.telemetry(link.now_s).satellites == 12
    assert drone.telemetry(link.now_s).clock_offset_s == pytest.approx(2.5 - link.now_s % 1.0)
    after(link, drone, 5.2)
    assert drone.telemetry(link.now_s).satellites is None
    assert isnan(drone.telemetry(link.now_s).clock_offset_s)


def test_aiming_takes_the_gimbal_first(link, drone):
    link.script["gimbal_control/manager/configure"] = [Message(success=True, result=0)]
    link.script["gimbal_control/manager/pitchyaw"] = [Message(success=True, result=0)]
    assert drone.point_gimbal(-60.0, 90.0).ok
    assert link.calls[-1][1] == {"pitch": -60.0, "yaw": 90.0, "flags": YAW_LOCK}


def test_the_last_warning_of_the_autopilot_is_told(link, drone):
    link.say("statustext/recv", severity=6, text="takeoff detected")
    assert drone.telemetry(link.now_s).status_text == ""
    link.say("statustext/recv", severity=2, text="Battery critical")
    assert drone.telemetry(link.now_s).status_text == "Battery critical"


def test_a_mode_is_not_asked_again_once_a_strange_one_shows(link, drone):
    link.script["set_mode"] = [Message(mode_sent=False)] * 9
    reply = drone.set_mode("AUTO.LOITER")
    link.state("POSCTL", armed=True)
    after(link, drone, 10.0)
    assert (reply.state, reply.detail) == ("refused", "somebody else chose POSCTL")
    assert link.services() == ["set_mode"]


def test_a_mode_that_was_overtaken_may_show_and_is_not_strange(link, drone):
    link.script["set_mode"] = [Message(mode_sent=True), Message(mode_sent=False), Message(mode_sent=True)]
    drone.set_mode("AUTO.MISSION")
    reply = drone.set_mode("AUTO.RTL")
    link.state("AUTO.MISSION", armed=True)
    after(link, drone, 1.0)
    link.state("AUTO.RTL", armed=True)
    after(link, drone, 0.2)
    assert reply.ok


@pytest.fixture
def on_board(link, drone, route, frame):
    """The route's items, which the autopilot holds, too."""
    items = route_items(route)
    back = [as_px4_gives_it(item) for item in waypoints(items, frame)]
    link.script["mission/pull"] = [pulled(link, "mission/waypoints", back)]
    return items


def test_a_mission_is_read_back_and_flown_from_an_item_in_that_order(link, drone, on_board):
    link.script["mission/set_current"] = [Message(success=False), Message(success=True)]
    link.script["set_mode"] = [Message(mode_sent=True)]
    reply = drone.fly_mission(on_board, 7)
    after(link, drone, 1.0)
    assert link.services() == [GIVE, "mission/pull", "mission/set_current", "mission/set_current", "set_mode"]
    assert link.calls[2][1] == {"wp_seq": 7} and reply.pending
    link.state("AUTO.MISSION", armed=True)
    after(link, drone, 0.2)
    assert reply.ok


def test_a_mission_may_be_flown_from_where_it_is(link, drone, on_board):
    link.script["set_mode"] = [Message(mode_sent=True)]
    drone.fly_mission(on_board, None)
    after(link, drone, 1.0)
    assert link.services() == [GIVE, "mission/pull", "set_mode"]


def test_another_mission_that_somebody_uploaded_is_not_flown(link, drone, on_board):
    reply = drone.fly_mission(on_board[:-1], 3)
    after(link, drone, 1.0)
    assert (reply.state, link.services()) == ("refused", [GIVE, "mission/pull"])
    assert "read back" in reply.detail


@pytest.mark.parametrize(("answers", "state"), [([Message(success=False)] * 9, "refused"), ([], "timed out")])
def test_a_mission_that_does_not_go_to_the_item_is_not_flown(link, drone, on_board, answers, state):
    link.script["mission/set_current"] = answers
    reply = drone.fly_mission(on_board, 7)
    after(link, drone, 10.0)
    assert reply.state == state and "set_mode" not in link.services()


def test_a_pilot_who_comes_while_the_mission_goes_to_its_item_is_asked_nothing_more(link, drone, on_board):
    link.script["mission/set_current"] = [Message(success=False), Message(success=True)]
    reply = drone.fly_mission(on_board, 7)
    after(link, drone, 0.2)
    link.state("POSCTL", armed=True)
    after(link, drone, 5.0)
    assert reply.state == "refused" and link.services() == [GIVE, "mission/pull", "mission/set_current"]


def test_a_mission_is_checked_without_being_pushed(link, drone, route, frame):
    items = route_items(route)
    back = [as_px4_gives_it(item) for item in waypoints(items, frame)]
    link.script["mission/pull"] = [pulled(link, "mission/waypoints", read) for read in (back, back[:-1])]
    same = drone.check_mission(items)
    after(link, drone, 1.0)
    other = drone.check_mission(items)
    after(link, drone, 1.0)
    assert same.ok and other.state == "refused" and link.services() == ["mission/pull", "mission/pull"]


def test_after_a_standstill_what_was_told_meanwhile_is_history(link, drone):
    """A frozen process wakes up: ten seconds of `state` arrive in one burst, the oldest first."""
    link.now_s += 10.0
    for mode in ("AUTO.MISSION", "POSCTL"):
        link.state(mode, armed=True)
    assert drone.telemetry(link.now_s).mode == "AUTO.LOITER"
    assert drone.telemetry(link.now_s).state_age_s == pytest.approx(10.0)
    link.now_s += 0.8
    link.state("POSCTL", armed=True)
    seen = drone.telemetry(link.now_s)
    assert (seen.mode, seen.state_age_s) == ("POSCTL", 0.0)


@pytest.mark.parametrize(
    "ask", [lambda drone, _: drone.set_mode("AUTO.LOITER"), lambda drone, items: drone.fly_mission(items, 2)]
)
def test_a_process_that_stood_still_does_not_finish_its_sentence(link, drone, on_board, ask):
    """It was frozen in the middle of a request; the pilot may have the drone since."""
    link.script["set_mode"] = [Message(mode_sent=False)] * 9
    link.script["mission/set_current"] = [Message(success=False)] * 9
    reply = ask(drone, on_board)
    after(link, drone, 0.3)
    asked = link.services()
    link.now_s += 10.0
    drone.telemetry(link.now_s)
    link.state("AUTO.LOITER", armed=True)  # old, like all that comes first
    for _ in range(8):
        link.now_s += 0.1
        drone.telemetry(link.now_s)
    assert link.services() == asked
    assert (reply.state, reply.detail) == ("timed out", "the vehicle is not heard")


# OFFBOARD


PAD = Point(east_m=0.0, north_m=0.0, up_m=2.0)


@pytest.fixture
def placed(link, drone, origin):
    """Hovers 100 m east and 60 m above its home; its own frame began at (95, -3), 4 m above home."""
    frame = LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)
    lon, lat = frame.to_wgs84(100.0, 0.0)
    geo = Message(latitude=origin.lat_deg, longitude=origin.lon_deg, altitude=8.0 + 48.0 + 2.7)
    link.published = []
    link.publish = lambda topic, fields: link.published.append((link.now_s, topic, fields))

    def tell():
        link.say("home_position/home", geo=geo)
        link.say("global_position/global", latitude=lat, longitude=lon, altitude=8.0 + 48.0 + 62.7)
        at = Message(position=Message(x=5.0, y=3.0, z=56.0), orientation=Message(x=0.0, y=0.0, z=0.0, w=1.0))
        link.say("local_position/pose", pose=at)

    tell()
    drone.tell = tell
    return drone


def test_a_set_point_is_a_place_in_the_autopilots_own_frame_and_a_heading(link, placed):
    placed.send_setpoint(Point(east_m=110.0, north_m=-20.0, up_m=65.0), PAD, 90.0)
    (_, topic, fields), = link.published
    assert (topic, fields["coordinate_frame"], fields["type_mask"]) == ("setpoint_raw/local", 1, 2552)
    assert fields["position"] == pytest.approx({"x": 15.0, "y": -17.0, "z": 59.0})
    assert fields["yaw"] == pytest.approx(0.0), "ENU: east is 0"


def test_without_a_fresh_place_nothing_is_sent(link, placed):
    link.now_s += 0.6
    placed.send_setpoint(PAD, PAD, 0.0)
    assert link.published == []


@pytest.mark.parametrize(("rate_hz", "entered"), [(20.0, True), (1.5, False), (0.0, False)])
def test_offboard_is_asked_for_only_when_set_points_have_flowed_for_a_second(link, placed, rate_hz, entered):
    link.script["set_mode"] = [Message(mode_sent=True)] * 9
    reply, next_s, asked_s = placed.set_mode("OFFBOARD"), link.now_s, None
    begun_s = link.now_s
    for _ in range(100):
        link.now_s += 0.05
        placed.tell()
        if rate_hz and link.now_s >= next_s:
            next_s += 1.0 / rate_hz
            placed.send_setpoint(PAD, PAD, 0.0)
        placed.telemetry(link.now_s)
        if asked_s is None and "set_mode" in link.services():
            asked_s = link.now_s
            link.now_s += 0.01
            link.state("OFFBOARD", armed=True)
    assert reply.state == ("ok" if entered else "refused")
    assert (asked_s is not None) == entered
    if entered:
        assert 1.0 <= asked_s - begun_s <= 1.3
    else:
        assert "no set-points flow" in reply.detail


def test_the_gimbal_is_taken_by_mavros_itself_and_given_back_to_the_autopilot_for_a_mission(link, drone, route):
    link.script[GIVE] = [Message(success=True, result=0)] * 2
    link.script["gimbal_control/manager/pitchyaw"] = [Message(success=True, result=0)]
    assert drone.point_gimbal(-60.0, 90.0).ok
    drone.fly_mission(route_items(route), 3)
    asked = [fields for service, fields in link.calls if service == GIVE]
    assert [one["sysid_primary"] for one in asked] == [1, -2], "-2 is the autopilot, whoever says it"


def test_the_gimbal_is_not_aimed_once_somebody_else_has_chosen_a_mode(link, drone):
    answers = []
    link.call = lambda service, fields, done: (link.calls.append((service, fields)), answers.append(done))
    drone.set_mode("AUTO.RTL")
    reply = drone.point_gimbal(0.0, 90.0)
    link.state("POSCTL", armed=True)
    answers[-1](Message(success=True, result=0))
    drone.telemetry(link.now_s)
    assert (reply.state, reply.detail) == ("refused", "somebody else chose POSCTL")
    assert "gimbal_control/manager/pitchyaw" not in link.services()
