from types import SimpleNamespace

import pytest

from blindspot.nodes.graph.forward_clock import ForwardClock


class SetClock:
    """A node whose clock the test sets."""

    def __init__(self) -> None:
        self.reported_s = 100.0

    def get_clock(self):
        return SimpleNamespace(now=lambda: SimpleNamespace(nanoseconds=self.reported_s * 1e9))


def test_it_is_the_nodes_clock_until_that_is_set_back():
    node = SetClock()
    clock = ForwardClock(node)
    node.reported_s = 130.0
    assert clock() == pytest.approx(130.0)
    node.reported_s = 70.0
    assert clock() == pytest.approx(130.0)
    node.reported_s = 75.0
    assert clock() == pytest.approx(135.0)
    node.reported_s = 65.0
    assert clock() == pytest.approx(135.0)


def test_a_stamp_is_as_far_ahead_as_on_the_nodes_clock():
    node = SetClock()
    clock = ForwardClock(node)
    node.reported_s = 40.0
    assert clock.of(43.0) == pytest.approx(103.0)
