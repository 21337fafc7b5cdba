"""The heartbeat of a node, and its time for the simulator."""

from __future__ import annotations

import pytest
import rclpy
from blindspot_msgs.msg import Heartbeat
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_msgs.msg import Empty

from blindspot.nodes.graph import qos
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC, NODE_TIME_TOPIC, ROLL_CALL_TOPIC, start_heartbeat


@pytest.mark.parametrize(("simulated", "period_s"), [(True, 0.05), (False, 0.2)])
def test_only_simulated_time_needs_it_often(ros, simulated, period_s):
    """Over a radio each sign of life is a packet to each of the other side's nodes."""
    node = rclpy.create_node("one", parameter_overrides=[Parameter("use_sim_time", value=simulated)])
    start_heartbeat(node)
    assert [timer.timer_period_ns for timer in node.timers] == [round(1e9 * period_s)]
    node.destroy_node()


def test_the_watchers_of_a_node_in_simulated_time_read_a_quarter_of_what_its_simulator_reads(graph):
    node = graph.start(lambda **options: Node("one", **options), use_sim_time=True)
    start_heartbeat(node)
    beats, times = (graph.hear(Heartbeat, topic, qos.HEARTBEAT) for topic in (HEARTBEAT_TOPIC, NODE_TIME_TOPIC))
    graph.spin_until(lambda: beats and times)
    beats.clear(), times.clear()
    graph.spin_until(lambda: len(times) >= 20)
    assert 2 <= len(beats) <= len(times) / 2
    assert {message.node for message in (*beats, *times)} == {node.get_fully_qualified_name()}


class Slow(Node):
    """Its own timer is too far away to be the cause of a message."""

    def create_timer(self, period_s, callback, **options):
        return super().create_timer(3600.0, callback, **options)


def test_a_node_that_is_asked_how_far_it_is_answers_at_once(graph):
    node = graph.start(lambda **options: Slow("slow", **options), use_sim_time=True)
    start_heartbeat(node)
    times, beats = (graph.hear(Heartbeat, topic, qos.HEARTBEAT) for topic in (NODE_TIME_TOPIC, HEARTBEAT_TOPIC))
    ask = graph.peer.create_publisher(Empty, ROLL_CALL_TOPIC, qos.HEARTBEAT)
    graph.spin_until(lambda: times, lambda: ask.publish(Empty()))
    assert times[0].node == node.get_fully_qualified_name()
    assert beats == [], "the answer is for the simulator alone"
