"""Checks whether messages pass between two processes, with the stack's own DDS profiles."""

from __future__ import annotations

import json
from pathlib import Path

from blindspot.doctor.findings import Finding
from blindspot.doctor.machine import Machine
from blindspot.stack import talks_by

SHARED = Path("/dev/shm")
LEAST_SHARED_BYTES = 64 * 1024**2
"""8 MiB for each process that passes pictures (config/dds/loopback_pictures.xml), two for each of four drones."""
RECEIVE_BUFFER = Path("/proc/sys/net/core/rmem_max")
WANTED_BUFFER_BYTES = 4 * 1024**2
"""As the profiles of config/dds ask. With the usual 208 kB each node lost messages while the nodes found each other."""
LOOPBACK = Path("/sys/class/net/lo/flags")
_IS_UP = 0x1
_PROBE = "blindspot.nodes.clients.picture_probe"
SMALL, PICTURE, COUNT = (32, 32), (1280, 720), 5
PASSES_WITHIN_S = 45.0
_HEARS_ITSELF_WITHIN_S = 10.0
_HEARS_ITSELF = """
import socket, struct
group = ("239.255.0.1", {port})
hears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
hears.bind(("", group[1]))
hears.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("4sl", socket.inet_aton(group[0]), 0))
hears.settimeout(3)
says = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
says.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
says.sendto(b"blindspot", group)
assert hears.recv(64) == b"blindspot"
"""
"""The multicast group of DDS, on a free port."""
_PORT = 7399


def shared_memory(machine: Machine) -> Finding:
    fix = f"sudo mount -o remount,size=512M {SHARED}   # in a container: docker run --shm-size=512m"
    if not machine.is_folder(SHARED):
        return Finding("missing", f"there is no {SHARED}", f"sudo mount -t tmpfs -o size=512M tmpfs {SHARED}")
    if not machine.may_use(SHARED):
        return Finding("broken", f"{SHARED} can't be written by {machine.user}", f"sudo chmod 1777 {SHARED}")
    free = machine.free_bytes(SHARED)
    room = f"{free / 1024**2:.0f} MB free in {SHARED}"
    if free < LEAST_SHARED_BYTES:
        return Finding("broken", f"{room}, four drones need {LEAST_SHARED_BYTES / 1024**2:.0f}", fix)
    return Finding("ok", room)


def receive_buffers(machine: Machine) -> Finding:
    """The buffer of a socket, in which messages wait for a busy node. The kernel grants at most `rmem_max`."""
    given = machine.read(RECEIVE_BUFFER).decode(errors="replace").strip()
    if not given.isdigit():
        return Finding("missing", f"{RECEIVE_BUFFER} can't be read", "# ask for the host's value")
    room = f"{int(given) // 1024} kB"
    if int(given) < WANTED_BUFFER_BYTES:
        fix = f"echo net.core.rmem_max={WANTED_BUFFER_BYTES} | sudo tee /etc/sysctl.d/60-blindspot.conf"
        wanted = f"a busy node loses fewer messages with {WANTED_BUFFER_BYTES // 1024} kB"
        return Finding("broken", f"{room}, {wanted}", f"{fix} && sudo sysctl --system")
    return Finding("ok", room)


def multicast(machine: Machine) -> Finding:
    """Multicast on the loopback device, by which processes find each other."""
    flags = machine.read(LOOPBACK).decode(errors="replace").strip()
    if flags and not int(flags, 16) & _IS_UP:
        return Finding("broken", "the loopback device is down", "sudo ip link set lo up")
    ran = machine.run([machine.python, "-P", "-c", _HEARS_ITSELF.format(port=_PORT)], _HEARS_ITSELF_WITHIN_S)
    if ran.code != 0:
        problem = f"a message to 239.255.0.1 is not heard on this machine ({ran.why}): no route, or a firewall"
        return Finding("broken", problem, "sudo ip link set lo multicast on && sudo ip route add 239.255.0.0/16 dev lo")
    return Finding("ok", "loopback is up, multicast is heard")


def messages(machine: Machine) -> Finding:
    """Small messages over UDP only, as all processes except camera and detector send them."""
    return _pass(machine, "loopback", SMALL, "sudo ufw allow in on lo   # or what else keeps UDP from this machine")


def pictures(machine: Machine) -> Finding:
    """Pictures of 720p between two processes, as camera and detector send them."""
    fix = "rm -f /dev/shm/fastrtps_* /dev/shm/fastdds_*   # with no stack running: what killed processes left there"
    return _pass(machine, "loopback_pictures", PICTURE, fix)


def _pass(machine: Machine, transport: str, size: tuple[int, int], fix: str) -> Finding:
    profile = machine.config / "dds" / f"{transport}.xml"
    if not machine.is_file(profile):
        return Finding("missing", f"there is no {profile}", f"git checkout {profile}")
    words = [str(number) for number in (*size, COUNT)]
    ran = machine.run(
        [machine.python, "-P", "-m", _PROBE, *words],
        PASSES_WITHIN_S,
        talks_by(profile),
    )
    try:
        result = dict(json.loads(ran.out.splitlines()[-1]))
    except (ValueError, IndexError):
        given = " ".join(f"{name}={value}" for name, value in talks_by(profile).items())
        again = f"{given} {machine.python} -m {_PROBE} {' '.join(words)}"
        why = f"{ran.why}; is the machine busy with something else?" if ran.timed_out else ran.why
        return Finding("broken", f"they can't be sent: {why}", f"{again}   # prints the reason")
    if result["arrived"] < COUNT or not result["whole"]:
        whole = "" if result["whole"] or not result["arrived"] else ", not whole"
        return Finding("broken", f"{result['arrived']} of {COUNT} arrived{whole}", fix)
    return Finding("ok", f"{COUNT} of {size[0]} x {size[1]} px arrived whole, {result['late_ms']:.0f} ms each")
