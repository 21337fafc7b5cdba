"""The camera in a real graph; the test plays the rest of the drone."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest
import rclpy
from blindspot_msgs.msg import Clearance, DroneStatus, MissionOrder
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from mavros_msgs.msg import GimbalDeviceAttitudeStatus, HomePosition
from rclpy.experimental import EventsExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, Image, NavSatFix
from test.node.conftest import order_of

from blindspot.mission import load_fleet
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import stamp
from blindspot.site import load_frame
from blindspot.vision.capture.picture_channel import ClearPicture, PictureTaker, channel_path
from blindspot_sim.nodes.camera import SimulatedCameraNode

PITCH_DEG = -60.0
HOME = {"home_up_m": 1.0}


class Drone:
    """The rest of the drone, played by the test, and everything that the camera said."""

    def __init__(self, mission: Path, run_dir: Path, leasing, **parameters: object) -> None:
        """Flies the mission from the start; `is_leased`: the authority gives leases, for the mission of `order`."""
        values = {"fleet": str(mission), "run_dir": str(run_dir), "lease_key": leasing.key, "simulated": True, **HOME,
                  **parameters}  # fmt: skip
        self.run_dir = run_dir
        self._leasing, self.is_leased, self.may_look = leasing, True, True
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        self.camera = SimulatedCameraNode(namespace="/drone1", parameter_overrides=overrides)
        self.node = rclpy.create_node("peer", namespace="/drone1")
        self.local = self.node.create_publisher(PoseStamped, "mavros/local_position/pose", qos.SENSOR)
        self.globe = self.node.create_publisher(NavSatFix, "mavros/global_position/global", qos.SENSOR)
        self.home = self.node.create_publisher(HomePosition, "mavros/home_position/home", qos.STATE)
        self.frame = load_frame(load_fleet(mission).site_dir)
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

    def fly(self, *, inhibited: bool, pitch_deg: float = PITCH_DEG, gimbal_fault: int = 0) -> None:
        """One round of telemetry: 60 m over a point 4 m east of the place where the autopilot was started, which is
        5 m east and 7 m south of the site's origin; camera down to the east, nose to the north."""
        pose = PoseStamped()
        pose.header.stamp = self.node.get_clock().now().to_msg()
        pose.pose.position.x, pose.pose.position.z = 4.0, 60.0
        pose.pose.orientation.z = pose.pose.orientation.w = math.sqrt(0.5)
        self.local.publish(pose)
        lon_deg, lat_deg = self.frame.to_wgs84(9.0, -7.0)
        fix = NavSatFix(header=pose.header, latitude=lat_deg, longitude=lon_deg, altitude=160.0)
        home = HomePosition()
        home.geo.altitude = 100.0
        self.home.publish(home)
        self.globe.publish(fix)
        y, p = math.radians(90) / 2, math.radians(pitch_deg) / 2
        locked = GimbalDeviceAttitudeStatus.FLAGS_YAW_LOCK
        gimbal = GimbalDeviceAttitudeStatus(flags=locked, failure_flags=gimbal_fault)
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
            lease = self._leasing.lease(
                "drone1", "a" * 64, now_s + 3.0, mission=self.order.sha256, may_look=self.may_look
            )
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
