"""Impossible messages are dropped and logged; the next valid message counts."""

from __future__ import annotations

import math

import pytest
from blindspot_msgs.action import FlyRoute
from blindspot_msgs.msg import CoverageStatus, DroneStatus, FleetStatus, MissionStatus, Plan as PlanMessage
from blindspot_msgs.srv import Authorise, FlyRest, Order, PlanCoverage, Replan
from geometry_msgs.msg import PoseWithCovarianceStamped
from sensor_msgs.msg import CameraInfo
from test.factories import masks_over

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.nodes.authority import Authority
from blindspot.nodes.cameras.camera_pose import camera_info_message, pose_message
from blindspot.nodes.coverage_monitor import CoverageMonitor
from blindspot.nodes.coverage_planner import CoveragePlanner
from blindspot.nodes.flight_control import FlightControl
from blindspot.nodes.graph import qos
from blindspot.nodes.mission_manager import MissionManager
from blindspot.site.ground.grid import Grid

LENS = Lens(35.0, 1920, 1080)
NO_NUMBERS = [math.nan, math.inf, -math.inf, 1e300, -1e300]
NO_PLANS = ["", "{}", "[" * 5000, "null", "x" * 10_000, '{"schema": "blindspot.plan/1", "id": "../../evil"}', "\x00"]


@pytest.fixture
def monitor(graph, mission_path, tmp_path, plan):
    masks_over(Grid(-30.0, -30.0, 1.0, 60, 60)).save(tmp_path / "ground.npz")
    (tmp_path / "plan.json").write_text(plan.to_json())
    return graph.start(CoverageMonitor, run_dir=str(tmp_path), fleet=str(mission_path))


def infos():
    for number in NO_NUMBERS:
        info = camera_info_message(LENS, 1, 0.0, "camera")
        info.k[0] = number
        yield info
        info = camera_info_message(LENS, 1, 0.0, "camera")
        info.d = [number] * 2000
        yield info
    yield CameraInfo(width=2**32 - 1, height=2**32 - 1, k=[1e-300] * 9)
    yield CameraInfo()


def poses():
    for number in NO_NUMBERS:
        pose = pose_message(CameraPose(0.1, 0.0, 0.0, 80.0, 0.0, -90.0, position_std_m=0.3, attitude_std_deg=0.3))
        pose.pose.pose.position.x = number
        yield pose
        pose = pose_message(CameraPose(0.1, 0.0, 0.0, 80.0, 0.0, -90.0, position_std_m=0.3, attitude_std_deg=0.3))
        pose.pose.pose.orientation.w = number
        yield pose
        pose = pose_message(CameraPose(0.1, 0.0, 0.0, 80.0, 0.0, -90.0, position_std_m=0.3, attitude_std_deg=0.3))
        pose.pose.covariance[0] = number
        yield pose
    pose.header.frame_id = "elsewhere"
    yield pose
    yield PoseWithCovarianceStamped()


def test_the_coverage_monitor_outlives_garbage_and_sees_what_is_true(graph, monitor):
    heard = graph.hear(CoverageStatus, "coverage_status", qos.STATE)
    fleet = graph.peer.create_publisher(FleetStatus, "fleet_status", qos.LATCHED)
    info = graph.peer.create_publisher(CameraInfo, "/drone1/camera/camera_info", qos.SENSOR)
    pose = graph.peer.create_publisher(PoseWithCovarianceStamped, "/drone1/camera/pose", qos.EVENTS)
    missions = [MissionStatus(run=run, phase=run, elapsed_s=math.nan, drones=[run, "drone1"]) for run in NO_PLANS]
    fleet.publish(FleetStatus(missions=missions))
    graph.spin_until(lambda: {status.run for status in heard} >= set(NO_PLANS) - {"", "\x00"})
    stamp_s = 1.0
    fleet.publish(FleetStatus(missions=[MissionStatus(phase="flying", drones=["drone1"])]))

    def area_m2() -> float:
        return next((status.seen_area_m2 for status in reversed(heard) if status.run == ""), 0.0)

    def throw_and_look() -> None:
        nonlocal stamp_s
        for garbage in infos():
            info.publish(garbage)
        for garbage in poses():
            pose.publish(garbage)
        info.publish(camera_info_message(LENS, 1, stamp_s, "camera"))
        for _ in range(3):
            stamp_s += 0.2
            true = CameraPose(stamp_s, 0.0, 0.0, 80.0, 0.0, -90.0, position_std_m=0.3, attitude_std_deg=0.3)
            pose.publish(pose_message(true))

    graph.spin_until(lambda: area_m2() > 0, throw_and_look)
    assert monitor.dropped["/drone1/camera/pose"] >= 1


def test_services_answer_garbage_with_no(graph, mission_path, tmp_path):
    graph.start(Authority, fleet=str(mission_path), simulated=True, run_dir=str(tmp_path),
                lease_key=str(graph.leasing.private))  # fmt: skip
    graph.start(CoveragePlanner, run_dir=str(tmp_path), fleet=str(mission_path))
    graph.start(FlightControl, "/drone1", fleet=str(mission_path), simulated=True, run_dir=str(tmp_path),
                lease_key=graph.leasing.key)  # fmt: skip
    graph.start(MissionManager, fleet=str(mission_path), run_dir=str(tmp_path))
    for text in NO_PLANS[1:]:
        message = PlanMessage(json=text, sha256="\x1b[2J")
        assert not graph.ask(Authorise, "authorise", Authorise.Request(plan=message)).granted
        assert not graph.ask(Replan, "replan", Replan.Request(plan=message, situation=text)).success
        assert not graph.ask(FlyRest, "/drone1/fly_rest", FlyRest.Request(plan=message)).success
    for file in ("--help", "-", "a\x00b", "\u202e"):
        assert not graph.ask(PlanCoverage, "plan_coverage", PlanCoverage.Request(mission_file=file)).success
    for number in NO_NUMBERS:
        request = Order.Request(
            order="inspect", person="\x1b[2J[/ops]", reason="x", heading_deg=0.0, pitch_deg=-90.0, seconds=5.0
        )
        request.position.x = number
        assert not graph.ask(Order, "/drone1/order", request).success
    jump = Order.Request(order="jump", person="x" * 100_000, reason="x")
    assert not graph.ask(Order, "/drone1/order", jump).success
    nobody = Order.Request(order="resume", person="\u202e" * 50, reason="x")
    assert not graph.ask(Order, "order", nobody).success
    result = graph.run_goal(FlyRoute, "/drone1/fly_route", FlyRoute.Goal(plan=PlanMessage(json="[" * 5000)))
    assert result.outcome == "refused"


def test_the_mission_manager_hears_a_drone_only_in_its_own_words(graph, mission_path, tmp_path):
    graph.start(MissionManager, fleet=str(mission_path), run_dir=str(tmp_path))
    reported = graph.hear(FleetStatus, "fleet_status", qos.LATCHED)
    status = graph.peer.create_publisher(DroneStatus, "/drone1/drone_status", qos.LATCHED)

    def throw() -> None:
        for changes in ({"drone": "drone2"}, {"phase": "flying"}, {"phase": "", "drone": ""}):
            status.publish(DroneStatus(**({"drone": "drone1", "phase": "hold"} | changes)))
        true = DroneStatus(drone="drone1", phase="en_route", reason="\x1b[2Jx\n", battery_fraction=-7.0)
        true.position.x = 1e300
        status.publish(true)

    graph.spin_until(lambda: reported and reported[-1].drones, throw)
    (heard,) = reported[-1].drones
    assert (heard.drone, heard.phase, heard.reason) == ("drone1", "en_route", "[2Jx")
    assert math.isnan(heard.battery_fraction) and math.isnan(heard.position.x)
