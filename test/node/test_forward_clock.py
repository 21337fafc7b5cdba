"""The clock of a node's timers: a clock that is set back must not stop the watch over a flight."""

from __future__ import annotations

import pytest
from rclpy.clock import ClockType

from blindspot.nodes.authority import Authority
from blindspot.nodes.flight_control import FlightControl
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
