"""Processes without an enclave, and with another node's, against a domain that SROS 2 protects.

Each test starts a few processes that join as nodes of the stack do. They need a middleware with security; the wheels of
Fast DDS have none.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from blindspot.mission import load_fleet
from blindspot.nodes.rights.table import rights_of
from blindspot.stack.enclaves.keystore import make_keystore
from blindspot.stack.enclaves.security import ENFORCED, KEYSTORE
from blindspot.stack.programs.dds import VARIABLES

FLEET = Path(__file__).parents[2] / "config" / "fleets" / "crossroads.yaml"
SIMULATOR, MANAGER = "/simulator", "/blindspot/mission_manager"
CONTROL, CAMERA, OTHER = "/drone1/flight_control", "/drone1/camera", "/drone2/flight_control"
ENCLAVES = (SIMULATOR, MANAGER, CONTROL, CAMERA, OTHER, "/blindspot/authority")
ACTS_FOR_S = 6.0
"""Wall time for which an actor acts; processes of this machine meet within one or two seconds."""
ACTOR = """
import json, sys, time
import rclpy
from blindspot_msgs.msg import Clearance, DroneStatus, FleetStatus
from mavros_msgs.msg import State
from mavros_msgs.srv import SetMode
enclave, act, name, kind, for_s = sys.argv[1:6]
namespace, _, node_name = enclave.rpartition("/")
heard, answered, problem = set(), False, ""
try:
    rclpy.init(args=["--ros-args", "--enclave", enclave])
    node = rclpy.create_node(node_name, namespace=namespace or "/")
    type_ = globals()[kind]
    if act == "listen":
        node.create_subscription(type_, name, lambda message: heard.add(getattr(message, "fleet", "it")), 10)
    elif act == "serve":
        def serve(request, response):
            heard.add(request.custom_mode)
            response.mode_sent = True
            return response
        node.create_service(type_, name, serve)
    elif act == "call":
        client = node.create_client(type_, name)
    else:
        publisher = node.create_publisher(type_, name, 10)
    print("ready", flush=True)
    end_s, asked = time.monotonic() + float(for_s), None
    while time.monotonic() < end_s:
        if act == "publish":
            publisher.publish(type_(fleet=enclave) if kind == "FleetStatus" else type_())
        if act == "call":
            asked = asked or client.call_async(type_.Request(custom_mode=enclave))
            answered = answered or asked.done()
            if client.service_is_ready() and not asked.done() and time.monotonic() > end_s - float(for_s) / 2:
                asked = client.call_async(type_.Request(custom_mode=enclave))
        rclpy.spin_once(node, timeout_sec=0.05)
except Exception as error:
    problem = f"{type(error).__name__}: {error}"
    print("ready", flush=True)
print(json.dumps({"heard": sorted(heard), "answered": answered, "problem": problem}), flush=True)
"""


class Actor:
    """A process that joins the domain and does one thing."""

    def __init__(self, keystore: Path | None, enclave: str, act: str, name: str, kind: str, for_s: float) -> None:
        environ = {key: value for key, value in os.environ.items() if key not in VARIABLES}
        if keystore is not None:
            environ |= {KEYSTORE: str(keystore), **ENFORCED}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", ACTOR, enclave, act, name, kind, str(for_s)],
            env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def found(self) -> dict[str, Any]:
        printed, _ = self._process.communicate(timeout=120)
        return json.loads(printed.splitlines()[-1])


Start = Callable[..., Actor]


@pytest.fixture
def keystore(tmp_path: Path, ros_domain: int) -> Path:
    fleet = load_fleet(FLEET)
    rights = {name: rights_of(name, fleet, simulated=True) for name in ENCLAVES}
    make_keystore(tmp_path / "keystore", rights, dict.fromkeys(fleet.names, ()), ros_domain, datetime.now(UTC))
    return tmp_path / "keystore"


@pytest.fixture
def start(keystore: Path, ros_domain: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(ros_domain))
    problem = Actor(keystore, MANAGER, "publish", "/blindspot/fleet_status", "FleetStatus", 0.0).found()["problem"]
    if problem:
        pytest.skip(f"this middleware has no security: {problem[:90]}")
    actors: list[Actor] = []

    def start(enclave: str, act: str, name: str, kind: str, *, within: Path | None = keystore) -> Actor:
        actors.append(Actor(within, enclave, act, name, kind, ACTS_FOR_S))
        return actors[-1]

    yield start
    for actor in actors:
        actor._process.kill()
        actor._process.wait()


def forged(keystore: Path, tmp_path: Path) -> Path:
    """A keystore in which the camera's stolen enclave also has the mission manager's rights, which its thief signed."""
    fleet, domain = load_fleet(FLEET), int(os.environ["ROS_DOMAIN_ID"])
    widened = rights_of(CAMERA, fleet, simulated=True) | rights_of(MANAGER, fleet, simulated=True)
    make_keystore(tmp_path / "forged", {CAMERA: widened}, dict.fromkeys(fleet.names, ()), domain, datetime.now(UTC))
    true, own = (folder / "enclaves" / CAMERA.lstrip("/") for folder in (keystore, tmp_path / "forged"))
    for name in ("cert.pem", "key.pem", "identity_ca.cert.pem"):
        shutil.copy(true / name, own / name)
    return tmp_path / "forged"


def test_a_mission_manager_is_heard_and_no_stranger(start):
    listener = start(CONTROL, "listen", "/blindspot/fleet_status", "FleetStatus")
    start(MANAGER, "publish", "/blindspot/fleet_status", "FleetStatus")
    start("/blindspot/stranger", "publish", "/blindspot/fleet_status", "FleetStatus", within=None)
    assert listener.found() == {"heard": [MANAGER], "answered": False, "problem": ""}


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("/blindspot/fleet_status", "FleetStatus"), ("/drone1/drone_status", "DroneStatus"),
        ("/drone1/clearance", "Clearance"), ("/drone1/mavros/state", "State"),
    ],
)  # fmt: skip
def test_another_nodes_enclave_publishes_only_what_is_its_own(start, topic, kind):
    for thief in (CAMERA, OTHER):
        assert "RCLError" in start(thief, "publish", topic, kind).found()["problem"]


def test_permissions_that_a_thief_signs_are_refused_by_the_others(start, keystore, tmp_path):
    listener = start(CONTROL, "listen", "/blindspot/fleet_status", "FleetStatus")
    start(MANAGER, "publish", "/blindspot/fleet_status", "FleetStatus")
    widened = forged(keystore, tmp_path)
    thief = start(CAMERA, "publish", "/blindspot/fleet_status", "FleetStatus", within=widened)
    assert listener.found()["heard"] == [MANAGER]
    assert thief.found()["problem"] == "", "its own middleware lets it publish"


def test_only_who_may_command_the_autopilot_reaches_it(start):
    mode = ("/drone1/mavros/set_mode", "SetMode")
    autopilot = start(SIMULATOR, "serve", *mode)
    flight_control, stranger = start(CONTROL, "call", *mode), start("/drone1/stranger", "call", *mode, within=None)
    thief = start(OTHER, "call", *mode)
    assert flight_control.found()["answered"]
    assert not stranger.found()["answered"]
    assert "RCLError" in thief.found()["problem"]
    assert autopilot.found()["heard"] == [CONTROL]
