"""Sources of pictures behind one protocol.

A renderer draws a picture only when it knows the pose; a camera has its picture already. A source therefore returns an
exposure with its time, and the exposure returns its picture when the pose at that time is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens
from blindspot.core import InputError
from blindspot.vision.capture.frame_checks import Fault

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Exposure:
    """A moment of exposure; `picture` returns the (height, width, 3) BGR picture for the pose at that time."""

    stamp_s: float
    picture: Callable[[CameraPose], Picture]


class PictureSource(Protocol):
    """Takes pictures; `lens` is the lens of the returned pictures."""

    @property
    def lens(self) -> Lens: ...

    def expose(self, now_s: float) -> Exposure | None:
        """The newest exposure, each once; None if there is no new one. Returns at once."""
        ...

    def trouble(self, now_s: float) -> Fault | None:
        """The reason why pictures are missing at the moment; None while they arrive."""
        ...

    def close(self) -> None: ...


class DrawnSource:
    """Pictures that are made on request for any moment: from a renderer or a file."""

    def __init__(self, lens: Lens, picture: Callable[[CameraPose], Picture]) -> None:
        self.lens = lens
        self._picture = picture

    def expose(self, now_s: float) -> Exposure | None:
        return Exposure(now_s, self._picture)

    def trouble(self, now_s: float) -> Fault | None:
        return None

    def close(self) -> None:
        """Nothing is open."""


class NoCamera:
    """Stands for a video file where a real drone may fly: pictures of another place and time, in which the masks would
    lie in the wrong places. It takes no picture and counts as a lost camera, so that no flight begins."""

    def __init__(self, lens: Lens) -> None:
        self.lens = lens

    def expose(self, now_s: float) -> Exposure | None:
        return None

    def trouble(self, now_s: float) -> Fault | None:
        return Fault("a video file is no camera", "the video shows another place and time; fly with a live camera")

    def close(self) -> None:
        """Nothing is open."""


class VideoFile:
    """A video file, played in a loop frame by frame, independent of the pose; its horizontal field of view is
    `hfov_deg`."""

    def __init__(self, path: Path, hfov_deg: float) -> None:
        self._path = path
        self._video = cv2.VideoCapture(str(path)) if path.is_file() else None
        if self._video is None or not self._video.isOpened():
            raise InputError(path, "video", "is missing or no video that OpenCV can read")
        width, height = (int(self._video.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        self.lens = Lens(hfov_deg, width, height)

    def picture(self, pose: CameraPose) -> Picture:
        """The next frame."""
        assert self._video is not None
        ok, frame = self._video.read()
        if not ok:
            self._video.set(cv2.CAP_PROP_POS_FRAMES, 0)
            ok, frame = self._video.read()
        if not ok:
            raise InputError(self._path, "video", "has no frame that can be read")
        return np.asarray(frame, np.uint8)
