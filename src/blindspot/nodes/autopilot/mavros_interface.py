"""The part of MAVROS that this stack uses: name, type and QoS of each topic and service, relative to `mavros/`.

Raw MAVLink has its own topics, `uas<system id>/mavlink_source` and `mavlink_sink`: see `raw_topic`.

The adapter to a vehicle (`mavros_link.py`) and the embedded simulator (`blindspot_sim.nodes.simulator`) both read these
tables, so that they agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geometry_msgs.msg import PoseStamped, TwistStamped
from mavros_msgs.msg import (
    ADSBVehicle,
    Altitude,
    EstimatorStatus,
    ExtendedState,
    GimbalDeviceAttitudeStatus,
    GimbalManagerStatus,
    HomePosition,
    OpenDroneIDBasicID,
    OpenDroneIDOperatorID,
    OpenDroneIDSystem,
    PositionTarget,
    State,
    StatusText,
    SysStatus,
    WaypointList,
    WaypointReached,
)
from mavros_msgs.srv import (
    CommandBool,
    CommandInt,
    CommandLong,
    CommandTOL,
    GimbalManagerConfigure,
    GimbalManagerPitchyaw,
    GimbalManagerSetRoi,
    ParamPull,
    ParamSetV2,
    SetMode,
    VehicleInfoGet,
    WaypointClear,
    WaypointPull,
    WaypointPush,
    WaypointSetCurrent,
)
from nav_msgs.msg import Odometry
from rclpy.qos import QoSProfile
from sensor_msgs.msg import BatteryState, NavSatFix, TimeReference
from std_msgs.msg import Float64, UInt32

from blindspot.nodes.graph import qos

PUBLISHED: dict[str, tuple[type, QoSProfile]] = {
    "state": (State, qos.STATE),
    "extended_state": (ExtendedState, qos.STATE),
    "sys_status": (SysStatus, qos.STATE),
    "estimator_status": (EstimatorStatus, qos.STATE),
    "battery": (BatteryState, qos.SENSOR),
    "statustext/recv": (StatusText, qos.SENSOR),
    "local_position/pose": (PoseStamped, qos.SENSOR),
    "local_position/odom": (Odometry, qos.SENSOR),
    "local_position/velocity_local": (TwistStamped, qos.SENSOR),
    "local_position/velocity_body": (TwistStamped, qos.SENSOR),
    "global_position/global": (NavSatFix, qos.SENSOR),
    "global_position/raw/fix": (NavSatFix, qos.SENSOR),
    "global_position/rel_alt": (Float64, qos.SENSOR),
    "global_position/compass_hdg": (Float64, qos.SENSOR),
    "global_position/raw/satellites": (UInt32, qos.SENSOR),
    "altitude": (Altitude, qos.SENSOR),
    "home_position/home": (HomePosition, qos.STATE),
    "time_reference": (TimeReference, qos.SENSOR),
    "mission/waypoints": (WaypointList, qos.LATCHED),
    "mission/reached": (WaypointReached, qos.LATCHED),
    "geofence/fences": (WaypointList, qos.LATCHED),
    "rallypoint/rallypoints": (WaypointList, qos.LATCHED),
    "gimbal_control/device/attitude_status": (GimbalDeviceAttitudeStatus, qos.EVENTS),
    "gimbal_control/manager/status": (GimbalManagerStatus, qos.EVENTS),
    "adsb/vehicle": (ADSBVehicle, qos.EVENTS),
}

SUBSCRIBED: dict[str, tuple[type, QoSProfile]] = {
    "setpoint_raw/local": (PositionTarget, qos.SENSOR),
    "setpoint_position/local": (PoseStamped, qos.SENSOR),
    "open_drone_id/basic_id": (OpenDroneIDBasicID, qos.EVENTS),
    "open_drone_id/operator_id": (OpenDroneIDOperatorID, qos.EVENTS),
    "open_drone_id/system": (OpenDroneIDSystem, qos.EVENTS),
}

RAW_SOURCE, RAW_SINK = "mavlink_source", "mavlink_sink"
"""Raw MAVLink (mavros_msgs/Mavlink): from the vehicle, and to it."""

SERVICES: dict[str, Any] = {
    "set_mode": SetMode,
    "cmd/arming": CommandBool,
    "cmd/takeoff": CommandTOL,
    "cmd/land": CommandTOL,
    "cmd/command": CommandLong,
    "cmd/command_int": CommandInt,
    "mission/push": WaypointPush,
    "mission/pull": WaypointPull,
    "mission/clear": WaypointClear,
    "mission/set_current": WaypointSetCurrent,
    "geofence/push": WaypointPush,
    "geofence/pull": WaypointPull,
    "geofence/clear": WaypointClear,
    "rallypoint/push": WaypointPush,
    "rallypoint/pull": WaypointPull,
    "rallypoint/clear": WaypointClear,
    "param/set": ParamSetV2,
    "param/pull": ParamPull,
    "vehicle_info_get": VehicleInfoGet,
    "gimbal_control/manager/configure": GimbalManagerConfigure,
    "gimbal_control/manager/pitchyaw": GimbalManagerPitchyaw,
    "gimbal_control/manager/set_roi": GimbalManagerSetRoi,
}

PARAMETERS = "param/get_parameters"
"""MAVROS keeps the autopilot's parameters as ROS parameters of its node `param`."""
NEVER_CALLED = frozenset({"cmd/takeoff", "cmd/land", "cmd/command_int", "gimbal_control/manager/set_roi"})
CALLED = frozenset({*SERVICES, PARAMETERS}) - NEVER_CALLED
"""Services of a drone's flight_control."""
CALLED_BEFORE_FLIGHT = CALLED - {"cmd/arming"}
"""Services of the pre-flight list, which arms nothing."""
CALLED_TO_RETURN = frozenset({"set_mode"})
"""Services of a ground station that brings a drone home after the loss of its flight_control."""


def raw_topic(system_id: int, name: str) -> str:
    """The topic on which MAVROS passes raw MAVLink of the vehicle with this system id."""
    return f"/uas{system_id}/{name}"


def fill(message: Any, fields: Mapping[str, Any]) -> Any:
    """Set the named fields of a ROS message, nested mappings and lists of them included; returns the message."""
    for name, value in fields.items():
        if isinstance(value, Mapping):
            fill(getattr(message, name), value)
        elif isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping):
            setattr(message, name, [fill(_element(message, name), item) for item in value])
        else:
            # rclpy silently packs an int in a float field as a wrong value
            setattr(message, name, float(value) if isinstance(getattr(message, name), float) else value)
    return message


def plain(message: Any) -> Any:
    """A ROS message as nested dicts and lists, the inverse of `fill`."""
    if hasattr(message, "get_fields_and_field_types"):
        return {name: plain(getattr(message, name)) for name in message.get_fields_and_field_types()}
    if isinstance(message, (list, tuple)):
        return [plain(item) for item in message]
    return message.tolist() if hasattr(message, "tolist") else message  # numbers come as arrays


_ELEMENTS: dict[tuple[type, str], type] = {}


def _element(message: Any, name: str) -> Any:
    """An empty element of a message's list of messages."""
    key = (type(message), name)
    if key not in _ELEMENTS:
        from rosidl_parser.definition import AbstractNestedType, NamespacedType

        slot = message.SLOT_TYPES[list(message.get_fields_and_field_types()).index(name)]
        assert isinstance(slot, AbstractNestedType) and isinstance(slot.value_type, NamespacedType)
        package, kind, type_name = slot.value_type.namespaces[0], slot.value_type.namespaces[1], slot.value_type.name
        _ELEMENTS[key] = getattr(__import__(f"{package}.{kind}", fromlist=[type_name]), type_name)
    return _ELEMENTS[key]()
