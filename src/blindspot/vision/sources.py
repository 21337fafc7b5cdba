"""Where pictures come from."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.optics import Lens
from blindspot.errors import InputError
from blindspot.vision.projection import CameraPose


class PictureSource(Protocol):
    """Takes pictures. `lens` is that of the pictures it gives."""

    @property
    def lens(self) -> Lens: ...

    def picture(self, pose: CameraPose) -> NDArray[np.uint8]:
        """(height, width, 3) BGR, taken at the pose and its time."""
        ...


class VideoSource:
    """A video file, played frame by frame whatever the pose, over and over; it shows `hfov_deg` degrees of the
    world."""

    def __init__(self, path: Path, hfov_deg: float) -> None:
        self._path = path
        self._video = cv2.VideoCapture(str(path)) if path.is_file() else None
        if self._video is None or not self._video.isOpened():
            raise InputError(path, "video", "is missing or no video that OpenCV can read")
        width, height = (int(self._video.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        self.lens = Lens(hfov_deg, width, height)

    def picture(self, pose: CameraPose) -> NDArray[np.uint8]:
        assert self._video is not None
        ok, frame = self._video.read()
        if not ok:
            self._video.set(cv2.CAP_PROP_POS_FRAMES, 0)
            ok, frame = self._video.read()
        if not ok:
            raise InputError(self._path, "video", "has no frame that can be read")
        return np.asarray(frame, np.uint8)
