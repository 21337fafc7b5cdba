"""Node `mission_starter`: starts the mission in place of an operator, once every other node is ready.

The node requests a plan of the mission, requests the flight, logs the outcome, and ends. The run has no name: its files
lie in the stack's folder. It runs only with `autostart:=true` and never with a real autopilot: a person starts a real
flight.
"""

from __future__ import annotations

import time
from typing import Any

import rclpy
from blindspot_msgs.action import RunMission
from blindspot_msgs.msg import Heartbeat, MissionOrder
from blindspot_msgs.srv import PlanCoverage
from rclpy.action import ActionClient
from rclpy.clock import Clock, ClockType

from blindspot.flight.vehicle import requests
from blindspot.law.orders import unsigned
from blindspot.mission import MissionRef, load_mission
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.liveness import Liveness
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC, run
from blindspot.nodes.graph.parameters import declare_fleet, declare_float, declare_names, declare_str, given_file

_PERIOD_S = 0.1
_EVER_S = 1e9
"""Planning and flying may take long, and their nodes report a failure by themselves."""


def end(context: Any) -> None:
    """Shut the context down, which ends `run`."""
    rclpy.try_shutdown(context=context)


class MissionStarter(GuardedNode):
    def __init__(self, **options: Any) -> None:
        super().__init__("mission_starter", **options)
        name = self.get_fully_qualified_name()
        mission_file = declare_str(self, "mission", "", describe="Mission file to plan and fly")
        fleet = declare_fleet(self)
        ref = MissionRef.of(fleet, load_mission(given_file(name, "mission", mission_file)))
        self._order = MissionOrder(
            file=ref.file, sha256=ref.sha256, run="", person="autostart", reason="autostart:=true"
        )
        expected = declare_names(self, "watched_nodes", describe="Full names of the nodes that must be alive first")
        self._limit_s = declare_float(
            self, "ready_within_s", 60.0, low=1.0, high=600.0, describe="Longest wait for these nodes, wall time, s"
        )
        self._alive = Liveness(expected, 5.0)
        self.outcome = ""
        """Outcome of the mission; empty until its end."""
        self._plan = self.create_client(PlanCoverage, "plan_coverage")
        self._mission = ActionClient(self, RunMission, "run_mission")
        self.create_subscription(Heartbeat, HEARTBEAT_TOPIC, self._on_heartbeat, qos.HEARTBEAT)
        self._script = requests.Script(self._start())
        self.create_timer(_PERIOD_S, self._go_on, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_heartbeat(self, message: Heartbeat) -> None:
        self._alive.heard(message.node, time.monotonic())

    def _go_on(self) -> None:
        self._script.step()
        if self._script.done and not self.outcome:
            self.outcome = self._script.value or "failed"
            self.get_logger().info(f"mission {self.outcome}")
            end(self.context)

    def _absent(self) -> tuple[str, ...]:
        services = ((self._plan.service_is_ready, "plan_coverage"), (self._mission.server_is_ready, "run_mission"))
        return (*self._alive.absent(), *(name for is_ready, name in services if not is_ready()))

    async def _start(self) -> str:
        if not await requests.Until(lambda: not self._absent(), time.monotonic, self._limit_s):
            return f"failed: not ready after {self._limit_s:.0f} s: {', '.join(self._absent())}"
        request = PlanCoverage.Request(mission_file=self._order.file, run=self._order.run)
        answer = await _answer(self._plan.call_async(request))
        if not answer.success:
            return f"failed: {answer.message}"
        self.get_logger().info(f"plan {answer.plan.id}: asked to be flown")
        self._order.signature, self._order.plans = unsigned(), [answer.plan.sha256]
        asked = RunMission.Goal(mission=self._order, plan=answer.plan)
        goal = await _answer(self._mission.send_goal_async(asked))
        if not goal.accepted:
            return "refused: the mission manager takes no goal"
        result = (await _answer(goal.get_result_async())).result
        return f"{result.outcome}: {result.reason}" if result.reason else str(result.outcome)


async def _answer(future: Any) -> Any:
    await requests.Until(future.done, time.monotonic, _EVER_S)
    return future.result()


def main() -> None:
    run(MissionStarter)
