"""The gimbal that stands in for the one PX4's SIH lacks: it follows the mission's items and the services."""

from __future__ import annotations

import math

import pytest
from mavros_msgs.msg import GimbalDeviceAttitudeStatus, Waypoint, WaypointList
from mavros_msgs.srv import GimbalManagerPitchyaw

from blindspot.flight.route.mission_items import GIMBAL, WAYPOINT
from blindspot.flight.vehicle.mavros_reader import YAW_LOCK, gimbal_aim
from blindspot.nodes.graph import qos
from blindspot_sim.nodes.gimbal import GimbalNode


def item(command, pitch_deg=0.0, heading_deg=0.0):
    return Waypoint(command=command, param1=pitch_deg, param2=heading_deg, x_lat=float(YAW_LOCK))


ITEMS = [item(WAYPOINT), item(GIMBAL, -60.0, 90.0), item(WAYPOINT), item(GIMBAL, -30.0, 180.0), item(WAYPOINT)]


@pytest.fixture
def aim(graph, mission_path):
    """The gimbal's last published attitude, as (pitch_deg, heading_deg)."""
    graph.start(GimbalNode, "/drone1", fleet=str(mission_path))
    heard = graph.hear(GimbalDeviceAttitudeStatus, "/drone1/mavros/gimbal_control/device/attitude_status", qos.EVENTS)
    return lambda: gimbal_aim(heard[-1], 0.0) if heard else (math.nan, math.nan)


def test_it_takes_the_aim_of_the_item_that_the_autopilot_has_passed_last(graph, aim):
    mission = graph.peer.create_publisher(WaypointList, "/drone1/mavros/mission/waypoints", qos.LATCHED)
    mission.publish(WaypointList(waypoints=ITEMS, current_seq=2))
    graph.spin_until(lambda: aim() == pytest.approx((-60.0, 90.0), abs=0.1))
    mission.publish(WaypointList(waypoints=ITEMS, current_seq=4))
    graph.spin_until(lambda: aim() == pytest.approx((-30.0, 180.0), abs=0.1))


def test_it_takes_the_aim_that_is_asked_of_its_manager(graph, aim):
    request = GimbalManagerPitchyaw.Request(pitch=-45.0, yaw=20.0, flags=YAW_LOCK)
    reply = graph.ask(GimbalManagerPitchyaw, "/drone1/mavros/gimbal_control/manager/pitchyaw", request)
    assert reply.success
    graph.spin_until(lambda: aim() == pytest.approx((-45.0, 20.0), abs=0.1))
