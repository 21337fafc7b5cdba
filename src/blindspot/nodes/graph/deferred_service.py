"""A service that answers in a later callback.

rclpy 7.1's EventsExecutor sends the return value of a service's callback at once, and never awaits a coroutine. So this
module holds the reply back until it exists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node

from blindspot.core import one_line


def create_deferred_service(
    node: Node, service_type: Any, name: str, handle: Callable[[Any, Callable[[Any], None]], None]
) -> None:
    """Offer a service; `handle(request, answer)` calls `answer(response)` once, now or in any later callback."""
    requests: list[Any] = []

    def accept(request: Any, _: Any) -> Any:
        requests.append(request)
        return None

    service = node.create_service(service_type, name, accept)
    send = service.send_response

    def keep_back(_: Any, header: Any) -> None:
        try:
            handle(requests.pop(), lambda response: send(response, header))
        except Exception as error:
            node.get_logger().warning(f"{name}: a request can't be taken: {type(error).__name__}: {one_line(error)}")
            send(service_type.Response(), header)  # an empty response is a refusal

    service.send_response = keep_back
