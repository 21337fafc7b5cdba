"""The rate of a node's heartbeat."""

from __future__ import annotations

import pytest
import rclpy
from blindspot_msgs.msg import Heartbeat
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_msgs.msg import Empty

from blindspot.nodes.graph import qos
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC, ROLL_CALL_TOPIC, start_heartbeat


@pytest.mark.parametrize(("simulated", "period_s"), [(True, 0.05), (False, 0.2)])
def test_only_simulated_time_needs_it_often(ros, simulated, period_s):
    """Over a radio each sign of life is a packet to each of the other side's nodes."""
    node = rclpy.create_node("one", parameter_overrides=[Parameter("use_sim_time", value=simulated)])
    start_heartbeat(node)
    assert [timer.timer_period_ns for timer in node.timers] == [round(1e9 * period_s)]
    node.destroy_node()


def test_a_node_that_is_asked_how_far_it_is_answers_at_once(graph):
    class Slow(Node):
        """Its own heartbeat is too far away to be what is heard."""

        def create_timer(self, period_s, callback, **options):
            return super().create_timer(3600.0, callback, **options)

    node = graph.start(lambda **options: Slow("slow", **options), use_sim_time=True)
    start_heartbeat(node)
    beats = graph.hear(Heartbeat, HEARTBEAT_TOPIC, qos.HEARTBEAT)
    ask = graph.peer.create_publisher(Empty, ROLL_CALL_TOPIC, qos.HEARTBEAT)
    graph.spin_until(lambda: beats, lambda: ask.publish(Empty()))
    assert beats[0].node == node.get_fully_qualified_name()
