"""No clear picture leaves a running stack: by the graph, shared memory, the network or a crash."""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

STRANGER = """
import importlib, json, time
import rclpy
from rclpy.qos import QoSProfile, qos_profile_sensor_data

RAW, MASKED, PICTURE = "/drone1/camera/image_raw", "/drone1/camera/image_masked", "sensor_msgs/msg/Image"
rclpy.init()
node = rclpy.create_node("stranger")
heard, pictures = {}, set()

def hear(topic, kind):
    def on_message(message):
        heard[topic] += 1
        if kind == PICTURE:
            pictures.add(topic)
    package, _, name = kind.split("/")
    heard[topic] = 0
    message_type = getattr(importlib.import_module(f"{package}.msg"), name, None)  # an action's have no such name
    profile = QoSProfile(depth=1) if kind == PICTURE else qos_profile_sensor_data
    if message_type is not None:
        node.create_subscription(message_type, topic, on_message, profile)

hear(RAW, PICTURE)
ends_s = time.monotonic() + 60.0
while time.monotonic() < ends_s and heard.get(MASKED, 0) < 3:
    for topic, kinds in node.get_topic_names_and_types():
        if topic not in heard:
            hear(topic, kinds[0])
    rclpy.spin_once(node, timeout_sec=0.05)
raw = [one.node_name for one in node.get_publishers_info_by_topic(RAW)]
print(json.dumps({"heard": heard, "pictures": sorted(pictures), "raw_publishers": raw}))
"""
"""Subscribes to everything, by the transports of every ROS program."""

OTHER_USER = """
import os, pathlib, socket, sys
os.setuid(65534)
got = []
for path in map(pathlib.Path, sys.argv[1:]):
    try:
        if path.is_socket():
            socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect(str(path))
        else:
            path.read_bytes()
        got.append(str(path))
    except PermissionError:
        pass
print(*got)
"""


def wait_until(fact) -> None:
    deadline_s = time.monotonic() + 60.0
    while not fact():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def shared_by(pid: int) -> dict[Path, int]:
    """DDS's files in /dev/shm that a process has mapped, with the size of the mapping."""
    found: dict[Path, int] = {}
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if "/dev/shm/fast" in line or "/dev/shm/sem.fast" in line:
            words = line.split(maxsplit=5)
            start, end = (int(word, 16) for word in words[0].split("-"))
            found[Path(words[5].removesuffix(" (deleted)"))] = end - start
    return found


def listening(pid: int) -> set[str]:
    """Local addresses of a process's UDP sockets and listening TCP sockets, IPv4; of IPv6 as they stand in /proc."""
    inodes = {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink()}
    found = set()
    for table in ("udp", "tcp", "udp6", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if f"socket:[{words[9]}]" in inodes and (table.startswith("udp") or words[3] == "0A"):
                address = words[1].split(":")[0]
                found.add(address if table.endswith("6") else ".".join(map(str, reversed(bytes.fromhex(address)))))
    return found


def doors() -> list[Path]:
    return list(Path("/tmp").glob(f"blindspot-{os.getuid()}/*.pictures"))


@pytest.mark.slow
@pytest.mark.thorough
def test_a_stranger_gets_no_clear_picture_of_a_flight(sim, patrol, planned):
    known = set(doors())
    highest = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (highest[1], highest[1]))  # as a developer may have set for debugging
    try:
        run = sim(patrol, *planned, "--speed", "2")
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, highest)
    run.wait_for("drone1: en_route")
    pids = run.pids
    hears_no_clear_picture(run, pids, known)

    addresses = {address for pid in pids.values() for address in listening(pid)}
    assert "127.0.0.1" in addresses
    assert {address for address in addresses if not address.startswith(("127.", "239."))} == set()

    detector = Path(f"/proc/{pids['/drone1/detector']}")
    folder = (detector / "cwd").resolve()
    before = set(folder.glob("*core*"))
    os.kill(int(detector.name), signal.SIGABRT)
    wait_until(lambda: not detector.exists())
    assert set(folder.glob("*core*")) == before
    run.process.terminate()  # the rest of the run is irrelevant here
    run.end()
    assert set(doors()) <= known


def hears_no_clear_picture(run, pids, known):
    """A stranger who subscribes to everything hears masked pictures alone, and another user opens no file of them.
    `known` are the sockets of other runs."""
    stranger = subprocess.run(
        [sys.executable, "-P", "-c", STRANGER], env={**os.environ, "ROS_DOMAIN_ID": str(run.domain)},
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    result = json.loads(stranger.stdout.splitlines()[-1])
    assert result["heard"]["/drone1/camera/image_masked"] >= 3, result  # proof that it receives
    assert result["pictures"] == ["/drone1/camera/image_masked"], result
    assert (result["heard"]["/drone1/camera/image_raw"], result["raw_publishers"]) == (0, [])

    shared = {name: shared_by(pid) for name, pid in pids.items()}
    assert {name for name, files in shared.items() if files} == {"/drone1/detector"}
    assert max(shared["/drone1/detector"].values()) >= 8 * 1024**2  # as its profile says
    private = [path for files in shared.values() for path in files if path.exists()]
    private = [path for path in private if path.stat().st_uid == os.getuid()]
    private += set(doors()) - known
    assert len(private) >= 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in private if path.exists()} == {0o600}
    if os.geteuid() == 0:
        other = [sys.executable, "-c", OTHER_USER, *map(str, private)]
        assert subprocess.run(other, stdout=subprocess.PIPE, text=True, check=True).stdout == "\n"
