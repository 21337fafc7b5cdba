"""Where pictures come from, behind one protocol.

A renderer draws a picture only once it knows the pose; a camera's picture is there already. So a source is asked for
an exposure, which has a time, and the exposure for its picture once the pose at that time is known.
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
    """A moment at which a picture was taken; `picture` gives it, (height, width, 3) BGR, for the pose at that time."""

    stamp_s: float
    picture: Callable[[CameraPose], Picture]


class PictureSource(Protocol):
    """Takes pictures. `lens` is that of the pictures it gives."""

    @property
    def lens(self) -> Lens: ...

    def expose(self, now_s: float) -> Exposure | None:
        """The newest exposure, each once; None if there is no new one. Never waits."""
        ...

    def trouble(self, now_s: float) -> Fault | None:
        """Why there are no pictures at the moment; None if there are."""
        ...

    def close(self) -> None: ...


class DrawnSource:
    """Pictures that are made when they are asked for, of any moment: a renderer's, or a file's."""

    def __init__(self, lens: Lens, picture: Callable[[CameraPose], Picture]) -> None:
        self.lens = lens
        self._picture = picture

    def expose(self, now_s: float) -> Exposure | None:
        return Exposure(now_s, self._picture)

    def trouble(self, now_s: float) -> Fault | None:
        return None

    def close(self) -> None:
        """Nothing is open."""


class VideoFile:
    """A video file, played frame by frame whatever the pose, over and over; it shows `hfov_deg` degrees of the
    world."""

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
