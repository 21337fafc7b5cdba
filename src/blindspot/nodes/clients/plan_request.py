"""A plan requested from the planner, and the two ways in which the planner's answer gets lost."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from typing import Any

from blindspot_msgs.srv import PlanCoverage
from rclpy.node import Node

from blindspot.core import BlindspotError, PlanningError
from blindspot.nodes.graph.messages import BUSY
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC

PLANNER = "/blindspot/coverage_planner"
STOOD_STILL_S = 5.0
"""A gap in the client's own watch after which an answer may be lost."""
ASK_AGAIN_S = 30.0


class PlanRequest:
    """Make the request object before a plan is needed: the planner has to be discovered."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._client = node.create_client(PlanCoverage, "plan_coverage")

    @property
    def service(self) -> str:
        return str(self._client.srv_name)

    @property
    def is_ready(self) -> bool:
        return bool(self._client.service_is_ready())

    def wait(self, request: Any, turn: Callable[[], None]) -> Any:
        """Ask and wait, as `steps`. `turn` does the client's other work for about 0.1 s."""
        asked = self._asked(request)
        while True:
            try:
                next(asked)
            except StopIteration as done:
                return done.value
            turn()

    def steps(self, mission_file: str, run: str) -> Generator[None, None, Any]:
        """Ask for a new plan of a mission, wait at each `yield`, and return the plan as a message.

        Raises PlanningError with the planner's own sentence, and BlindspotError if the planner was started again: the
        new process has no such request. If this process stood still meanwhile, the answer may be lost, since DDS drops
        a silent reader. The plan is then requested again.
        """
        return self._asked(PlanCoverage.Request(mission_file=mission_file, run=run))

    def _asked(self, request: Any) -> Generator[None, None, Any]:
        known = self._processes()
        future, looked_s, again_s = self._client.call_async(request), time.monotonic(), math.inf
        while True:
            yield
            stood_s, looked_s = time.monotonic() - looked_s, time.monotonic()
            if stood_s > STOOD_STILL_S:
                again_s = looked_s + STOOD_STILL_S
            if looked_s > again_s:
                future, again_s = self._client.call_async(request), looked_s + ASK_AGAIN_S
            if not future.done() or (math.isfinite(again_s) and future.result().message.startswith(BUSY)):
                known = known or self._processes()  # the planner may be discovered after the planner's service
                if self._processes() - known:
                    raise BlindspotError(
                        f"{PLANNER} was started again and lost this request: read its log, and fly again"
                    )
                continue
            answer = future.result()
            if not answer.success:
                raise PlanningError(answer.message)
            return answer.plan

    def _processes(self) -> frozenset[bytes]:
        """The publishers of the planner's heartbeat, one for each process. The publisher of a killed process stays
        for some seconds."""
        found = self._node.get_publishers_info_by_topic(HEARTBEAT_TOPIC)
        own = [each for each in found if f"{each.node_namespace}/{each.node_name}" == PLANNER]
        return frozenset(bytes(each.endpoint_gid) for each in own)
