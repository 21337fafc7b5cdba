"""Remote identification (ASTM F3411) through MAVROS: the given numbers of a drone, and the reports of the drone's
module.

The messages of MAVROS's plugin `open_drone_id` go to the autopilot. Only messages back from the drone show the
broadcast: messages of the module, and messages of the autopilot to the module.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blindspot.flight.vehicle import mavlink

ODID_TOPICS = ("open_drone_id/basic_id", "open_drone_id/operator_id", "open_drone_id/system")
"""Of MAVROS's plugin `open_drone_id`, which receives them."""
FRESH_S = 3.0
"""PX4 counts a module as lost after this silence."""
SERIAL_NUMBER, MULTIROTOR = 1, 2  # MAV_ODID_ID_TYPE, MAV_ODID_UA_TYPE
TAKEOFF_PLACE, IN_THE_EU = 0, 1  # MAV_ODID_OPERATOR_LOCATION_TYPE, MAV_ODID_CLASSIFICATION_TYPE
UNKNOWN_M = -1000.0
GOOD_TO_ARM = 0  # MAV_ODID_ARM_STATUS
AUTOPILOT, MODULES = 1, (236, 237, 238)  # MAV_COMP_ID_AUTOPILOT1, _ODID_TXRX_1 to _3

_ID_FORM, _STATUS_FORM = "<BB20sBB20s", "<B50s"
_OPERATOR_FORM = "<BB20sB20s"


@dataclass(frozen=True, slots=True)
class Numbers:
    """The sent numbers of a drone: the operator's number, without the secret characters, and the drone's serial
    number."""

    operator: str
    serial: str


def announcement(numbers: Numbers, home: tuple[float, float, float] | None, now_s: float) -> dict[str, dict[str, Any]]:
    """The fields of one message on each of `ODID_TOPICS`. `home` is the take-off place: degrees WGS 84 and m above the
    ellipsoid; `None` is sent as an unknown place."""
    lat_deg, lon_deg, up_m = home if home is not None else (0.0, 0.0, UNKNOWN_M)
    head: dict[str, Any] = {"header": {"stamp": {"sec": max(0, int(now_s)), "nanosec": 0}}}
    basic_id = {"id_type": SERIAL_NUMBER, "ua_type": MULTIROTOR, "uas_id": numbers.serial}
    system = {
        "operator_location_type": TAKEOFF_PLACE, "classification_type": IN_THE_EU,
        "operator_latitude": round(lat_deg * 1e7), "operator_longitude": round(lon_deg * 1e7),
        "operator_altitude_geo": up_m, "area_count": 1, "area_ceiling": UNKNOWN_M, "area_floor": UNKNOWN_M,
    }  # fmt: skip
    sent: tuple[dict[str, Any], ...] = (basic_id, {"operator_id": numbers.operator}, system)
    return {topic: head | fields for topic, fields in zip(ODID_TOPICS, sent, strict=True)}


@dataclass(frozen=True, slots=True)
class Heard:
    """The reports of a drone on its remote identification in the last seconds; `None` and "" are unreported."""

    ready: bool | None = None
    """The module's own statement of readiness; `None`: no module reports."""
    problem: str = ""
    operator: str = ""
    serial: str = ""


class RemoteIdReader:
    """Reads the raw MAVLink of one vehicle, and keeps the reports of module and autopilot."""

    def __init__(self, system_id: int) -> None:
        self._system_id = system_id
        self._heard: dict[tuple[int, int], tuple[float, str]] = {}
        """By message and component: when, and its text or status."""

    @staticmethod
    def reads(message_id: int) -> bool:
        """Whether a message may say anything: all others need no conversion."""
        return message_id in (mavlink.BASIC_ID, mavlink.OPERATOR_ID, mavlink.ARM_STATUS)

    def hear(self, fields: Mapping[str, Any], now_s: float) -> None:
        """Take one mavros_msgs/Mavlink. Messages about another aircraft, or of another sender, are ignored."""
        message, component = int(fields["msgid"]), int(fields["compid"])
        if int(fields["sysid"]) != self._system_id or component not in (AUTOPILOT, *MODULES):
            return
        said = _meaning(message, fields)
        if said is not None:
            self._heard[message, component] = now_s, said

    def heard(self, now_s: float) -> Heard:
        """All that is no older than `FRESH_S`. Numbers that differ between module and autopilot are joined by a comma:
        nothing equals them."""
        status = self._fresh(mavlink.ARM_STATUS, now_s)
        problem = next((said for said in status if said), "")
        operators, serials = (self._fresh(message, now_s) for message in (mavlink.OPERATOR_ID, mavlink.BASIC_ID))
        return Heard(not problem if status else None, problem, ", ".join(operators), ", ".join(serials))

    def _fresh(self, message: int, now_s: float) -> list[str]:
        return sorted(
            {said for (of, _), (at_s, said) in self._heard.items() if of == message and 0 <= now_s - at_s <= FRESH_S}
        )


def _meaning(message: int, fields: Mapping[str, Any]) -> str | None:
    """The number in a message, or the problem of a status ("" if it is good); `None` for any other message."""
    if message == mavlink.ARM_STATUS:
        values = mavlink.read_payload(fields, message, _STATUS_FORM)
        if values is None:
            return None
        return "" if values[0] == GOOD_TO_ARM else _text(values[1]) or "not ready"
    if message == mavlink.BASIC_ID:
        values = mavlink.read_payload(fields, message, _ID_FORM)
        return _text(values[5]) if values is not None and _is_own(values) and values[3] == SERIAL_NUMBER else None
    if message == mavlink.OPERATOR_ID:
        values = mavlink.read_payload(fields, message, _OPERATOR_FORM)
        return _text(values[4]) if values is not None and _is_own(values) else None
    return None


def _is_own(values: tuple[Any, ...]) -> bool:
    """Whether a message is about the drone itself: only one about another aircraft carries its address."""
    return not bytes(values[2]).strip(b"\0")


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("ascii", "replace")


def _raw(text: str) -> bytes:
    return text.encode("ascii", "replace")


def module_messages(numbers: Numbers | None, system_id: int, problem: str = "") -> list[dict[str, Any]]:
    """The raw messages of a module that reports the broadcast: status and numbers."""

    def message(message_id: int, payload: bytes) -> dict[str, Any]:
        return mavlink.raw_fields(message_id, payload, system_id, MODULES[0], 0)

    status = struct.pack(_STATUS_FORM, GOOD_TO_ARM if not problem else 1, _raw(problem))
    sent = [message(mavlink.ARM_STATUS, status)]
    if numbers is not None:
        basic_id = struct.pack(_ID_FORM, 0, 0, b"", SERIAL_NUMBER, MULTIROTOR, _raw(numbers.serial))
        operator_id = struct.pack(_OPERATOR_FORM, 0, 0, b"", 0, _raw(numbers.operator))
        sent += [message(mavlink.BASIC_ID, basic_id), message(mavlink.OPERATOR_ID, operator_id)]
    return sent
