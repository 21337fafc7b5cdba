"""Pictures of another node: Gazebo's sensor, or a camera's own driver."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from blindspot.nodes import qos
from blindspot.nodes.messages import seconds
from blindspot.vision.calibration import Calibration
from blindspot.vision.frame_checks import Fault
from blindspot.vision.live import LiveFeed

_TO_BGR: dict[str, tuple[int, int | None]] = {
    "bgr8": (3, None), "rgb8": (3, cv2.COLOR_RGB2BGR), "bgra8": (4, cv2.COLOR_BGRA2BGR),
    "rgba8": (4, cv2.COLOR_RGBA2BGR), "mono8": (1, cv2.COLOR_GRAY2BGR),
}  # fmt: skip


class TopicCamera:
    """Feeds the pictures of a topic. Without a calibration of ours it takes that of the driver's `camera_info` beside
    it, and until that has told one that fits nothing counts."""

    def __init__(self, node: Node, topic: str, feed: LiveFeed, now_s: Callable[[], float], *, calibrated: bool) -> None:
        self._feed, self._now_s = feed, now_s
        self._calibrated = calibrated
        self._info: tuple[object, ...] | None = None
        node.create_subscription(Image, topic, self._on_picture, qos.SENSOR)
        if not calibrated:
            beside = "/".join([*topic.split("/")[:-1], "camera_info"])
            node.create_subscription(CameraInfo, beside, self._on_info, qos.SENSOR)
        feed.count_opened()

    def _on_info(self, message: CameraInfo) -> None:
        told = (message.width, message.height, *message.k, *message.d, message.distortion_model)
        if told == self._info:
            return
        self._info, self._calibrated = told, False
        try:
            calibration = Calibration.from_info(message)
        except ValueError:
            self._feed.fail(Fault("camera_info tells no lens"))
            return
        misfit = calibration.misfit(self._feed.lens)
        if misfit is not None:
            self._feed.fail(Fault("camera_info is of another camera", " ".join(misfit)))
            return
        self._feed.rectified = calibration.rectifier(self._feed.lens)
        self._calibrated = True

    def _on_picture(self, message: Image) -> None:
        if self._calibrated:
            self._feed.put(frame_of(message), seconds(message.header.stamp), self._now_s())
        elif self._info is None:
            self._feed.fail(Fault("no camera_info comes with the pictures", "set the parameter calibration"))


def frame_of(message: Image) -> np.ndarray | None:
    """(h, w, 3) BGR of a message in one of the usual encodings; None for anything else, which is corrupt.

    Rows may be padded (`step`), which cv_bridge's pure Python build takes for pixels.
    """
    if message.encoding not in _TO_BGR:
        return None
    channels, conversion = _TO_BGR[message.encoding]
    row = message.width * channels
    if message.step < row or len(message.data) != message.step * message.height or not message.height * row:
        return None
    rows = np.frombuffer(message.data, np.uint8).reshape(message.height, message.step)[:, :row]
    picture = np.ascontiguousarray(rows).reshape(message.height, message.width, channels)
    return picture if conversion is None else np.asarray(cv2.cvtColor(picture, conversion))
