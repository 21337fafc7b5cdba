"""The camera's pose and lens as messages.

`camera/pose` is the pose of the optical frame of REP 103 (x right, y down, z forward along the axis) in the site's
frame `map` (ENU about the site's origin), at the exposure. `camera/camera_info` tells the whole stream in `width`,
`height` and `k`; pictures that are smaller by whole factors say so in `binning_x` and `binning_y`, as sensor_msgs
has it.
"""

from __future__ import annotations

import math
from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped
from sensor_msgs.msg import CameraInfo

from blindspot.coverage.optics import Lens
from blindspot.nodes.messages import seconds, stamp
from blindspot.vision.projection import CameraPose, centre_px

SITE_FRAME = "map"


def pose_message(pose: CameraPose) -> PoseWithCovarianceStamped:
    """The pose with its variances on the diagonal, m2 and rad2; unknown ones are NaN."""
    message = PoseWithCovarianceStamped()
    message.header.stamp = stamp(pose.stamp_s)
    message.header.frame_id = SITE_FRAME
    position, orientation = message.pose.pose.position, message.pose.pose.orientation
    position.x, position.y, position.z = map(float, (pose.east_m, pose.north_m, pose.up_m))
    orientation.x, orientation.y, orientation.z, orientation.w = pose.quaternion
    variances = [pose.position_std_m**2] * 3 + [math.radians(pose.attitude_std_deg) ** 2] * 3
    for axis, variance in enumerate(variances):
        message.pose.covariance[7 * axis] = variance
    return message


def exposure_of(message: PoseWithCovarianceStamped) -> CameraPose:
    """The pose of a message; the worst axis gives the standard deviations, and a negative variance is unknown (NaN)."""
    position, orientation = message.pose.pose.position, message.pose.pose.orientation
    variances = [float(message.pose.covariance[7 * axis]) for axis in range(6)]
    return CameraPose.from_quaternion(
        seconds(message.header.stamp),
        (position.x, position.y, position.z),
        (orientation.x, orientation.y, orientation.z, orientation.w),
        _std(variances[:3]),
        math.degrees(_std(variances[3:])),
    )


def _std(variances: list[float]) -> float:
    return math.sqrt(max(variances)) if all(variance >= 0 for variance in variances) else math.nan


def camera_info_message(lens: Lens, binning: int, stamp_s: float, frame_id: str) -> CameraInfo:
    """A distortion-free camera of the whole stream, whose pictures are `binning` times smaller each way."""
    message = CameraInfo(width=lens.width_px, height=lens.height_px, distortion_model="plumb_bob", d=[0.0] * 5)
    message.header.stamp = stamp(stamp_s)
    message.header.frame_id = frame_id
    message.binning_x = message.binning_y = binning
    f, (u, v) = lens.f_px, centre_px(lens)
    message.k = [f, 0.0, u, 0.0, f, v, 0.0, 0.0, 1.0]
    message.p = [f, 0.0, u, 0.0, 0.0, f, v, 0.0, 0.0, 0.0, 1.0, 0.0]
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    return message


def picture_lens_of(message: Any) -> Lens | None:
    """The lens of the pictures that come with a CameraInfo; None if it does not tell one."""
    if message.k[0] <= 0 or not message.width or not message.height:
        return None
    binning = max(1, message.binning_x)
    hfov_deg = 2 * math.degrees(math.atan(message.width / (2 * message.k[0])))
    return Lens(hfov_deg, message.width // binning, message.height // binning)


def binned(lens: Lens, binning: int) -> Lens:
    """The lens of pictures that are `binning` times smaller each way."""
    return Lens(lens.hfov_deg, lens.width_px // binning, lens.height_px // binning)
