"""The meaning of MAVROS's messages in words, with values recorded from PX4."""

from __future__ import annotations

import gzip
import json
from math import isnan
from types import SimpleNamespace as Message

import pytest

from blindspot.flight.vehicle.mavros_health import (
    estimator_faults,
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
    ("packed", "reported"),
    [(17891392, "PX4 1.17.0 alpha"), (0x010F04FF, "PX4 1.15.4 release"), (0x011000C0, "PX4 1.16.0 rc"),
     (0x01100000, "PX4 1.16.0 dev"), (0x01100033, "PX4 1.16.0 dev")],
)  # fmt: skip
def test_a_version_is_four_bytes(packed, reported):
    assert str(firmware(info(flight_sw_version=packed))) == reported


def info(**changes) -> Message:
    """As PX4 1.17 SITL reported it."""
    reported = {"available_info": 3, "sysid": 1, "autopilot": 12, "flight_sw_version": 17891392, "vendor_id": 0,
            "product_id": 0, "uid": 5283920058631409231}  # fmt: skip
    return Message(**(reported | changes))


@pytest.mark.parametrize("changes", [{}, {"sysid": 2, "uid": 5283920058631409232}, {"sysid": 2}])
def test_an_autopilot_that_runs_on_no_board_says_so(changes):
    """Newer versions add the system id to the serial number."""
    assert firmware(info(**changes)).simulation


@pytest.mark.parametrize(
    "changes",
    [{"uid": 3978992816231498288}, {"uid": 0}, {"uid": 5283920058631409232}, {"vendor_id": 0x26AC, "product_id": 0x11},
     {"autopilot": 3}],
)  # fmt: skip
def test_an_autopilot_that_does_not_say_so_may_be_real(changes):
    assert not firmware(info(**changes)).simulation


def test_the_recorded_px4_says_that_it_is_a_simulation(shared_data):
    with gzip.open(shared_data / "traces" / "arming_refused.jsonl.gz", "rt") as lines:
        (answer,) = (json.loads(line)["response"] for line in lines if '"call": "vehicle_info_get"' in line)
    assert firmware(Message(**answer["vehicles"][0])).simulation


def test_a_ready_drone_is_healthy_and_one_before_its_own_checks_too():
    assert sick_sensors(status(HEALTHY)) == ()
    assert sick_sensors(status(0x320C83F)) == ()


@pytest.mark.parametrize(
    ("health", "reported"),
    [(0x120C83F, ("battery",)), (HEALTHY & ~0b1000, ("barometer",)), (HEALTHY & ~(1 << 14), ("sensor 14",))],
)  # fmt: skip
def test_a_sick_sensor_is_named(health, reported):
    assert sick_sensors(status(health)) == reported


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
    assert estimator_faults(Message(**GOOD)) == ()


@pytest.mark.parametrize(
    ("flag", "reported"),
    [("attitude_status_flag", "no attitude"), ("velocity_horiz_status_flag", "no horizontal speed"),
     ("velocity_vert_status_flag", "no vertical speed"), ("pos_horiz_abs_status_flag", "no position"),
     ("pos_vert_abs_status_flag", "no height"), ("gps_glitch_status_flag", "GPS glitch"),
     ("accel_error_status_flag", "accelerometer error")],
)  # fmt: skip
def test_every_fault_of_the_estimator_is_reported(flag, reported):
    assert estimator_faults(Message(**{**GOOD, flag: not GOOD[flag]})) == (reported,)


def test_a_gimbal_at_its_limit_is_well_and_a_broken_one_is_not():
    assert gimbal_faults(Message(failure_flags=2)) == ()
    assert gimbal_faults(Message(failure_flags=2 | 32 | 128)) == ("motor", "communication")
