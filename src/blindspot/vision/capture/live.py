"""Live cameras: the buffer for their frames, and the thread that reads cameras through OpenCV.

The buffer holds the newest frame only. A newer frame replaces it, and the dropped frame is counted.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from blindspot.camera import Lens
from blindspot.vision.capture.frame_checks import Fault, FrameChecks, in_colour
from blindspot.vision.capture.sources import Exposure

Picture = NDArray[np.uint8]
END_WITHIN_S = 1.0
"""Time for which `close` waits for an unresponsive driver; its thread then ends with the process."""
NOTHING_YET, SILENT = Fault("no picture received yet"), Fault("no more pictures received")
LATE, UNTIMED = Fault("the pictures come late after a stall"), Fault("the frames have no time of exposure")
STALL_S = 1.0
"""Longest wait for a frame that has only its time of arrival. After a longer one it may be as old as the wait."""
AHEAD_S = 0.001
"""A kernel's stamp farther ahead of its monotonic clock is of another clock."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counters of a live camera since its start: good frames, frames replaced by a newer one, bad frames, openings,
    and frames equal to the previous frame."""

    frames: int = 0
    dropped: int = 0
    bad: int = 0
    opened: int = 0
    repeated: int = 0


class LiveFeed:
    """The buffer for a live camera's newest frame. Thread-safe: any thread may put and take."""

    def __init__(
        self, lens: Lens, checks: FrameChecks, timeout_s: float, rectified: Callable[[Picture], Picture] = lambda it: it
    ) -> None:
        """`rectified` turns a frame into one of `lens`; it is called for used frames only. A camera counts as lost
        `timeout_s` after its last good frame."""
        self.lens = lens
        self.rectified = rectified
        self.close: Callable[[], None] = lambda: None
        """Ends the source that fills the feed."""
        self._checks, self.timeout_s = checks, timeout_s
        self._lock = threading.Lock()
        self._newest: tuple[float, Picture] | None = None
        self._good_s = self._asked_s = -math.inf
        self._fault: Fault = NOTHING_YET
        self._counts = Counts()

    @property
    def counts(self) -> Counts:
        return self._counts

    def put(self, frame: object, stamp_s: float, now_s: float) -> bool:
        """Store a valid frame with the stamp; returns whether the frame is valid. A frame of one channel gets three.

        A repeated frame is valid, since the camera may go on, and is not stored: an old picture would get the pose
        and the mask of another moment.
        """
        frame = in_colour(frame)
        with self._lock:
            fault = self._checks.fault(frame, stamp_s, now_s)
            if fault is not None:
                self._fault = fault
                self._counts = replace(self._counts, bad=self._counts.bad + 1)
                return False
            assert isinstance(frame, np.ndarray)
            self._good_s, self._fault = now_s, SILENT
            if self._checks.is_repeated:
                self._counts = replace(self._counts, repeated=self._counts.repeated + 1)
                return True
            dropped = self._counts.dropped + (self._newest is not None)
            self._counts = replace(self._counts, frames=self._counts.frames + 1, dropped=dropped)
            self._newest = stamp_s, frame
            return True

    def fail(self, fault: Fault) -> None:
        """Report a fault of the driver."""
        with self._lock:
            self._fault = fault

    def lose(self, fault: Fault) -> None:
        """Report a fault that the newest frame may have already: it is dropped, and the camera is lost at once."""
        with self._lock:
            self._fault, self._newest, self._good_s = fault, None, -math.inf

    def count_opened(self) -> None:
        with self._lock:
            self._counts = replace(self._counts, opened=self._counts.opened + 1)

    def expose(self, now_s: float) -> Exposure | None:
        """The newest good frame; each is returned once. None before the next one."""
        with self._lock:
            newest, self._newest = self._newest, None
        if newest is None or now_s - newest[0] > self.timeout_s:
            return None
        (stamp_s, frame), rectified = newest, self.rectified
        return Exposure(stamp_s, lambda _: rectified(frame))

    def recalibrate(self, rectified: Callable[[Picture], Picture]) -> None:
        """Use another calibration from the next frame on. The newest frame is dropped: it may be of either."""
        with self._lock:
            self.rectified, self._newest = rectified, None

    def trouble(self, now_s: float) -> Fault | None:
        """The fault of a lost camera; None while pictures arrive. A clock that was set back requires a new picture."""
        with self._lock:
            if now_s < self._asked_s:
                self._good_s = -math.inf
            self._asked_s = now_s
            silent_s = now_s - self._good_s  # below 0 if a frame came after the caller had read the clock
            if silent_s <= self.timeout_s:
                return None
            if self._fault is not SILENT or math.isinf(silent_s):
                return self._fault
            return replace(SILENT, detail=f"the last one {silent_s:.1f} s ago")


class Backoff:
    """Waiting time before the next try: doubled each time, up to a limit."""

    def __init__(self, first_s: float, longest_s: float) -> None:
        self._first_s, self._longest_s = first_s, longest_s
        self._next_s = first_s

    def next_s(self) -> float:
        wait_s, self._next_s = self._next_s, min(2 * self._next_s, self._longest_s)
        return wait_s

    def reset(self) -> None:
        self._next_s = self._first_s


class Video(Protocol):
    """The part of cv2.VideoCapture that is used."""

    def isOpened(self) -> bool: ...

    def read(self) -> tuple[bool, Any]: ...

    def release(self) -> None: ...


class Capture:
    """Reads a video in a separate thread and feeds its frames; reopens it after a failure."""

    def __init__(
        self, feed: LiveFeed, name: str, open_video: Callable[[], Video], now_s: Callable[[], float],
        age_s: Callable[[Video], float] | None = None, backoff: Backoff | None = None,
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """`now_s` is the clock of the stamps; `age_s` returns the time since the exposure of the frame just read.

        Without `age_s` a frame has only its time of arrival. After a stall old frames arrive in a row; all are dropped
        for as long as the stall lasted. A frame of an age that is not a number is dropped, too.
        """
        self._feed, self._name, self._open, self._now_s, self._age_s = feed, name, open_video, now_s, age_s
        self._steady_s = steady_s
        self._backoff = backoff or Backoff(first_s=0.5, longest_s=8.0)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"capture {name}")
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join(END_WITHIN_S)

    def _run(self) -> None:
        while not self._ended.is_set():
            video = self._open()
            try:
                self._feed.fail(self._read(video))
            except Exception as error:  # OpenCV raises for some frames; its message may hold the whole address
                self._feed.fail(Fault("the camera's reader failed", f"{self._name}; {type(error).__name__}"))
            finally:
                video.release()
            self._ended.wait(self._backoff.next_s())

    def _read(self, video: Video) -> Fault:
        """Read until a failure; returns its fault."""
        if not video.isOpened():
            return Fault("the camera can't be opened", self._name)
        self._feed.count_opened()
        read_s = late_until_s = self._steady_s()
        while not self._ended.is_set():
            has_frame, frame = video.read()
            if not has_frame:
                return Fault("the camera gives no frame", f"{self._name}; unplugged, or its stream has ended")
            waited_s, read_s = self._steady_s() - read_s, self._steady_s()
            if waited_s > min(STALL_S, self._feed.timeout_s):
                late_until_s = read_s + waited_s
            if self._age_s is None and read_s < late_until_s:
                self._feed.fail(LATE)
                continue
            now_s, age_s = self._now_s(), 0.0 if self._age_s is None else self._age_s(video)
            if math.isnan(age_s):
                self._feed.fail(UNTIMED)
            elif self._feed.put(frame, now_s - age_s, now_s):
                self._backoff.reset()
        return Fault("the camera was closed")


def kernel_age_s(video: Any, property_ms: int, monotonic_s: Callable[[], float] = time.monotonic) -> float:
    """Time since the exposure of the frame just read, from the kernel's stamp; NaN if there is none, or one of another
    clock. After a stall the driver's queue holds frames as old as the stall."""
    stamp_s = 1e-3 * float(video.get(property_ms))
    age_s = monotonic_s() - stamp_s if stamp_s > 0 else math.nan
    return max(0.0, age_s) if age_s >= -AHEAD_S else math.nan
