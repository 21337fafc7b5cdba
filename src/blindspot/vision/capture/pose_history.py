"""The camera's pose at an exposure, from the autopilot's position and aim.

The autopilot reports position and aim a few times a second, with its own time stamps. The pose of a picture is
interpolated between the samples on both sides of it: the position linearly, the attitudes by slerp (Shoemake 1985).
Nothing is extrapolated: the pose needs a sample on both sides, near enough in time.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from blindspot.camera import CameraPose, Quaternion, Vector, camera_pose, heading_of

SET_BACK_S = 1.0
AHEAD_S = 0.1
"""A sample from farther ahead comes from a clock that has been set back since."""
BOUND_SIGMAS = 2.5
"""A bound of an error counts as this many standard deviations, as the margins of the masking do."""
KEPT = 256
"""Samples of each kind: 8 s of a position at 30 Hz."""


@dataclass(frozen=True, slots=True)
class Mounting:
    """Rotation of the camera relative to its gimbal, and the offset of its clock from the autopilot's.

    The angles turn the gimbal's axes into the camera's: right roll, up pitch, right yaw, degrees, applied in the order
    yaw, pitch, roll. A picture stamped t was exposed at t + `offset_s` of the autopilot's time.
    """

    roll_deg: float = 0.0
    pitch_deg: float = 0.0
    yaw_deg: float = 0.0
    offset_s: float = 0.0

    @property
    def turn_xyzw(self) -> Quaternion:
        """(x, y, z, w) of the angles, in the gimbal's forward-right-down axes."""
        (sr, cr), (sp, cp), (sy, cy) = (
            (math.sin(math.radians(a) / 2), math.cos(math.radians(a) / 2))
            for a in (self.roll_deg, self.pitch_deg, self.yaw_deg)
        )
        return (
            sr * cp * cy - cr * sp * sy, cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy, cr * cp * cy + sr * sp * sy,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Doubt:
    """Standard deviations per axis: of a reported position, m, of a reported aim, degrees, of a picture's time, s, and
    of the heading in addition to the aim, degrees."""

    position_m: float
    attitude_deg: float
    time_s: float
    heading_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class VehicleSample:
    """The vehicle at a time: position ENU, m, and attitude in ROS's frames."""

    stamp_s: float
    position_m: Vector
    xyzw: Quaternion


@dataclass(frozen=True, slots=True)
class GimbalSample:
    """The gimbal at a time, in MAVLink's convention (see `gimbal_aim.camera_pose`)."""

    stamp_s: float
    xyzw: Quaternion
    yaw_locked: bool


Sample = TypeVar("Sample", VehicleSample, GimbalSample)


class PoseHistory:
    """The newest samples, and the camera's pose at any time between them."""

    def __init__(self, mounting: Mounting, doubt: Doubt, max_gap_s: float, ahead_s: float = AHEAD_S) -> None:
        """Between two samples more than `max_gap_s` apart the pose is unknown. `ahead_s` is the time by which samples
        may be ahead of the caller's clock."""
        self._mounting, self._doubt, self._max_gap_s, self._ahead_s = mounting, doubt, max_gap_s, ahead_s
        self._vehicle: _Track[VehicleSample] = _Track()
        self._gimbal: _Track[GimbalSample] = _Track()

    def add_vehicle(self, sample: VehicleSample) -> None:
        if _is_sane((*sample.position_m, sample.stamp_s), sample.xyzw):
            self._vehicle.add(sample)

    def add_gimbal(self, sample: GimbalSample) -> None:
        if _is_sane((sample.stamp_s,), sample.xyzw):
            self._gimbal.add(sample)

    def lacks(self, now_s: float) -> str:
        """Name of a sample that is older than the gap at `now_s`, or of another clock; "" if all are fresh. After a
        clock was set back, pictures would get old poses."""
        known = {"the drone's position": self._vehicle.newest_s, "the gimbal's attitude": self._gimbal.newest_s}
        old = [name for name, newest_s in known.items() if not now_s - newest_s <= self._max_gap_s]
        ahead = [f"{name} by the present clock" for name, newest_s in known.items() if newest_s - now_s > self._ahead_s]
        return (*old, *ahead, "")[0]

    def is_settled(self, stamp_s: float) -> bool:
        """Whether the pose of a picture of `stamp_s` is final: both kinds of sample reach beyond it."""
        return min(self._vehicle.newest_s, self._gimbal.newest_s) >= self.exposed_s(stamp_s)

    def exposed_s(self, stamp_s: float) -> float:
        """The autopilot's time at the exposure of a picture stamped `stamp_s`."""
        return stamp_s + self._mounting.offset_s

    def at(self, stamp_s: float) -> CameraPose | None:
        """The pose of a picture stamped `stamp_s`, ENU m and degrees; None if it is unknown.

        Its standard deviations grow with speed and turn rate, because the picture's time is uncertain, and with the
        change between the two samples, because the way between them is unknown.
        """
        time_s = self.exposed_s(stamp_s)
        vehicle = self._vehicle.around(time_s, self._max_gap_s)
        gimbal = self._gimbal.around(time_s, self._max_gap_s)
        if vehicle is None or gimbal is None or gimbal[0].yaw_locked != gimbal[1].yaw_locked:
            return None
        (before, after), share = vehicle, _share(*vehicle, time_s)
        position = tuple(a + share * (b - a) for a, b in zip(before.position_m, after.position_m, strict=True))
        nose_deg = heading_of(slerp(before.xyzw, after.xyzw, share))
        aim = slerp(gimbal[0].xyzw, gimbal[1].xyzw, _share(*gimbal, time_s))
        locked = gimbal[0].yaw_locked
        turned = _Change.of(*gimbal, time_s, angle_deg(gimbal[0].xyzw, gimbal[1].xyzw))
        if not locked:
            turned += _Change.of(before, after, time_s, angle_deg(before.xyzw, after.xyzw))
        moved = _Change.of(before, after, time_s, math.dist(before.position_m, after.position_m))
        pose = camera_pose(
            stamp_s, (position[0], position[1], position[2]), product(aim, self._mounting.turn_xyzw),
            None if locked else nose_deg,
            math.hypot(self._doubt.position_m, moved.rate * self._doubt.time_s, moved.std),
            math.hypot(self._doubt.attitude_deg, turned.rate * self._doubt.time_s, turned.std),
        )  # fmt: skip
        heading_deg = self._doubt.heading_deg
        attitude_std_deg = math.hypot(pose.attitude_std_deg, heading_deg)
        return replace(pose, stamp_s=stamp_s, attitude_std_deg=attitude_std_deg, heading_std_deg=heading_deg)


class _Track(Generic[Sample]):
    """Samples in order of time."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=KEPT)

    @property
    def newest_s(self) -> float:
        return self._samples[-1].stamp_s if self._samples else -math.inf

    def add(self, sample: Sample) -> None:
        """Add a sample. One from long before the newest means that the clock was set back, and clears the history. One
        from shortly before the newest came late, or had its stamp corrected, and is ignored."""
        if sample.stamp_s < self.newest_s - SET_BACK_S:
            self._samples.clear()
        if sample.stamp_s > self.newest_s:
            self._samples.append(sample)

    def around(self, time_s: float, max_gap_s: float) -> tuple[Sample, Sample] | None:
        """The samples on both sides of a time; for an exact match without a near one before it the same one twice."""
        index = bisect_left(self._samples, time_s, key=lambda sample: sample.stamp_s)
        if index == len(self._samples):
            return None
        after = self._samples[index]
        before = self._samples[index - 1] if index else None
        if before is None or after.stamp_s - before.stamp_s > max_gap_s:
            return (after, after) if after.stamp_s == time_s else None
        return before, after


@dataclass(frozen=True, slots=True)
class _Change:
    """A change between two samples: its rate per second, and the standard deviation of the interpolated value."""

    rate: float
    std: float

    @classmethod
    def of(cls, before: Sample, after: Sample, time_s: float, change: float) -> _Change:
        """An even motion that begins or ends in the middle of the interval is at most twice the product of both shares
        away from the interpolated one."""
        interval_s, share = after.stamp_s - before.stamp_s, _share(before, after, time_s)
        rate = change / interval_s if interval_s > 0 else 0.0
        return cls(rate, 2 * share * (1 - share) * change / BOUND_SIGMAS)

    def __add__(self, other: _Change) -> _Change:
        return _Change(self.rate + other.rate, self.std + other.std)


def slerp(a: Quaternion, b: Quaternion, share: float) -> Quaternion:
    """The rotation at `share` of the shorter way from `a` to `b`, both unit quaternions."""
    cosine = float(np.dot(a, b))
    sign = math.copysign(1.0, cosine)
    angle = math.acos(min(1.0, abs(cosine)))
    if angle < 1e-6:
        return b if share > 0.5 else a
    of_a, of_b = math.sin((1 - share) * angle) / math.sin(angle), sign * math.sin(share * angle) / math.sin(angle)
    x, y, z, w = (of_a * p + of_b * q for p, q in zip(a, b, strict=True))
    return x, y, z, w


def product(a: Quaternion, b: Quaternion) -> Quaternion:
    """The rotation `b` followed by `a`, in the order of matrix products."""
    (ax, ay, az, aw), (bx, by, bz, bw) = a, b
    return (
        aw * bx + ax * bw + ay * bz - az * by, aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw, aw * bw - ax * bx - ay * by - az * bz,
    )  # fmt: skip


def angle_deg(a: Quaternion, b: Quaternion) -> float:
    """The angle between two rotations, degrees."""
    return math.degrees(2 * math.acos(min(1.0, abs(float(np.dot(a, b))))))


def _share(before: Sample, after: Sample, time_s: float) -> float:
    interval_s = after.stamp_s - before.stamp_s
    return (time_s - before.stamp_s) / interval_s if interval_s > 0 else 0.0


def _is_sane(numbers: tuple[float, ...], xyzw: Quaternion) -> bool:
    """Whether all numbers are finite and the rotation has length 1."""
    return all(math.isfinite(n) for n in numbers) and abs(math.hypot(*xyzw) - 1.0) < 1e-3
