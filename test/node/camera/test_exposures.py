"""The messages of an exposure, what allows it, and the data that must stay private."""

from __future__ import annotations

import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from mavros_msgs.msg import GimbalDeviceAttitudeStatus
from rclpy.parameter import Parameter
from test.node.camera.conftest import PITCH_DEG

from blindspot.core.errors import InputError
from blindspot.flight.control import NO_RIGHT
from blindspot.law.leases.lease import HOLD_AFTER_S
from blindspot.nodes.camera import CameraNode
from blindspot.nodes.cameras.camera_pose import exposure_of, stream_lens_of
from blindspot.nodes.graph.messages import seconds
from blindspot.vision.capture.sources import Exposure
from blindspot_sim.nodes.camera import SimulatedCameraNode


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
    lens = stream_lens_of(info)
    assert (lens.width_px, lens.height_px) == (1920, 1080)
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


@pytest.mark.parametrize(
    "cap",
    [{"band": {"min_px_per_m": 25.0, "max_px_per_m": 40.0}}, {"law": {"max_px_per_m: 60": "max_px_per_m: 40"}}],
    ids=["of the mission", "of the authorisation"],
)
def test_an_exposure_over_the_density_cap_is_dropped_and_counted(drone, changed_mission, cap):
    """`flight_control` allows it: drone and aim are within its tolerances. The street is seen at 47 px/m."""
    seen, diagnostics = drone(changed_mission(**cap), picture_rate_hz=20.0), []
    seen.take_pictures()
    seen.node.create_subscription(DiagnosticArray, "/diagnostics", diagnostics.append, 10)

    def dropped() -> bool:
        counts = {value.key: int(value.value) for value in diagnostics[-1].status[0].values} if diagnostics else {}
        return counts.get("over_density_cap", 0) > 0

    seen.spin_until(dropped, act=lambda: seen.fly(inhibited=False))
    assert (seen.poses, seen.given) == ([], [])


def test_each_picture_comes_with_a_published_pose(drone):
    seen = drone(picture_rate_hz=20.0)
    seen.take_pictures()
    seen.spin_until(lambda: len(seen.given) >= 2, act=lambda: seen.fly(inhibited=False))
    reported_s = [seconds(pose.header.stamp) for pose in seen.poses]
    for picture in seen.given:
        assert min(abs(picture.pose.stamp_s - stamp_s) for stamp_s in reported_s) < 1e-6
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


def test_the_status_that_inhibits_the_sensor_drops_the_picture_that_is_being_made(drone):
    """It went to the detector for up to 0.2 s more."""
    seen = drone()
    seen.spin_until(lambda: seen.camera.exposed is not None, act=lambda: seen.fly(inhibited=False))
    seen.allow(False)
    deadline_s = time.monotonic() + 120.0  # it only guards against a hang
    while seen.camera.why_not() != "inhibited by flight_control":
        assert time.monotonic() < deadline_s
        seen.executor.spin_once(timeout_sec=0.01)
    assert seen.camera.exposed is None


def test_nothing_is_exposed_without_a_position(drone):
    seen = drone()
    allow = lambda: seen.allow(True)  # noqa: E731
    seen.spin_until(lambda: "position" in seen.camera.why_not(), act=allow)
    reported = len(seen.infos)
    seen.spin_until(lambda: len(seen.infos) >= reported + 3, act=allow)
    assert seen.poses == []


def test_nothing_is_exposed_while_the_gimbal_reports_a_fault_of_its_encoder(drone):
    """Its aim is unknown then, and the mask would lie in the wrong place. An axis at its limit is no fault."""
    seen, status = drone(), GimbalDeviceAttitudeStatus
    broken = status.ERROR_FLAGS_ENCODER_ERROR
    seen.spin_until(lambda: len(seen.infos) >= 5, act=lambda: seen.fly(inhibited=False, gimbal_fault=broken))
    assert seen.camera.why_not() == "no capture: the gimbal's attitude is not known"
    assert seen.poses == []
    at_limit = status.ERROR_FLAGS_AT_PITCH_LIMIT
    seen.spin_until(lambda: seen.poses, act=lambda: seen.fly(inhibited=False, gimbal_fault=at_limit))


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
    seen.is_leased, seen.may_look = True, False
    seen.spin_until(lambda: seen.camera.why_not() != "inhibited: no lease", act=lambda: seen.fly(inhibited=False))
    assert seen.camera.why_not() == f"inhibited: {NO_RIGHT}" and seen.poses == []
    seen.may_look = True
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
