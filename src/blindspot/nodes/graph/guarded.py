"""A node that no message ends.

The words of others are garbage until they are looked at. A message that a callback can't take is one that did not come:
it is dropped, counted, and told at a bounded rate, and what is then missing is a silence, which every flight knows how
to end. A request that can't be taken is answered by no. Timers are not guarded: a mistake in the node's own work ends
it, and who watches over the nodes acts on that.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from rclpy.node import Node

from blindspot.core import RateLimit, one_line
from blindspot.nodes.graph.latest import WorkerDiedError

TOLD_HZ = 0.2


class GuardedNode(Node):
    """rclpy's node, whose subscriptions and services outlive what they are sent."""

    def __init__(self, *names: Any, **options: Any) -> None:
        """As `rclpy.node.Node`."""
        self.dropped: Counter[str] = Counter()
        """Messages and requests that could not be taken, by topic or service."""
        self._tells: dict[str, RateLimit] = {}
        super().__init__(*names, **options)  # which subscribes, too

    def create_subscription(
        self, msg_type: Any, topic: str, callback: Callable[[Any], None], *args: Any, **options: Any
    ) -> Any:
        def heard(message: Any) -> None:
            try:
                callback(message)
            except WorkerDiedError:
                raise  # the node's own work, which the message only came upon
            except Exception as error:
                self.drop(topic, error)

        return super().create_subscription(msg_type, topic, heard, *args, **options)

    def create_service(self, srv_type: Any, srv_name: str, callback: Callable[[Any, Any], Any], **options: Any) -> Any:
        def asked(request: Any, response: Any) -> Any:
            try:
                return callback(request, response)
            except Exception as error:
                self.drop(srv_name, error)
                return srv_type.Response()  # a new one says no and gives no reason

        return super().create_service(srv_type, srv_name, asked, **options)

    def drop(self, name: str, error: Exception) -> None:
        """Count something that could not be taken, and tell it now and then."""
        self.dropped[name] += 1
        if self._tells.setdefault(name, RateLimit(TOLD_HZ)).is_due(time.monotonic()):
            told = f"{type(error).__name__}: {one_line(error)}"
            self.get_logger().warning(f"{self.dropped[name]} on {one_line(name, 80)} can't be taken; the last: {told}")
