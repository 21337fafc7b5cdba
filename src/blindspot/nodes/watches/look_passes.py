"""The right to look, passed from drone to drone by the authority on request of `mission_manager`."""

from __future__ import annotations

import time
from collections.abc import Callable

from blindspot_msgs.srv import PassLook
from rclpy.node import Node
from rclpy.task import Future

from blindspot.core import one_line

ANSWER_LIMIT_S = 2.0
"""Wall time for the authority's answer. A later answer counts as a failure: the request is then made again."""
AGAIN_S = 1.0
"""Wall time between two requests to pass the right between the same drones."""


class LookPasses:
    """Asks the authority. The leases show the effect of a request, so a lost one is made again and harms nothing."""

    def __init__(self, node: Node) -> None:
        self._client = node.create_client(PassLook, "pass_look")
        self._asked: dict[tuple[str, str], tuple[Future, float]] = {}
        """By the drone that gets the right and the drone that loses it: the latest request, and its wall time."""

    def ask(self, requester: str, to: str, from_: str, note: Callable[[str], object]) -> None:
        """Ask to pass the right, unless the same request is under way or was made just now. `note` gets the reason of
        a refusal."""
        now_s, (asked, at_s) = time.monotonic(), self._asked.get((to, from_), (None, 0.0))
        if asked is not None and now_s - at_s < (AGAIN_S if asked.done() else ANSWER_LIMIT_S):
            return
        if asked is not None and not asked.done():
            self._client.remove_pending_request(asked)
            note(f"the authority did not answer the request to let {to or 'nobody'} look")
        request = PassLook.Request(requester=requester, to_drone=to, from_drone=from_)
        future = self._client.call_async(request)
        self._asked[to, from_] = future, now_s
        future.add_done_callback(lambda done: self._on_answer(done, to, note))

    def _on_answer(self, future: Future, to: str, note: Callable[[str], object]) -> None:
        answer = future.result()
        if answer is not None and not answer.accepted:
            note(f"{to or 'nobody'} may not look: {one_line(answer.message)}")
