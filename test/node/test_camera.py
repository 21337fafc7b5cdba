"""The camera in a real graph: the messages of an exposure, and the data that must stay private."""

from __future__ import annotations

import math
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest
import rclpy
import yaml
from blindspot_msgs.msg import Clearance, DroneStatus, MissionOrder
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from mavros_msgs.msg import GimbalDeviceAttitudeStatus
from rclpy.experimental import EventsExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, Image
from test.node.conftest import order_of

from blindspot.camera.projection import CameraPose
from blindspot.core.errors import InputError
from blindspot.law.leases.lease import HOLD_AFTER_S
from blindspot.mission.fleet_file import load_fleet
from blindspot.mission.mission_file import load_mission
from blindspot.nodes.camera import CameraNode
from blindspot.nodes.cameras.camera_pose import exposure_of, picture_lens_of
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import seconds, stamp
from blindspot.vision.capture.picture_channel import ClearPicture, PictureTaker, channel_path
from blindspot.vision.capture.sources import Exposure
from blindspot_sim.nodes import camera as simulated_camera
from blindspot_sim.nodes.camera import SimulatedCameraNode, rendered_camera

PITCH_DEG = -60.0
HOME = {"home_east_m": 5.0, "home_north_m": -7.0, "home_up_m": 1.0}


class Drone:
    """The rest of the drone, played by the test, and everything that the camera said."""

    def __init__(self, mission: Path, run_dir: Path, leasing, **parameters: object) -> None:
        """Flies the mission from the start; `is_leased`: the authority gives leases, for the mission of `order`."""
        values = {"fleet": str(mission), "run_dir": str(run_dir), "lease_key": leasing.key, "simulated": True, **HOME,
                  **parameters}  # fmt: skip
        self.run_dir = run_dir
        self._leasing, self.is_leased = leasing, True
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        self.camera = SimulatedCameraNode(namespace="/drone1", parameter_overrides=overrides)
        self.node = rclpy.create_node("peer", namespace="/drone1")
        self.local = self.node.create_publisher(PoseStamped, "mavros/local_position/pose", qos.SENSOR)
        self.gimbal = self.node.create_publisher(
            GimbalDeviceAttitudeStatus, "mavros/gimbal_control/device/attitude_status", qos.EVENTS
        )
        self.mission = self.node.create_publisher(MissionOrder, "mission", qos.LATCHED)
        self.order, self.run = MissionOrder(), ""
        self.clearance = self.node.create_publisher(Clearance, "clearance", qos.LEASE)
        self.status = self.node.create_publisher(DroneStatus, "drone_status", qos.STATE)
        self.poses: list[PoseWithCovarianceStamped] = []
        self.infos: list[CameraInfo] = []
        self.images: list[Image] = []
        self.given: list[ClearPicture] = []
        self._detector: PictureTaker | None = None
        self.node.create_subscription(PoseWithCovarianceStamped, "camera/pose", self.poses.append, qos.EVENTS)
        self.node.create_subscription(CameraInfo, "camera/camera_info", self.infos.append, qos.SENSOR)
        self.executor = EventsExecutor()
        self.executor.add_node(self.camera)
        self.executor.add_node(self.node)
        self.fleet_path = mission

    def begin(self, mission: Path, run: str = "") -> None:
        """Order a mission and wait until the camera has loaded it."""
        self.order, self.run = order_of(mission, run=run, fleet=self.fleet_path), run
        self.mission.publish(self.order)
        self.spin_until(lambda: getattr(self.camera.mission.made, "name", "") == f"{run} {self.order.sha256}")
        self.infos.clear()

    def take_pictures(self) -> None:
        """As the detector does."""
        self._detector = PictureTaker(channel_path(self.run_dir, "drone1"), self.given.append)

    def close(self) -> None:
        if self._detector is not None:
            self._detector.close()
        self.camera.destroy_node()
        self.node.destroy_node()

    def watch_images(self) -> None:
        self.node.create_subscription(Image, "camera/image_raw", self.images.append, qos.PICTURE)

    def fly(self, *, inhibited: bool, pitch_deg: float = PITCH_DEG) -> None:
        """One round of telemetry: 60 m over a point 4 m east of home, camera down to the east, nose to the north."""
        pose = PoseStamped()
        pose.header.stamp = self.node.get_clock().now().to_msg()
        pose.pose.position.x, pose.pose.position.z = 4.0, 60.0
        pose.pose.orientation.z = pose.pose.orientation.w = math.sqrt(0.5)
        self.local.publish(pose)
        y, p = math.radians(90) / 2, math.radians(pitch_deg) / 2
        gimbal = GimbalDeviceAttitudeStatus(flags=GimbalDeviceAttitudeStatus.FLAGS_YAW_LOCK)
        gimbal.q.w, gimbal.q.x = math.cos(y) * math.cos(p), -math.sin(y) * math.sin(p)
        gimbal.q.y, gimbal.q.z = math.cos(y) * math.sin(p), math.sin(y) * math.cos(p)
        self.gimbal.publish(gimbal)
        self.allow(not inhibited)

    def allow(self, allowed: bool, *, ago_s: float = 0.0) -> None:
        """Publish a drone_status with a stamp of `ago_s` before now."""
        status = DroneStatus(sensor_inhibited=not allowed, run=self.run)
        now_s = self.node.get_clock().now().nanoseconds * 1e-9
        status.header.stamp = stamp(now_s - ago_s)
        if self.is_leased:
            lease = self._leasing.lease("drone1", "a" * 64, now_s + 3.0, mission=self.order.sha256)
            self.clearance.publish(lease)
        self.status.publish(status)

    def spin_until(self, done, act=lambda: None) -> None:
        deadline_s = time.monotonic() + 20.0
        while not done() and time.monotonic() < deadline_s:
            act()
            for _ in range(12):  # more than what one act brings, so that nothing piles up
                self.executor.spin_once(timeout_sec=0.01)
        assert done()


@pytest.fixture
def drone(ros, mission_path, tmp_path, leasing):
    made: list[Drone] = []

    def make(mission: Path | None = mission_path, **parameters: object) -> Drone:
        """A drone of the crossroads' fleet; without a mission, it flies none."""
        made.append(Drone(mission_path, tmp_path, leasing, **parameters))
        if mission is not None:
            made[-1].begin(mission)
        return made[-1]

    yield make
    for each in made:
        for node in (each.camera, each.node):
            each.executor.remove_node(node)
        each.close()
        each.executor.shutdown()


def test_an_old_drone_status_that_is_read_late_allows_nothing(drone):
    seen = drone()

    def read_late() -> None:
        seen.fly(inhibited=True)
        seen.allow(True, ago_s=3.1)

    seen.spin_until(lambda: len(seen.infos) >= 5, act=read_late)
    assert seen.camera.why_not() == "inhibited: drone_status is silent"
    assert seen.poses == []


def test_an_exposure_is_reported_from_where_it_was(drone):
    seen = drone()
    seen.spin_until(lambda: seen.poses, act=lambda: seen.fly(inhibited=False))
    pose = exposure_of(seen.poses[0])
    assert (pose.east_m, pose.north_m, pose.up_m) == pytest.approx((9.0, -7.0, 61.0))
    assert (pose.heading_deg, pose.pitch_deg, pose.roll_deg) == pytest.approx((90, PITCH_DEG, 0), abs=1e-4)
    assert (pose.position_std_m, pose.attitude_std_deg) == pytest.approx((0.5, 0.5))
    assert seen.poses[0].header.frame_id == "map"
    info = seen.infos[0]
    assert (info.width, info.height, info.binning_x, info.header.frame_id) == (
        1920,
        1080,
        2,
        "drone1/camera_optical_frame",
    )
    assert info.k[0] == pytest.approx(3045, abs=1)
    lens = picture_lens_of(info)
    assert (lens.width_px, lens.height_px) == (960, 540)
    assert lens.hfov_deg == pytest.approx(35)


@pytest.mark.parametrize("pitch_deg", [-48.0, 0.0])
def test_an_exposure_outside_the_missions_pitch_limits_is_dropped_and_counted(drone, pitch_deg):
    """`flight_control` still allows it: its status is late, and the gimbal moves."""
    seen, diagnostics = drone(picture_rate_hz=20.0), []
    seen.take_pictures()
    seen.node.create_subscription(DiagnosticArray, "/diagnostics", diagnostics.append, 10)

    def dropped() -> bool:
        counts = {value.key: int(value.value) for value in diagnostics[-1].status[0].values} if diagnostics else {}
        return counts.get("beyond_pitch_limits", 0) > 0

    seen.spin_until(dropped, act=lambda: seen.fly(inhibited=False, pitch_deg=pitch_deg))
    assert (seen.poses, seen.given) == ([], [])
    seen.spin_until(lambda: seen.poses, act=lambda: seen.fly(inhibited=False, pitch_deg=-50.5))


def test_each_picture_comes_with_a_published_pose(drone):
    seen = drone(picture_rate_hz=20.0)
    seen.take_pictures()
    seen.spin_until(lambda: len(seen.given) >= 2, act=lambda: seen.fly(inhibited=False))
    reported = {round(seconds(pose.header.stamp), 6) for pose in seen.poses}
    assert {round(picture.pose.stamp_s, 6) for picture in seen.given} <= reported
    picture = seen.given[0]
    assert picture.bgr.shape == (540, 960, 3)
    assert picture.bgr.std() > 5
    assert (picture.lens.width_px, picture.lens.hfov_deg) == (960, pytest.approx(35))
    assert (picture.pose.east_m, picture.pose.north_m, picture.pose.up_m) == pytest.approx((9.0, -7.0, 61.0))


def test_clear_pictures_are_published_nowhere(drone):
    """Nor is there a topic for them."""
    seen = drone(picture_rate_hz=20.0)
    seen.watch_images()
    seen.take_pictures()
    seen.spin_until(lambda: len(seen.given) >= 3, act=lambda: seen.fly(inhibited=False))
    assert seen.images == []
    assert seen.node.get_publishers_info_by_topic("/drone1/camera/image_raw") == []


def test_in_a_simulation_a_parameter_publishes_clear_pictures(drone):
    seen = drone(picture_rate_hz=20.0, simulated=True, publish_clear_pictures=True)
    seen.watch_images()
    seen.spin_until(lambda: len(seen.images) >= 2, act=lambda: seen.fly(inhibited=False))
    stamps = {seconds(pose.header.stamp) for pose in seen.poses}
    assert {seconds(image.header.stamp) for image in seen.images} <= stamps
    image = seen.images[0]
    assert (image.width, image.height, image.encoding) == (960, 540, "bgr8")
    assert np.frombuffer(image.data, np.uint8).std() > 5


def test_over_a_real_place_clear_pictures_are_refused(drone):
    why = "publish_clear_pictures: would show real people, unmasked, to every process in this ROS domain; use it in a"
    with pytest.raises(InputError, match=why):
        drone(publish_clear_pictures=True, simulated=False)


def test_nothing_is_exposed_before_anyone_allows_it(drone):
    seen = drone()
    seen.spin_until(lambda: len(seen.infos) >= 3)
    assert seen.poses == []


def test_nothing_is_exposed_while_the_sensor_is_inhibited(drone):
    seen = drone(picture_rate_hz=20.0)
    seen.take_pictures()
    seen.spin_until(lambda: seen.given, act=lambda: seen.fly(inhibited=False))
    seen.spin_until(lambda: seen.camera.why_not() == "inhibited by flight_control", lambda: seen.fly(inhibited=True))
    seen.spin_until(lambda: seen.camera.exposed is None, act=lambda: seen.fly(inhibited=True))
    seen.poses.clear()
    reported = len(seen.infos)
    seen.spin_until(lambda: len(seen.infos) >= reported + 3, act=lambda: seen.fly(inhibited=True))
    assert seen.poses == []


def test_nothing_is_exposed_without_a_position(drone):
    seen = drone()
    allow = lambda: seen.allow(True)  # noqa: E731
    seen.spin_until(lambda: "position" in seen.camera.why_not(), act=allow)
    reported = len(seen.infos)
    seen.spin_until(lambda: len(seen.infos) >= reported + 3, act=allow)
    assert seen.poses == []


def test_without_a_subscriber_no_picture_is_made(drone, monkeypatch):
    seen = drone(picture_rate_hz=30.0)
    made = []
    monkeypatch.setattr(seen.camera.mission.made.source, "expose", lambda now_s: Exposure(now_s, made.append))
    seen.spin_until(lambda: len(seen.poses) >= 3, act=lambda: seen.fly(inhibited=False))
    assert made == []


def test_without_a_lease_nothing_is_exposed_whatever_drone_status_says(drone):
    seen = drone()
    seen.is_leased = False
    seen.spin_until(lambda: len(seen.infos) >= 10, act=lambda: seen.fly(inhibited=False))
    assert seen.camera.why_not() == "inhibited: no lease"
    assert seen.poses == []
    seen.is_leased = True
    seen.spin_until(lambda: seen.poses, act=lambda: seen.fly(inhibited=False))


@pytest.mark.parametrize(
    "changes",
    [{"signature": []}, {"plan": "b" * 64}, {"mission": "c" * 64}, {"drone": "drone2"}, {"issuer": ""}],
    ids=lambda c: next(iter(c)),
)
def test_a_forged_lease_exposes_nothing(drone, leasing, changes):
    seen = drone()
    seen.is_leased = False

    def forge() -> None:
        until_s = seen.node.get_clock().now().nanoseconds * 1e-9 + 3.0
        lease = leasing.lease("drone1", "a" * 64, until_s, mission=seen.order.sha256)
        for name, value in changes.items():
            setattr(lease, name, value)
        seen.clearance.publish(lease)
        seen.fly(inhibited=False)

    seen.spin_until(lambda: len(seen.infos) >= 5, act=forge)
    assert seen.camera.why_not() == "inhibited: no lease" and seen.poses == []


def test_a_lease_that_is_played_again_exposes_nothing(drone, leasing):
    """Not even while it would hold."""
    seen = drone()
    seen.is_leased = False

    def now_s():
        return seen.node.get_clock().now().nanoseconds * 1e-9

    lease = leasing.lease("drone1", "a" * 64, now_s() + 3.0, mission=seen.order.sha256)
    seen.camera.leases.heard(lease)
    first_s = now_s()
    seen.spin_until(lambda: now_s() > first_s)
    seen.camera.leases.heard(lease)
    assert seen.camera.leases.at(first_s) == "ok"
    assert seen.camera.leases.at(first_s + HOLD_AFTER_S) == "hold", "the second one would begin the time again"


def test_a_lease_for_simulated_drones_is_none_on_a_real_one(drone):
    seen = drone(simulated=False)
    seen.spin_until(lambda: len(seen.infos) >= 5, act=lambda: seen.fly(inhibited=False))
    assert seen.camera.why_not() == "inhibited: no lease" and seen.poses == []


def test_without_a_key_there_is_no_camera(ros, mission_path, tmp_path):
    for given, problem in (("", "lease_key: is missing; name a file"), (str(tmp_path / "none"), "can't be read")):
        overrides = [Parameter("fleet", value=str(mission_path)), Parameter("lease_key", value=given)]
        with pytest.raises(InputError, match=problem):
            SimulatedCameraNode(namespace="/drone1", parameter_overrides=overrides)


def test_the_products_own_camera_has_no_renderer(ros, mission_path, tmp_path, leasing):
    """A real drone installs no simulator, and shows no rendered town."""
    values = {"fleet": str(mission_path), "run_dir": str(tmp_path), "lease_key": leasing.key}
    overrides = [Parameter(name, value=value) for name, value in values.items()]
    with pytest.raises(InputError, match="renderer is the simulator's"):
        CameraNode(namespace="/drone1", parameter_overrides=overrides)


def test_without_a_mission_the_camera_is_well_and_exposes_nothing(drone):
    """`flight_control` waits for its heartbeat before the flight."""
    seen = drone(mission=None, picture_rate_hz=20.0)
    seen.take_pictures()
    seen.spin_until(lambda: len(seen.infos) >= 5, act=lambda: seen.fly(inhibited=False))
    assert seen.camera.why_not() == "no capture: no mission"
    assert (seen.poses, seen.given) == ([], [])


def test_a_mission_with_another_hash_captures_nothing(drone, mission_path):
    seen = drone(mission=None, picture_rate_hz=20.0)
    seen.take_pictures()
    seen.order = order_of(mission_path)
    seen.order.sha256 = "f" * 64
    seen.mission.publish(seen.order)
    refused = "no capture: the mission can't be loaded"
    seen.spin_until(lambda: seen.camera.why_not() == refused, act=lambda: seen.fly(inhibited=False))
    heard = len(seen.infos)
    seen.spin_until(lambda: len(seen.infos) >= heard + 3, act=lambda: seen.fly(inhibited=False))
    assert (seen.poses, seen.given) == ([], [])


def test_leases_of_another_mission_inhibit(drone, changed_mission, mission_path):
    seen = drone()
    seen.spin_until(lambda: seen.poses, act=lambda: seen.fly(inhibited=False))
    leased = seen.order
    seen.begin(changed_mission(people=3))
    seen.order = leased
    seen.poses.clear()
    heard = len(seen.infos)
    seen.spin_until(lambda: len(seen.infos) >= heard + 3, act=lambda: seen.fly(inhibited=False))
    assert seen.camera.why_not() == "inhibited: no lease" and seen.poses == []


def test_an_order_for_another_run_than_the_flown_one_inhibits(drone, mission_path):
    seen = drone(mission=None)
    seen.order = order_of(mission_path, run="forged")
    seen.mission.publish(seen.order)
    inhibited = "inhibited: flight_control flies another run"
    seen.spin_until(lambda: seen.camera.why_not() == inhibited, act=lambda: seen.fly(inhibited=False))
    heard = len(seen.infos)
    seen.spin_until(lambda: len(seen.infos) >= heard + 3, act=lambda: seen.fly(inhibited=False))
    assert seen.poses == []


def test_leases_under_another_authorisation_inhibit(drone, changed_mission):
    """This computer's copy of the authorisation is another one than the gate's."""
    seen = drone(changed_mission(law={"SIM-CROSSROADS": "SIM-OTHER"}))
    inhibited = "inhibited: no lease"
    seen.spin_until(lambda: seen.camera.why_not() == inhibited, act=lambda: seen.fly(inhibited=False))
    heard = len(seen.infos)
    seen.spin_until(lambda: len(seen.infos) >= heard + 3, act=lambda: seen.fly(inhibited=False))
    assert seen.camera.why_not() == inhibited and seen.poses == []


def test_until_the_town_is_drawn_nothing_is_exposed(drone, mission_path, monkeypatch):
    drawing, town = threading.Event(), simulated_camera.town_of_mission
    monkeypatch.setattr(simulated_camera, "town_of_mission", lambda mission: drawing.wait() and town(mission))
    seen = drone(mission=None)
    seen.order = order_of(mission_path)
    seen.mission.publish(seen.order)
    try:
        loading = "no capture: the mission is being loaded"
        seen.spin_until(lambda: seen.camera.why_not() == loading, act=lambda: seen.fly(inhibited=False))
        heard = len(seen.infos)
        seen.spin_until(lambda: len(seen.infos) >= heard + 3, act=lambda: seen.fly(inhibited=False))
        assert seen.poses == []
    finally:
        drawing.set()
    seen.spin_until(lambda: seen.poses, act=lambda: seen.fly(inhibited=False))


def test_each_mission_has_its_own_limits_and_names_its_pictures(drone, changed_mission, mission_path):
    seen = drone(picture_rate_hz=20.0)
    seen.take_pictures()
    seen.spin_until(lambda: seen.given, act=lambda: seen.fly(inhibited=False))
    limits = yaml.safe_load(mission_path.read_text())["limits"]
    seen.begin(changed_mission(limits=limits | {"max_pitch_deg": -70.0}), run="second")
    seen.given.clear()
    seen.spin_until(lambda: seen.camera.beyond_pitch >= 3, act=lambda: seen.fly(inhibited=False))
    assert seen.given == []
    seen.spin_until(lambda: seen.given, act=lambda: seen.fly(inhibited=False, pitch_deg=-80.0))
    assert {picture.mission for picture in seen.given} == {f"second {seen.order.sha256}"}


def test_a_picture_that_was_drawn_while_the_mission_changed_goes_nowhere(drone, changed_mission, monkeypatch):
    seen, other, drawn = drone(picture_rate_hz=20.0), changed_mission(people=3), []
    first, draw = seen.order.sha256, seen.camera.mission.made.source.expose(0.0).picture

    def slowly(pose):
        seen.camera.mission.drop("the mission is being loaded")
        drawn.append(pose)
        return draw(pose)

    monkeypatch.setattr(seen.camera.mission.made.source, "expose", lambda now_s: Exposure(now_s, slowly))
    seen.take_pictures()
    seen.spin_until(lambda: drawn, act=lambda: seen.fly(inhibited=False))
    seen.begin(other)
    seen.spin_until(lambda: seen.given, act=lambda: seen.fly(inhibited=False))
    assert first not in " ".join(picture.mission for picture in seen.given)


def test_a_former_missions_town_is_forgotten(drone, changed_mission):
    seen = drone(picture_rate_hz=20.0)
    seen.take_pictures()
    seen.spin_until(lambda: seen.given, act=lambda: seen.fly(inhibited=False))
    town = weakref.ref(seen.camera.mission.made.source.expose(0.0).picture.__self__)
    seen.begin(changed_mission(people=3))
    seen.spin_until(lambda: town() is None)


def test_the_simulated_people_are_the_fleets_and_the_same_for_the_same_seed(changed_mission, mission_path):
    """Whatever the mission says of people: every camera of the fleet, and the simulator's truth, see the same ones."""
    fleet = load_fleet(mission_path)
    many, few = (load_mission(changed_mission(f"m{people}", people=people)) for people in (40, 0))
    pose = CameraPose(100.0, 0.0, 0.0, 60.0, 0.0, -90.0, 0.0, 0.1, 0.1)

    def picture(mission, seed):
        return rendered_camera(fleet, "drone1", 4, seed).source_in(mission).expose(100.0).picture(pose)

    assert (picture(many, 1) == picture(few, 1)).all()
    assert (picture(many, 1) != picture(many, 2)).any()
