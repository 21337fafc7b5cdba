"""The camera's pose at an exposure, from the autopilot's position and aim.

The autopilot reports position and aim a few times a second, with its own time stamps. The pose of a picture is
interpolated between the samples on both sides of it: the position linearly, the attitudes by slerp (Shoemake 1985).
Nothing is extrapolated: the pose needs a sample on both sides, near enough in time.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Generic, TypeVar

import numpy as np

from blindspot.camera import CameraPose, Quaternion, Vector, camera_pose, heading_of

SET_BACK_S = 1.0
AHEAD_S = 0.1
"""A sample from farther ahead comes from a clock that has been set back since."""
BOUND_SIGMAS = 2.5
"""A bound of an error counts as this many standard deviations, as the margins of the masking do."""
FASTEST_DPS = 120.0
"""A gimbal, or a drone, turns no faster, deg/s."""
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
class Uncertainty:
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

    def towards(self, after: VehicleSample, time_s: float) -> VehicleSample:
        """The vehicle at a time between this sample and a later one."""
        share = _share(self, after, time_s)
        east_m, north_m, up_m = (a + share * (b - a) for a, b in zip(self.position_m, after.position_m, strict=True))
        return VehicleSample(time_s, (east_m, north_m, up_m), slerp(self.xyzw, after.xyzw, share))


@dataclass(frozen=True, slots=True)
class GimbalSample:
    """The gimbal at a time, in MAVLink's convention (see `gimbal_aim.camera_pose`)."""

    stamp_s: float
    xyzw: Quaternion
    yaw_locked: bool

    def towards(self, after: GimbalSample, time_s: float) -> GimbalSample:
        """The gimbal at a time between this sample and a later one with the same zero of the yaw."""
        return GimbalSample(time_s, slerp(self.xyzw, after.xyzw, _share(self, after, time_s)), self.yaw_locked)


Sample = TypeVar("Sample", VehicleSample, GimbalSample)


class PoseHistory:
    """The newest samples, and the camera's pose at any time between them."""

    def __init__(
        self, mounting: Mounting, uncertainty: Uncertainty, max_gap_s: float, ahead_s: float = AHEAD_S
    ) -> None:
        """Between two samples more than `max_gap_s` apart the pose is unknown. `ahead_s` is the time by which samples
        may be ahead of the caller's clock."""
        self._mounting, self._uncertainty, self._max_gap_s, self._ahead_s = mounting, uncertainty, max_gap_s, ahead_s
        self._spare_s = BOUND_SIGMAS * uncertainty.time_s
        """Time before and after `exposed_s` in which the exposure may lie, too."""
        self._vehicle: _Track[VehicleSample] = _Track()
        self._gimbal: _Track[GimbalSample] = _Track()

    def add_vehicle(self, sample: VehicleSample) -> None:
        if _is_sane((*sample.position_m, sample.stamp_s), sample.xyzw):
            self._vehicle.add(sample)

    def lose_position(self) -> None:
        """Forget the vehicle: its place is unknown now, and the way from the last known place to the next is, too."""
        self._vehicle = _Track()

    def add_gimbal(self, sample: GimbalSample) -> None:
        if _is_sane((sample.stamp_s,), sample.xyzw):
            self._gimbal.add(sample)

    def lacks(self, now_s: float) -> str:
        """Name of a sample that is older than the gap at `now_s`, or of another clock; "" if all are fresh. After a
        clock was set back, pictures would get old poses."""
        known = {"the drone's position": self._vehicle.newest_s, "the gimbal's attitude": self._gimbal.newest_s}
        # `not <=` instead of `>`: NaN and an empty history count as old.
        old = [name for name, newest_s in known.items() if not now_s - newest_s <= self._max_gap_s]
        ahead = [f"{name} by the present clock" for name, newest_s in known.items() if newest_s - now_s > self._ahead_s]
        return (*old, *ahead, "")[0]

    def is_settled(self, stamp_s: float) -> bool:
        """Whether the pose of a picture of `stamp_s` is final: both kinds of sample reach beyond it."""
        return min(self._vehicle.newest_s, self._gimbal.newest_s) >= self.exposed_s(stamp_s)

    def exposed_s(self, stamp_s: float) -> float:
        """The autopilot's time at the exposure of a picture stamped `stamp_s`."""
        return stamp_s + self._mounting.offset_s

    def earliest_s(self, stamp_s: float) -> float:
        """The earliest time at which a picture stamped `stamp_s` may have been exposed."""
        return self.exposed_s(stamp_s) - self._spare_s

    def at(self, stamp_s: float) -> CameraPose | None:
        """The pose of a picture stamped `stamp_s`, ENU m and degrees; None if it is unknown.

        Its standard deviations grow with speed and turn rate, because the picture's time is uncertain, and with the
        change between the two samples, because the way between them is unknown. All of the time in which the exposure
        may lie counts: a camera that rests now may have turned then. If the motion in that time is unknown, so is the
        pose.
        """
        time_s = self.exposed_s(stamp_s)
        vehicle = self._vehicle.about(time_s, self._spare_s, self._max_gap_s)
        gimbal = self._gimbal.about(time_s, self._spare_s, self._max_gap_s)
        if vehicle is None or gimbal is None:
            return None
        locked, time_std_s = gimbal.before.yaw_locked, self._uncertainty.time_s
        # A change of the yaw's reference in between makes two angles incomparable.
        if any(sample.yaw_locked != locked for sample in (gimbal.after, *gimbal.beside)):
            return None
        turned = gimbal.change(_turned_deg, gimbal.beside_turn_deg, time_std_s)
        # An unlocked gimbal counts from the nose, so the drone's turn turns the camera, too.
        if not locked:
            turned += vehicle.change(_turned_deg, vehicle.beside_turn_deg, time_std_s)
        moved = vehicle.change(_moved_m, vehicle.beside_way_m, time_std_s)
        pose = camera_pose(
            stamp_s, vehicle.here.position_m, product(gimbal.here.xyzw, self._mounting.turn_xyzw),
            None if locked else heading_of(vehicle.here.xyzw),
            math.hypot(self._uncertainty.position_m, moved.by_time, moved.between),
            math.hypot(self._uncertainty.attitude_deg, turned.by_time, turned.between),
        )  # fmt: skip
        heading_deg = self._uncertainty.heading_deg
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

    def about(self, time_s: float, spare_s: float, max_gap_s: float) -> _Moment[Sample] | None:
        """The moment at a time, with the time before and after it by `spare_s`, as far as it has come. None if a part
        of that time is unknown."""
        first_s, last_s = time_s - spare_s, min(time_s + spare_s, self.newest_s)
        here, begin, end = (self.around(at_s, max_gap_s) for at_s in (time_s, first_s, last_s))
        # The whole time of a possible exposure must be covered by samples without a gap, begin and end included.
        inner: list[Sample] = [sample for sample in self._samples if first_s < sample.stamp_s < last_s]
        stamps = [first_s, *(sample.stamp_s for sample in inner), last_s]
        if here is None or begin is None or end is None or max(b - a for a, b in pairwise(stamps)) > max_gap_s:
            return None
        before, after = here
        inner.insert(0, begin[0].towards(begin[1], first_s))
        inner.append(end[0].towards(end[1], last_s))
        return _Moment(before, after, before.towards(after, time_s), inner)


@dataclass(frozen=True, slots=True)
class _Change:
    """Standard deviations from a change: by the uncertain time, and of the interpolated value between two samples."""

    by_time: float
    between: float

    def __add__(self, other: _Change) -> _Change:
        return _Change(self.by_time + other.by_time, self.between + other.between)


@dataclass(frozen=True, slots=True)
class _Moment(Generic[Sample]):
    """A time between two samples: `here` is the interpolated sample. `beside` are the samples of the surrounding
    time, with begin and end."""

    before: Sample
    after: Sample
    here: Sample
    beside: Sequence[Sample]

    def change(
        self, apart: Callable[[Sample, Sample], float], beside: Callable[[float], float], time_std_s: float
    ) -> _Change:
        """The change by a measure of the difference of two samples. `beside` is the bound of the interpolated value's
        error for a change between the two samples."""
        change, interval_s = apart(self.before, self.after), self.after.stamp_s - self.before.stamp_s
        rate = change / interval_s if interval_s > 0 else 0.0
        farthest = max((apart(self.here, other) for other in self.beside), default=0.0)
        return _Change(max(rate * time_std_s, farthest / BOUND_SIGMAS), beside(change) / BOUND_SIGMAS)

    def beside_way_m(self, change_m: float) -> float:
        """An even motion that begins or ends in the middle of the interval is at most twice the product of both shares
        away from the interpolated motion; a drone gains speed no faster."""
        share = _share(self.before, self.after, self.here.stamp_s)
        return 2 * share * (1 - share) * change_m

    def beside_turn_deg(self, change_deg: float) -> float:
        """A turn may begin and end at any moment: all of it may be still to come, or done, but no faster than
        FASTEST_DPS."""
        share = _share(self.before, self.after, self.here.stamp_s)
        nearer_s = min(share, 1 - share) * (self.after.stamp_s - self.before.stamp_s)
        return min(max(share, 1 - share) * change_deg, FASTEST_DPS * nearer_s)


def _moved_m(a: VehicleSample, b: VehicleSample) -> float:
    return math.dist(a.position_m, b.position_m)


def _turned_deg(a: Sample, b: Sample) -> float:
    return angle_deg(a.xyzw, b.xyzw)


def slerp(a: Quaternion, b: Quaternion, share: float) -> Quaternion:
    """The rotation at `share` of the shorter way from `a` to `b`, both unit quaternions."""
    cosine = float(np.dot(a, b))
    # q and -q are the same rotation: the sign chooses the shorter way.
    sign = math.copysign(1.0, cosine)
    angle = math.acos(min(1.0, abs(cosine)))
    # Near 0 the division by sin(angle) would lose all digits.
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
