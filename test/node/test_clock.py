"""Between Gazebo's clock and everyone's: a few of its steps, and at once that of a world that was set back."""

from __future__ import annotations

import pytest
from rosgraph_msgs.msg import Clock

from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import seconds, stamp
from blindspot_sim.nodes import clock
from blindspot_sim.nodes.clock import ClockNode

REPORTED_S = (10.0, 10.052, 10.104, 0.004)
BETWEEN_S = (10.004, 10.048, 10.056, 10.1, 10.108, 0.008)


def test_every_twentieth_of_a_second_is_reported(graph):
    graph.start(ClockNode, "/blindspot")
    reported = graph.hear(Clock, "/clock", qos.CLOCK)
    gazebo = graph.peer.create_publisher(Clock, "/blindspot/gazebo/clock", qos.EVENTS)
    steps = [*sorted([*REPORTED_S[:3], *BETWEEN_S[:5]]), REPORTED_S[3], BETWEEN_S[5]]
    for count, at_s in enumerate(steps, 1):
        gazebo.publish(Clock(clock=stamp(at_s)))
        due = sum(one in REPORTED_S for one in steps[:count])
        graph.spin_until(lambda due=due: len(reported) >= due)
    assert [round(seconds(one.clock), 3) for one in reported] == list(REPORTED_S)


def test_time_that_stands_still_ends_it_once_it_has_begun(graph, monkeypatch):
    node = graph.start(ClockNode, "/blindspot")
    monkeypatch.setattr(clock, "STANDSTILL_S", 0.0)
    node.look()
    node.on_step(Clock(clock=stamp(1.0)))
    with pytest.raises(clock.StandstillError, match="has stood still for 0 s"):
        node.look()
