"""The periodic work of the nodes that watch a flight: neither a clock that is set back nor a lag stops it."""

from __future__ import annotations

import pytest
from rclpy.clock import ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.time import Time

from blindspot.nodes.authority import Authority
from blindspot.nodes.flight_control import FlightControl
from blindspot.nodes.graph.forward_clock import every
from blindspot.nodes.graph.messages import now_s
from blindspot.nodes.mission_manager import MissionManager


@pytest.fixture(params=[FlightControl, Authority, MissionManager])
def watcher(request, graph, mission_path, tmp_path):
    """One of those that a flight hangs on, with its parameters."""

    def start(**parameters):
        mission, keys = str(mission_path), graph.leasing
        known = {
            FlightControl: {"fleet": mission, "run_dir": str(tmp_path), "lease_key": keys.key},
            Authority: {"fleet": mission, "lease_key": str(keys.private), "run_dir": str(tmp_path)},
            MissionManager: {"fleet": mission, "run_dir": str(tmp_path)},
        }
        return graph.start(request.param, "/drone1", **known[request.param], **parameters)

    return start


def test_in_real_time_no_timer_stands_still_while_the_systems_clock_is_set_back(watcher):
    """Measured: a timer of the system's clock does, for as long as that was set back, and its node goes on beating."""
    clocks = {timer.clock.clock_type for timer in watcher().timers}
    assert clocks == {ClockType.STEADY_TIME}


def test_in_simulated_time_they_follow_it(watcher):
    assert ClockType.ROS_TIME in {timer.clock.clock_type for timer in watcher(use_sim_time=True).timers}


def test_after_a_lag_work_is_done_once_a_period_again(graph):
    """For each step of the clock, an executor queues a call of each timer that is due, and each call moves the timer's
    next time by a period. So a plain timer of 0.5 s is silent for 20 s here."""
    node = graph.add(Node("late", parameter_overrides=[Parameter("use_sim_time", value=True)]))
    done_s = list[float]()
    every(node, 0.5, lambda: done_s.append(now_s(node)))
    for _ in range(20):
        graph.executor.spin_once(timeout_sec=0.0)
    for step in range(1, 100):
        node.get_clock().set_ros_time_override(Time(nanoseconds=step * 50_000_000))
        for _ in range(20 if step >= 40 else 0):  # before, the node does something else
            graph.executor.spin_once(timeout_sec=0.0)
    assert done_s == pytest.approx([2.0, 2.5, 3.0, 3.5, 4.0, 4.5])
