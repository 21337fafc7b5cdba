"""What MAVROS's messages mean in words, with values as they were recorded from PX4."""

from __future__ import annotations

from math import isnan
from types import SimpleNamespace as Message

import pytest

from blindspot.flight.mavros_health import (
    estimator_doubts,
    firmware,
    gimbal_faults,
    gps_error_m,
    radio_ok,
    sick_sensors,
)

ENABLED, HEALTHY = 0x201402F, 0x1320C83F  # PX4 1.17 on its pad, ready, without a radio control
GOOD = {
    "attitude_status_flag": True, "velocity_horiz_status_flag": True, "velocity_vert_status_flag": True,
    "pos_horiz_abs_status_flag": True, "pos_vert_abs_status_flag": True, "gps_glitch_status_flag": False,
    "accel_error_status_flag": False, "const_pos_mode_status_flag": True,
}  # fmt: skip


def status(health: int, enabled: int = ENABLED) -> Message:
    return Message(sensors_enabled=enabled, sensors_health=health)


def fix(status: int = 0, kind: int = 2, covariance=(0.81, 0, 0, 0, 1.44, 0, 0, 0, 9.0)) -> Message:
    return Message(status=Message(status=status), position_covariance_type=kind, position_covariance=covariance)


@pytest.mark.parametrize(
    ("packed", "told"),
    [(17891392, "PX4 1.17.0 alpha"), (0x010F04FF, "PX4 1.15.4 release"), (0x011000C0, "PX4 1.16.0 rc"),
     (0x01100000, "PX4 1.16.0 dev"), (0x01100033, "PX4 1.16.0 dev")],
)  # fmt: skip
def test_a_version_is_four_bytes(packed, told):
    assert str(firmware(Message(available_info=3, autopilot=12, flight_sw_version=packed))) == told


def test_a_ready_drone_is_healthy_and_one_before_its_own_checks_too():
    assert sick_sensors(status(HEALTHY)) == ()
    assert sick_sensors(status(0x320C83F)) == ()


@pytest.mark.parametrize(
    ("health", "told"),
    [(0x120C83F, ("battery",)), (HEALTHY & ~0b1000, ("barometer",)), (HEALTHY & ~(1 << 14), ("sensor 14",))],
)  # fmt: skip
def test_a_sick_sensor_is_named(health, told):
    assert sick_sensors(status(health)) == told


def test_a_radio_control_is_heard_not_heard_or_not_expected():
    assert radio_ok(status(0x1321C83F)) is True  # while a joystick was there
    assert radio_ok(status(HEALTHY)) is False
    assert radio_ok(status(HEALTHY, ENABLED & ~0x10000)) is None


def test_gps_accuracy_is_that_of_the_worse_axis():
    assert gps_error_m(fix()) == pytest.approx(1.2)


@pytest.mark.parametrize("message", [fix(status=-1), fix(kind=0)])
def test_without_a_fix_there_is_no_accuracy(message):
    assert isnan(gps_error_m(message))


def test_an_estimator_that_rests_on_the_ground_is_no_doubt():
    assert estimator_doubts(Message(**GOOD)) == ()


@pytest.mark.parametrize(
    ("flag", "told"),
    [("attitude_status_flag", "no attitude"), ("velocity_horiz_status_flag", "no horizontal speed"),
     ("velocity_vert_status_flag", "no vertical speed"), ("pos_horiz_abs_status_flag", "no position"),
     ("pos_vert_abs_status_flag", "no height"), ("gps_glitch_status_flag", "GPS glitch"),
     ("accel_error_status_flag", "accelerometer error")],
)  # fmt: skip
def test_every_doubt_of_the_estimator_is_told(flag, told):
    assert estimator_doubts(Message(**{**GOOD, flag: not GOOD[flag]})) == (told,)


def test_a_gimbal_at_its_limit_is_well_and_a_broken_one_is_not():
    assert gimbal_faults(Message(failure_flags=2)) == ()
    assert gimbal_faults(Message(failure_flags=2 | 32 | 128)) == ("motor", "communication")
