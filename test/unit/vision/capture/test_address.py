import os

import cv2
import pytest

from blindspot.camera.optics import Lens
from blindspot.core.errors import DependencyError
from blindspot.vision.capture.address import Address, read_address, without_secrets
from blindspot.vision.capture.frame_checks import FrameChecks
from blindspot.vision.capture.live import LiveFeed
from blindspot.vision.capture.open_video import start_capture

CSI = "nvarguscamerasrc ! video/x-raw(memory:NVMM),width=1920 ! nvvidconv ! appsink"


@pytest.mark.parametrize(
    ("text", "kind", "where"),
    [
        ("renderer", "renderer", ""),
        ("/dev/video0", "device", "/dev/video0"),
        ("rtsp://user:secret@10.0.0.9/main", "url", "rtsp://user:secret@10.0.0.9/main"),
        (CSI, "pipeline", CSI),
        ("topic:gazebo/image_raw", "topic", "gazebo/image_raw"),
    ],
)
def test_a_camera_is_named_by_one_text(text, kind, where):
    assert read_address(text) == Address(kind, where)


def test_a_file_that_is_there_is_a_video(tmp_path):
    (tmp_path / "film.avi").touch()
    assert read_address(str(tmp_path / "film.avi")) == Address("video", str(tmp_path / "film.avi"))


@pytest.mark.parametrize("text", ["", "v4l2", "absent.avi", "topic:", "rtsp://", "ftp://host/film"])
def test_text_that_names_no_camera_is_none(text):
    assert read_address(text) is None


@pytest.mark.parametrize(
    ("where", "reported"),
    [
        ("rtsp://user:secret@10.0.0.9:554/main", "rtsp://10.0.0.9:554"),
        ("rtsp://user:sec@ret@10.0.0.9/a", "rtsp://10.0.0.9"),
        ("rtsp://user:sec/ret@10.0.0.9/a", "rtsp://10.0.0.9"),
        ("rtsp://10.0.0.9?usr=a&pwd=secret", "rtsp://10.0.0.9"),
        ("http://10.0.0.9:80/user=admin_password=secret.jpg", "http://10.0.0.9:80"),
        ("http://10.0.0.9:80/snapshot?user=a&pwd=sec@ret", "http://"),
        ("http://[fe80::1]:80/snapshot?pwd=sec@ret", "http://"),
        ("rtsp://user:sec@10.0.0.9/main?token=sec@ret", "rtsp://"),
        ("rtsp://user:12/34@10.0.0.9/main", "rtsp://"),
        ("srt://10.0.0.9:9000?mode=caller&passphrase=secret&token=secret", "srt://10.0.0.9:9000"),
        ('rtspsrc location="rtsp://u:secret@10.0.0.9/x" ! appsink', "rtspsrc ! appsink"),
        ("rtspsrc location=rtsp://c user-pw=secret ! appsink", "rtspsrc ! appsink"),
        ("/dev/video0", "/dev/video0"),
        (CSI, CSI),
    ],
)
def test_a_password_is_never_shown(where, reported):
    assert without_secrets(where) == reported


def feed():
    return LiveFeed(Lens(35.0, 64, 48), FrameChecks(64, 48, 1.0), 1.0)


def test_a_reader_missing_in_opencv_is_reported_by_name(monkeypatch):
    monkeypatch.setattr(cv2.videoio_registry, "hasBackend", lambda reader: reader != cv2.CAP_GSTREAMER)
    with pytest.raises(DependencyError, match=r"built without GStreamer, which a pipeline needs; .*apt-get install"):
        start_capture(Address("pipeline", CSI), feed(), lambda: 0.0)


def test_an_absent_device_is_awaited_and_reported(monkeypatch):
    monkeypatch.setenv("OPENCV_LOG_LEVEL", "SILENT")
    live = feed()
    capture = start_capture(Address("device", "/dev/video_absent"), live, lambda: 0.0)
    try:
        while live.trouble(0.0).kind != "the camera can't be opened":
            pass
    finally:
        capture.close()
    assert "/dev/video_absent" in str(live.trouble(0.0))


def test_a_network_camera_is_read_without_loss(monkeypatch):
    monkeypatch.delenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", raising=False)
    live = feed()
    start_capture(Address("url", "rtsp://127.0.0.1:1/none"), live, lambda: 0.0).close()
    assert os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] == "rtsp_transport;tcp"
