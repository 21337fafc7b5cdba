"""The values that the adapter accepts from MAVROS, and their lifetime."""

from __future__ import annotations

from math import cos, inf, isnan, nan, radians, sin
from types import SimpleNamespace as Message
from typing import get_type_hints

import pytest
from hypothesis import given, strategies as st

from blindspot.flight.vehicle.mavros import MavrosVehicle
from blindspot.flight.vehicle.mavros_items import waypoints
from blindspot.flight.vehicle.mavros_reader import (
    YAW_FROM_NORTH,
    YAW_FROM_NOSE,
    YAW_LOCK,
    MavrosReader,
    is_yaw_from_north,
)
from blindspot.flight.vehicle.vehicle import Known, Telemetry
from blindspot.site.town.frame import LocalFrame


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


@pytest.mark.parametrize(
    ("flags", "from_north"),
    [
        (0, False), (12, False), (YAW_LOCK, True), (28, True),  # gimbals of before the two frames
        (YAW_FROM_NORTH, True), (YAW_LOCK | YAW_FROM_NORTH, True),  # PX4 in Gazebo sends the former
        (YAW_FROM_NOSE, False), (YAW_LOCK | YAW_FROM_NOSE, False),
    ],
)  # fmt: skip
def test_the_flags_state_the_reference_of_a_gimbals_yaw(flags, from_north):
    assert is_yaw_from_north(flags) is from_north


@given(heading=st.floats(0, 359.9), pitch=st.floats(-90, 20), nose=st.floats(0, 359.9), locked=st.booleans())
def test_the_gimbals_quaternion_is_pitch_and_compass_heading(new_link, origin, heading, pitch, nose, locked):
    link = new_link()
    drone = MavrosVehicle(link, origin, lambda: link.now_s)
    yaw, p = radians(heading if locked else heading - nose) / 2, radians(pitch) / 2
    q = Message(w=cos(yaw) * cos(p), x=-sin(yaw) * sin(p), y=cos(yaw) * sin(p), z=sin(yaw) * cos(p))
    link.say("global_position/compass_hdg", data=nose)
    link.say("gimbal_control/device/attitude_status", q=q, flags=YAW_LOCK if locked else 0, failure_flags=0)
    seen = drone.telemetry(link.now_s)
    assert seen.gimbal_pitch_deg == pytest.approx(pitch, abs=1e-4)
    assert (seen.gimbal_heading_deg - heading + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-6)


def test_health_that_never_arrives_is_unknown(link, drone):
    seen = drone.telemetry(link.now_s)
    assert (seen.sick_sensors, seen.radio_ok, seen.satellites, seen.estimator_faults) == (None, None, None, None)
    assert isnan(seen.gps_error_m) and isnan(seen.clock_offset_s)
    assert seen.gimbal_age_s == float("inf")


def test_health_that_stops_arriving_is_unknown_again(link, drone):
    link.say("global_position/raw/satellites", data=12)
    link.say("time_reference", time_ref=Message(sec=int(link.now_s) + 2, nanosec=500_000_000))
    assert drone.telemetry(link.now_s).satellites == 12
    assert drone.telemetry(link.now_s).clock_offset_s == pytest.approx(2.5 - link.now_s % 1.0)
    link.run(drone, 5.2)
    assert drone.telemetry(link.now_s).satellites is None
    assert isnan(drone.telemetry(link.now_s).clock_offset_s)


def test_the_computers_own_clock_is_compared_with_the_autopilots_even_if_it_was_set_back(link, origin):
    """Ages need a clock that only goes forward. It would hide a wrong clock, and doubt one that is set right."""
    drone = MavrosVehicle(link, origin, lambda: link.now_s, utc=lambda: link.now_s - 60.0)
    link.say("time_reference", time_ref=Message(sec=int(link.now_s), nanosec=0))
    assert drone.telemetry(link.now_s).clock_offset_s == pytest.approx(60.0, abs=1.0)


def test_the_last_warning_of_the_autopilot_is_reported(link, drone):
    link.say("statustext/recv", severity=6, text="takeoff detected")
    assert drone.telemetry(link.now_s).status_text == ""
    link.say("statustext/recv", severity=2, text="Battery critical")
    seen = drone.telemetry(link.now_s)
    assert (seen.status_text, seen.said(10.0)) == ("Battery critical", "Battery critical")


def test_an_old_warning_of_the_autopilot_shows_its_age_and_fades(link, drone):
    """It was shown for ever as if it was new: a failsafe seemed to have the cause of another flight."""
    link.say("statustext/recv", severity=2, text="Battery critical")
    link.now_s += 42.0
    link.say("statustext/recv", severity=6, text="landing detected")
    seen = drone.telemetry(link.now_s)
    assert (seen.said(600.0), seen.said(10.0)) == ("Battery critical (42 s ago)", "")
    assert drone.telemetry(link.now_s + 559.0).said(600.0) == ""


def test_where_the_mission_leads_is_its_next_item_that_is_a_place(link, drone, on_board, route, frame):
    assert drone.telemetry(link.now_s).goal is None
    back = [link.as_px4_gives_it(item) for item in waypoints(on_board, frame)]
    for seq, item in enumerate(on_board):
        link.say("mission/waypoints", waypoints=back, current_seq=seq)
        goal = next(later.at for later in on_board[seq:] if later.at is not None)
        assert drone.telemetry(link.now_s).goal == pytest.approx(goal, abs=0.02), item
    for nothing in (([], 0), (back, len(back))):
        link.say("mission/waypoints", waypoints=nothing[0], current_seq=nothing[1])
        assert drone.telemetry(link.now_s).goal is None


def test_messages_sent_during_a_standstill_are_history(link, drone):
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


def test_a_drone_that_stops_reporting_whether_it_stands_is_unknown(link, drone):
    link.say("extended_state", landed_state=1)
    assert drone.telemetry(link.now_s).landed == "on_ground"
    link.run(drone, 5.5)
    seen = drone.telemetry(link.now_s)
    assert (seen.landed, seen.is_down) == ("unknown", False)


@pytest.mark.parametrize("bad", [nan, inf, -inf, 1e300, -1e300])
def test_no_number_of_an_autopilot_stops_its_reader(bad):
    """Impossible values are ignored or unknown."""
    heard = {}
    link = Message(subscribe=heard.__setitem__)
    reader = MavrosReader(link, LocalFrame(47.0, 2.0, 0.0, 0.0), lambda: 10.0)
    place = Message(x=bad, y=bad, z=bad)
    turn = Message(x=bad, y=bad, z=bad, w=bad)
    at = Message(latitude=bad, longitude=bad, altitude=bad)
    item = Message(frame=3, x_lat=bad, y_long=bad, z_alt=bad)
    words = {
        "global_position/global": at, "home_position/home": Message(geo=at),
        "local_position/pose": Message(pose=Message(position=place, orientation=turn)),
        "local_position/velocity_local": Message(twist=Message(linear=place)),
        "global_position/compass_hdg": Message(data=bad), "extended_state": Message(landed_state=200),
        "battery": Message(percentage=bad, temperature=bad),
        "gimbal_control/device/attitude_status": Message(q=turn, flags=65535, failure_flags=2**32 - 1),
        "mission/waypoints": Message(waypoints=[item] * 3, current_seq=65535),
        "global_position/raw/fix": Message(
            status=Message(status=0), position_covariance=[bad] * 9, position_covariance_type=255),
    }  # fmt: skip
    for topic, message in words.items():
        heard[topic](message)
    seen = reader.telemetry(11.0)
    assert seen.landed == "unknown" and not seen.gps_error_m < 100.0
    numbers = (seen.east_m, seen.up_m, seen.heading_deg, seen.east_mps, seen.gimbal_pitch_deg, seen.battery_fraction)
    assert all(map(isnan, numbers))


def test_a_state_that_comes_every_few_seconds_is_heard(link, drone):
    """On a starved link each came after a silence, and none counted: no pilot was seen, and each request stopped."""
    for mode in ("AUTO.MISSION", "POSCTL"):
        link.now_s += 3.5
        for old in ("AUTO.LOITER", mode):  # a burst: the newest counts
            link.state(old, armed=True, status=4)
        link.now_s += 0.2
        assert drone.telemetry(link.now_s).mode != mode, "the burst may go on"
        link.now_s += 0.2
        seen = drone.telemetry(link.now_s)
        assert seen.mode == mode and seen.state_age_s == pytest.approx(0.4)


def test_a_telemetry_keeps_its_values_while_messages_arrive(link, drone):
    link.say("battery", percentage=0.8, temperature=20.0)
    before = drone.telemetry(link.now_s)
    link.say("battery", percentage=0.7, temperature=20.0)
    assert (before.battery_fraction, drone.telemetry(link.now_s).battery_fraction) == (0.8, 0.7)


def test_the_known_fields_are_those_of_the_telemetry():
    assert get_type_hints(Known) == get_type_hints(Telemetry)
