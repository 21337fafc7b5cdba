"""The stack's assumptions about MAVROS's interface, against a table of MAVROS 2.12's own topics."""

from __future__ import annotations

import pytest
from rclpy.qos import (
    DurabilityPolicy as Durability,
    QoSCompatibility,
    QoSProfile,
    ReliabilityPolicy as Reliability,
    qos_check_compatible,
    qos_profile_sensor_data,
)

from blindspot.nodes.autopilot.mavros_interface import PUBLISHED, SERVICES, SUBSCRIBED

S = qos_profile_sensor_data
T = QoSProfile(depth=10, reliability=Reliability.RELIABLE, durability=Durability.TRANSIENT_LOCAL)
L = QoSProfile(depth=1, reliability=Reliability.RELIABLE, durability=Durability.TRANSIENT_LOCAL)
D = QoSProfile(depth=10, reliability=Reliability.RELIABLE, durability=Durability.VOLATILE)

TOPICS = {
    "state": ("mavros_msgs/State", T),
    "extended_state": ("mavros_msgs/ExtendedState", T),
    "sys_status": ("mavros_msgs/SysStatus", T),
    "estimator_status": ("mavros_msgs/EstimatorStatus", T),
    "battery": ("sensor_msgs/BatteryState", S),
    "statustext/recv": ("mavros_msgs/StatusText", S),
    "local_position/pose": ("geometry_msgs/PoseStamped", S),
    "local_position/odom": ("nav_msgs/Odometry", S),
    "local_position/velocity_local": ("geometry_msgs/TwistStamped", S),
    "local_position/velocity_body": ("geometry_msgs/TwistStamped", S),
    "global_position/global": ("sensor_msgs/NavSatFix", S),
    "global_position/raw/fix": ("sensor_msgs/NavSatFix", S),
    "global_position/rel_alt": ("std_msgs/Float64", S),
    "global_position/compass_hdg": ("std_msgs/Float64", S),
    "global_position/raw/satellites": ("std_msgs/UInt32", S),
    "altitude": ("mavros_msgs/Altitude", S),
    "home_position/home": ("mavros_msgs/HomePosition", T),
    "time_reference": ("sensor_msgs/TimeReference", S),
    "mission/waypoints": ("mavros_msgs/WaypointList", L),
    "mission/reached": ("mavros_msgs/WaypointReached", L),
    "geofence/fences": ("mavros_msgs/WaypointList", L),
    "rallypoint/rallypoints": ("mavros_msgs/WaypointList", L),
    "gimbal_control/device/attitude_status": ("mavros_msgs/GimbalDeviceAttitudeStatus", D),
    "gimbal_control/manager/status": ("mavros_msgs/GimbalManagerStatus", D),
    "adsb/vehicle": ("mavros_msgs/ADSBVehicle", D),
    "setpoint_raw/local": ("mavros_msgs/PositionTarget", S),
    "setpoint_position/local": ("geometry_msgs/PoseStamped", S),
    "open_drone_id/basic_id": ("mavros_msgs/OpenDroneIDBasicID", D),
    "open_drone_id/operator_id": ("mavros_msgs/OpenDroneIDOperatorID", D),
    "open_drone_id/system": ("mavros_msgs/OpenDroneIDSystem", D),
}


def type_name(message_type: type) -> str:
    return f"{message_type.__module__.split('.')[0]}/{message_type.__name__}"


@pytest.mark.parametrize("topic", [*PUBLISHED, *SUBSCRIBED])
def test_topics_have_the_type_of_mavros_and_a_fitting_quality_of_service(topic):
    message_type, ours = PUBLISHED.get(topic) or SUBSCRIBED[topic]
    theirs_type, theirs = TOPICS[topic]
    assert type_name(message_type) == theirs_type
    for publisher, subscriber in ((theirs, ours), (ours, theirs)):  # as a client of MAVROS, and in its place
        compatible, why = qos_check_compatible(publisher, subscriber)
        assert compatible != QoSCompatibility.ERROR, why
    assert ours.durability == theirs.durability, "a late subscriber must find the last state, and nothing stale else"


def test_services_are_of_the_types_of_mavros():
    assert {service.__module__.split(".")[0] for service in SERVICES.values()} == {"mavros_msgs"}
