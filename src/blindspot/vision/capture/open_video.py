"""Opens live cameras with OpenCV: selects its reader by the address, and reports a reader missing in the build."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import cv2

from blindspot.camera import Lens
from blindspot.core import DependencyError
from blindspot.vision.capture.address import Address, without_secrets
from blindspot.vision.capture.live import Capture, LiveFeed, Video, kernel_age_s

GIVES_UP_AFTER_MS = 5000
"""Time-out of a stream server; afterwards the stream is reopened."""
_READERS = {
    "device": (cv2.CAP_V4L2, "Video4Linux"),
    "url": (cv2.CAP_FFMPEG, "FFmpeg"),
    "pipeline": (cv2.CAP_GSTREAMER, "GStreamer"),
}


def start_capture(address: Address, feed: LiveFeed, now_s: Callable[[], float]) -> Capture:
    """Begin to read a camera into a feed; an absent camera is awaited.

    Raises DependencyError if this machine's OpenCV lacks the reader for that kind of address.
    """
    reader, name = _READERS[address.kind]
    if not cv2.videoio_registry.hasBackend(reader):
        raise DependencyError(
            f"camera: address: this OpenCV ({cv2.__version__}) was built without {name}, which a {address.kind} needs; "
            "use the system's (sudo apt-get install python3-opencv), or an rtsp:// address"
        )
    if address.kind == "url":
        # Over UDP a lost packet tears the picture silently.
        os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    opened = partial(_open, address.where, reader, _options(address, feed.lens))
    shown = without_secrets(address.where)
    if address.kind == "device":
        return Capture(feed, shown, opened, now_s, lambda video: kernel_age_s(video, cv2.CAP_PROP_POS_MSEC))
    return Capture(feed, shown, opened, now_s)


def _open(where: str, reader: int, options: list[int]) -> Video:
    video: Video = cv2.VideoCapture(where, reader, options)
    return video


def _options(address: Address, lens: Lens) -> list[int]:
    if address.kind == "device":
        return [cv2.CAP_PROP_FRAME_WIDTH, lens.width_px, cv2.CAP_PROP_FRAME_HEIGHT, lens.height_px]
    if address.kind == "url":
        return [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, GIVES_UP_AFTER_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, GIVES_UP_AFTER_MS]
    return []
