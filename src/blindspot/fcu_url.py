"""The link to an autopilot, written as MAVROS reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from blindspot.errors import InputError

USUAL_SERIAL = "serial:///dev/ttyACM0:921600"
_IDS = r"(?:/?\?ids=\d{1,3},\d{1,3})?"
_SERIAL = re.compile(rf"(?:serial(?:-hwfc)?://)?(?P<device>/[^:?]+)(?::(?P<rate>\d+))?{_IDS}")
_UDP = re.compile(rf"udp(?:-p?b)?://(?P<here>[^@:/?]*)(?::(?P<port>\d+))?@(?P<there>[^@:/?]*)(?::(?P<far>\d+))?{_IDS}")
_TCP = re.compile(rf"tcp(?:-l)?://(?P<there>[^@:/?]*)(?::(?P<port>\d+))?{_IDS}")
_WAYS = "write serial:///dev/ttyACM0:921600, udp://:14540@127.0.0.1:14580 or tcp://10.0.0.7:5760"
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Link:
    """What a URL leads to; `device` is that of a serial link."""

    kind: Literal["serial", "udp", "tcp"]
    device: Path | None = None


def read_fcu_url(url: str) -> Link:
    """Raises InputError for what MAVROS would not understand: it waits in vain, or dies without naming the cause."""
    if found := _SERIAL.fullmatch(url):
        return Link("serial", Path(found["device"]))
    for kind, pattern in (("udp", _UDP), ("tcp", _TCP)):
        if found := pattern.fullmatch(url):
            for name in ("port", "far"):
                port = found.groupdict().get(name)
                if port is not None and not 0 < int(port) <= _LAST_PORT:
                    raise InputError("fcu_url", "", f"{url} names port {port}", f"ports are 1 to {_LAST_PORT}")
            return Link("udp") if kind == "udp" else Link("tcp")
    raise InputError("fcu_url", "", f"{url} is no link that MAVROS knows", _WAYS)
