"""The firmware of an autopilot that MAVROS knows nothing about: PX4 1.18 lacks the command that MAVROS 2.12 sends."""

from __future__ import annotations

from types import SimpleNamespace as Message

import pytest

BOARD = {"sysid": 1, "vendor_id": 0, "product_id": 0, "uid": 0}
ACCEPTED = Message(success=True, result=0)
UNSUPPORTED = Message(success=False, result=3)
NOT_KNOWN = [
    Message(success=False, vehicles=[]), Message(success=True, vehicles=[]),
    Message(success=True, vehicles=[Message(available_info=3, autopilot=12, flight_sw_version=0, **BOARD)]),
    Message(success=True, vehicles=[Message(available_info=1, autopilot=12, flight_sw_version=17891392, **BOARD)]),
]  # fmt: skip


def vehicle_info(packed: int):
    info = Message(available_info=3, autopilot=12, flight_sw_version=packed, **BOARD)
    return Message(success=True, vehicles=[info])


def test_the_firmware_is_asked_of_the_vehicle_that_this_mavros_serves(link, drone):
    assert drone.telemetry(link.now_s).firmware is None
    link.script["vehicle_info_get"] = [vehicle_info(17891392)]  # as recorded from PX4 1.17-alpha
    assert drone.read_firmware().ok
    assert link.calls == [("vehicle_info_get", {"get_all": False})]
    assert str(drone.telemetry(link.now_s).firmware) == "PX4 1.17.0 alpha"


@pytest.mark.parametrize("not_known", NOT_KNOWN)
def test_a_firmware_that_mavros_does_not_know_is_asked_for_by_its_message(link, drone, not_known):
    link.script["vehicle_info_get"] = [not_known, not_known, vehicle_info(0x011200FF)]
    link.script["cmd/command"] = [ACCEPTED]
    reply = drone.read_firmware()
    link.run(drone, 3.0)
    assert reply.ok
    assert ("cmd/command", {"command": 512, "param1": 148.0}) in link.calls
    assert str(drone.telemetry(link.now_s).firmware) == "PX4 1.18.0 release"


@pytest.mark.parametrize(
    ("answers", "state", "reported"),
    [
        ([ACCEPTED], "refused", "has not reported the firmware yet"),
        ([UNSUPPORTED], "refused", r"does not report the firmware (result 3)"),
        ([], "timed out", "no answer to the request for the firmware"),
    ],
)
@pytest.mark.parametrize("not_known", NOT_KNOWN)
def test_an_unreported_firmware_is_unknown(link, drone, not_known, answers, state, reported):
    link.script["vehicle_info_get"] = [not_known] * 9
    link.script["cmd/command"] = list(answers)
    reply = drone.read_firmware()
    link.run(drone, 10.0)
    assert reply.state == state
    assert reported in reply.detail
    assert drone.telemetry(link.now_s).firmware is None
