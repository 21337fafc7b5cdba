"""Where the pictures of a stack come from, and which sources are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from blindspot.core.errors import InputError
from blindspot.stack.bringup import stack
from blindspot.stack.programs.processes import Options, Parameter, Stack

MISSION = Path(__file__).parents[4] / "config" / "missions" / "crossroads.yaml"


def camera_of(what: Stack, drone: str) -> Mapping[str, Parameter]:
    (found,) = (node for node in what.nodes if node.full_name == f"/{drone}/camera")
    return found.parameters


def test_a_video_stands_in_for_the_renderer(made, tmp_path):
    video = tmp_path / "film.avi"
    video.touch()
    parameters = camera_of(made("embedded", camera=str(video)), "drone2")
    assert (parameters["source"], parameters["address"], parameters["hfov_deg"]) == ("video", str(video), 35.0)
    assert camera_of(made("embedded"), "drone2")["source"] == "renderer"


@pytest.mark.parametrize(
    ("mode", "camera", "reported"),
    [
        ("hardware", "", "camera: is missing; name renderer, a video file, /dev/videoN"),
        ("hardware", "renderer", "renderer shows a simulated town"),
        ("embedded", "v4l2", "v4l2 is an unknown camera"),
        ("embedded", "/dev/video0", "/dev/video0 shows a real place"),
        ("sitl", "rtsp://me:secret@host/a", "camera: rtsp://host shows a real place"),
        ("hardware", "/dev/video0", "calibration: is missing, and a device gives no lens"),
    ],
)
def test_a_camera_that_does_not_exist_or_deceives_is_refused(mission_of, tmp_path, mode, camera, reported):
    with pytest.raises(InputError, match=reported):
        stack(mode, mission_of(drones=1), Options(run_dir=tmp_path, camera=camera))


@pytest.mark.parametrize(
    ("camera", "source", "address"),
    [
        ("/dev/video2", "device", "/dev/video2"),
        ("rtsp://10.0.0.9/main", "url", "rtsp://10.0.0.9/main"),
        ("nvarguscamerasrc ! appsink", "pipeline", "nvarguscamerasrc ! appsink"),
        ("topic:driver/image_raw", "topic", "driver/image_raw"),
    ],
)
def test_a_live_camera_flies_on_hardware_with_its_calibration(mission_of, tmp_path, camera, source, address):
    options = Options(run_dir=tmp_path, camera=camera, calibration=tmp_path / "camera.yaml")
    parameters = camera_of(stack("hardware", mission_of(drones=1), options), "drone1")
    assert (parameters["source"], parameters["address"]) == (source, address)
    assert parameters["calibration"] == str(tmp_path / "camera.yaml")


@pytest.mark.parametrize("camera", ["/dev/video2", "rtsp://10.0.0.9/main", "nvarguscamerasrc ! appsink"])
def test_several_drones_on_one_computer_never_share_a_camera(fleet_of, tmp_path, camera):
    """The masks of one drone would lie in the wrong places of another's pictures. A topic is each drone's own."""
    fleet = fleet_of(drone1={"fcu_url": "/dev/ttyUSB1"}, drone2={"fcu_url": "/dev/ttyUSB2"})
    options = Options(tmp_path, camera=camera, calibration=tmp_path / "camera.yaml")
    with pytest.raises(InputError, match=r"camera: .* is one camera, and drone1, drone2 need their own; name a topic"):
        stack("hardware", fleet, options)
    alone = stack("hardware", fleet, replace(options, part="drone", drone="drone2"))
    assert camera_of(alone, "drone2")["address"] == camera
    stack("hardware", fleet, replace(options, camera="topic:driver/image_raw"))


@pytest.mark.parametrize("part", [{}, {"part": "drone", "drone": "drone2"}], ids=["one computer", "its own computer"])
def test_a_topic_outside_of_a_drones_namespace_is_not_its_own(fleet_of, tmp_path, part):
    """The drones of a fleet are in one ROS domain: each would mask the pictures of all of them by its own pose."""
    fleet = fleet_of(drone1={"fcu_url": "/dev/ttyUSB1"}, drone2={"fcu_url": "/dev/ttyUSB2"})
    for topic in ("/driver/image_raw", "/drone1/driver/image_raw", "/drone22/driver/image_raw"):
        with pytest.raises(InputError, match=f"camera: {topic} is one camera, and drone1, drone2 need their own"):
            stack("hardware", fleet, Options(tmp_path, camera=f"topic:{topic}", **part))
    if part:
        stack("hardware", fleet, Options(tmp_path, camera="topic:/drone2/driver/image_raw", **part))


def test_the_only_drone_of_a_fleet_may_take_the_pictures_of_any_topic(mission_of, tmp_path):
    what = stack("hardware", mission_of(drones=1), Options(tmp_path, camera="topic:/driver/image_raw"))
    assert camera_of(what, "drone1")["address"] == "/driver/image_raw"


def test_a_calibration_of_a_camera_that_is_none_is_refused(tmp_path):
    with pytest.raises(InputError, match="calibration: is for live cameras, and renderer is none"):
        stack("embedded", MISSION, Options(run_dir=tmp_path, calibration=tmp_path / "camera.yaml"))


def test_a_topic_may_go_without_a_calibration(tmp_path):
    options = Options(run_dir=tmp_path, camera="topic:gazebo/image_raw")
    parameters = camera_of(stack("gazebo", MISSION, options), "drone1")
    assert "calibration" not in parameters


@pytest.mark.parametrize("mode", ["embedded", "sitl", "gazebo", "hardware"])
def test_only_in_gazebo_another_than_mavros_publishes_where_the_camera_looks(made, mode):
    """There PX4 publishes the requested aim, so the users of the camera's attitude subscribe the gimbal instead."""
    looks = (("mavros/gimbal_control/device/attitude_status", "gazebo/gimbal_attitude"),)
    what = made(mode)
    names = [f"/{drone.name}/{node}" for drone in what.fleet.file.drones for node in ("camera", "flight_control")]
    reported = {node.full_name: node.remappings for node in what.nodes if node.is_ours and node.remappings}
    assert reported == (dict.fromkeys(names, looks) if mode == "gazebo" else {})
    gimbals = [node.full_name for node in what.nodes if node.executable == "gazebo_gimbal"]
    assert gimbals == ([f"/{drone.name}/gazebo_gimbal" for drone in what.fleet.file.drones] if mode == "gazebo" else [])
