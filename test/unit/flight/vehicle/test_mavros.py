"""The adapter against a scripted MAVROS: what it believes, what it retries, and that silence is a failure."""

from __future__ import annotations

from types import SimpleNamespace as Message

import pytest

from blindspot.flight.route.mission_items import route_items
from blindspot.mission.plan import Point
from blindspot.site.town.frame import LocalFrame

GIVE = "gimbal_control/manager/configure"
"""Before a mission the gimbal is given to the autopilot, which flies the mission's aims."""


def test_a_mode_is_believed_on_state_only(link, drone):
    link.script["set_mode"] = [Message(mode_sent=True)] * 9
    reply = drone.set_mode("AUTO.RTL")
    link.run(drone, 1.0)
    assert reply.pending
    link.state("AUTO.RTL")
    link.run(drone, 0.1)
    assert reply.ok


def test_a_mode_that_was_already_shown_must_be_shown_again(link, drone):
    link.script["set_mode"] = [Message(mode_sent=True)] * 9
    reply = drone.set_mode("AUTO.LOITER")
    link.run(drone, 0.5)
    assert reply.pending
    link.state("AUTO.LOITER")
    link.run(drone, 0.1)
    assert reply.ok


def test_a_mission_refused_once_is_asked_again_and_not_for_ever(link, drone):
    link.script["set_mode"] = [Message(mode_sent=True), Message(mode_sent=True)]
    reply = drone.set_mode("AUTO.MISSION")
    link.run(drone, 3.5)
    assert link.services() == [GIVE, "set_mode", "set_mode"]
    link.state("AUTO.MISSION")
    link.run(drone, 0.1)
    assert reply.ok
    link.script["set_mode"] = [Message(mode_sent=False)] * 99
    refused = drone.set_mode("NOT.A.MODE")
    link.run(drone, 60.0)
    assert refused.state == "refused"
    assert len(link.calls) == 3 + 4


def test_silence_is_a_failure(link, drone, route):
    replies = [
        drone.set_mode("AUTO.RTL"), drone.upload_mission(route_items(route)), drone.set_parameter("RTL_TYPE", 0.0),
        drone.point_gimbal(-90.0, 0.0),
    ]  # fmt: skip
    link.run(drone, 40.0)
    assert [reply.state for reply in replies] == ["timed out"] * 4
    arming = drone.arm(True)
    link.run(drone, 10.0)
    assert arming.state == "timed out"


def test_arming_is_believed_on_state_only(link, drone):
    link.script["cmd/arming"] = [Message(success=True, result=0), Message(success=False, result=1)]
    reply = drone.arm(True)
    link.run(drone, 1.0)
    assert reply.pending
    link.state("AUTO.MISSION", armed=True, status=4)
    link.run(drone, 0.1)
    assert reply.ok
    refused = drone.arm(True)
    assert refused.state == "refused"
    assert "result 1" in refused.detail


NO_ACKNOWLEDGEMENT = Message(success=False, result=0)
"""MAVROS's answer after 5 s without an acknowledgement (measured)."""


@pytest.mark.parametrize("comes", [True, False])
def test_an_arming_without_an_acknowledgement_is_no_refusal(link, drone, comes):
    """The autopilot may arm later: a flight that was over by then left a drone that took off alone."""
    link.script["cmd/arming"] = [NO_ACKNOWLEDGEMENT]
    reply = drone.arm(True)
    link.run(drone, 1.5)
    assert reply.pending
    if comes:
        link.state("AUTO.MISSION", armed=True, status=4)
    link.run(drone, 1.5)
    assert reply.state == ("ok" if comes else "timed out")


def test_a_disarming_without_an_acknowledgement_is_not_believed(link, drone):
    """A state from before an arming that comes late shows the same."""
    link.script["cmd/arming"] = [NO_ACKNOWLEDGEMENT]
    reply = drone.arm(False)
    link.run(drone, 3.0)
    assert reply.state == "timed out"


def test_an_arming_that_is_refused_names_no_old_warning(link, drone):
    link.say("statustext/recv", text="Low battery", severity=4)
    link.script["cmd/arming"] = [Message(success=False, result=1)]
    link.run(drone, 1.0)
    assert drone.arm(True).detail == "arming refused (result 1)"


def test_a_hold_after_a_return_replaces_the_mission_that_px4_falls_back_to(link, drone):
    """The first request was lost, and the next arming would have flown the mission."""
    link.state("AUTO.RTL")
    link.script["set_mode"] = [Message(mode_sent=True)] * 9
    hold = drone.set_mode("AUTO.LOITER")
    link.state("AUTO.MISSION")
    link.run(drone, 4.0)
    assert hold.pending and link.services() == ["set_mode", "set_mode"]
    link.state("AUTO.MISSION", armed=True, status=4)
    refused = drone.set_mode("AUTO.RTL")
    link.state("POSCTL", armed=True, status=4)
    link.run(drone, 4.0)
    assert refused.state == "refused", "in flight any other mode is the pilot's"


def test_a_gimbal_that_is_refused_once_is_given_to_the_mission_all_the_same(link, drone):
    refused, given = Message(success=False, result=1), Message(success=True, result=0)
    link.script["gimbal_control/manager/configure"] = [refused, given]
    drone.set_mode("AUTO.MISSION")
    link.run(drone, 3.0)
    assert link.services().count("gimbal_control/manager/configure") == 2


def test_a_parameter_whose_answer_is_lost_is_read_again(link, drone, monkeypatch):
    asked = []
    monkeypatch.setattr(link, "read_parameter", lambda _, done: asked.append(done) or (len(asked) > 1 and done(3.0)))
    reply = drone.read_parameter("RTL_TYPE")
    link.run(drone, 7.0)
    assert (reply.state, reply.value, len(asked)) == ("ok", 3.0, 2)


def test_a_newer_mode_replaces_the_one_that_is_asked(link, drone):
    link.script["set_mode"] = [Message(mode_sent=True)] * 9
    first = drone.set_mode("AUTO.LOITER")
    second = drone.set_mode("AUTO.RTL")
    assert first.state == "refused"
    assert [fields["custom_mode"] for _, fields in link.calls] == ["AUTO.LOITER", "AUTO.RTL"]
    link.now_s += 0.5
    link.state("AUTO.RTL")
    link.run(drone, 0.1)
    assert second.ok


def test_an_abandoned_request_is_never_repeated(link, drone):
    link.script["set_mode"] = [Message(mode_sent=False)] * 9
    reply = drone.set_mode("AUTO.MISSION")
    asked = len(link.calls)
    drone.abandon()
    link.run(drone, 30.0)
    assert not reply.pending
    assert len(link.calls) == asked


def test_a_busy_autopilot_is_asked_again_for_a_parameter_and_it_is_read_back(link, drone):
    link.script["param/set"] = [Message(success=False), Message(success=True)]
    link.parameters["RTL_RETURN_ALT"] = 60.0
    reply = drone.set_parameter("RTL_RETURN_ALT", 60.0)
    link.run(drone, 2.0)
    assert (reply.state, reply.value) == ("ok", 60.0)
    assert [fields["value"]["type"] for _, fields in link.calls] == [3, 3]


def test_an_unconfirmed_parameter_is_not_reported_as_refused(link, drone):
    link.script["param/set"] = [Message(success=False)] * 9
    reply = drone.set_parameter("BAT_CRIT_THR", 0.15)
    link.run(drone, 10.0)
    reported = "BAT_CRIT_THR can't be set to 0.15: the autopilot is busy or does not answer"
    assert (reply.state, reply.detail) == ("refused", reported)


def test_a_parameter_that_does_not_take_is_refused_and_integers_are_sent_as_such(link, drone):
    link.script["param/set"] = [Message(success=True)] * 9
    link.parameters["RTL_TYPE"] = 1.0
    reply = drone.set_parameter("RTL_TYPE", 0.0)
    link.run(drone, 10.0)
    assert (reply.state, reply.detail) == ("refused", "RTL_TYPE does not take the value 0")
    assert link.calls[0][1]["value"] == {"type": 2, "integer_value": 0}
    assert drone.read_parameter("RTL_TYPE").value == 1.0


def pulls(link):
    return [fields["force_pull"] for service, fields in link.calls if service == "param/pull"]


def test_a_parameter_that_is_not_known_is_looked_for_once_more_after_a_pull(link, drone):
    def pull():
        link.parameters["RTL_TYPE"] = 1.0
        return Message(success=True, param_received=1)

    link.script["param/pull"] = [pull, Message(success=False, param_received=0)]
    assert drone.read_parameter("RTL_TYPE").value == 1.0
    assert pulls(link) == [False]
    unknown = drone.read_parameter("NO_SUCH")
    assert (unknown.state, unknown.detail) == ("refused", "some of them did not arrive")


def test_a_mavros_that_overheard_a_few_parameters_is_made_to_pull_them_all(link, drone):
    """MAVROS 2.12, restarted while PX4 sent them to its predecessor, claims at once to have them all."""

    def pull():
        link.parameters["COM_OF_LOSS_T"] = 1.0
        return Message(success=True, param_received=900)

    link.script["param/pull"] = [Message(success=True, param_received=40), pull]
    assert drone.read_parameter("COM_OF_LOSS_T").value == 1.0
    assert pulls(link) == [False, True]


def test_a_parameter_that_the_autopilot_lacks_is_searched_for_in_vain_only_once(link, drone):
    link.script["param/pull"] = [Message(success=True, param_received=900)] * 9
    for _ in range(2):
        lacked = drone.read_parameter("NO_SUCH")
        assert (lacked.state, lacked.detail) == ("refused", "the autopilot has no parameter NO_SUCH")
    assert pulls(link) == [False, True, False]


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
    link.run(drone, 1.0)
    assert reply.state == state


def test_a_whole_number_reaches_a_float_parameter_as_a_float(link, drone):
    """ROS packs an int in a float field as rubbish, silently."""
    link.script["param/set"] = [Message(success=True)]
    drone.set_parameter("MIS_DIST_1WP", 10000)
    _, fields = link.calls[0]
    assert isinstance(fields["value"]["double_value"], float)


def test_a_parameter_whose_setting_is_not_answered_is_set_again(link, drone):
    link.script["param/set"] = [None, Message(success=True)]
    link.parameters["RTL_TYPE"] = 3.0
    reply = drone.set_parameter("RTL_TYPE", 3.0)
    link.run(drone, 1.0)
    assert reply.ok


def test_a_silent_mavros_leaves_the_firmware_unknown(link, drone):
    reply = drone.read_firmware()
    link.run(drone, 7.0)
    assert reply.state == "timed out"


def test_aiming_takes_the_gimbal_first(link, drone):
    link.script["gimbal_control/manager/configure"] = [Message(success=True, result=0)]
    link.script["gimbal_control/manager/pitchyaw"] = [Message(success=True, result=0)]
    assert drone.point_gimbal(-60.0, 90.0).ok
    assert link.calls[-1][1] == {"pitch": -60.0, "yaw": 90.0, "flags": 4 + 8 + 16}


def test_a_mode_is_not_asked_again_once_a_strange_one_shows(link, drone):
    link.script["set_mode"] = [Message(mode_sent=False)] * 9
    reply = drone.set_mode("AUTO.LOITER")
    link.state("POSCTL", armed=True)
    link.run(drone, 10.0)
    assert (reply.state, reply.detail) == ("refused", "somebody else chose POSCTL")
    assert link.services() == ["set_mode"]


def test_a_mode_that_was_overtaken_may_show_and_is_not_strange(link, drone):
    link.script["set_mode"] = [Message(mode_sent=True), Message(mode_sent=False), Message(mode_sent=True)]
    drone.set_mode("AUTO.MISSION")
    reply = drone.set_mode("AUTO.RTL")
    link.state("AUTO.MISSION", armed=True)
    link.run(drone, 1.0)
    link.state("AUTO.RTL", armed=True)
    link.run(drone, 0.2)
    assert reply.ok


@pytest.mark.parametrize(
    "ask", [lambda drone, _: drone.set_mode("AUTO.LOITER"), lambda drone, items: drone.fly_mission(items, 2)]
)
def test_a_process_that_stood_still_does_not_finish_its_sentence(link, drone, on_board, ask):
    """It was frozen in the middle of a request; the pilot may have the drone since."""
    link.script["set_mode"] = [Message(mode_sent=False)] * 9
    link.script["mission/set_current"] = [Message(success=False)] * 9
    reply = ask(drone, on_board)
    link.run(drone, 0.3)
    asked = link.services()
    link.now_s += 10.0
    drone.telemetry(link.now_s)
    link.state("AUTO.LOITER", armed=True)  # old, like all that comes first
    for _ in range(8):
        link.now_s += 0.1
        drone.telemetry(link.now_s)
    assert link.services() == asked
    assert (reply.state, reply.detail) == ("timed out", "the vehicle is not heard")


PAD = Point(east_m=0.0, north_m=0.0, up_m=2.0)


@pytest.fixture
def placed(link, drone, origin):
    """Hovers 100 m east and 60 m above its home; its own frame began at (95, -3), 4 m above home."""
    frame = LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)
    lon, lat = frame.to_wgs84(100.0, 0.0)
    geo = Message(latitude=origin.lat_deg, longitude=origin.lon_deg, altitude=8.0 + 48.0 + 2.7)
    link.published = []
    link.publish = lambda topic, fields: link.published.append((link.now_s, topic, fields))

    def report():
        link.say("home_position/home", geo=geo)
        link.say("global_position/global", latitude=lat, longitude=lon, altitude=8.0 + 48.0 + 62.7)
        at = Message(position=Message(x=5.0, y=3.0, z=56.0), orientation=Message(x=0.0, y=0.0, z=0.0, w=1.0))
        link.say("local_position/pose", pose=at)

    report()
    drone.report = report
    return drone


def test_a_set_point_is_a_place_in_the_autopilots_own_frame_and_a_heading(link, placed):
    placed.send_setpoint(Point(east_m=110.0, north_m=-20.0, up_m=65.0), PAD, 90.0)
    ((_, topic, fields),) = link.published
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
        placed.report()
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


def test_the_gimbal_is_not_aimed_after_another_party_chose_a_mode(link, drone):
    answers = []
    link.call = lambda service, fields, done: (link.calls.append((service, fields)), answers.append(done))
    drone.set_mode("AUTO.RTL")
    reply = drone.point_gimbal(0.0, 90.0)
    link.state("POSCTL", armed=True)
    answers[-1](Message(success=True, result=0))
    drone.telemetry(link.now_s)
    assert (reply.state, reply.detail) == ("refused", "somebody else chose POSCTL")
    assert "gimbal_control/manager/pitchyaw" not in link.services()
