"""The two MAVLink messages that pass MAVROS raw here, as the fields of a mavros_msgs/Mavlink."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_COMMAND_LONG, _COMMAND_ACK = 76, 77
_CRC_EXTRA = {_COMMAND_LONG: 152, _COMMAND_ACK: 143}
_COMMAND_LONG_FORMAT = "<7fHBBB"
_COMMAND_ACK_FORMAT = "<HBBiBB"
_MAGIC = 253


@dataclass(frozen=True, slots=True)
class CommandAck:
    """COMMAND_ACK: the answer to a command, `target_system` being who asked."""

    command: int
    result: int
    target_system: int


def command_long(command: int, system_id: int, target_system: int, sequence: int) -> dict[str, Any]:
    """COMMAND_LONG of the autopilot of `system_id`, all parameters 0."""
    payload = struct.pack(_COMMAND_LONG_FORMAT, *[0.0] * 7, command, target_system, 0, 0)
    return _fields(_COMMAND_LONG, payload, system_id, 1, sequence)


def command_ack(ack: CommandAck, system_id: int, component_id: int, sequence: int = 0) -> dict[str, Any]:
    """COMMAND_ACK sent by `system_id`, `component_id`."""
    payload = struct.pack(_COMMAND_ACK_FORMAT, ack.command, ack.result, 0, 0, ack.target_system, 1)
    return _fields(_COMMAND_ACK, payload, system_id, component_id, sequence)


def read_command_ack(fields: Mapping[str, Any]) -> CommandAck | None:
    """The COMMAND_ACK in a mavros_msgs/Mavlink; None if it is another message or its checksum is wrong."""
    if int(fields["msgid"]) != _COMMAND_ACK:
        return None
    length = struct.calcsize(_COMMAND_ACK_FORMAT)
    words = [int(word) for word in fields["payload64"]]
    payload = struct.pack(f"<{len(words)}Q", *words)[: int(fields["len"])]
    if int(fields["checksum"]) != _checksum(fields, payload):
        return None
    command, result, _, _, target_system, _ = struct.unpack(_COMMAND_ACK_FORMAT, payload.ljust(length, b"\0")[:length])
    return CommandAck(command, result, target_system)


def _fields(message_id: int, payload: bytes, system_id: int, component_id: int, sequence: int) -> dict[str, Any]:
    """MAVLink 2: trailing zeros of the payload are cut, but for the first byte."""
    payload = payload.rstrip(b"\0") or b"\0"
    padded = payload.ljust(-(-len(payload) // 8) * 8, b"\0")
    fields: dict[str, Any] = {
        "header": {"frame_id": ""}, "framing_status": 1, "magic": _MAGIC, "len": len(payload), "incompat_flags": 0,
        "compat_flags": 0, "seq": sequence % 256, "sysid": system_id, "compid": component_id, "msgid": message_id,
        "payload64": list(struct.unpack(f"<{len(padded) // 8}Q", padded)), "signature": [],
    }  # fmt: skip
    return {**fields, "checksum": _checksum(fields, payload)}


def _checksum(fields: Mapping[str, Any], payload: bytes) -> int:
    """CRC-16/MCRF4XX over the header without its magic, the payload and the message's own extra byte."""
    message_id = int(fields["msgid"])
    names = ("len", "incompat_flags", "compat_flags", "seq", "sysid", "compid")
    header = bytes(int(fields[name]) for name in names) + message_id.to_bytes(3, "little")
    crc = 0xFFFF
    for byte in header + payload + bytes([_CRC_EXTRA[message_id]]):
        x = (byte ^ crc) & 0xFF
        x = (x ^ (x << 4)) & 0xFF
        crc = (crc >> 8) ^ (x << 8) ^ (x << 3) ^ (x >> 4)
    return crc
