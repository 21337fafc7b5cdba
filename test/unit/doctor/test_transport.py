"""Shared memory, multicast, messages and pictures: each working, missing and broken."""

from __future__ import annotations

import json
import re

import pytest

from blindspot.doctor import transport
from blindspot.doctor.findings import Finding
from blindspot.doctor.machine import Ran
from blindspot.nodes.clients import picture_probe
from blindspot.stack import bringup
from blindspot.stack.programs import dds

PROBE = "python -P -m blindspot.nodes.clients.picture_probe"
PASSED = {"arrived": 5, "whole": True, "late_ms": 9.6}


def test_shared_memory(machine):
    assert transport.shared_memory(machine).state == "ok"
    machine.free = 63 * 1024**2
    found = transport.shared_memory(machine)
    assert (found.state, found.message) == ("broken", "63 MB free in /dev/shm, four drones need 64")
    assert found.fix.startswith("sudo mount -o remount,size=512M /dev/shm")
    machine.closed = {"/dev/shm"}
    assert transport.shared_memory(machine).fix == "sudo chmod 1777 /dev/shm"
    machine.folders.remove("/dev/shm")
    assert transport.shared_memory(machine).state == "missing"


def test_the_memory_for_four_drones_follows_from_the_profile():
    text = (bringup.CONFIG_DIR / "dds" / "loopback_pictures.xml").read_text()
    segment = int(re.findall(r"<segment_size>(\d+)<", text)[0])
    assert segment * 2 * 4 == transport.LEAST_SHARED_BYTES


def test_receive_buffers(machine):
    machine.files[str(transport.RECEIVE_BUFFER)] = b"4194304\n"
    assert transport.receive_buffers(machine) == Finding("ok", "4096 kB")
    machine.files[str(transport.RECEIVE_BUFFER)] = b"212992\n"
    found = transport.receive_buffers(machine)
    assert (found.state, found.message) == ("broken", "208 kB, a busy node loses fewer messages with 4096 kB")
    assert found.fix.startswith("echo net.core.rmem_max=4194304 | sudo tee /etc/sysctl.d/")
    del machine.files[str(transport.RECEIVE_BUFFER)]
    assert transport.receive_buffers(machine).state == "missing"


@pytest.mark.parametrize("profile", sorted((bringup.CONFIG_DIR / "dds").glob("*.xml")), ids=lambda path: path.stem)
def test_each_profile_asks_for_the_buffer_that_is_checked(profile):
    (asked,) = re.findall(r"<receiveBufferSize>(\d+)<", profile.read_text())
    assert int(asked) == transport.WANTED_BUFFER_BYTES


def test_multicast(machine):
    assert transport.multicast(machine).state == "ok"
    machine.answers["python -P -c"] = Ran(1, error="OSError: [Errno 101] Network is unreachable")
    found = transport.multicast(machine)
    assert found.state == "broken"
    assert "Network is unreachable" in found.message
    assert "ip route add" in found.fix
    machine.files[str(transport.LOOPBACK)] = b"0x8\n"
    assert transport.multicast(machine).fix == "sudo ip link set lo up"


@pytest.mark.parametrize(
    ("look", "profile", "size"),
    [(transport.messages, dds.LOOPBACK, "32 32 5"), (transport.pictures, dds.PICTURES, "1280 720 5")],
)
def test_messages_pass_with_the_stacks_own_profile(machine, look, profile, size):
    machine.answers[PROBE] = Ran(0, "a library's word\n" + json.dumps(PASSED))
    assert look(machine).message.endswith("arrived whole, 10 ms each")
    ((line, environ),) = machine.asked
    assert line == f"{PROBE} {size}"
    assert environ == profile


@pytest.mark.parametrize("look", [transport.messages, transport.pictures])
@pytest.mark.parametrize(
    ("ran", "why"),
    [(Ran(0, json.dumps(PASSED | {"arrived": 0, "whole": False})), "0 of 5 arrived"),
     (Ran(0, json.dumps(PASSED | {"arrived": 4})), "4 of 5 arrived"),
     (Ran(0, json.dumps(PASSED | {"whole": False})), "5 of 5 arrived, not whole"),
     (Ran(1, error="ModuleNotFoundError: No module named 'rclpy'"), "No module named 'rclpy'"),
     (Ran(-6, "terminate"), "killed by signal 6"), (Ran(None, timed_out=True), "in time; is the machine busy")],
)  # fmt: skip
def test_messages_that_do_not_arrive(machine, look, ran, why):
    machine.answers[PROBE] = ran
    found = look(machine)
    assert found.state == "broken"
    assert why in found.message
    assert found.fix
    assert found.fix.endswith("# prints the reason") is (not ran.out.startswith("{"))


def test_a_profile_that_is_not_there(machine, tmp_path):
    machine.config = tmp_path
    assert transport.pictures(machine).state == "missing"


def test_the_probe_gives_up_before_it_is_given_up():
    assert picture_probe.GIVES_UP_AFTER_S < transport.PASSES_WITHIN_S
