import math

import numpy as np
import pytest

from blindspot.vision.capture.frame_checks import FrameChecks

NOISE = np.random.default_rng(1)


def frame(height=48, width=64):
    return NOISE.integers(0, 255, (height, width, 3), np.uint8)


def checks(frozen_after_s=1.0):
    return FrameChecks(64, 48, frozen_after_s)


def kind(fault):
    return "" if fault is None else fault.kind


def test_living_frames_have_no_fault():
    judge = checks()
    assert [judge.fault(frame(), 10 + 0.1 * i, 10 + 0.1 * i) for i in range(30)] == [None] * 30


@pytest.mark.parametrize(
    "broken", [None, b"", np.zeros(0, np.uint8), np.zeros((48, 64), np.uint8), np.zeros((48, 64, 3), np.float32)]
)
def test_data_that_are_no_picture_are_corrupt(broken):
    assert kind(checks().fault(broken, 1.0, 1.0)) == "the picture is corrupt"


def test_another_size_is_reported_with_both():
    fault = checks().fault(frame(24, 32), 1.0, 1.0)
    assert str(fault) == "the picture has the wrong size (32 x 24, not 64 x 48)"


def test_a_camera_that_shows_the_same_for_too_long_is_frozen_until_it_moves():
    judge, still = checks(), frame()
    faults = [kind(judge.fault(still, 0.25 * i, 0.25 * i)) for i in range(7)]
    assert faults == [""] * 4 + ["the camera is frozen"] * 3
    assert judge.fault(frame(), 1.75, 1.75) is None


def test_where_still_pictures_are_right_nothing_is_frozen():
    judge, still = checks(frozen_after_s=0.0), frame()
    assert all(judge.fault(still, float(i), float(i)) is None for i in range(9))


def test_a_lens_cap_is_black_though_its_sensor_has_noise_and_a_street_at_night_is_not():
    judge = checks()
    cap = NOISE.integers(0, 12, (48, 64, 3), np.uint8)
    night = cap.copy()
    night[16:18, 16:18] = 200  # a lamp
    assert kind(judge.fault(cap, 1.0, 1.0)) == "the picture is black"
    assert judge.fault(night, 1.1, 1.1) is None


def test_stamps_that_go_back_or_stand_are_reported_and_the_next_that_rises_is_good():
    judge = checks()
    stamps = [1.0, 1.2, 1.1, 1.1, 1.3]
    faults = [kind(judge.fault(frame(), s, 1.3)) for s in stamps]
    assert faults == ["", "", "the stamps go backwards", "the stamps go backwards", ""]


def test_a_frozen_camera_is_noticed_after_its_clock_was_set_back_too():
    judge, still = checks(), frame()
    for stamp_s in (9.0, 5.0, 5.5):
        judge.fault(still, stamp_s, stamp_s)
    assert kind(judge.fault(still, 6.6, 6.6)) == "the camera is frozen"


@pytest.mark.parametrize("stamp_s", [10.15, 7.9, math.nan, math.inf, -math.inf])
def test_a_stamp_far_from_the_clock_means_nothing(stamp_s):
    assert kind(checks().fault(frame(), stamp_s, 10.0)) == "the picture's stamp is far from the clock"


def test_in_simulated_time_a_stamp_may_be_ahead_of_a_clock_that_comes_late():
    judge = FrameChecks(64, 48, 1.0, is_simulated=True)
    assert judge.fault(frame(), 10.4, 10.0) is None
    assert kind(judge.fault(frame(), 10.6, 10.0)) == "the picture's stamp is far from the clock"
