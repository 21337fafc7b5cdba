"""The pre-flight check on remote identification, with a stand-in for the node."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from mavros_msgs.msg import Mavlink

from blindspot.flight.vehicle import Numbers, RemoteIdReader, module_messages
from blindspot.law import load_authorisation
from blindspot.mission import load_fleet
from blindspot.nodes.autopilot.mavros_interface import fill
from blindspot.nodes.autopilot.remote_id import RemoteId

CONFIG = Path(__file__).resolve().parents[3] / "config"
EXAMPLE = CONFIG / "authorisations" / "example_92"
OURS = ("FIN87astrdge12k8-xyz", "BSPT5DRN01")


class Node:
    """Counts as a node; `taken` is whether MAVROS's plugin is there."""

    def __init__(self) -> None:
        self.taken = 1
        self.subscriptions = 0

    def create_subscription(self, _kind, _topic, hear, _qos) -> object:
        self.subscriptions += 1
        self.hear = hear
        return object()

    def destroy_subscription(self, _: object) -> None:
        self.subscriptions -= 1

    def create_timer(self, _period_s: float, tick, **_) -> None:
        self.tick = tick

    def get_parameter(self, _: str):
        return SimpleNamespace(value=False)

    def count_publishers(self, topic: str) -> int:
        return 1

    def count_subscribers(self, topic: str) -> int:
        return self.taken


@pytest.fixture
def auth():
    from blindspot.mission import load_mission

    return load_authorisation(load_mission(CONFIG / "missions" / "crossroads.yaml").authorisation_path)


@pytest.fixture(scope="module")
def example():
    return load_authorisation(EXAMPLE / "authorisation.yaml", EXAMPLE / "trusted_keys")


@pytest.fixture
def node():
    return Node()


@pytest.fixture
def made(node):
    """Makes the check of a drone with these numbers, whose module reports `said`."""

    def make(operator, serial, *said) -> RemoteId:
        fleet = load_fleet(CONFIG / "fleets" / "crossroads.yaml")
        members = (fleet.file.drones[0].model_copy(update={"remote_id_serial": serial}), *fleet.file.drones[1:])
        file = fleet.file.model_copy(update={"remote_id_operator": operator, "drones": members})
        remote_id = RemoteId(node, lambda: 5.0, replace(fleet, file=file), "drone1")
        for fields in said:
            node.hear(fill(Mavlink(), fields))
        return remote_id

    return make


def test_raw_mavlink_is_read_on_the_ground_alone(node):
    """PX4 sends some hundred messages a second, and each costs the node time."""
    sent, flies = [], [False]
    vehicle = SimpleNamespace(announce=sent.append)
    fleet = load_fleet(CONFIG / "fleets" / "crossroads.yaml")
    RemoteId(node, lambda: 5.0, fleet, "drone1", vehicle, lambda: flies[0])
    listens = [node.subscriptions]
    for flies[0] in (False, True, True, False):
        node.tick()
        listens.append(node.subscriptions)
    assert listens == [1, 1, 0, 0, 1] and len(sent) == 4


def reports(operator="FIN87astrdge12k8", serial="BSPT5DRN01", problem=""):
    return module_messages(Numbers(operator, serial), 1, problem)


def test_valid_numbers_and_a_ready_module_pass(made, auth):
    found = made(*OURS, *reports()).judge(auth, simulated=False)
    assert (found.value, found.todo, found.remark) == ("BSPT5DRN01, the module is ready", "", "")


@pytest.mark.parametrize("simulated", [True, False])
@pytest.mark.parametrize(
    ("operator", "serial", "value"),
    [
        ("FIN87astrdge12k9-xyz", "BSPT5DRN01", "the operator number FIN87astrdge12k9-xyz has a wrong check"),
        ("", "BSPT5DRN01", "the operator number  has another form"),
        ("FIN87astrdge12k8-xyz", "BSPT5DRN1", "the serial number BSPT5DRN1 has another length"),
        ("FIN87astrdge12k8-xyz", "", "the serial number  has another form"),
        ("FIN87astrdge12k8-xyz", "BSPTF123456789ABCDEF", "MAVROS cuts the serial number BSPTF123456789ABCDEF"),
    ],
)
def test_wrong_numbers_are_refused_everywhere(made, auth, operator, serial, value, simulated):
    found = made(operator, serial, *reports()).judge(auth, simulated=simulated)
    assert found.value.startswith(value) and found.todo


def test_nineteen_characters_of_a_serial_number_pass_mavros(made, auth):
    serial = "BSPTE123456789ABCDE"
    assert not made(OURS[0], serial, *reports(serial=serial)).judge(auth, simulated=False).todo


def test_the_authorised_numbers_and_no_others(made, example):
    assert made(*OURS, *reports()).judge(example, simulated=False).value == "the authorisation names other numbers"
    rid = example.file.aviation.rid
    said = reports(rid.operator.partition("-")[0], rid.serials[0])
    assert not made(rid.operator, rid.serials[0], *said).judge(example, simulated=False).todo


@pytest.mark.parametrize("simulated", [True, False])
def test_without_mavros_s_plugin_nothing_is_sent(made, node, auth, simulated):
    node.taken = 0
    assert "mavros_extras" in made(*OURS, *reports()).judge(auth, simulated=simulated).todo


def test_a_silent_module_is_refused_on_hardware_only(made, auth):
    assert made(*OURS).judge(auth, simulated=False).value == "no module reports"
    found = made(*OURS).judge(auth, simulated=True)
    assert not found.todo and "no module" in found.remark


@pytest.mark.parametrize("simulated", [True, False])
def test_a_module_with_a_fault_or_other_numbers_is_refused_everywhere(made, auth, simulated):
    def value(*said):
        found = made(*OURS, *said).judge(auth, simulated=simulated)
        assert found.todo
        return found.value

    assert value(*reports(problem="no radio")) == "the module is not ready: no radio"
    assert value(*reports(serial="BSPT5DRN77")) == "the drone sends serial number BSPT5DRN77"
    secret = "FIN87astrdge12k8-xy"
    assert value(*reports(operator=secret)) == f"the drone sends operator number {secret}"


def test_numbers_that_the_module_does_not_report_are_a_remark(made, auth):
    [status, *_] = reports()
    found = made(*OURS, status).judge(auth, simulated=False)
    assert not found.todo and found.remark == "the operator and serial number that it sends is unread"


def test_a_fleet_without_numbers_sends_nothing_and_an_authorisation_that_names_some_refuses(made, node, auth, example):
    remote_id = made("", "")
    assert node.subscriptions == 0
    found = remote_id.judge(auth, simulated=False)
    assert found.value == "none: the fleet file gives no numbers" and not found.todo and found.remark
    assert remote_id.judge(example, simulated=False).todo.startswith("give remote_id_operator")
    assert not remote_id.judge(example, simulated=True).todo


def test_the_ear_of_the_check_is_of_its_own_drone(made, auth):
    others = module_messages(Numbers("FIN87astrdge12k8", "BSPT5DRN01"), 2)
    assert made(*OURS, *others).judge(auth, simulated=False).value == "no module reports"
    assert RemoteIdReader.reads(12918) and not RemoteIdReader.reads(0)
