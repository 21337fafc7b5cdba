"""Pictures of a driver count under the lens that it reports, and under no other."""

from __future__ import annotations

import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, Image

from blindspot.camera import Lens
from blindspot.nodes.cameras.camera_pose import camera_info_message
from blindspot.nodes.cameras.topic_camera import TopicCamera
from blindspot.nodes.graph.pictures import image_message
from blindspot.vision.capture import FrameChecks, LiveFeed

LENS = Lens(35.0, 64, 36)


class Driver:
    """The part of a node that a topic camera needs; it plays the driver's messages."""

    def __init__(self):
        self.callbacks = {}
        self.publishers = {}

    def create_timer(self, _, callback, **__):
        self.look = callback
        return self

    def cancel(self):
        pass

    def resolve_topic_name(self, topic):
        return topic

    def count_publishers(self, topic):
        return self.publishers.get(topic, 1)

    def get_publishers_info_by_topic(self, _):
        return [self]

    @property
    def qos_profile(self):
        return self

    reliability = None

    def create_subscription(self, kind, _, callback, *__):
        self.callbacks[kind] = callback

    def film(self, time_s):
        bgr = np.random.default_rng(round(1e3 * time_s)).integers(0, 255, (36, 64, 3), np.uint8)
        self.callbacks[Image](image_message(bgr, time_s, ""))

    def report(self, lens):
        self.callbacks[CameraInfo](camera_info_message(lens, 1, 0.0, ""))


@pytest.mark.parametrize("later", [Lens(80.0, 64, 36), None], ids=["of another camera", "of no lens"])
def test_a_picture_from_just_before_a_lens_that_does_not_fit_is_dropped(later):
    """A zoom changes the picture first: masked by the lens before, private ground would be shown."""
    driver, feed = Driver(), LiveFeed(LENS, FrameChecks(64, 36, 1.0), 1.0)
    TopicCamera(driver, "driver/image", feed, lambda: 5.0, calibrated=False)
    driver.look()
    driver.report(LENS)
    driver.film(5.0)
    assert feed.trouble(5.0) is None
    if later is None:
        driver.callbacks[CameraInfo](CameraInfo(width=64, height=36))
    else:
        driver.report(later)
    assert feed.expose(5.0) is None
    assert feed.trouble(5.0) is not None, "exposures that wait for their pose are dropped, too"


@pytest.mark.parametrize("topic", ["driver/image", "driver/camera_info"])
def test_pictures_are_withheld_while_a_second_node_publishes_them_or_their_lens(topic):
    """The pictures of two cameras, or a forged one, were masked and stored as one."""
    driver, feed = Driver(), LiveFeed(LENS, FrameChecks(64, 36, 1.0), 1.0)
    TopicCamera(driver, "driver/image", feed, lambda: 5.0, calibrated=False)
    driver.look()
    driver.report(LENS)
    driver.film(5.0)
    driver.publishers[topic] = 2
    driver.report(Lens(80.0, 64, 36))
    driver.film(5.01)
    assert feed.expose(5.01) is None, "the picture from before is dropped, too"
    assert str(feed.trouble(5.01)) == (
        f"several nodes publish the camera's topic (2 publish {topic}: stop all but the camera's driver)"
    )
    driver.publishers.clear()
    driver.film(5.02)
    assert feed.trouble(5.02) is None and feed.expose(5.02) is not None


def test_with_a_calibration_of_its_own_the_lens_of_others_does_not_count():
    driver, feed = Driver(), LiveFeed(LENS, FrameChecks(64, 36, 1.0), 1.0)
    TopicCamera(driver, "driver/image", feed, lambda: 5.0, calibrated=True)
    driver.look()
    driver.publishers["driver/camera_info"] = 2
    driver.film(5.0)
    assert feed.trouble(5.0) is None
