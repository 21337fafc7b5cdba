import pytest
import rclpy

from blindspot.core.errors import DependencyError
from blindspot.nodes.clients.joining import join_graph
from blindspot.stack.enclaves import OPERATOR


def test_without_a_place_for_the_log_the_error_names_the_variable(monkeypatch):
    def fail(**_):
        raise RuntimeError("failed to initialize logging: Failed to get logging directory")

    monkeypatch.setattr(rclpy, "init", fail)
    with pytest.raises(DependencyError, match=r"can't start \(failed to initialize logging.*ROS_LOG_DIR"):
        join_graph(OPERATOR)
