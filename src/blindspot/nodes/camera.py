"""Node `camera`: takes pictures and tells from where.

Subscribes `mavros/local_position/pose`, `mavros/gimbal_control/device/attitude_status` and `drone_status`. At 5 Hz
of the node's time it publishes `camera/camera_info`, which tells that the camera is there, and for each exposure
`camera/pose` (the optical frame in the site's frame, see `camera_pose.py`); at a wall-clock rate that the machine
affords `camera/image_raw`, which never leaves the drone and is made only for a subscriber. Each picture has the
stamp of one published pose. While the sensor is inhibited, and as long as nobody says that it is not, nothing is
exposed: no pose, no picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from blindspot_msgs.msg import DroneStatus
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from mavros_msgs.msg import GimbalDeviceAttitudeStatus
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from blindspot.coverage.optics import Lens
from blindspot.errors import InputError
from blindspot.nodes import qos
from blindspot.nodes.camera_pose import binned, camera_info_message, pose_message
from blindspot.nodes.forward_clock import ForwardClock
from blindspot.nodes.latest import Latest
from blindspot.nodes.messages import now_s, seconds, stamp
from blindspot.nodes.parameters import declare_float, declare_int, declare_str
from blindspot.nodes.run import run
from blindspot.planning.mission import Mission, load_mission
from blindspot.vision.gimbal import camera_pose, heading_of
from blindspot.vision.projection import CameraPose
from blindspot.vision.sources import PictureSource, VideoSource

EXPOSURE_PERIOD_S = 0.2
YAW_LOCK = GimbalDeviceAttitudeStatus.FLAGS_YAW_LOCK


class CameraNode(Node):
    def __init__(self, **options: Any) -> None:
        """`options` are those of `rclpy.node.Node`."""
        super().__init__("camera", **options)
        self._home_m = tuple(
            declare_float(self, name, 0.0, low=-1e5, high=1e5, describe="Origin of the autopilot's local frame, ENU m.")
            for name in ("home_east_m", "home_north_m", "home_up_m")
        )
        self._position_std_m = declare_float(
            self, "position_std_m", 0.5, low=0.0, high=10.0, describe="Standard deviation of the position, m a axis."
        )
        self._attitude_std_deg = declare_float(
            self, "attitude_std_deg", 0.5, low=0.0, high=10.0, describe="Standard deviation of the camera's aim, deg."
        )
        self._max_age_s = declare_float(
            self, "max_age_s", 0.5, low=0.05, high=5.0, describe="Oldest position and aim that a picture may have, s."
        )
        self._status_timeout_s = declare_float(
            self, "status_timeout_s", 3.0, low=0.5, high=30.0, describe="Silence of drone_status that inhibits, s."
        )
        rate_hz = declare_float(
            self, "picture_rate_hz", 1.0, low=0.1, high=30.0, describe="Pictures a second of wall-clock time."
        )
        self._source, self._stream, self._binning = self._make_source()
        self._frame_id = f"{self.get_namespace().strip('/')}/camera_optical_frame"
        self._now = ForwardClock(self)
        self._local: PoseStamped | None = None
        self._gimbal: GimbalDeviceAttitudeStatus | None = None
        self._gimbal_heard_s = -1e9
        self._status_heard_s, self._inhibited = -1e9, True
        self._exposed: CameraPose | None = None
        self._told: str | None = None
        self._pose = self.create_publisher(PoseWithCovarianceStamped, "camera/pose", qos.EVENTS)
        self._info = self.create_publisher(CameraInfo, "camera/camera_info", qos.SENSOR)
        self._image = self.create_publisher(Image, "camera/image_raw", qos.PICTURE)
        self.create_subscription(PoseStamped, "mavros/local_position/pose", self._on_local, qos.SENSOR)
        self.create_subscription(
            GimbalDeviceAttitudeStatus, "mavros/gimbal_control/device/attitude_status", self._on_gimbal, qos.EVENTS
        )
        self.create_subscription(DroneStatus, "drone_status", self._on_status, qos.STATE)
        self._worker: Latest[CameraPose] = Latest(self._take_picture)
        self.create_timer(EXPOSURE_PERIOD_S, self._expose)
        self.create_timer(1.0 / rate_hz, self._ask_for_picture, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def destroy_node(self) -> None:
        self._worker.close()
        super().destroy_node()

    def _make_source(self) -> tuple[PictureSource, Lens, int]:
        """The source of pictures, the lens of the whole stream, and how many times smaller the pictures are."""
        kind = declare_str(self, "source", "renderer", describe="renderer (the simulated town) or video (a file).")
        mission_path = declare_str(
            self, "mission", "", describe="Mission file, which names town, drone model and people."
        )
        video = declare_str(self, "video", "", describe="Video file of the source video.")
        hfov_deg = declare_float(
            self, "hfov_deg", 35.0, low=1.0, high=170.0, describe="Horizontal field of view of the video, deg."
        )
        binning = declare_int(
            self, "binning", 2, low=1, high=4, describe="How many times smaller rendered pictures are than the stream."
        )
        seed = declare_int(self, "seed", 1, low=0, high=2**31 - 1, describe="Seed of the simulated people.")
        if kind == "video":
            source = VideoSource(Path(video), hfov_deg)
            return source, source.lens, 1
        if kind != "renderer":
            raise InputError("camera", "source", f"{kind} is unknown", "there are renderer and video")
        return _rendered(load_mission(Path(mission_path)), self.get_namespace().strip("/"), binning, seed)

    def _on_local(self, message: PoseStamped) -> None:
        self._local = message

    def _on_gimbal(self, message: GimbalDeviceAttitudeStatus) -> None:
        self._gimbal, self._gimbal_heard_s = message, self._now()

    def _on_status(self, message: DroneStatus) -> None:
        """Old when it was said, not when it came: after a standstill the queue is read first."""
        now_s, said_s = self._now(), self._now.of(seconds(message.header.stamp))
        self._inhibited, self._status_heard_s = message.sensor_inhibited, min(said_s, now_s)

    def _why_not(self) -> str:
        """Why nothing may be captured now; empty if it may."""
        if self._now() - self._status_heard_s > self._status_timeout_s:
            return "inhibited: drone_status is silent"
        if self._inhibited:
            return "inhibited by flight_control"
        if self._local is None or not now_s(self) - seconds(self._local.header.stamp) <= self._max_age_s:
            return "no capture: the drone's position is not known"
        if not self._now() - self._gimbal_heard_s <= self._max_age_s:
            return "no capture: the gimbal's attitude is not known"
        return ""

    def _expose(self) -> None:
        """One exposure: its pose and its lens, if capturing is allowed and the pose is new."""
        why_not = self._why_not()
        if why_not != self._told:
            self._told = why_not
            self.get_logger().info(why_not or "capturing")
        pose = None if why_not else self._pose_now()
        stamp_s = now_s(self) if pose is None else pose.stamp_s
        self._info.publish(camera_info_message(self._stream, self._binning, stamp_s, self._frame_id))
        if pose is not None and (self._exposed is None or pose.stamp_s > self._exposed.stamp_s):
            self._pose.publish(pose_message(pose))
        self._exposed = pose

    def _pose_now(self) -> CameraPose:
        assert self._local is not None
        assert self._gimbal is not None
        position, attitude = self._local.pose.position, self._local.pose.orientation
        q = self._gimbal.q
        nose_deg = heading_of((attitude.x, attitude.y, attitude.z, attitude.w))
        east_m, north_m, up_m = (
            home + local for home, local in zip(self._home_m, (position.x, position.y, position.z), strict=True)
        )
        return camera_pose(
            seconds(self._local.header.stamp), (east_m, north_m, up_m), (q.x, q.y, q.z, q.w),
            None if self._gimbal.flags & YAW_LOCK else nose_deg, self._position_std_m, self._attitude_std_deg,
        )  # fmt: skip

    def _ask_for_picture(self) -> None:
        if self._exposed is not None and self._image.get_subscription_count() and not self._why_not():
            self._worker.offer(self._exposed)

    def _take_picture(self, pose: CameraPose) -> None:
        """In the worker: a picture at a pose that was published; dropped if capturing was inhibited meanwhile."""
        bgr = self._source.picture(pose)
        if self._exposed is not None:
            self._image.publish(image_message(bgr, pose.stamp_s, self._frame_id))


def image_message(bgr: np.ndarray, stamp_s: float, frame_id: str) -> Image:
    """An (h, w, 3) BGR picture as a message; the bytes are handed over as an array, which is copied once."""
    from array import array

    message = Image(height=bgr.shape[0], width=bgr.shape[1], encoding="bgr8", step=3 * bgr.shape[1])
    message.header.stamp = stamp(stamp_s)
    message.header.frame_id = frame_id
    message.data = array("B", np.ascontiguousarray(bgr).tobytes())
    return message


def _rendered(mission: Mission, drone: str, binning: int, seed: int) -> tuple[PictureSource, Lens, int]:
    """The simulated camera of a drone of a mission; imported here, since a real drone has no simulator installed."""
    from blindspot.vision.town_cache import town_of_mission
    from blindspot_sim.renderer import SimulatedCamera

    if drone not in {member.name for member in mission.file.fleet}:
        raise InputError(mission.path, "fleet", f"has no drone {drone}", "run the camera in the namespace of a drone")
    camera = mission.model_of(drone).camera
    stream = Lens(camera.hfov_deg, camera.width_px, camera.height_px)
    town = town_of_mission(mission)
    return SimulatedCamera(town, binned(stream, binning), mission.file.people, seed), stream, binning


def main() -> None:
    run(CameraNode)


if __name__ == "__main__":
    main()
