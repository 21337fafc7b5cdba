"""The contrast that a picture keeps of stripes."""

import numpy as np
import pytest

from blindspot_lab.bench.eyes.published import left_of

STRIPES = np.tile(np.repeat(np.array([60, 200], np.uint8), 8), (50, 10))


@pytest.mark.parametrize(
    ("picture", "between", "rms"),
    [
        (STRIPES, 1.0, 1.0),
        (np.full_like(STRIPES, 130), 0.0, 0.0),
        (95 + (STRIPES > 100).astype(np.uint8) * 70, 0.5, 0.5),
    ],
)
def test_a_share_of_the_contrast_is_left_by_both_measures(picture, between, rms):
    left = left_of(picture, 140.0)
    assert left.between == pytest.approx(between)
    assert left.rms == pytest.approx(rms)


def test_rare_lines_count_by_the_rms_alone():
    picture = np.full((100, 100), 60, np.uint8)
    picture[:, ::50] = 200
    left = left_of(picture, 140.0)
    assert left.between == 0.0 and left.rms > 0.2
