import cv2
import numpy as np
import pytest

from blindspot.camera.projection import CameraPose
from blindspot.core.errors import InputError
from blindspot.vision.capture.sources import VideoFile

POSE = CameraPose(0, 0, 0, 50, 0, -90)


def test_a_video_is_played_over_and_over(tmp_path):
    path = tmp_path / "three.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 5, (64, 48))
    for tone in (40, 120, 200):
        writer.write(np.full((48, 64, 3), tone, np.uint8))
    writer.release()
    source = VideoFile(path, hfov_deg=50.0)
    assert (source.lens.width_px, source.lens.height_px, source.lens.hfov_deg) == (64, 48, 50.0)
    tones = [int(source.picture(POSE).mean()) for _ in range(7)]
    assert tones == pytest.approx([40, 120, 200, 40, 120, 200, 40], abs=4)


def test_a_file_that_is_no_video_is_reported(tmp_path):
    (tmp_path / "no.avi").write_text("no video")
    for path in (tmp_path / "no.avi", tmp_path / "absent.avi"):
        with pytest.raises(InputError, match="no video"):
            VideoFile(path, 50.0)
