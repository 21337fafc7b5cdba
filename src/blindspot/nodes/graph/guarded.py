"""A node that survives every message.

Messages of other nodes may be garbage. A message that makes a callback fail is treated as lost: the message is dropped,
counted, and logged at a bounded rate. The missing message is then a silence, and every flight has a failsafe for it. A
request that makes the callback fail is refused. Timers are unguarded: an error in the node's own work ends the node,
and the watch over the nodes reacts.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from rclpy.node import Node

from blindspot.core import RateLimit, one_line
from blindspot.nodes.graph.latest import WorkerDiedError

LOGGED_HZ = 0.2


class GuardedNode(Node):
    """rclpy's node, whose subscriptions and services survive bad messages and requests."""

    def __init__(self, *names: Any, **options: Any) -> None:
        """As `rclpy.node.Node`."""
        self.dropped: Counter[str] = Counter()
        """Number of dropped messages and requests, by topic or service."""
        self._log_limits: dict[str, RateLimit] = {}
        self._problems: dict[str, str] = {}
        super().__init__(*names, **options)  # this subscribes, too

    def create_subscription(
        self, msg_type: Any, topic: str, callback: Callable[[Any], None], *args: Any, **options: Any
    ) -> Any:
        def heard(message: Any) -> None:
            try:
                callback(message)
            except WorkerDiedError:
                raise  # the node's own work failed earlier; this message only revealed it
            except Exception as error:
                self.drop(topic, error)

        return super().create_subscription(msg_type, topic, heard, *args, **options)

    def create_service(self, srv_type: Any, srv_name: str, callback: Callable[[Any, Any], Any], **options: Any) -> Any:
        def asked(request: Any, response: Any) -> Any:
            try:
                return callback(request, response)
            except Exception as error:
                self.drop(srv_name, error)
                return srv_type.Response()  # an empty response is a refusal without a reason

        return super().create_service(srv_type, srv_name, asked, **options)

    def drop(self, name: str, error: Exception) -> None:
        """Count a dropped message or request, and log it at a bounded rate."""
        self.dropped[name] += 1
        if self._log_limits.setdefault(name, RateLimit(LOGGED_HZ)).is_due(time.monotonic()):
            last = f"{type(error).__name__}: {one_line(error)}"
            self.get_logger().warning(f"{self.dropped[name]} on {one_line(name, 80)} can't be taken; the last: {last}")

    def warn_of(self, what: str, problem: str) -> None:
        """Log a problem once, when the problem begins or changes: a problem may be met at any rate, for days. Empty:
        there is none."""
        if problem and problem != self._problems.get(what):
            self.get_logger().warning(f"{what}: {problem}")
        self._problems[what] = problem
