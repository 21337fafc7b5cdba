"""Who may write what: the topics and services on which a flight depends have one writer, or a few that are named here.

`test/system/test_rights.py` compares the rights with a running stack.
"""

from __future__ import annotations

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from blindspot.core import InputError
from blindspot.mission import load_fleet
from blindspot.nodes.autopilot.mavros_interface import CALLED, PARAMETERS, PUBLISHED
from blindspot.nodes.recorder import KINDS
from blindspot.nodes.rights.table import OPERATOR, PREFLIGHT, TOWN, rights_of
from blindspot.stack.bringup import stack
from blindspot.stack.enclaves.keystore import MOST_BYTES
from blindspot.stack.enclaves.permissions import Rights, permissions_xml, shortened
from blindspot.stack.programs.processes import Options

FLEET = Path(__file__).parents[4] / "config" / "fleets" / "crossroads.yaml"
AUTHORITY, MANAGER, SIMULATOR = f"{TOWN}/authority", f"{TOWN}/mission_manager", "/simulator"
CONTROL, CAMERA, DETECTOR = "/drone1/flight_control", "/drone1/camera", "/drone1/detector"


def rights(mode: str, **options: object) -> dict[str, Rights]:
    fleet = load_fleet(FLEET)
    nodes = stack(mode, FLEET, Options(Path(), camera="", **options)).nodes  # type: ignore[arg-type]
    names = [*(node.full_name for node in nodes), OPERATOR, PREFLIGHT, f"{TOWN}/scheduler"]
    return {name: rights_of(name, fleet, simulated=mode == "embedded") for name in names}


@pytest.fixture(scope="module", params=["embedded", "sitl"])
def found(request: pytest.FixtureRequest) -> dict[str, Rights]:
    return rights(request.param)


def writers(found: dict[str, Rights], topic: str) -> set[str]:
    """The processes that may write a DDS topic."""
    return {name for name, own in found.items() if any(fnmatchcase(topic, one) for one in own.writes)}


@pytest.mark.parametrize(
    ("topic", "writer"),
    [
        ("rt/drone1/clearance", AUTHORITY), ("rt/blindspot/fleet_status", MANAGER),
        ("rt/drone1/drone_status", CONTROL), ("rt/drone1/mission", CONTROL), ("rt/drone1/camera/pose", CAMERA),
        ("rt/drone1/camera/camera_info", CAMERA), ("rt/drone1/camera/image_masked", DETECTOR),
        ("rt/drone1/detections", DETECTOR), ("rt/drone1/mavros/setpoint_raw/local", CONTROL),
        ("rq/drone1/mavros/cmd/armingRequest", CONTROL), ("rq/drone1/fly_route/_action/send_goalRequest", MANAGER),
        ("rq/drone1/fly_restRequest", MANAGER), ("rt/blindspot/coverage_status", f"{TOWN}/coverage_monitor"),
        ("rr/blindspot/authoriseReply", AUTHORITY),
    ],
)  # fmt: skip
def test_one_process_writes_it(found, topic, writer):
    plugins = {"/drone1/mavros/mavros_node", SIMULATOR} if "/mavros/" in topic else set()
    assert writers(found, topic) - (plugins if topic.startswith("rt/") else set()) == {writer}


def test_only_the_autopilots_side_reports_its_state(found):
    theirs = {SIMULATOR} if SIMULATOR in found else {"/drone1/mavros/mavros_node", "/drone1/gimbal"}
    for topic in PUBLISHED:
        assert writers(found, f"rt/drone1/mavros/{topic}") <= theirs, topic
    assert writers(found, "rt/drone1/mavros/state")


def test_a_mode_is_commanded_by_flight_control_the_pre_flight_list_and_those_who_bring_a_drone_home(found):
    assert writers(found, "rq/drone1/mavros/set_modeRequest") == {CONTROL, MANAGER, f"{TOWN}/logbook", PREFLIGHT}
    for service in CALLED - {"set_mode"}:
        allowed = {CONTROL, PREFLIGHT} | ({AUTHORITY} if service in ("vehicle_info_get", PARAMETERS) else set())
        assert writers(found, f"rq/drone1/mavros/{service}Request") <= allowed, service


def test_nobody_sets_parameters_of_a_node_or_commands_another_drone(found):
    for name, own in found.items():
        setters = [topic for topic in own.writes if topic.endswith("set_parametersRequest")]
        assert not setters, name
        if name.startswith("/drone1/"):
            assert not [topic for topic in own.writes if "/drone2/" in topic], name


def test_names_have_a_wildcard_only_below_a_mavros(found):
    for name, own in found.items():
        wild = [topic for topic in (*own.writes, *own.reads) if "*" in topic or "?" in topic]
        assert not wild or name.endswith("/mavros_node") or name == SIMULATOR, name
        assert all("/drone" in topic or "/uas" in topic for topic in wild)


def test_patterns_grant_no_name_of_the_stack_beyond_the_rights_except_to_read_a_mavros(found):
    """Of all names that any process of the stack may use. Reading is granted wider: what MAVROS reports, and a drone's
    own status. `mission_manager` may call its own `order`, as it calls that of every drone."""
    fleet, every = load_fleet(FLEET), {topic for own in found.values() for topic in (*own.writes, *own.reads)}
    for name, own in found.items():
        for topics, reads in ((own.writes, False), (own.reads, True)):
            patterns = shortened(topics, name, fleet.names, reads=reads)
            matched = {topic for topic in every if any(fnmatchcase(topic, pattern) for pattern in patterns)}
            assert set(topics) <= matched
            beyond = {topic for topic in matched if not any(fnmatchcase(topic, one) for one in topics)}
            harmless = {topic for topic in beyond if reads and ("/mavros/" in topic or "/drone_status" in topic)}
            itself = {"rq/blindspot/orderRequest", "rr/blindspot/orderReply"} if name == MANAGER else set()
            assert beyond <= harmless | itself, name


def test_the_permissions_of_sixteen_drones_fit_into_a_handshake():
    """With about 1500 bytes for the signature."""
    names = tuple(f"drone{number}" for number in range(1, 17))
    numbered = SimpleNamespace(remote_id_operator="FIN87astrdge12k8-xyz")
    fleet: Any = SimpleNamespace(names=names, system_id=lambda drone: names.index(drone) + 1, file=numbered)
    now = datetime(2026, 11, 28, tzinfo=UTC)
    for enclave in (AUTHORITY, MANAGER, SIMULATOR, CONTROL, OPERATOR, PREFLIGHT):
        for simulated in (True, False):
            granted = permissions_xml(enclave, rights_of(enclave, fleet, simulated=simulated), names, 0, now, now)
            assert len(granted) + 1500 <= MOST_BYTES, enclave


def test_simulated_time_has_one_writer_and_real_time_none():
    assert writers(rights("embedded"), "rt/clock") == {SIMULATOR}
    assert writers(rights("sitl"), "rt/clock") == set()


def test_the_recorder_reads_its_closed_list_and_the_orders_of_missions():
    own = rights_of("/drone1/recorder", load_fleet(FLEET), simulated=False)
    assert own.subscribes == {f"/drone1/{topic}" for topic in (*KINDS, "mission", "facts/masks")}


def test_a_process_without_rights_is_reported():
    with pytest.raises(InputError, match="has no rights in SROS 2"):
        rights_of("/drone1/parameter_bridge", load_fleet(FLEET), simulated=True)
