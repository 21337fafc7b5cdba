"""The gimbal in Gazebo takes PX4's aim, turns its joints against the drone's lean, and publishes its real attitude."""

from __future__ import annotations

from math import cos, degrees, radians, sin

import pytest
from geometry_msgs.msg import PoseStamped, Quaternion
from mavros_msgs.msg import GimbalDeviceAttitudeStatus
from sensor_msgs.msg import Imu
from std_msgs.msg import Float64

from blindspot.camera.projection import quaternion_of
from blindspot.flight.vehicle.mavros_reader import YAW_LOCK, gimbal_aim, is_yaw_from_north
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import seconds, stamp
from blindspot_sim.nodes.gazebo_gimbal import GazeboGimbalNode
from blindspot_sim.world.gimbal_joints import level_aim


def quaternion(xyzw):
    x, y, z, w = map(float, xyzw)
    return Quaternion(x=x, y=y, z=z, w=w)


def about_left_deg(angle):
    """ROS's y axis is left: a positive turn about it lowers the nose."""
    return quaternion((0.0, sin(radians(angle) / 2), 0.0, cos(radians(angle) / 2)))


class Gazebo:
    """Its side of the bridge, and MAVROS's."""

    def __init__(self, graph, mission_path):
        self.graph, self.now_s = graph, 100.0
        graph.start(GazeboGimbalNode, "/drone1", fleet=str(mission_path))
        self.heard = graph.hear(GimbalDeviceAttitudeStatus, "/drone1/gazebo/gimbal_attitude", qos.EVENTS)
        self.joints = {
            joint: graph.hear(Float64, f"/drone1/gazebo/gimbal_{joint}", qos.EVENTS)
            for joint in ("yaw", "roll", "pitch")
        }
        make = graph.peer.create_publisher
        asked = "/drone1/mavros/gimbal_control/device/attitude_status"
        self._imu = make(Imu, "/drone1/gazebo/gimbal_imu", qos.SENSOR)
        self._asked = make(GimbalDeviceAttitudeStatus, asked, qos.EVENTS)
        self._drone = make(PoseStamped, "/drone1/mavros/local_position/pose", qos.SENSOR)

    def ask(self, pitch_deg, heading_deg):
        """Publish the requested aim as the attitude, as PX4 does."""
        q = quaternion(quaternion_of(level_aim(pitch_deg, heading_deg)))
        self._asked.publish(GimbalDeviceAttitudeStatus(flags=YAW_LOCK | 12, q=q))

    def lean(self, orientation):
        drone = PoseStamped()
        drone.pose.orientation = orientation
        self._drone.publish(drone)

    def camera(self, orientation):
        self.now_s += 0.04
        imu = Imu(orientation=orientation)
        imu.header.stamp = stamp(self.now_s)
        self._imu.publish(imu)

    def angle_deg(self, joint):
        return degrees(self.joints[joint][-1].data) if self.joints[joint] else None


@pytest.fixture
def gazebo(graph, mission_path):
    return Gazebo(graph, mission_path)


def test_its_joints_go_where_px4_asks_against_the_drones_lean(graph, gazebo):
    """The drone faces east and leans 10 deg forward; asked is north, 60 deg down."""

    def act():
        gazebo.ask(-60.0, 0.0)
        gazebo.lean(about_left_deg(10.0))
        gazebo.camera(about_left_deg(0.0))

    graph.spin_until(lambda: gazebo.angle_deg("yaw") is not None and gazebo.angle_deg("yaw") < -80, act)
    graph.spin_until(lambda: gazebo.angle_deg("pitch") == pytest.approx(-60.0, abs=3.0), act)
    assert gazebo.angle_deg("roll") == pytest.approx(-10.0, abs=2.0)


def test_it_publishes_where_the_camera_looks_not_what_was_asked(graph, gazebo):
    def act():
        gazebo.ask(-60.0, 0.0)
        gazebo.lean(about_left_deg(0.0))
        gazebo.camera(about_left_deg(25.0))

    graph.spin_until(lambda: gazebo.heard, act)
    heard = gazebo.heard[-1]
    assert is_yaw_from_north(heard.flags)
    assert gimbal_aim(heard, 0.0) == pytest.approx((-25.0, 90.0), abs=1e-6)
    assert seconds(heard.header.stamp) == pytest.approx(gazebo.now_s, abs=5.0) and seconds(heard.header.stamp) > 100.0


def test_while_the_drones_attitude_is_unknown_nothing_turns(graph, gazebo):
    def act():
        gazebo.ask(-60.0, 0.0)
        gazebo.camera(about_left_deg(0.0))

    graph.spin_until(lambda: len(gazebo.heard) > 5, act)
    assert not gazebo.joints["pitch"]
