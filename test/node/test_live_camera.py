"""A live camera in a real graph: its pictures have the pose of their exposure, and bad pictures are logged."""

from __future__ import annotations

import math
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from blindspot_msgs.msg import Clearance, DroneStatus, MissionOrder
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from mavros_msgs.msg import GimbalDeviceAttitudeStatus, HomePosition
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, NavSatFix
from test.node.conftest import order_of

from blindspot.camera.optics import Lens
from blindspot.core.errors import DependencyError, InputError
from blindspot.mission import load_fleet
from blindspot.nodes.camera import CameraNode
from blindspot.nodes.cameras.camera_pose import camera_info_message, exposure_of
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import now_s, seconds, stamp
from blindspot.nodes.graph.pictures import image_message
from blindspot.site import load_frame

LENS = Lens(35.0, 64, 36)
"""Small, so that pictures cost nothing; the drone's own is put in its place."""
FRAME = "drone1/camera_optical_frame"
PITCH_DEG, TURN_DPS, SPEED_MPS = -60.0, 40.0, 6.0
AFTER_S = 0.001
DEVELOPED = {"simulated": True, "publish_clear_pictures": True}
"""So that the test hears the pictures, too."""
NOISE = np.random.default_rng(1)


def noise() -> np.ndarray:
    return NOISE.integers(0, 255, (LENS.height_px, LENS.width_px, 3), np.uint8)


class Rig:
    """The driver and the autopilot of a drone that flies east and turns its camera, and what the camera node said."""

    def __init__(
        self, graph, mission: Path, *, driver: QoSProfile = qos.SENSOR, started_m: tuple[float, float] = (0.0, 0.0),
        **parameters: object,
    ) -> None:  # fmt: skip
        """`started_m`: where the autopilot was started, east and north of the pad, which is the site's origin."""
        values = {"fleet": str(mission), "source": "topic", "address": "driver/image_raw", "simulated": True,
                  "lease_key": graph.leasing.key, **DEVELOPED, **parameters}  # fmt: skip
        self._leasing = graph.leasing
        self.camera = graph.start(CameraNode, "/drone1", picture_rate_hz=30.0, **values)
        self.peer: Node = graph.peer
        make = self.peer.create_publisher
        self._local = make(PoseStamped, "/drone1/mavros/local_position/pose", qos.SENSOR)
        self._globe = make(NavSatFix, "/drone1/mavros/global_position/global", qos.SENSOR)
        self._home = make(HomePosition, "/drone1/mavros/home_position/home", qos.STATE)
        self._frame, self._started_m = load_frame(load_fleet(mission).site_dir), started_m
        self._aim = make(GimbalDeviceAttitudeStatus, "/drone1/mavros/gimbal_control/device/attitude_status", qos.EVENTS)
        self.order = order_of(mission)
        self._mission = make(MissionOrder, "/drone1/mission", qos.LATCHED)
        self._mission.publish(self.order)
        self._clearance = make(Clearance, "/drone1/clearance", qos.LEASE)
        self._status = make(DroneStatus, "/drone1/drone_status", qos.STATE)
        self._image = make(Image, "/drone1/driver/image_raw", driver)
        self._info = make(CameraInfo, "/drone1/driver/camera_info", qos.SENSOR)
        self.poses = graph.hear(PoseWithCovarianceStamped, "/drone1/camera/pose", qos.EVENTS)
        self.infos = graph.hear(CameraInfo, "/drone1/camera/camera_info", qos.SENSOR)
        self.images = graph.hear(Image, "/drone1/camera/image_raw", qos.PICTURE)
        self.diagnostics = graph.hear(DiagnosticArray, "/diagnostics", qos.EVENTS)
        self.warnings: list[str] = []
        self.camera.get_logger = lambda: self
        self.began_s = now_s(self.peer)

    def info(self, sentence: str) -> None:
        """Logged in passing."""

    def warning(self, sentence: str) -> None:
        self.warnings.append(sentence)

    def fly(self, *, gimbal: bool = True, inhibited: bool = False) -> float:
        """The autopilot's messages of one moment, which is returned."""
        time_s = now_s(self.peer)
        since_s = time_s - self.began_s
        local = PoseStamped()
        local.header.stamp = stamp(time_s)
        east_m, (start_east_m, start_north_m) = SPEED_MPS * since_s, self._started_m
        local.pose.position.x, local.pose.position.y = east_m - start_east_m, -start_north_m
        local.pose.position.z = 62.5  # the air pressure has changed since the start
        local.pose.orientation.w = 1.0
        self._local.publish(local)
        lon_deg, lat_deg = self._frame.to_wgs84(east_m, 0.0)
        home = HomePosition()
        home.geo.altitude = 100.0
        self._home.publish(home)
        self._globe.publish(NavSatFix(header=local.header, latitude=lat_deg, longitude=lon_deg, altitude=160.0))
        if gimbal:
            yaw, pitch = math.radians(TURN_DPS * since_s) / 2, math.radians(PITCH_DEG) / 2
            aim = GimbalDeviceAttitudeStatus(flags=GimbalDeviceAttitudeStatus.FLAGS_YAW_LOCK)
            aim.header.stamp = stamp(time_s)
            aim.q.w, aim.q.x = math.cos(yaw) * math.cos(pitch), -math.sin(yaw) * math.sin(pitch)
            aim.q.y, aim.q.z = math.cos(yaw) * math.sin(pitch), math.sin(yaw) * math.cos(pitch)
            self._aim.publish(aim)
        status = DroneStatus(sensor_inhibited=inhibited)
        status.header.stamp = stamp(time_s)
        self._status.publish(status)
        self._clearance.publish(self._leasing.lease("drone1", "a" * 64, time_s + 3.0, mission=self.order.sha256))
        return time_s

    def film(self, picture: np.ndarray | None = None, *, hfov_deg: float = 35.0, ago_s: float = 0.0) -> None:
        """A round of everything; without a camera_info where `hfov_deg` is 0.

        The exposure follows the autopilot's messages by a fixed time: the doubt of its pose grows with that time, and a
        busy machine may stop this process here for long.
        """
        stamp_s = self.fly() + AFTER_S - ago_s
        if hfov_deg:
            lens = Lens(hfov_deg, LENS.width_px, LENS.height_px)
            self._info.publish(camera_info_message(lens, 1, stamp_s, "driver"))
        self._image.publish(image_message(noise() if picture is None else picture, stamp_s, "driver"))

    def trouble(self) -> str:
        found = self.camera.camera.source.trouble(now_s(self.peer))
        return "" if found is None else found.kind


@pytest.fixture
def rig(graph, mission_path, monkeypatch):
    monkeypatch.setattr("blindspot.nodes.cameras.camera_source.lens_of_drone", lambda *_: LENS)
    return lambda mission=mission_path, **parameters: Rig(graph, mission, **parameters)


@pytest.mark.parametrize("started_m", [(0.0, 0.0), (-3.0, 4.0)], ids=["on the pad", "beside the pad"])
def test_while_it_flies_and_turns_each_picture_has_the_pose_of_its_exposure(graph, rig, started_m):
    """The autopilot's local frame begins where it was started, and its height drifts."""
    seen = rig(started_m=started_m)
    graph.spin_until(lambda: len(seen.images) >= 5 and len(seen.poses) >= 8, act=seen.film)
    for message in seen.poses:
        pose, since_s = exposure_of(message), seconds(message.header.stamp) - seen.began_s
        assert pose.east_m == pytest.approx(SPEED_MPS * since_s, abs=0.02)
        assert (pose.north_m, pose.up_m) == pytest.approx((0.0, 60.0), abs=0.02)
        turned_deg = (pose.heading_deg - TURN_DPS * since_s + 180) % 360 - 180
        assert turned_deg == pytest.approx(0, abs=0.1)
        assert pose.position_std_m == pytest.approx(math.hypot(1.0, 0.01 * SPEED_MPS), abs=0.01)
        assert pose.level_std_deg == pytest.approx(math.hypot(0.5, 0.01 * TURN_DPS), abs=0.02)
        assert pose.heading_std_deg == pytest.approx(2.0)  # as the drone's model says
    reported = {seconds(message.header.stamp) for message in seen.poses}
    stamps = [seconds(image.header.stamp) for image in seen.images]
    assert set(stamps) <= reported
    assert len(set(stamps)) == len(stamps)
    info = seen.infos[-1]
    assert (info.width, info.height, info.binning_x, info.header.frame_id) == (64, 36, 1, FRAME)


@pytest.mark.parametrize("driver", [qos.SENSOR, qos.PICTURE])
def test_pictures_are_heard_as_reliably_as_their_driver_publishes_them(graph, rig, driver):
    """Large ones get lost where only one side is reliable, and all of them where that is the listener."""
    seen = rig(driver=driver)
    graph.spin_until(lambda: seen.images, act=seen.film)
    (listener,) = graph.peer.get_subscriptions_info_by_topic("/drone1/driver/image_raw")
    assert listener.qos_profile.reliability == driver.reliability


def test_the_time_offset_and_the_boresight_reach_the_pose(graph, rig):
    seen = rig(time_offset_s=-0.1, boresight_pitch_deg=5.0)
    graph.spin_until(lambda: len(seen.poses) >= 3, act=seen.film)
    pose, since_s = exposure_of(seen.poses[-1]), seconds(seen.poses[-1].header.stamp) - seen.began_s
    assert pose.east_m == pytest.approx(SPEED_MPS * (since_s - 0.1), abs=0.02)
    assert (pose.heading_deg - TURN_DPS * (since_s - 0.1) + 180) % 360 - 180 == pytest.approx(0.0, abs=0.1)
    assert pose.pitch_deg == pytest.approx(PITCH_DEG + 5.0, abs=0.1)


def test_without_the_autopilots_word_on_both_sides_there_is_neither_pose_nor_picture(graph, rig):
    seen = rig(time_offset_s=1.0)  # poses of a second later are needed
    graph.spin_until(lambda: seen.camera.without_pose >= 3, act=seen.film)
    assert (seen.poses, seen.images) == ([], [])
    assert len(seen.infos) >= 3  # the camera itself is well


def test_without_a_gimbal_there_is_neither_pose_nor_picture(graph, rig):
    seen = rig()

    def film() -> None:
        seen.fly(gimbal=False)
        seen.camera.camera.feed.put(noise(), now_s(seen.peer), now_s(seen.peer))

    graph.spin_until(lambda: len(seen.infos) >= 3 and "gimbal" in seen.camera.why_not(), act=film)
    assert (seen.poses, seen.images) == ([], [])


def test_a_frame_from_before_the_release_of_the_sensor_gets_no_pose_though_it_arrives_after_it(graph, rig):
    seen = rig(picture_timeout_s=5.0)
    graph.spin_until(lambda: seen.images, act=seen.film)
    held = "inhibited by flight_control"
    graph.spin_until(lambda: seen.camera.why_not() == held, act=lambda: seen.fly(inhibited=True))
    exposed_s, end_s = now_s(seen.peer), now_s(seen.peer) + 0.4
    graph.spin_until(lambda: now_s(seen.peer) > end_s, act=lambda: seen.fly(inhibited=True))
    graph.spin_until(lambda: seen.camera.why_not() == "", act=seen.fly)
    poses, end_s = len(seen.poses), now_s(seen.peer) + 0.5
    assert seen.camera.camera.feed.put(noise(), exposed_s, now_s(seen.peer))
    graph.spin_until(lambda: now_s(seen.peer) > end_s, act=seen.fly)
    assert len(seen.poses) == poses
    graph.spin_until(lambda: len(seen.poses) > poses, act=seen.film)


def test_nor_does_a_frame_whose_time_is_too_uncertain_to_be_from_after_the_release(graph, rig):
    """A stream's frame has its time of arrival, uncertain by 0.3 s: it may show the time before the release."""
    seen = rig(picture_timeout_s=5.0, time_std_s=0.3)
    held = "inhibited by flight_control"
    graph.spin_until(lambda: seen.camera.why_not() == held, act=lambda: seen.fly(inhibited=True))
    free_s: list[float] = []
    graph.spin_until(lambda: seen.camera.why_not() == "", act=lambda: free_s.append(seen.fly()))
    released_s = free_s[0]
    assert seen.camera.camera.feed.put(noise(), released_s + 0.2, released_s + 0.2)
    graph.spin_until(lambda: now_s(seen.peer) > released_s + 0.6, act=seen.fly)
    assert (seen.poses, seen.camera.without_pose) == ([], 0)
    graph.spin_until(lambda: seen.poses, act=seen.film)
    assert seconds(seen.poses[0].header.stamp) > released_s + 0.7


black = np.zeros((LENS.height_px, LENS.width_px, 3), np.uint8)
still = noise()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda seen: seen.film(black), "the picture is black"),
        (lambda seen: seen.film(still), "the camera is frozen"),
        (lambda seen: seen.film(np.zeros((10, 10, 3), np.uint8)), "the picture has the wrong size"),
        (lambda seen: seen.film(ago_s=3.0), "the picture's stamp is far from the clock"),
        (lambda seen: seen.fly(), "no more pictures received"),
        (lambda seen: seen.camera.camera.feed.put(None, 0.0, 0.0), "the picture is corrupt"),
    ],
)
def test_a_bad_picture_is_logged_once_and_the_camera_counts_as_lost_until_it_is_back(graph, rig, spoil, reason):
    seen = rig(frozen_after_s=0.5, picture_timeout_s=0.6)
    graph.spin_until(lambda: seen.images, act=seen.film)
    seen.warnings.clear()
    graph.spin_until(lambda: seen.trouble() == reason and seen.warnings, act=lambda: spoil(seen))
    lost, poses = len(seen.infos), len(seen.poses)
    until_s = now_s(seen.peer) + 0.7
    graph.spin_until(lambda: now_s(seen.peer) > until_s, act=lambda: spoil(seen))
    assert (len(seen.infos), len(seen.poses)) == (lost, poses)
    assert len([reported for reported in seen.warnings if reason in reported]) == 1
    graph.spin_until(lambda: reason in seen.diagnostics[-1].status[0].message, act=lambda: spoil(seen))
    assert seen.diagnostics[-1].status[0].level == b"\x02"
    graph.spin_until(lambda: len(seen.infos) > lost + 1 and len(seen.poses) > poses, act=seen.film)
    assert seen.trouble() == ""


def test_silence_is_counted_in_the_nodes_time_and_not_by_the_wall(graph, rig):
    """Simulated time that stands still makes nobody silent, and time that runs ahead of the wall does."""
    clock = graph.peer.create_publisher(Clock, "/clock", qos.CLOCK)
    seen = rig(use_sim_time=True, picture_timeout_s=0.1)

    def report(time_s: float) -> None:
        clock.publish(Clock(clock=stamp(time_s)))

    graph.spin_until(lambda: now_s(seen.camera) == 100.0, act=lambda: report(100.0))
    assert seen.camera.camera.feed.put(noise(), 100.0, now_s(seen.camera))
    until_s = time.monotonic() + 0.2
    graph.spin_until(lambda: time.monotonic() > until_s, act=lambda: report(100.0))
    trouble = seen.camera.camera.source.trouble
    assert trouble(now_s(seen.camera)) is None
    graph.spin_until(lambda: now_s(seen.camera) == 100.2, act=lambda: report(100.2))
    assert trouble(now_s(seen.camera)).kind == "no more pictures received"


def test_a_clock_that_was_set_back_costs_a_moment_and_no_picture_gets_a_pose_from_before(graph, rig, monkeypatch):
    set_back_s = [0.0]
    for module in ("blindspot.nodes.camera", "blindspot.nodes.graph.forward_clock", __name__):
        monkeypatch.setattr(f"{module}.now_s", lambda node, reported=now_s: reported(node) - set_back_s[0])
    seen = rig()
    graph.spin_until(lambda: seen.images, act=seen.film)
    set_back_s[0], last_s = 5.0, seconds(seen.poses[-1].header.stamp)
    graph.spin_until(lambda: seconds(seen.images[-1].header.stamp) < last_s - 1.0, act=seen.film)
    after = [pose for pose in seen.poses if seconds(pose.header.stamp) < last_s - 1.0]
    assert all(seconds(pose.header.stamp) > last_s - 5.0 for pose in after)


def test_a_clock_that_was_set_forward_costs_the_time_in_which_mavros_follows_it(graph, rig, monkeypatch):
    """By less than `max_gap_s`: until then each picture would get the pose of 0.3 s later."""
    set_s = [0.0]
    monkeypatch.setattr("blindspot.nodes.camera.now_s", lambda node: now_s(node) + set_s[0])
    seen = rig()
    graph.spin_until(lambda: seen.images, act=seen.film)
    set_s[0], set_at_s = 0.3, now_s(seen.peer)
    graph.spin_until(lambda: seen.camera.why_not() == "no capture: the clock was set a moment ago", act=seen.film)
    poses = len(seen.poses)
    graph.spin_until(lambda: now_s(seen.peer) > set_at_s + 1.0, act=seen.film)
    assert len(seen.poses) == poses
    set_s[0] = 0.0
    graph.spin_until(lambda: len(seen.poses) > poses, act=seen.film)


def test_one_stamp_that_goes_back_costs_one_picture(graph, rig):
    seen = rig()
    graph.spin_until(lambda: seen.images, act=seen.film)
    feed, time_s = seen.camera.camera.feed, now_s(seen.peer)
    assert not feed.put(noise(), time_s - 0.3, time_s)
    assert feed.put(noise(), time_s, time_s)
    assert seen.trouble() == ""


@pytest.mark.parametrize(
    ("hfov_deg", "reason"),
    [(0.0, "no camera_info comes with the pictures"), (80.0, "camera_info is of another camera")],
)
def test_a_driver_whose_lens_is_not_known_or_another_gives_no_picture(graph, rig, hfov_deg, reason):
    seen = rig()
    graph.spin_until(lambda: seen.trouble() == reason, act=lambda: seen.film(hfov_deg=hfov_deg))
    assert (seen.infos, seen.poses, seen.images) == ([], [], [])


def test_diagnostics_count_what_was_dropped(graph, rig):
    seen = rig(max_gap_s=5.0)  # a busy machine may stop this process between two messages
    graph.spin_until(lambda: seen.camera.why_not() == "", act=seen.fly)  # a frame from before has no pose
    graph.spin_until(lambda: len(seen.diagnostics) >= 2 and seen.images, act=seen.film)
    values = {pair.key: int(pair.value) for pair in seen.diagnostics[-1].status[0].values}
    assert values["frames"] > values["dropped"] > 0
    assert (values["bad"], values["without_pose"]) == (0, 0)


@pytest.mark.parametrize(
    ("parameters", "error", "reported"),
    [
        ({"source": "device", "address": "/dev/video0"}, InputError, "calibration: is missing, and a device"),
        ({"address": ""}, InputError, "address: is missing; name the topic"),
        ({"address": "camera/image_raw"}, InputError, "address: camera/image_raw is where this node publishes"),
        ({"address": "/drone1/camera/image_raw"}, InputError, "address: .* is where this node publishes"),
        ({"address": "driver/image_rect_color"}, InputError, "address: driver/image_rect_color has rectified pictures"),
        ({"source": "video", "address": ""}, InputError, "address: is missing; name a file"),
        ({"fleet": ""}, InputError, "fleet: is missing; name a file"),
        ({"source": "mirror"}, InputError, "mirror is unknown; there are renderer, video, device"),
    ],
)
def test_a_camera_that_can_not_be_is_refused_at_start(rig, parameters, error, reported):
    with pytest.raises(error, match=reported):
        rig(**parameters)


def test_a_pipeline_without_gstreamer_is_reported_by_name(rig, tmp_path, monkeypatch):
    monkeypatch.setattr("cv2.videoio_registry.hasBackend", lambda reader: False)
    monkeypatch.setattr("blindspot.nodes.cameras.camera_source.load_calibration", lambda *_: _Ideal())
    with pytest.raises(DependencyError, match="built without GStreamer"):
        rig(source="pipeline", address="videotestsrc ! appsink", calibration="camera.yaml")


@pytest.mark.parametrize("simulated", [True, False])
def test_over_a_real_place_a_video_file_is_no_camera(rig, tmp_path, simulated):
    """It shows another place and time: the masks would lie in the wrong places."""
    film = cv2.VideoWriter(str(tmp_path / "film.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 5, (64, 36))
    film.write(noise())
    film.release()
    options = {"source": "video", "address": str(tmp_path / "film.avi"), "publish_clear_pictures": False}
    source = rig(**options, simulated=simulated).camera.camera.source
    assert (source.expose(1.0) is not None, source.trouble(1.0) is None) == (simulated, simulated)
    assert simulated or str(source.trouble(1.0)).startswith("a video file is no camera")


@pytest.mark.parametrize(
    ("source", "address", "std_s"),
    [("url", "rtsp://127.0.0.1:9/none", 0.3), ("pipeline", "absent ! appsink", 0.3), ("device", "/dev/absent", 0.01)],
)
def test_a_picture_that_has_only_its_time_of_arrival_is_uncertain_until_its_delay_is_measured(
    rig, monkeypatch, source, address, std_s
):
    monkeypatch.setattr("blindspot.nodes.cameras.camera_source.load_calibration", lambda *_: _Ideal())
    monkeypatch.setattr("cv2.videoio_registry.hasBackend", lambda reader: True)
    options = {"source": source, "address": address, "calibration": "camera.yaml", "publish_clear_pictures": False}
    assert rig(**options).camera.get_parameter("time_std_s").value == std_s
    assert rig(**options, time_std_s=0.02).camera.get_parameter("time_std_s").value == 0.02


class _Ideal:
    def rectifier(self, lens):
        return lambda picture: picture
