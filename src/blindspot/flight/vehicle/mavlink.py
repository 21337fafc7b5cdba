"""MAVLink messages that pass through MAVROS in raw form, as the fields of a mavros_msgs/Mavlink: frame and commands."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COMMAND_LONG, COMMAND_ACK = 76, 77
AUTHORISE_ARMING = 3001
"""MAV_CMD_ARM_AUTHORIZATION_REQUEST: an autopilot asks for permission to arm."""
ACCEPTED, DENIED = 0, 2
"""Values of MAV_RESULT."""
BASIC_ID, OPERATOR_ID, ARM_STATUS = 12900, 12905, 12918
"""OPEN_DRONE_ID_BASIC_ID, _OPERATOR_ID, _ARM_STATUS."""
_CRC_EXTRA = {COMMAND_LONG: 152, COMMAND_ACK: 143, BASIC_ID: 114, OPERATOR_ID: 49, ARM_STATUS: 139}
_COMMAND_LONG_FORMAT = "<7fHBBB"
_COMMAND_ACK_FORMAT = "<HBBiBB"
_MAGIC = 253


@dataclass(frozen=True, slots=True)
class CommandLong:
    """COMMAND_LONG: `system_id` sends a command to `target_system`; its parameters are ignored."""

    command: int
    system_id: int
    target_system: int


@dataclass(frozen=True, slots=True)
class CommandAck:
    """COMMAND_ACK: the answer to a command; `target_system` is the sender of the command."""

    command: int
    result: int
    target_system: int


def command_long(command: int, system_id: int, target_system: int, sequence: int) -> dict[str, Any]:
    """COMMAND_LONG of the autopilot of `system_id`, all parameters 0."""
    payload = struct.pack(_COMMAND_LONG_FORMAT, *[0.0] * 7, command, target_system, 0, 0)
    return raw_fields(COMMAND_LONG, payload, system_id, 1, sequence)


def command_ack(ack: CommandAck, system_id: int, component_id: int) -> dict[str, Any]:
    """COMMAND_ACK sent by `system_id`, `component_id`."""
    payload = struct.pack(_COMMAND_ACK_FORMAT, ack.command, ack.result, 0, 0, ack.target_system, 1)
    return raw_fields(COMMAND_ACK, payload, system_id, component_id, 0)


def read_command_ack(fields: Mapping[str, Any]) -> CommandAck | None:
    """The COMMAND_ACK in a mavros_msgs/Mavlink; `None` for another message or a wrong checksum."""
    values = read_payload(fields, COMMAND_ACK, _COMMAND_ACK_FORMAT)
    if values is None:
        return None
    command, result, _, _, target_system, _ = values
    return CommandAck(command, result, target_system)


def read_command_long(fields: Mapping[str, Any]) -> CommandLong | None:
    """The COMMAND_LONG in a mavros_msgs/Mavlink; `None` for another message or a wrong checksum."""
    values = read_payload(fields, COMMAND_LONG, _COMMAND_LONG_FORMAT)
    return None if values is None else CommandLong(values[7], int(fields["sysid"]), values[8])


def read_payload(fields: Mapping[str, Any], message_id: int, form: str) -> tuple[Any, ...] | None:
    """The values of a message in the `form` of `struct`; `None` for another message or a wrong checksum."""
    if int(fields["msgid"]) != message_id:
        return None
    words = [int(word) for word in fields["payload64"]]
    payload = struct.pack(f"<{len(words)}Q", *words)[: int(fields["len"])]
    if int(fields["checksum"]) != _checksum(fields, payload):
        return None
    length = struct.calcsize(form)
    return struct.unpack(form, payload.ljust(length, b"\0")[:length])


def raw_fields(message_id: int, payload: bytes, system_id: int, component_id: int, sequence: int) -> dict[str, Any]:
    """A message of `system_id`, `component_id`. MAVLink 2: trailing zeros of the payload are cut, except the first
    byte."""
    payload = payload.rstrip(b"\0") or b"\0"
    padded = payload.ljust(-(-len(payload) // 8) * 8, b"\0")
    fields: dict[str, Any] = {
        "header": {"frame_id": ""}, "framing_status": 1, "magic": _MAGIC, "len": len(payload), "incompat_flags": 0,
        "compat_flags": 0, "seq": sequence % 256, "sysid": system_id, "compid": component_id, "msgid": message_id,
        "payload64": list(struct.unpack(f"<{len(padded) // 8}Q", padded)), "signature": [],
    }  # fmt: skip
    return {**fields, "checksum": _checksum(fields, payload)}


def _checksum(fields: Mapping[str, Any], payload: bytes) -> int:
    """Checksum over the header (except its magic), the payload and the message's own extra byte."""
    message_id = int(fields["msgid"])
    names = ("len", "incompat_flags", "compat_flags", "seq", "sysid", "compid")
    header = bytes(int(fields[name]) for name in names) + message_id.to_bytes(3, "little")
    return crc16(header + payload + bytes([_CRC_EXTRA[message_id]]))


def crc16(data: bytes) -> int:
    """CRC-16/MCRF4XX."""
    crc = 0xFFFF
    for byte in data:
        x = (byte ^ crc) & 0xFF
        x = (x ^ (x << 4)) & 0xFF
        crc = (crc >> 8) ^ (x << 8) ^ (x << 3) ^ (x >> 4)
    return crc
