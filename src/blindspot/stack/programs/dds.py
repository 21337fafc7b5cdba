"""The DDS profile of a process, and a check that the middleware applied it.

If Fast DDS can't read a profile, Fast DDS logs one line and goes on with the defaults: shared memory open to every
user, sockets on every network. So a node checks the node's sockets and shared memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from blindspot.core import CONFIG_DIR, InputError
from blindspot.stack.programs.discovery import discovery_port

VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
"""Read by Fast DDS 2 (Jazzy) and by Fast DDS 3 (Kilted); each ignores the other's variable."""
_PORTS_A_DOMAIN = 250
_NAMESPACE = "{http://www.eprosima.com}"
_SEGMENT = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) .*/dev/shm/fast(?:rtps|dds)_[0-9a-f]{16}", re.MULTILINE)


def talks_by(profile: Path) -> dict[str, str]:
    """The environment of a process that uses a DDS profile.

    The discovery variables are reset: a range set in the shell would add the default transports to the profile's.
    """
    return {
        **dict.fromkeys(VARIABLES, str(profile)),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "SYSTEM_DEFAULT",
        "ROS_LOCALHOST_ONLY": "",
    }


def profile_file(name: str) -> Path:
    """One of our own profiles."""
    return CONFIG_DIR / "dds" / f"{name}.xml"


LOOPBACK, PICTURES = talks_by(profile_file("loopback")), talks_by(profile_file("loopback_pictures"))
"""UDP on this computer only; `PICTURES` adds shared memory for nodes that pass whole pictures as messages. The flight
nodes share no memory with the picture nodes: the death of one must not block the other."""
RADIO, RADIO_PICTURES = talks_by(profile_file("radio")), talks_by(profile_file("radio_pictures"))
"""For two computers: UDP in small packets, since a radio loses packets one by one."""


@dataclass(frozen=True, slots=True)
class Transports:
    """The transports that a profile allows: UDP addresses (empty means all), bytes of shared memory."""

    addresses: frozenset[str]
    shared_bytes: int

    @classmethod
    def of(cls, profile: Path) -> Transports:
        """Raises InputError for a profile that can't be read."""
        try:
            root = ElementTree.parse(profile).getroot()
        except (OSError, ElementTree.ParseError) as error:
            raise InputError(profile, "", f"is no DDS profile ({error})", "take it from the repository") from error
        addresses = frozenset((one.text or "").strip() for one in root.iter(f"{_NAMESPACE}address"))
        segments = [int(one.text or 0) for one in root.iter(f"{_NAMESPACE}segment_size")]
        return cls(addresses, max(segments, default=0))


@dataclass(frozen=True, slots=True)
class Opened:
    """The open DDS transports of a process: addresses of sockets, sizes of mapped segments (bytes)."""

    addresses: frozenset[str]
    segments: tuple[int, ...]

    @classmethod
    def by(cls, domain: int, process: Path = Path("/proc/self")) -> Opened:
        inodes = set()
        for descriptor in (process / "fd").iterdir():
            try:
                inodes.add(str(descriptor.readlink()))
            except OSError:
                continue  # closed meanwhile
        ports = range(discovery_port(domain), discovery_port(domain) + _PORTS_A_DOMAIN)
        addresses = set()
        for line in (process / "net" / "udp").read_text(encoding="ascii").splitlines()[1:]:
            words = line.split()
            address, port = words[1].split(":")
            if f"socket:[{words[9]}]" in inodes and int(port, 16) in ports:
                addresses.add(".".join(str(byte) for byte in reversed(bytes.fromhex(address))))
        maps = (process / "maps").read_text(encoding="utf-8", errors="replace")
        return cls(frozenset(addresses), tuple(int(end, 16) - int(start, 16) for start, end in _SEGMENT.findall(maps)))


def refuse_other_transports(domain: int, environ: Mapping[str, str]) -> None:
    """Raises InputError if this process's transports differ from the profile in the environment.

    The process must already have a node in the domain. An environment that names no profile allows all transports.
    """
    profile = next((Path(environ[name]) for name in VARIABLES if environ.get(name)), None)
    if profile is None:
        return
    problem = difference(Transports.of(profile), Opened.by(domain))
    if problem:
        fix = "look for an error of XMLPARSER above, and for another middleware in RMW_IMPLEMENTATION"
        raise InputError(profile, "", f"is not in force: {problem}", fix)


def difference(allowed: Transports, opened: Opened) -> str:
    """The first difference between the opened transports and the profile; empty if they agree."""
    elsewhere = sorted(one for one in opened.addresses - allowed.addresses if not one.startswith("239."))
    if allowed.addresses and elsewhere:
        return f"a socket listens on {elsewhere[0]}"
    if not opened.addresses:
        return "no socket listens on the domain's ports"
    if allowed.shared_bytes == 0 and opened.segments:
        return "memory is shared"
    if max(opened.segments, default=0) < allowed.shared_bytes:
        return f"no {allowed.shared_bytes} bytes of memory are shared"
    return ""
