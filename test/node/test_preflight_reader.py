"""The pre-flight list read in a real graph: simulator, flight_control and authority; the test plays the camera."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import rclpy
from blindspot_msgs.msg import Clearance, FleetStatus, MissionStatus
from builtin_interfaces.msg import Time
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException
from rclpy.experimental import EventsExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo

from blindspot.flight.preflight import preflight
from blindspot.flight.preflight.checklist import Line
from blindspot.flight.route.phases import MISSION
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.mission.mission_file import load_mission
from blindspot.nodes.authority import Authority
from blindspot.nodes.clients import preflight_reader
from blindspot.nodes.clients.preflight_reader import PreflightError, PreflightReader
from blindspot.nodes.flight_control import FlightControl
from blindspot.nodes.graph import qos
from blindspot_sim.nodes import simulator as simulator_node
from blindspot_sim.nodes.simulator import Simulator


class World:
    """Nodes in a context and a thread of their own: the reader has the process's default context."""

    def __init__(self, domain: int, mission: Path, folder: Path, leasing) -> None:
        self._leasing = leasing
        self.context = Context()
        rclpy.init(context=self.context, domain_id=domain)
        self._executor = EventsExecutor(context=self.context)
        self.fleet = str(mission)
        self._nodes = []
        self._ended = threading.Event()
        self.simulator = self._start(Simulator, "/", speed_factor=5.0, waits_fast=True, run_dir="")
        self.authority = self._start(
            Authority,
            "/blindspot",
            simulated=True,
            use_sim_time=True,
            run_dir=str(folder),
            lease_key=str(leasing.private),
        )
        self.authority.checker.ask = lambda question: question.answer("")  # `test_plan_judge` tries that
        self.vehicle = self.simulator.faces[0].vehicle
        self.asked: list[str] = []
        call = self.vehicle.call

        def noted(service, fields, answer):
            self.asked.append(service)
            call(service, fields, answer)

        self.vehicle.call = noted

    def _start(self, make, namespace, **parameters):
        overrides = [Parameter(name, value=value) for name, value in {"fleet": self.fleet, **parameters}.items()]
        node = make(namespace=namespace, parameter_overrides=overrides, context=self.context)
        self._nodes.append(node)
        self._executor.add_node(node)
        return node

    def board(self, *, camera: bool = True, simulated: bool = True) -> None:
        """Start the nodes on the drone."""
        self._start(
            FlightControl, "/drone1", simulated=simulated, use_sim_time=True, run_dir=".", lease_key=self._leasing.key
        )
        if camera:
            info = self.simulator.create_publisher(CameraInfo, "/drone1/camera/camera_info", qos.SENSOR)
            self.simulator.create_timer(0.1, lambda: info.publish(CameraInfo()))

    def manager_says(self, phase: str = "", drones: tuple[str, ...] = ("drone1",)) -> None:
        """Publish the manager's report: no mission, or one in this phase."""
        status = self.simulator.create_publisher(FleetStatus, "/blindspot/fleet_status", qos.LATCHED)
        missions = [MissionStatus(run="evening", phase=phase, drones=drones)] if phase else []
        status.publish(FleetStatus(fleet=self.fleet, missions=missions))

    def run(self) -> None:
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        while not self._ended.is_set():
            try:
                self._executor.spin_once(timeout_sec=0.05)
            except ExternalShutdownException:
                return

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        for node in self._nodes:
            self._executor.remove_node(node)
            node.destroy_node()
        self._executor.shutdown()
        rclpy.shutdown(context=self.context)


@pytest.fixture
def plan(sound_plan):
    return sound_plan


@pytest.fixture
def world(monkeypatch, mission_path, ros_domain, tmp_path, leasing):
    monkeypatch.setenv("ROS_DOMAIN_ID", str(ros_domain))
    made = World(ros_domain, mission_path, tmp_path, leasing)
    yield made
    made.close()


@pytest.fixture
def read(mission_path, plan, tmp_path, leasing):
    """The authority's line and the list of drone1, as a mapping from check to line."""

    def read(*, fix: bool, simulated: bool = True):
        reported = []
        with PreflightReader(
            load_mission(mission_path), plan, ["drone1"], tmp_path, lease_key=Path(leasing.key)
        ) as reader:
            cleared = reader.meet()
            assert reader.simulated == {"drone1": simulated}
            lines = reader.read("drone1", fix=fix, report=reported.append)
            reader.give_clearance_back()
        assert tuple(reported) == lines
        return cleared, {line.check: line for line in lines}

    return read


def test_all_is_well_with_set_and_nothing_is_left_behind(world, read):
    world.board()
    world.manager_says()
    world.run()
    cleared, lines = read(fix=True)
    assert cleared.ok
    assert [str(line) for line in lines.values() if not line.ok] == []
    assert {"autopilot", "GPS", "camera", "storage", "geozones", "NAV_DLL_ACT", "arming", "clearance"} <= set(lines)
    assert lines["left in"].value == "AUTO.LOITER"
    assert "cmd/arming" not in world.asked
    assert world.authority.clearances.of_drone("drone1") is None
    assert world.vehicle.params["GF_ACTION"] == 3


@pytest.fixture
def on_1_18(monkeypatch):
    """A PX4 that answers no question for its firmware that MAVROS 2.12 asks."""
    monkeypatch.setattr(simulator_node, "make_fleet", partial(simulator_node.make_fleet, px4=(1, 18, 0)))


@pytest.fixture
def world_1_18(on_1_18, world):
    return world


def test_all_is_well_on_px4_1_18(world_1_18, read):
    world = world_1_18
    world.board()
    world.manager_says()
    world.run()
    _, lines = read(fix=True)
    assert [str(line) for line in lines.values() if not line.ok] == []
    assert lines["firmware"].value == "PX4 1.18.0 alpha"
    assert "cmd/command" in world.asked


def test_on_hardware_the_rows_of_px4_1_18_are_read_and_those_of_before_are_not(world_1_18, read, monkeypatch):
    """The autopilot is the simulated one, the list that of a real one."""
    monkeypatch.setattr(preflight, "HEARD_WITHIN_S", 8.0)
    world = world_1_18
    world.board(simulated=False)
    world.manager_says()
    world.run()
    _, lines = read(fix=False, simulated=False)
    assert lines["MAN_OVERRIDE_SPD"] == Line("MAN_OVERRIDE_SPD", "1")
    assert lines["COM_RC_OVERRIDE"] == Line("COM_RC_OVERRIDE", "none after PX4 1.17")
    assert lines["COM_ARM_AUTH_REQ"].todo.startswith("type: param set COM_ARM_AUTH_REQ 1 ")
    assert all(lines[name].ok for name in ("COM_GNSSLOSS_ACT", "FD_ALT_LOSS", "COM_ARM_ODID", "COM_PARACHUTE"))


def test_without_set_what_is_wrong_is_reported_with_the_line_to_type_and_stays(world, read):
    world.board()
    world.manager_says()
    world.vehicle.params["GF_MAX_HOR_DIST"] = 100.0
    world.run()
    _, lines = read(fix=False)
    assert lines["GF_MAX_HOR_DIST"].todo.startswith("type: param set GF_MAX_HOR_DIST 0 ")
    assert world.vehicle.params["GF_MAX_HOR_DIST"] == 100.0
    assert lines["clearance"].ok, "the list is read to its end"


def test_a_camera_that_is_silent_is_reported(world, read, monkeypatch):
    monkeypatch.setattr(preflight, "HEARD_WITHIN_S", 15.0)
    world.board(camera=False)
    world.manager_says()
    world.run()
    _, lines = read(fix=True)
    assert [check for check, line in lines.items() if not line.ok] == ["camera"]


def test_a_drone_that_may_fly_is_left_alone(world, read):
    world.board()
    world.manager_says("flying")
    world.run()
    with pytest.raises(PreflightError, match="a mission is flying"):
        read(fix=True)
    assert world.asked == []


@pytest.mark.parametrize(("phase", "drones"), [("done", ("drone1",)), ("flying", ("drone9",))])
def test_a_mission_that_has_ended_or_flies_other_drones_does_not_stop_the_list(world, read, phase, drones):
    world.board()
    world.manager_says(phase, drones)
    world.run()
    cleared, lines = read(fix=True)
    assert cleared.ok and lines["clearance"].ok


def test_a_stack_of_another_computers_fleet_file_is_not_cleared(world, read):
    world.board()
    world.fleet = "/elsewhere/fleet.yaml"
    world.manager_says()
    world.run()
    with pytest.raises(PreflightError, match=r"fleet file is needed here: /elsewhere/fleet\.yaml"):
        read(fix=True)


def test_without_a_word_of_the_mission_manager_the_fleet_may_fly(world, read, monkeypatch):
    monkeypatch.setattr(preflight_reader, "ANSWER_LIMIT_S", 2.0)
    world.board()
    world.run()
    with pytest.raises(PreflightError, match="the mission manager does not answer"):
        read(fix=True)
    assert world.asked == []


def test_a_mission_that_begins_meanwhile_ends_the_list(world, mission_path, plan, tmp_path, leasing):
    world.board()
    world.manager_says()
    world.run()
    with PreflightReader(load_mission(mission_path), plan, ["drone1"], tmp_path, lease_key=Path(leasing.key)) as reader:
        reader.meet()
        begin = [lambda: world.manager_says("flying")]
        with pytest.raises(PreflightError, match="a mission is flying"):
            reader.read("drone1", fix=True, report=lambda _: begin and begin.pop()())
        reader.give_clearance_back()
    assert "set_mode" not in world.asked
    assert world.authority.clearances.of_drone("drone1") is None, "it takes back its own"


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"armed": True}, [Line("mission mode", MISSION)]),
        ({"landed": "in_air"}, [Line("mission mode", MISSION)]),
        ({"mode": "POSCTL"}, [Line("mission mode", MISSION)]),
        ({}, []),
    ],
)
def test_hold_is_asked_only_of_a_parked_drone_whose_mission_it_selected(
    world, mission_path, plan, tmp_path, leasing, changes, lines
):
    seen = replace(Telemetry(0.0, connected=True, landed="on_ground", mode=MISSION), **changes)
    world.board()
    world.manager_says()
    world.run()
    with PreflightReader(load_mission(mission_path), plan, ["drone1"], tmp_path, lease_key=Path(leasing.key)) as reader:
        reader.meet()
        vehicle = SimpleNamespace(telemetry=lambda _: seen)  # has no set_mode: asking it would be an error
        assert reader.hand_back(vehicle, SimpleNamespace(lines=lines), lambda _: None) == ()


def test_a_lease_that_the_authority_has_not_signed_is_none(world, mission_path, plan, tmp_path, leasing, monkeypatch):
    """Attack: any process can publish a clearance. The authority refuses the plan here."""
    monkeypatch.setattr(preflight, "LEASE_WITHIN_S", 0.5)
    world.authority.checker.ask = lambda question: question.answer("it is unlawful")
    world.board()
    world.manager_says()
    forged = world.simulator.create_publisher(Clearance, "/drone1/clearance", qos.LEASE)
    until = Time(sec=2**31 - 1)
    lease = Clearance(drone="drone1", plan=plan.sha256, granted=True, simulated=True, valid_until=until)
    world.simulator.create_timer(0.1, lambda: forged.publish(lease))
    world.run()
    with PreflightReader(load_mission(mission_path), plan, ["drone1"], tmp_path, lease_key=Path(leasing.key)) as reader:
        assert not reader.meet().ok
        lines = {line.check: line for line in reader.read("drone1", fix=False, report=lambda _: None)}
    assert lines["clearance"].value == "no lease" and not lines["clearance"].ok


def test_without_flight_control_there_is_no_list(world, read, monkeypatch):
    monkeypatch.setattr(preflight_reader, "ANSWER_LIMIT_S", 0.3)
    world.run()
    with pytest.raises(PreflightError, match="/drone1/flight_control does not answer"):
        read(fix=True)
