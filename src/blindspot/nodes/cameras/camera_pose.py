"""The camera's pose and lens as messages.

`camera/pose` is the pose of the optical frame of REP 103 (x right, y down, z forward along the axis) in the site's
frame `map` (ENU about the site's origin), at the exposure. `camera/camera_info` describes the whole stream in `width`,
`height` and `k`. Pictures smaller by a whole factor state the factor in `binning_x` and `binning_y`, as defined in
sensor_msgs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo

from blindspot.camera import CameraPose, Lens, centre_px
from blindspot.core import InputError
from blindspot.mission import drone_model
from blindspot.nodes.graph.messages import is_place, seconds, stamp
from blindspot.nodes.graph.parameters import declare_float
from blindspot.vision.capture import Fault, pose_history

SITE_FRAME = "map"
MOST_PX, MOST_F_PX, MOST_TERMS = 20_000, 2_000_000.0, 14
"""Upper limits for any camera: a picture's side, px; a focal length, px; terms of a lens's distortion."""
LENGTH_ONE_WITHIN = 1e-2
IDEAL_PX = 0.1
"""Largest difference of a camera matrix from that of the ideal lens, px."""


def declare_history(node: Node, usual: drone_model.Accuracy, time_std_s: float) -> pose_history.PoseHistory:
    """The pose history of a node's camera. Declares the parameters of the camera's mounting and of the standard
    deviations, whose defaults are `usual` and `time_std_s`."""

    mounting = pose_history.Mounting(
        declare_float(node, "boresight_roll_deg", 0.0, low=-180.0, high=180.0,
                      describe="Turns the gimbal's axes clockwise into the camera's, deg."),
        declare_float(node, "boresight_pitch_deg", 0.0, low=-180.0, high=180.0,
                      describe="Turns the gimbal's axes up into the camera's, deg."),
        declare_float(node, "boresight_yaw_deg", 0.0, low=-180.0, high=180.0,
                      describe="Turns the gimbal's axes to the right into the camera's, deg."),
        declare_float(node, "time_offset_s", 0.0, low=-2.0, high=2.0,
                      describe="Added to a picture's stamp, gives the autopilot's time of the exposure, s."),
    )  # fmt: skip
    uncertainty = pose_history.Uncertainty(
        declare_float(node, "position_std_m", usual.position_std_m, low=0.0, high=10.0,
                      describe="Standard deviation of the position, m per axis."),
        declare_float(node, "attitude_std_deg", usual.gimbal_std_deg, low=0.0, high=10.0,
                      describe="Standard deviation of the camera's aim, excluding the heading's, deg per axis."),
        declare_float(node, "time_std_s", time_std_s, low=0.0, high=0.5,
                      describe="Standard deviation of a picture's time against the autopilot's, s."),
        declare_float(node, "heading_std_deg", usual.heading_std_deg, low=0.0, high=20.0,
                      describe="Standard deviation of the heading, deg; counts in addition to that of the aim."),
    )  # fmt: skip
    max_gap_s = declare_float(
        node, "max_gap_s", 0.5, low=0.05, high=5.0,
        describe="Longest time between the autopilot's messages before and after a picture, s.",
    )  # fmt: skip
    is_simulated = node.get_parameter("use_sim_time").value  # then messages may be ahead of the clock
    return pose_history.PoseHistory(
        mounting, uncertainty, max_gap_s, math.inf if is_simulated else pose_history.AHEAD_S
    )


def diagnostics_message(
    stamp_s: float, node: str, camera: str, trouble: Fault | None, counts: Mapping[str, int]
) -> DiagnosticArray:
    """A camera's health, as ROS's diagnostic tools read it."""
    level = DiagnosticStatus.OK if trouble is None else DiagnosticStatus.ERROR
    status = DiagnosticStatus(level=level, name=f"{node}: pictures", hardware_id=camera)
    status.message = "pictures come" if trouble is None else str(trouble)
    status.values = [KeyValue(key=key, value=str(value)) for key, value in counts.items()]
    message = DiagnosticArray(status=[status])
    message.header.stamp = stamp(stamp_s)
    return message


def pose_message(pose: CameraPose) -> PoseWithCovarianceStamped:
    """The pose with its covariance, m2 and rad2; unknown variances are NaN.

    Rotations are about the fixed axes of the site's frame. The heading's variance is therefore the one about the
    vertical, and the matrix is diagonal.
    """
    message = PoseWithCovarianceStamped()
    message.header.stamp = stamp(pose.stamp_s)
    message.header.frame_id = SITE_FRAME
    position, orientation = message.pose.pose.position, message.pose.pose.orientation
    position.x, position.y, position.z = map(float, (pose.east_m, pose.north_m, pose.up_m))
    orientation.x, orientation.y, orientation.z, orientation.w = pose.quaternion
    level, worst = (math.radians(deg) ** 2 for deg in (pose.level_std_deg, pose.attitude_std_deg))
    variances = [pose.position_std_m**2] * 3 + [level, level, worst]
    for axis, variance in enumerate(variances):
        message.pose.covariance[7 * axis] = variance
    return message


def exposure_of(message: PoseWithCovarianceStamped) -> CameraPose:
    """The pose of a message; the worst axis gives the standard deviations, and a negative variance is unknown (NaN).

    Another publisher's covariance may have terms beside its diagonal. Such a covariance is at most the diagonal
    matrix of the sums of the rows' absolute values (Gershgorin), and this bound is used.

    Raises InputError for another frame, for a place outside any site, and for an invalid rotation.
    """
    position, orientation = message.pose.pose.position, message.pose.pose.orientation
    if message.header.frame_id != SITE_FRAME:
        raise InputError("camera/pose", "frame_id", f"is {message.header.frame_id!r}", f"it should be {SITE_FRAME}")
    if not is_place(position.x, position.y, position.z):
        raise InputError("camera/pose", "position", f"is ({position.x:g}, {position.y:g}, {position.z:g}) m")
    if not abs(math.hypot(orientation.x, orientation.y, orientation.z, orientation.w) - 1.0) < LENGTH_ONE_WITHIN:
        raise InputError("camera/pose", "orientation", "is not a rotation")
    covariance = np.asarray(message.pose.covariance, float).reshape(6, 6)
    diagonal = covariance.diagonal()
    with np.errstate(invalid="ignore", over="ignore"):  # such variances are unknown
        beside = np.abs(covariance).sum(axis=1) - np.abs(diagonal)
        variances = np.where(diagonal >= 0, diagonal + beside, np.nan).tolist()
    level, worst = _std(variances[3:5]), _std(variances[3:])
    return CameraPose.from_quaternion(
        seconds(message.header.stamp),
        (position.x, position.y, position.z),
        (orientation.x, orientation.y, orientation.z, orientation.w),
        _std(variances[:3]),
        math.degrees(worst),
        math.degrees(math.sqrt(max(0.0, worst**2 - level**2))),
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


def stream_lens_of(message: Any) -> Lens | None:
    """The lens of the whole stream in a CameraInfo; None for a missing lens or a distorted lens.

    The subscribers assume zero distortion and the axis in the middle of the picture.
    """
    k = np.asarray(message.k, float)
    is_size = 0 < message.width <= MOST_PX and 0 < message.height <= MOST_PX
    if not (is_size and np.isfinite(k).all() and 0 < k[0] < MOST_F_PX) or len(message.d) > MOST_TERMS or any(message.d):
        return None
    lens = Lens(2 * math.degrees(math.atan(message.width / (2 * k[0]))), message.width, message.height)
    ideal = camera_info_message(lens, 1, 0.0, "").k
    return lens if np.abs(k - ideal).max() <= IDEAL_PX else None


def optical_frame(drone: str) -> str:
    """The frame id of the pictures of a drone's camera."""
    return f"{drone}/camera_optical_frame"


def binned(lens: Lens, binning: int) -> Lens:
    """The lens of pictures that are `binning` times smaller each way."""
    return Lens(lens.hfov_deg, lens.width_px // binning, lens.height_px // binning)
