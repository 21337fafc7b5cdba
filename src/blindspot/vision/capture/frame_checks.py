"""Validity checks of a camera's frames.

Every check is cheap enough for each frame of a 60 Hz camera: it samples every 16th pixel. A torn picture, or a
picture with the lower half of the last picture, passes undetected.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

BLACK = 16
"""A picture counts as black if its brightest pixel is at most this (of 255). A street at night has lamps."""
AHEAD_S, SIMULATED_AHEAD_S, OLDEST_S = 0.1, 0.5, 2.0
"""A stamp farther ahead of the clock, or older, is invalid, s. A camera whose clock is ahead gets the pose of a later
moment. Simulated time comes late to the node itself."""
_STEP = 16


@dataclass(frozen=True, slots=True)
class Fault:
    """Reason why a frame is invalid: `kind` is constant for a cause, `detail` may hold changing numbers."""

    kind: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind} ({self.detail})" if self.detail else self.kind


class FrameChecks:
    """The checks of one camera; feed it every frame in the order in which they came."""

    def __init__(self, width_px: int, height_px: int, frozen_after_s: float, *, is_simulated: bool = False) -> None:
        """Identical frames for `frozen_after_s` mean that the camera has stopped, as a working sensor has noise. 0
        disables this check. `is_simulated`: the stamps are of simulated time."""
        self._shape = (height_px, width_px, 3)
        self._frozen_after_s = frozen_after_s
        self._ahead_s = SIMULATED_AHEAD_S if is_simulated else AHEAD_S
        self._stamp_s = -math.inf
        self._sample = np.zeros(0, np.uint8)
        self._changed_s = -math.inf
        self.is_repeated = False
        """Whether the last valid frame equals the previous frame: an old picture with a new stamp."""

    def fault(self, frame: object, stamp_s: float, now_s: float) -> Fault | None:
        """The fault of a frame stamped `stamp_s` that arrived at `now_s` of the same clock; None for a valid frame."""
        if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8 or frame.ndim != 3:
            return Fault("the picture is corrupt")
        if frame.shape != self._shape:
            detail = f"{frame.shape[1]} x {frame.shape[0]}, not {self._shape[1]} x {self._shape[0]}"
            return Fault("the picture has the wrong size", detail)
        return self._fault_of_stamp(stamp_s, now_s) or self._fault_of_content(frame, stamp_s)

    def _fault_of_stamp(self, stamp_s: float, now_s: float) -> Fault | None:
        before_s, self._stamp_s = self._stamp_s, stamp_s
        if not -self._ahead_s <= now_s - stamp_s <= OLDEST_S:
            return Fault("the picture's stamp is far from the clock", f"{stamp_s - now_s:+.1f} s")
        if stamp_s <= before_s:
            self._changed_s = min(self._changed_s, stamp_s)
            return Fault("the stamps go backwards", f"by {before_s - stamp_s:.3f} s")
        return None

    def _fault_of_content(self, frame: np.ndarray, stamp_s: float) -> Fault | None:
        sample = frame[::_STEP, ::_STEP].copy()
        is_same = np.array_equal(sample, self._sample)
        self.is_repeated = is_same and self._frozen_after_s > 0
        if not is_same:
            self._sample, self._changed_s = sample, stamp_s
        if sample.max() <= BLACK:
            return Fault("the picture is black", "a lens cap, or no light")
        still_s = stamp_s - self._changed_s
        if 0 < self._frozen_after_s <= still_s:
            return Fault("the camera is frozen", f"the same picture for {still_s:.1f} s")
        return None


def in_colour(frame: object) -> object:
    """A frame of one channel, (h, w) or (h, w, 1), as (h, w, 3) with three equal channels; any other one unchanged."""
    if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8 or not frame.size:
        return frame
    is_grey = frame.ndim == 2 or (frame.ndim == 3 and frame.shape[2] == 1)
    return cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) if is_grey else frame
