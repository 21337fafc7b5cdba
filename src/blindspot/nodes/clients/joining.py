"""How a command joins the ROS graph."""

from __future__ import annotations

import rclpy
from rclpy.signals import SignalHandlerOptions

from blindspot.core import DependencyError, one_line
from blindspot.stack.enclaves import join_securely


def join_graph(enclave: str) -> None:
    """Make this process a part of the graph, with its enclave if the shell names a keystore.

    Raises DependencyError if ROS 2 can't start, as without a folder for its log, and as `join_securely` does.
    """
    args = join_securely(enclave)
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:  # among them rclpy's RCLError
        fix = "set HOME, or ROS_LOG_DIR, to a folder that can be written"
        raise DependencyError(f"ROS 2 can't start ({one_line(error, 160)}); {fix}") from error
