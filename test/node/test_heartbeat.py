"""How often a node tells that it lives."""

from __future__ import annotations

import pytest
import rclpy
from rclpy.parameter import Parameter

from blindspot.nodes.run import start_heartbeat


@pytest.mark.parametrize(("simulated", "period_s"), [(True, 0.05), (False, 0.2)])
def test_only_simulated_time_needs_it_often(ros, simulated, period_s):
    """Over a radio each sign of life is a packet to each of the other side's nodes."""
    node = rclpy.create_node("one", parameter_overrides=[Parameter("use_sim_time", value=simulated)])
    start_heartbeat(node)
    assert [timer.timer_period_ns for timer in node.timers] == [round(1e9 * period_s)]
    node.destroy_node()
