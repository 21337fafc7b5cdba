"""Node `gazebo_gimbal`: a stabilised gimbal for the drone in Gazebo that publishes its true attitude.

PX4 publishes the commanded aim as if the camera had already reached it. This node subscribes the aim
(`mavros/gimbal_control/device/attitude_status`), the drone's attitude (`mavros/local_position/pose`) and the attitude
of the camera from the IMU beside it (`gazebo/gimbal_imu`). For each IMU message it publishes the angles of the three
joints (`gazebo/gimbal_yaw`, `gazebo/gimbal_roll`, `gazebo/gimbal_pitch`, radians) and the camera's true attitude as a
gimbal's message (`gazebo/gimbal_attitude`).
"""

from __future__ import annotations

from math import nan
from typing import Any

from geometry_msgs.msg import PoseStamped
from mavros_msgs.msg import GimbalDeviceAttitudeStatus
from sensor_msgs.msg import Imu
from std_msgs.msg import Float64

from blindspot.camera import heading_of, quaternion_of
from blindspot.flight.vehicle import YAW_FROM_NORTH, gimbal_aim, is_yaw_from_north
from blindspot.nodes.graph import GuardedNode, declare_fleet, qos, run, seconds
from blindspot_sim.autopilot.gimbal import Gimbal
from blindspot_sim.fleet import gimbal_config
from blindspot_sim.world.gimbal_joints import frd_of_ros, joints_for, level_aim

LEVELLED = 12  # GIMBAL_DEVICE_FLAGS_ROLL_LOCK, _PITCH_LOCK
LONGEST_S = 0.2
"""Longest time step between two IMU messages. After a longer gap the gimbal uses this value."""


class GazeboGimbalNode(GuardedNode):
    def __init__(self, **options: Any) -> None:
        super().__init__("gazebo_gimbal", **options)
        model = declare_fleet(self).model_of(self.get_namespace().strip("/"))
        self._gimbal = Gimbal(gimbal_config(model), 0.0)
        self._drone_xyzw: tuple[float, float, float, float] | None = None
        self._heard_s, self._yaw = nan, 0.0
        self._attitude = self.create_publisher(GimbalDeviceAttitudeStatus, "gazebo/gimbal_attitude", qos.EVENTS)
        self._joints = [
            self.create_publisher(Float64, f"gazebo/gimbal_{joint}", qos.EVENTS) for joint in ("yaw", "roll", "pitch")
        ]
        asked = "mavros/gimbal_control/device/attitude_status"
        self.create_subscription(GimbalDeviceAttitudeStatus, asked, self._on_asked, qos.EVENTS)
        self.create_subscription(PoseStamped, "mavros/local_position/pose", self._on_drone, qos.SENSOR)
        self.create_subscription(Imu, "gazebo/gimbal_imu", self._on_camera, qos.SENSOR)

    def _on_asked(self, message: GimbalDeviceAttitudeStatus) -> None:
        pitch_deg, yaw_deg = gimbal_aim(message, 0.0)
        self._gimbal.aim(pitch_deg, yaw_deg, yaw_locked=is_yaw_from_north(message.flags))

    def _on_drone(self, message: PoseStamped) -> None:
        q = message.pose.orientation
        self._drone_xyzw = q.x, q.y, q.z, q.w

    def _on_camera(self, message: Imu) -> None:
        now_s, q = seconds(message.header.stamp), message.orientation
        self._publish_attitude(message, frd_of_ros(q.x, q.y, q.z, q.w))
        if self._drone_xyzw is not None:
            self._gimbal.step(min(max(now_s - self._heard_s, 0.0), LONGEST_S), heading_of(self._drone_xyzw))
            self._turn(frd_of_ros(*self._drone_xyzw))
        self._heard_s = now_s

    def _turn(self, drone: Any) -> None:
        wanted = level_aim(self._gimbal.pitch_deg, self._gimbal.heading_deg)
        joints = joints_for(wanted, drone, self._yaw)
        self._yaw = joints[0]
        for publisher, angle_rad in zip(self._joints, joints, strict=True):
            publisher.publish(Float64(data=angle_rad))

    def _publish_attitude(self, imu: Imu, attitude: Any) -> None:
        message = GimbalDeviceAttitudeStatus(flags=LEVELLED | YAW_FROM_NORTH)
        message.header.stamp = imu.header.stamp
        message.q.x, message.q.y, message.q.z, message.q.w = quaternion_of(attitude)
        message.angular_velocity_x = message.angular_velocity_y = message.angular_velocity_z = nan
        self._attitude.publish(message)


def main() -> None:
    run(GazeboGimbalNode)
