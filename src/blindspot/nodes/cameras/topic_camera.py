"""Pictures from another node: Gazebo's sensor, or a camera's own driver."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import seconds
from blindspot.vision.capture import Calibration, Fault, LiveFeed

_TO_BGR: dict[str, tuple[int, int | None]] = {
    "bgr8": (3, None), "rgb8": (3, cv2.COLOR_RGB2BGR), "bgra8": (4, cv2.COLOR_BGRA2BGR),
    "rgba8": (4, cv2.COLOR_RGBA2BGR), "mono8": (1, cv2.COLOR_GRAY2BGR),
}  # fmt: skip

LOOK_PERIOD_S = 0.2
"""Wall time between two searches for the pictures' publisher."""


class TopicCamera:
    """Feeds the pictures of a topic. If the user gives no calibration, the source uses the driver's `camera_info`
    beside the topic; pictures count only after a fitting calibration.

    Any process may publish on a topic. While a second node publishes the pictures or their lens, the drone's camera
    is unknown: no picture counts until one publisher is left.
    """

    def __init__(self, node: Node, topic: str, feed: LiveFeed, now_s: Callable[[], float], *, calibrated: bool) -> None:
        self._feed, self._now_s = feed, now_s
        self._calibrated = calibrated
        self._info: tuple[object, ...] | None = None
        self._node, self._topic = node, topic
        self._alone = [node.resolve_topic_name(topic)]
        """Topics that only the driver may publish."""
        self._looking = node.create_timer(LOOK_PERIOD_S, self._subscribe, clock=Clock(clock_type=ClockType.STEADY_TIME))
        if not calibrated:
            beside = "/".join([*topic.split("/")[:-1], "camera_info"])
            node.create_subscription(CameraInfo, beside, self._on_info, qos.SENSOR)
            self._alone.append(node.resolve_topic_name(beside))
        feed.count_opened()

    def _subscribe(self) -> None:
        """Subscribe with the publisher's reliability, once a publisher exists.

        A best-effort subscription loses most large pictures: 2 of 14 of 1920 x 1080 arrived from ros_gz_bridge. A
        reliable one receives nothing from a best-effort driver.
        """
        publishers = self._node.get_publishers_info_by_topic(self._alone[0])
        if not publishers:
            return
        self._looking.cancel()
        reliable = all(one.qos_profile.reliability == ReliabilityPolicy.RELIABLE for one in publishers)
        self._node.create_subscription(Image, self._topic, self._on_picture, qos.PICTURE if reliable else qos.SENSOR)

    def _has_rival(self) -> bool:
        """Whether a second publisher is in the graph; then the waiting picture is dropped, too."""
        for topic in self._alone:
            if (count := self._node.count_publishers(topic)) > 1:
                detail = f"{count} publish {topic}: stop all but the camera's driver"
                self._feed.lose(Fault("several nodes publish the camera's topic", detail))
                return True
        return False

    def _on_info(self, message: CameraInfo) -> None:
        if self._has_rival():
            return
        info = (message.width, message.height, *message.k, *message.d, message.distortion_model)
        if info == self._info:
            return
        self._info, self._calibrated = info, False
        try:
            calibration = Calibration.from_info(message)
        except ValueError:
            self._feed.lose(Fault("camera_info gives no lens"))
            return
        misfit = calibration.misfit(self._feed.lens)
        if misfit is not None:
            self._feed.lose(Fault("camera_info is of another camera", " ".join(misfit)))
            return
        self._feed.recalibrate(calibration.rectifier(self._feed.lens))
        self._calibrated = True

    def _on_picture(self, message: Image) -> None:
        if self._has_rival():
            return
        if self._calibrated:
            self._feed.put(frame_of(message), seconds(message.header.stamp), self._now_s())
        elif self._info is None:
            self._feed.fail(Fault("no camera_info comes with the pictures", "set the parameter calibration"))


def frame_of(message: Image) -> np.ndarray | None:
    """(h, w, 3) BGR of a message in one of the usual encodings; None for any other message, which counts as corrupt.

    Rows may be padded (`step`); cv_bridge's pure Python build mistakes the padding for pixels.
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
