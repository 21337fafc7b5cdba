"""Which DDS profile a process talks by, and whether the middleware took it.

Fast DDS goes on with its defaults where it can't read a profile, and says so in a line that nobody reads: shared memory
that anybody may open, sockets on every network. So a node looks at its own sockets and its own shared memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from blindspot.core import CONFIG_DIR, InputError
from blindspot.stack.discovery import discovery_port

VARIABLES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
"""What Fast DDS 2 (Jazzy) reads, and what Fast DDS 3 (Kilted) does; each passes the other over."""
_PORTS_A_DOMAIN = 250
_NAMESPACE = "{http://www.eprosima.com}"
_SEGMENT = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) .*/dev/shm/fast(?:rtps|dds)_[0-9a-f]{16}", re.MULTILINE)


def talks_by(profile: Path) -> dict[str, str]:
    """The environment of a process that talks by a profile. A discovery range that the shell has would put the default
    transports beside those of the profile."""
    return {
        **dict.fromkeys(VARIABLES, str(profile)),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "SYSTEM_DEFAULT",
        "ROS_LOCALHOST_ONLY": "",
    }


def profile_file(name: str) -> Path:
    """One of our own profiles."""
    return CONFIG_DIR / "dds" / f"{name}.xml"


LOOPBACK, PICTURES = talks_by(profile_file("loopback")), talks_by(profile_file("loopback_pictures"))
"""UDP that stays on this computer, and shared memory beside it for those that pass whole pictures as messages. Who
flies shares no memory with who sees: the death of one must not hold up the other."""
RADIO, RADIO_PICTURES = talks_by(profile_file("radio")), talks_by(profile_file("radio_pictures"))
"""Between two computers: UDP in packets that a radio may lose one by one."""


@dataclass(frozen=True, slots=True)
class Transports:
    """What a profile lets a process open: addresses for UDP (all of them if none is named), bytes of shared memory."""

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
    """What a process has really opened for DDS: addresses of its sockets, sizes of the segments that it has mapped."""

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
    """Raises InputError where this process, which has a node in the domain, does not talk as the profile of its
    environment says; without a profile it may talk as it likes."""
    profile = next((Path(environ[name]) for name in VARIABLES if environ.get(name)), None)
    if profile is None:
        return
    problem = difference(Transports.of(profile), Opened.by(domain))
    if problem:
        fix = "look for an error of XMLPARSER above, and for another middleware in RMW_IMPLEMENTATION"
        raise InputError(profile, "", f"is not in force: {problem}", fix)


def difference(allowed: Transports, opened: Opened) -> str:
    """In what way a process talks otherwise than its profile says; empty if in none."""
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
