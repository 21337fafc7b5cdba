"""A live camera without a device: a video that the test plays."""

import math
import threading
import time

import cv2
import numpy as np
import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.vision.capture.frame_checks import FrameChecks
from blindspot.vision.capture.live import Backoff, Capture, LiveFeed, kernel_age_s

LENS = Lens(35.0, 64, 48)
POSE = CameraPose(0, 0, 0, 50, 0, -90)
NOISE = np.random.default_rng(1)


def frame(tone=None):
    if tone is not None:
        return np.full((48, 64, 3), tone, np.uint8)
    return NOISE.integers(0, 255, (48, 64, 3), np.uint8)


def feed(timeout_s=1.0, **options):
    return LiveFeed(LENS, FrameChecks(64, 48, 1.0), timeout_s, **options)


def test_the_newest_frame_wins_and_the_others_are_counted():
    live = feed()
    for tone, stamp_s in ((50, 1.0), (100, 1.1), (150, 1.2)):
        assert live.put(frame(tone), stamp_s, stamp_s)
    exposure = live.expose(1.3)
    assert (exposure.stamp_s, exposure.picture(POSE)[0, 0, 0]) == (1.2, 150)
    assert live.expose(1.3) is None
    assert (live.counts.frames, live.counts.dropped, live.counts.bad) == (3, 2, 0)


@pytest.mark.parametrize("shape", [(48, 64), (48, 64, 1)])
def test_a_frame_of_one_channel_becomes_a_picture_of_three_equal_ones(shape):
    live, grey = feed(), np.arange(48 * 64, dtype=np.uint8).reshape(shape)
    assert live.put(grey, 1.0, 1.0)
    picture = live.expose(1.0).picture(None)
    assert np.array_equal(picture, np.repeat(grey.reshape(48, 64, 1), 3, axis=2))


def test_only_a_frame_that_is_used_is_rectified():
    made = []
    live = feed(rectified=lambda bgr: made.append(1) or 255 - bgr)
    live.put(frame(50), 1.0, 1.0)
    live.put(frame(60), 1.1, 1.1)
    exposure = live.expose(1.1)
    assert made == []
    assert exposure.picture(POSE)[0, 0, 0] == 195
    assert made == [1]


def test_a_frame_is_rectified_by_its_own_calibration_and_one_between_two_by_none():
    """A zoom changes both while frames are under way."""
    live = feed(rectified=lambda bgr: bgr)
    live.put(frame(50), 1.0, 1.0)
    exposure = live.expose(1.0)
    live.put(frame(60), 1.1, 1.1)
    live.recalibrate(lambda bgr: 255 - bgr)
    assert exposure.picture(POSE)[0, 0, 0] == 50
    assert live.expose(1.1) is None
    live.put(frame(70), 1.2, 1.2)
    assert live.expose(1.2).picture(POSE)[0, 0, 0] == 185


def test_a_camera_is_lost_when_it_falls_silent_and_says_why():
    live = feed()
    assert str(live.trouble(0.0)) == "no picture received yet"
    live.put(frame(), 1.0, 1.0)
    assert live.trouble(1.9) is None
    assert live.trouble(2.1).kind == "no more pictures received"
    assert live.trouble(0.9) is not None  # the clock was set back: nothing is known of a frame to come


def test_a_frame_during_a_query_does_not_look_like_a_clock_set_back():
    """Another thread puts it, after the one that asks has looked at the clock."""
    live = feed()
    live.put(frame(), 1.0, 1.0)
    assert live.trouble(1.5) is None
    live.put(frame(60), 1.7002, 1.7002)
    assert live.trouble(1.7) is None


def test_a_camera_that_fell_silent_says_since_when():
    live = feed()
    live.put(frame(), 1.0, 1.0)
    assert str(live.trouble(3.5)) == "no more pictures received (the last one 2.5 s ago)"


def test_bad_frames_do_not_keep_a_camera_alive():
    live = feed()
    live.put(frame(), 1.0, 1.0)
    for stamp_s in (1.5, 2.0, 2.5):
        assert not live.put(frame(3), stamp_s, stamp_s)
    assert live.trouble(2.5).kind == "the picture is black"
    assert live.counts.bad == 3
    live.put(frame(), 2.6, 2.6)
    assert live.trouble(2.6) is None


def test_a_frame_that_repeats_the_last_one_gets_no_new_pose():
    """A stuck driver hands out an old picture under a new stamp; after a second the camera counts as frozen."""
    live, stuck = feed(), frame()
    live.put(stuck, 1.0, 1.0)
    assert live.expose(1.0).stamp_s == 1.0
    assert live.put(stuck.copy(), 1.2, 1.2)
    assert live.expose(1.2) is None
    assert live.trouble(1.3) is None
    live.put(frame(), 1.4, 1.4)
    assert live.expose(1.4).stamp_s == 1.4
    assert (live.counts.frames, live.counts.repeated) == (2, 1)


def test_a_frozen_camera_s_old_picture_gets_no_new_pose_either_when_the_clock_is_set_back():
    live, stuck = feed(), frame()
    for stamp_s in (9.0, 9.5, 5.0, 5.5):
        live.put(stuck.copy(), stamp_s, stamp_s)
        exposure = live.expose(stamp_s)
        assert (exposure is None) == (stamp_s != 9.0)


def test_an_expired_frame_is_not_returned():
    live = feed()
    live.put(frame(), 1.0, 1.0)
    assert live.expose(2.5) is None


def test_the_tries_become_rarer_and_start_anew_after_a_success():
    backoff = Backoff(0.5, 3.0)
    assert [backoff.next_s() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    backoff.reset()
    assert backoff.next_s() == 0.5


class Device:
    """The video of `open_video`: frames until it is unplugged."""

    def __init__(self, *, opens=True, frames=3):
        self.opens, self.left, self.released = opens, frames, False

    def isOpened(self):
        return self.opens

    def read(self):
        time.sleep(0.002)
        self.left -= 1
        return (True, frame()) if self.left >= 0 else (False, None)

    def release(self):
        self.released = True


def until(fact):
    deadline_s = time.monotonic() + 20.0
    while not fact():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


@pytest.fixture
def capture():
    made = []

    def make(*devices):
        queue, live = list(devices), feed()
        opened = lambda: queue.pop(0) if len(queue) > 1 else queue[0]  # noqa: E731
        made.append(Capture(live, "/dev/video7", opened, time.monotonic, backoff=Backoff(0.005, 0.02)))
        return live

    yield make
    for each in made:
        each.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "capture /dev/video7"]


def test_an_unplugged_camera_is_reported_and_goes_on_when_it_is_back(capture):
    first, absent, back = Device(frames=3), Device(opens=False), Device(frames=10**6)
    live = capture(first, absent, back)
    until(lambda: live.counts.opened == 2 and live.counts.frames > 4)
    assert first.released and absent.released
    assert live.trouble(time.monotonic()) is None


class Broken(Device):
    """OpenCV raises for some frames, such as an empty one of a camera that sends JPEG."""

    def read(self):
        raise cv2.error("(-215:Assertion failed) !buf.empty() in function 'imdecode_'")


def test_a_camera_whose_reader_fails_is_reported_and_opened_again(capture):
    first, back = Broken(), Device(frames=10**6)
    live = capture(first, Broken(), back)
    until(lambda: live.counts.opened == 3 and live.counts.frames > 4)
    assert first.released
    broken = capture(Broken())
    until(lambda: broken.counts.opened == 3)
    assert str(broken.trouble(time.monotonic())) == "the camera's reader failed (/dev/video7; error)"


class Stream:
    """Gives a frame after each of some waits, s, and then ends; its time is `now_s`."""

    def __init__(self, *waits_s):
        self._waits_s, self.now_s, self.released = list(waits_s), 10.0, False

    def isOpened(self):
        return True

    def read(self):
        if not self._waits_s:
            return False, None
        self.now_s += self._waits_s.pop(0)
        return True, frame()

    def release(self):
        self.released = True


@pytest.mark.parametrize(
    ("waits_s", "frames"),
    [
        ((0.2, 0.2, 0.2), 3),
        ((0.2, 0.9, 0.2), 3),
        ((0.2, 2.0, 0.1, 0.1, 0.1), 1),
        ((0.2, 2.0, *[0.1] * 19, 0.2, 0.2), 3),
    ],
    ids=["even", "slow", "late", "caught up"],
)
def test_after_a_stall_frames_without_a_time_of_their_own_are_dropped_for_as_long_as_it_lasted(waits_s, frames):
    """They queue in the decoder and the network, and each would get the pose of its arrival."""
    live, stream = feed(), Stream(*waits_s)
    made = Capture(live, "rtsp://drone", lambda: stream, lambda: stream.now_s, steady_s=lambda: stream.now_s)
    until(lambda: stream.released)
    made.close()
    assert live.counts.frames == frames


def test_also_of_a_camera_that_may_be_silent_for_long_the_frames_after_a_stall_are_dropped():
    """`timeout_s` is the time until it counts as lost. It says nothing about the age of a frame."""
    live, stream = feed(timeout_s=10.0), Stream(0.2, 3.0, *[0.1] * 29, 0.2, 0.2)
    made = Capture(live, "rtsp://drone", lambda: stream, lambda: stream.now_s, steady_s=lambda: stream.now_s)
    until(lambda: stream.released)
    made.close()
    assert live.counts.frames == 3


@pytest.mark.parametrize(("age_s", "frames"), [(math.nan, 0), (0.05, 3)])
def test_a_device_without_a_time_of_exposure_gives_no_picture_and_says_why(age_s, frames):
    live, stream, said = feed(), Stream(0.2, 0.2, 0.2), []
    live.fail = lambda fault: said.append(fault.kind)
    made = Capture(live, "/dev/video7", lambda: stream, lambda: stream.now_s, lambda _: age_s)
    until(lambda: stream.released)
    made.close()
    assert live.counts.frames == frames
    assert said.count("the frames have no time of exposure") == 3 - frames


def test_an_absent_camera_is_reported_by_name(capture):
    live = capture(Device(opens=False))
    until(lambda: live.trouble(time.monotonic()).kind == "the camera can't be opened")
    assert str(live.trouble(time.monotonic())) == "the camera can't be opened (/dev/video7)"


def test_a_stream_that_ended_is_reported(capture):
    live = capture(Device(frames=0))
    until(lambda: live.trouble(time.monotonic()).kind == "the camera gives no frame")


def test_frames_that_are_not_taken_do_not_pile_up(capture):
    threads = threading.active_count()
    live = capture(Device(frames=10**6))
    until(lambda: live.counts.frames > 30)
    assert live.counts.dropped >= live.counts.frames - 1
    assert threading.active_count() <= threads + 2


@pytest.mark.parametrize(
    ("reported_ms", "age_s"),
    [(99_950.0, 0.05), (98_000.0, 2.0), (100_000.5, 0.0), (0.0, math.nan), (101_000.0, math.nan), (math.nan, math.nan)],
)
def test_the_kernels_stamp_counts_however_old_and_one_that_is_missing_or_ahead_is_of_another_clock(reported_ms, age_s):
    class Video:
        def get(self, _):
            return reported_ms

    assert kernel_age_s(Video(), 0, monotonic_s=lambda: 100.0) == pytest.approx(age_s, nan_ok=True)
