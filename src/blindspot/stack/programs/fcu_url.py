"""The link to an autopilot, in MAVROS's form, and whether the link leads to a simulation.

The link decides that, never the mode's name. A link is simulated only if the link certainly leads to this stack's own
autopilot on this computer. Every other link is real.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Literal

from blindspot.core import InputError

USUAL_SERIAL = "serial:///dev/ttyACM0:921600"
_IDS = r"(?:/?\?ids=\d{1,3},\d{1,3})?"
_SERIAL = re.compile(rf"(?:serial(?:-hwfc)?://)?(?P<device>/[^:?]+)(?::(?P<rate>\d+))?{_IDS}")
_UDP = re.compile(rf"udp(?:-p?b)?://(?P<here>[^@:/?]*)(?::(?P<port>\d+))?@(?P<there>[^@:/?]*)(?::(?P<far>\d+))?{_IDS}")
_TCP = re.compile(rf"tcp(?:-l)?://(?P<there>[^@:/?]*)(?::(?P<port>\d+))?{_IDS}")
_WAYS = "write serial:///dev/ttyACM0:921600, udp://:14540@127.0.0.1:14580 or tcp://10.0.0.7:5760"
_LAST_PORT = 65535
_UDP_PORT, _TCP_PORT = "14555", "5760"
"""MAVROS's own, where the link names none."""
_PX4_SENDS_TO, _PX4_LISTENS_ON = 14540, 14580
"""UDP ports of the off-board link of PX4 SITL's instance 0; those of instance n are n higher."""


@dataclass(frozen=True, slots=True)
class Link:
    """A parsed URL; `device` is the device file of a serial link.

    `end` names the end of the link that one MAVROS alone may use: the serial device (links of the file system
    resolved), the local UDP or TCP port, or the remote TCP server.
    """

    kind: Literal["serial", "udp", "tcp"]
    device: Path | None = None
    end: str = ""


def px4_url(instance: int) -> str:
    """The link to the PX4 SITL with this instance number on this computer.

    It is bound to the loopback address: another computer's autopilot may send to the same port and is ignored.
    """
    return f"udp://127.0.0.1:{_PX4_SENDS_TO + instance}@127.0.0.1:{_PX4_LISTENS_ON + instance}"


def is_simulated(mode: str, fcu_url: str, instance: int = 0) -> bool:
    """Whether a drone's autopilot is a simulation, judged by the link: our own embedded process, or the stack's own
    PX4 on the loopback address.

    Mode hardware is always real. `fcu_url` is empty for the mode's usual link, and `instance` is the number of the
    drone's PX4 in a simulation. Raises InputError for a real link in a mode that simulates, or a link
    that MAVROS can't read.

    >>> is_simulated("sitl", "udp://:14540@127.0.0.1:14580")
    True
    >>> is_simulated("hardware", "")
    False
    """
    if fcu_url:
        read_fcu_url(fcu_url)
    if mode == "hardware":
        return False
    if fcu_url and not (mode in ("sitl", "gazebo") and is_px4_of_ours(fcu_url, instance)):
        problem = f"{fcu_url} may lead to a real autopilot, and mode {mode} flies a simulated autopilot of its own"
        raise InputError("fcu_url", "", problem, "leave it out, or fly a real drone in mode hardware")
    return True


def is_px4_of_ours(url: str, instance: int) -> bool:
    """Whether a link can only lead to the PX4 SITL with this instance number, started by this stack on this computer.

    Serial, TCP (also to the loopback address, where anything may pass it on) and any other UDP address are real.
    """
    found = _UDP.fullmatch(url)
    if found is None or not url.startswith("udp://"):
        return False
    ports = found["port"], found["far"]
    if ports != (str(_PX4_SENDS_TO + instance), str(_PX4_LISTENS_ON + instance)):
        return False
    return _is_loopback(found["there"]) and (found["here"] == "" or _is_loopback(found["here"]))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or IPv4Address(host).is_loopback
    except AddressValueError:
        return False


def read_fcu_url(url: str) -> Link:
    """The parsed link; raises InputError for text that MAVROS can't read.

    MAVROS itself would wait forever on such a link, or exit without a cause.
    """
    if found := _SERIAL.fullmatch(url):
        device = Path(found["device"])
        return Link("serial", device, str(device.resolve()))
    for kind, pattern in (("udp", _UDP), ("tcp", _TCP)):
        if found := pattern.fullmatch(url):
            for name in ("port", "far"):
                port = found.groupdict().get(name)
                if port is not None and not 0 < int(port) <= _LAST_PORT:
                    raise InputError("fcu_url", "", f"{url} names port {port}", f"ports are 1 to {_LAST_PORT}")
            if kind == "udp":
                return Link("udp", end=f"UDP port {found['port'] or _UDP_PORT}")
            at = f"{found['there']}:" if url.startswith("tcp://") else "TCP port "
            return Link("tcp", end=f"{at}{found['port'] or _TCP_PORT}")
    raise InputError("fcu_url", "", f"{url} is no link that MAVROS knows", _WAYS)
