"""Node `gimbal`: the gimbal that PX4's own simulation (SIH) lacks, behind the topics and services of MAVROS.

It follows the gimbal items of the uploaded mission as the autopilot passes them. In between it executes the service
requests, as a gimbal on PX4's bus does.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, nan, radians, sin
from typing import Any

from mavros_msgs.msg import GimbalDeviceAttitudeStatus, WaypointList
from mavros_msgs.srv import GimbalManagerConfigure, GimbalManagerPitchyaw
from std_msgs.msg import Float64

from blindspot.flight.route import GIMBAL
from blindspot.nodes.graph import GuardedNode, declare_fleet, every, qos, run
from blindspot_sim.autopilot.gimbal import YAW_LOCK, Gimbal
from blindspot_sim.fleet import gimbal_config

PERIOD_S = 0.05


def mission_aim(waypoints: Sequence[Any], current_seq: int) -> tuple[int, Any] | None:
    """(index, item) of the gimbal item that the autopilot passed last, or None before the first."""
    passed = [(k, item) for k, item in enumerate(waypoints[:current_seq]) if item.command == GIMBAL]
    return passed[-1] if passed else None


class GimbalNode(GuardedNode):
    def __init__(self, **options: Any) -> None:
        super().__init__("gimbal", **options)
        model = declare_fleet(self).model_of(self.get_namespace().strip("/"))
        self._gimbal = Gimbal(gimbal_config(model), 0.0)
        self._nose_deg = 0.0
        self._followed: int | None = None
        self._attitude = self.create_publisher(
            GimbalDeviceAttitudeStatus, "mavros/gimbal_control/device/attitude_status", qos.EVENTS
        )
        self.create_subscription(WaypointList, "mavros/mission/waypoints", self._on_mission, qos.LATCHED)
        self.create_subscription(Float64, "mavros/global_position/compass_hdg", self._on_heading, qos.SENSOR)
        manager = "mavros/gimbal_control/manager/"
        self.create_service(GimbalManagerConfigure, manager + "configure", self._configure)
        self.create_service(GimbalManagerPitchyaw, manager + "pitchyaw", self._pitch_yaw)
        every(self, PERIOD_S, self._turn)

    def _on_heading(self, message: Float64) -> None:
        self._nose_deg = float(message.data)

    def _on_mission(self, message: WaypointList) -> None:
        found = mission_aim(message.waypoints, message.current_seq)
        if found is None:
            self._followed = None
        elif found[0] != self._followed:
            self._followed, item = found
            self._gimbal.aim(item.param1, item.param2, yaw_locked=bool(int(item.x_lat) & YAW_LOCK))

    def _configure(self, _: Any, response: Any) -> Any:
        response.success = True
        return response

    def _pitch_yaw(self, request: Any, response: Any) -> Any:
        self._gimbal.aim(request.pitch, request.yaw, yaw_locked=bool(request.flags & YAW_LOCK))
        response.success = True
        return response

    def _turn(self) -> None:
        gimbal = self._gimbal
        gimbal.step(PERIOD_S, self._nose_deg)
        yaw = radians(gimbal.heading_deg - (0.0 if gimbal.yaw_locked else self._nose_deg)) / 2
        pitch = radians(gimbal.pitch_deg) / 2
        message = GimbalDeviceAttitudeStatus(flags=28 if gimbal.yaw_locked else 12)
        message.header.stamp = self.get_clock().now().to_msg()
        message.q.x, message.q.y = -sin(yaw) * sin(pitch), cos(yaw) * sin(pitch)
        message.q.z, message.q.w = sin(yaw) * cos(pitch), cos(yaw) * cos(pitch)
        message.angular_velocity_x = message.angular_velocity_y = message.angular_velocity_z = nan
        self._attitude.publish(message)


def main() -> None:
    run(GimbalNode)
