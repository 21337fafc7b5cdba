"""The source of pictures that the parameters of `camera` name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from rclpy.node import Node

from blindspot.camera import Lens
from blindspot.core import InputError
from blindspot.mission import Fleet, drone_model
from blindspot.nodes.cameras.camera_pose import binned
from blindspot.nodes.cameras.topic_camera import TopicCamera
from blindspot.nodes.graph.parameters import declare_float, declare_int, declare_str, given_file
from blindspot.vision.capture import (
    LIVE,
    Address,
    DrawnSource,
    FrameChecks,
    LiveFeed,
    NoCamera,
    PictureSource,
    VideoFile,
    load_calibration,
    start_capture,
    without_secrets,
)
from blindspot.vision.town import Town

SIMULATED = drone_model.Accuracy(position_std_m=0.5, heading_std_deg=0.0, gimbal_std_deg=0.5)
"""Accuracy of pictures that are rendered or read from a file."""
STAMPED_STD_S, ARRIVED_STD_S = 0.01, 0.3
"""Standard deviation of a picture's time, s: of a picture with its own stamp, and of a picture that has only a time
of arrival, after an unknown delay in an encoder, a network and a decoder."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A source of pictures, with the lens of the whole stream, the pictures' binning and the source's name.

    `feed` is the source of a live camera. `accuracy` is the default accuracy of the camera's pose, and `time_std_s`
    the accuracy of the stamps. `drawn` makes the source of one mission from the mission's town, if the pictures show
    a town; `source` then stands for the hardware.
    """

    source: PictureSource
    stream: Lens
    binning: int
    name: str
    feed: LiveFeed | None = None
    accuracy: drone_model.Accuracy = SIMULATED
    time_std_s: float = STAMPED_STD_S
    drawn: Callable[[Town], PictureSource] | None = None

    def source_in(self, town: Town) -> PictureSource:
        """The source of pictures in a mission's town; this may take a second, since the town may be drawn."""
        return self.source if self.drawn is None else self.drawn(town)


Rendered = Callable[[Fleet, str, int, int], Camera]
"""Makes the rendered camera of a fleet's drone, with a binning and a seed."""


def make_camera(node: Node, fleet: Fleet, clock_s: Callable[[], float], rendered: Rendered | None = None) -> Camera:
    """Declare the parameters of the source and create the source, for the drone of the fleet in the node's namespace.
    `rendered` creates the simulator's camera; a real drone leaves `rendered` out.

    Raises InputError or DependencyError for a source that can't be created.
    """
    kind = declare_str(
        node, "source", "renderer",
        describe="renderer (the simulated town), video (a file), device, url, pipeline or topic (live cameras).",
    )  # fmt: skip
    where = declare_str(node, "address", "", describe="The file, device, URL, GStreamer pipeline or topic.")
    hfov_deg = declare_float(
        node, "hfov_deg", 35.0, low=1.0, high=170.0, describe="Horizontal field of view of a video file, deg."
    )
    usual = 1 if fleet.model_of(_drone(node)).camera.sensor == "thermal" else 2
    binning = declare_int(
        node, "binning", usual, low=1, high=4,
        describe="How many times smaller rendered pictures are than the stream; by default 2, for a thermal camera 1.",
    )  # fmt: skip
    seed = declare_int(node, "seed", 1, low=0, high=2**31 - 1, describe="Seed of the simulated people.")
    calibration = declare_str(
        node, "calibration", "", describe="Calibration of a live camera, as ROS's camera_calibration writes it."
    )
    timeout_s = declare_float(
        node, "picture_timeout_s", 1.0, low=0.1, high=10.0, describe="Longest time without a good picture, s."
    )
    frozen_s = declare_float(
        node,
        "frozen_after_s",
        1.0,
        low=0.0,
        high=60.0,
        describe="A camera is frozen after this time with an unchanged picture, s; 0: never.",
    )
    if kind == "video":
        video = VideoFile(given_file("camera", "address", where), hfov_deg)
        is_simulated = bool(node.get_parameter("simulated").value)
        source = DrawnSource(video.lens, video.picture) if is_simulated else NoCamera(video.lens)
        return Camera(source, video.lens, 1, where)
    if kind == "renderer":
        if rendered is None:
            fix = "run `camera` of the package blindspot_sim"
            raise InputError("camera", "source", "renderer is the simulator's", fix)
        return rendered(fleet, _drone(node), binning, seed)
    if kind not in LIVE:
        raise InputError("camera", "source", f"{kind} is unknown", f"there are renderer, video, {', '.join(LIVE)}")
    lens = lens_of_drone(fleet, _drone(node))
    is_simulated = bool(node.get_parameter("use_sim_time").value)
    checks = FrameChecks(lens.width_px, lens.height_px, frozen_s, is_simulated=is_simulated)
    feed = LiveFeed(lens, checks, timeout_s)
    camera = _live(node, Address(kind, where), calibration, feed, clock_s)
    time_std_s = ARRIVED_STD_S if kind in ("url", "pipeline") else STAMPED_STD_S
    return replace(camera, accuracy=fleet.model_of(_drone(node)).accuracy, time_std_s=time_std_s)


def address_of(node: Node) -> Address:
    """The source named by the parameters, after `make_camera` has declared and checked the parameters."""
    return Address(node.get_parameter("source").value, str(node.get_parameter("address").value))


def _live(node: Node, address: Address, calibration: str, feed: LiveFeed, clock_s: Callable[[], float]) -> Camera:
    """The live camera of an address. Only a topic may lack a calibration, since the driver of the topic publishes a
    calibration."""
    if calibration:
        feed.rectified = load_calibration(Path(calibration), feed.lens).rectifier(feed.lens)
    elif address.kind != "topic":
        fix = "make one with ROS's camera_calibration and name the file"
        raise InputError("camera", "calibration", f"is missing, and a {address.kind} gives no lens", fix)
    if not address.where:
        raise InputError("camera", "address", "is missing", f"name the {address.kind}")
    if address.kind == "topic":
        _refuse_other_pictures(node, address.where)
        TopicCamera(node, address.where, feed, clock_s, calibrated=bool(calibration))
    else:
        feed.close = start_capture(address, feed, clock_s).close
    return Camera(feed, feed.lens, 1, without_secrets(address.where), feed)


def _refuse_other_pictures(node: Node, topic: str) -> None:
    """Raises InputError for our own topic: a driver's raw, distorted pictures there would carry our poses' stamps. And
    for pictures rectified by image_proc: the calibration beside such pictures belongs to the raw pictures, so the
    pictures would be rectified again, and lie beside their masks."""
    own = node.resolve_topic_name("camera/image_raw")
    if node.resolve_topic_name(topic) == own:
        fix = "let the driver publish under another name, e.g. driver/image_raw"
        raise InputError("camera", "address", f"{topic} is where this node publishes its own pictures", fix)
    if topic.rpartition("/")[2].startswith("image_rect"):
        raise InputError("camera", "address", f"{topic} has rectified pictures", "name the topic of the raw ones")


def _drone(node: Node) -> str:
    return str(node.get_namespace()).strip("/")


def lens_of_drone(fleet: Fleet, drone: str) -> Lens:
    """The lens of a drone's stream; raises InputError if the fleet lacks the drone."""
    camera = fleet.model_of(drone).camera
    return Lens(camera.hfov_deg, camera.width_px, camera.height_px)


def binned_lens_of_drone(fleet: Fleet, drone: str, binning: int) -> tuple[Lens, Lens]:
    """The lens of a drone's stream, and the lens of pictures that are `binning` times smaller each way."""
    stream = lens_of_drone(fleet, drone)
    return stream, binned(stream, binning)
