"""Action servers whose results come from another part of the node: for several goals, and for one goal at a time.

rclpy 7.1's executors poll a waiting coroutine without a pause (half a core, measured). So execute callbacks never wait
here: a goal is executed when its result is known.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.node import Node

from blindspot.core import one_line


class Goal:
    """An accepted goal in progress: the request, and `finish(result)`, which ends the goal once."""

    def __init__(self, handle: Any) -> None:
        self.request = handle.request
        self._handle = handle

    def finish(self, result: Any) -> None:
        """End the goal with this result; does nothing after its end."""
        self._conclude(result, lambda handle: handle.canceled if handle.is_cancel_requested else handle.succeed)

    def fail(self, empty: Any) -> None:
        """End the goal as aborted, with an empty result."""
        self._conclude(empty, lambda handle: handle.abort)

    def _conclude(self, result: Any, ending: Callable[[Any], Callable[[], object]]) -> None:
        handle, self._handle = self._handle, None
        if handle is None:
            return

        def conclude(_: Any) -> Any:
            ending(handle)()
            return result

        handle.execute(conclude)

    @property
    def is_over(self) -> bool:
        return self._handle is None


class DeferredGoals:
    """Calls `start(goal)` for each accepted goal and `cancel(goal)` for a cancel request. A goal that comes while
    `accepts()` is false is rejected."""

    def __init__(
        self, node: Node, action_type: Any, name: str, *, start: Callable[[Goal], None],
        cancel: Callable[[Goal], None], accepts: Callable[[], bool] = lambda: True,
    ) -> None:  # fmt: skip
        self._node, self._result, self._start, self._cancel = node, action_type.Result, start, cancel
        self._goals: dict[bytes, Goal] = {}
        self._server = ActionServer(
            node,
            action_type,
            name,
            execute_callback=lambda _: None,
            goal_callback=lambda _: GoalResponse.ACCEPT if accepts() else GoalResponse.REJECT,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=self._on_cancel,
        )
        # rclpy 7.1 does not keep the clock of an action server. Garbage goes in any order, and a server that goes
        # after the server's clock crashes the process. A finalizer runs before any garbage goes.
        weakref.finalize(self._server, self._server._handle.destroy_when_not_in_use).atexit = False

    def _on_accepted(self, handle: Any) -> None:
        self._goals = {number: goal for number, goal in self._goals.items() if not goal.is_over}
        goal = self._goals[bytes(handle.goal_id.uuid)] = Goal(handle)
        try:
            self._start(goal)
        except Exception as error:
            self._node.get_logger().warning(f"a goal can't be taken: {type(error).__name__}: {one_line(error)}")
            goal.fail(self._result())

    def _on_cancel(self, handle: Any) -> CancelResponse:
        goal = self._goals.get(bytes(handle.goal_id.uuid))
        if goal is None or goal.is_over:
            return CancelResponse.REJECT
        self._cancel(goal)
        return CancelResponse.ACCEPT


class DeferredActionServer:
    """For one goal at a time: calls `start(request)` for an accepted goal and `cancel()` for a cancel request;
    `finish(result)` ends the goal. A goal that comes during another goal is rejected."""

    def __init__(
        self, node: Node, action_type: Any, name: str, *, start: Callable[[Any], None], cancel: Callable[[], None]
    ) -> None:
        self._start = start
        self.goal: Goal | None = None
        """The running goal."""
        self._goals = DeferredGoals(
            node, action_type, name, start=self._take, cancel=lambda _: cancel(), accepts=lambda: self.goal is None
        )

    def finish(self, result: Any) -> None:
        """End the running goal with this result; does nothing without a running goal."""
        goal, self.goal = self.goal, None
        if goal is not None:
            goal.finish(result)

    def _take(self, goal: Goal) -> None:
        self.goal = goal
        try:
            self._start(goal.request)
        except Exception:
            self.goal = None
            raise
