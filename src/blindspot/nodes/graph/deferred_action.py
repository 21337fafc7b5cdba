"""An action server for one goal at a time, whose result comes from another part of the node.

rclpy 7.1's executors poll a waiting coroutine without a pause (half a core, measured). So execute callbacks never wait
here: the goal is executed when its result is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.node import Node

from blindspot.core import one_line


class DeferredActionServer:
    """Calls `start(request)` for an accepted goal and `cancel()` for a cancel request; `finish(result)` ends the goal.

    A goal that comes during another one is rejected.
    """

    def __init__(
        self, node: Node, action_type: Any, name: str, *, start: Callable[[Any], None], cancel: Callable[[], None]
    ) -> None:
        self._node, self._result, self._start, self._cancel = node, action_type.Result, start, cancel
        self._goal: Any = None
        self._server = ActionServer(
            node,
            action_type,
            name,
            execute_callback=lambda _: None,
            goal_callback=lambda _: GoalResponse.ACCEPT if self._goal is None else GoalResponse.REJECT,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=self._on_cancel,
        )

    def finish(self, result: Any) -> None:
        """End the running goal with this result; does nothing without a running goal."""
        goal, self._goal = self._goal, None
        if goal is None:
            return

        def conclude(_: Any) -> Any:
            (goal.canceled if goal.is_cancel_requested else goal.succeed)()
            return result

        goal.execute(conclude)

    def _on_accepted(self, goal: Any) -> None:
        self._goal = goal
        try:
            self._start(goal.request)
        except Exception as error:
            self._goal = None
            self._node.get_logger().warning(f"a goal can't be taken: {type(error).__name__}: {one_line(error)}")
            goal.execute(lambda _: self._aborted(goal))

    def _aborted(self, goal: Any) -> Any:
        goal.abort()
        return self._result()

    def _on_cancel(self, _: Any) -> CancelResponse:
        self._cancel()
        return CancelResponse.ACCEPT
