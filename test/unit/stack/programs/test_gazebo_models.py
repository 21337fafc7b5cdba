"""Our drone in Gazebo: the lens of the drone's file, the names that PX4 and the bridge ask for."""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml

from blindspot.camera.optics import Lens
from blindspot.stack.bringup import stack
from blindspot.stack.programs.gazebo_models import DRONE, find_models, gazebo_environment
from blindspot.stack.programs.processes import Options
from blindspot.vision.capture.frame_checks import FrameChecks
from blindspot.vision.capture.live import LiveFeed

ROOT = Path(__file__).parents[4]
MODELS = ROOT / "sim" / "gazebo"
MISSION = ROOT / "config" / "missions" / "crossroads.yaml"


def model(path: str) -> ElementTree.Element:
    found = ElementTree.parse(MODELS / path / "model.sdf").getroot().find("model")
    assert found is not None
    return found


@pytest.fixture(params=["cpu", "gpu"])
def camera(request):
    return model(f"{request.param}/blindspot_camera")


def sensor(camera: ElementTree.Element, name: str) -> ElementTree.Element:
    (found,) = (one for one in camera.iter("sensor") if one.get("name") == name)
    return found


def test_its_lens_is_the_reference_drones(camera):
    reported = yaml.safe_load((ROOT / "config" / "drones" / "reference.yaml").read_text())["camera"]
    image = sensor(camera, "camera").find("camera")
    assert math.degrees(float(image.findtext("horizontal_fov"))) == pytest.approx(reported["hfov_deg"], abs=1e-4)
    size = (int(image.findtext("image/width")), int(image.findtext("image/height")))
    assert size == (reported["width_px"], reported["height_px"])


def test_the_gpus_camera_is_the_same_but_for_its_rate_and_its_edges():
    slow, fast = model("cpu/blindspot_camera"), model("gpu/blindspot_camera")
    image = sensor(slow, "camera").find("camera/image")
    smooth = image.find("anti_aliasing")
    assert smooth.text == "0", "smoothing takes half of what a picture costs without a GPU"
    image.remove(smooth)
    rates = [sensor(one, "camera").find("update_rate") for one in (slow, fast)]
    assert float(rates[0].text) <= 1.0 < float(rates[1].text)
    rates[0].text = rates[1].text
    assert ElementTree.tostring(slow) == ElementTree.tostring(fast)


def test_the_bridge_asks_for_the_sensor_that_is_there(camera, tmp_path):
    topics = [
        argument
        for node in stack("gazebo", MISSION, Options(run_dir=tmp_path)).nodes
        for argument in node.arguments
        if "image" in argument.split("@")[0]
    ]
    link, name = camera.find("link").get("name"), sensor(camera, "camera").get("name")
    assert topics and all(f"/{DRONE}_{n}/link/{link}/sensor/{name}/image@" in topic for n, topic in enumerate(topics))


def test_its_pictures_are_a_living_cameras_by_the_modes_parameters(camera):
    """Drawn without noise and as often as it draws: over a still place each is the one before."""
    overlay = yaml.safe_load((ROOT / "config" / "params" / "gazebo.yaml").read_text())["/*/camera"]["ros__parameters"]
    image = sensor(camera, "camera")
    width, height = (int(image.findtext(f"camera/image/{side}")) for side in ("width", "height"))
    checks = FrameChecks(width, height, overlay["frozen_after_s"])
    feed = LiveFeed(Lens(35.0, width, height), checks, overlay["picture_timeout_s"])
    still, period_s = np.full((height, width, 3), 90, np.uint8), 1.0 / float(image.findtext("update_rate"))
    for number in range(1, 20):
        drawn_s = number * period_s
        assert feed.put(still, drawn_s, drawn_s + 0.3)
        assert feed.trouble(drawn_s + 1.3 * period_s + 0.3) is None


def test_the_gimbals_node_finds_its_joints_and_its_imu(camera, tmp_path):
    drone = model(f"models/{DRONE}")
    assert {plugin.findtext("sub_topic"): plugin.findtext("joint_name") for plugin in drone.findall("plugin")} == {
        f"gimbal/{joint}": f"gimbal_{joint}" for joint in ("yaw", "roll", "pitch")
    }
    joints = {joint.get("name"): joint for joint in drone.findall("joint")}
    axes = {name: [float(x) for x in joint.findtext("axis/xyz").split()] for name, joint in joints.items()
            if joint.find("axis") is not None}  # fmt: skip
    assert axes == {"gimbal_yaw": [0, 0, -1], "gimbal_roll": [1, 0, 0], "gimbal_pitch": [0, -1, 0]}
    assert not [name for name, joint in joints.items() if joint.get("type") == "continuous"], "no controller moves one"
    assert float(joints["gimbal_pitch"].findtext("axis/limit/lower")) < -math.pi / 2
    imu = sensor(camera, "camera_imu")
    assert imu.findtext("imu/orientation_reference_frame/localization") == "ENU"
    bridged = [a for node in stack("gazebo", MISSION, Options(run_dir=tmp_path)).nodes for a in node.arguments]
    for joint in ("yaw", "roll", "pitch"):
        assert f"/model/{DRONE}_0/gimbal/{joint}@std_msgs/msg/Float64]gz.msgs.Double" in bridged
    link = f"{DRONE}_0/link/{camera.find('link').get('name')}"
    assert any(f"/{link}/sensor/camera_imu/imu@sensor_msgs/msg/Imu[" in topic for topic in bridged)


def test_every_model_that_is_included_is_ours_or_px4s():
    included = {uri.text for path in MODELS.rglob("model.sdf") for uri in ElementTree.parse(path).iter("uri")}
    assert included == {"model://x500", "model://blindspot_camera"}


def test_models_are_found_in_a_checkout_and_where_installed(tmp_path):
    assert find_models(ROOT / "src" / "blindspot" / "stack" / "programs" / "gazebo_models.py") == MODELS
    module = tmp_path / "lib" / "python3" / "site-packages" / "blindspot" / "stack" / "programs" / "gazebo_models.py"
    (tmp_path / "share" / "blindspot_sim" / "gazebo").mkdir(parents=True)
    assert find_models(module) == tmp_path / "share" / "blindspot_sim" / "gazebo"


def test_the_users_gpu_folder_comes_first():
    searched = gazebo_environment({"GZ_SIM_RESOURCE_PATH": f"{MODELS / 'gpu'}::/px4"})["GZ_SIM_RESOURCE_PATH"].split(
        ":"
    )
    assert searched == [f"{MODELS / 'gpu'}", "/px4", f"{MODELS / 'models'}", f"{MODELS / 'cpu'}"]
