"""The client of one stack: requests plans and missions, gives orders, and follows one run at a time."""

from __future__ import annotations

import faulthandler
import math
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import rclpy
from blindspot_msgs.action import RunMission
from blindspot_msgs.msg import CoverageStatus, DroneStatus, FleetStatus, Heartbeat, MissionOrder, MissionStatus
from blindspot_msgs.srv import PlanCoverage
from rcl_interfaces.msg import Log
from rclpy.action import ActionClient
from rclpy.executors import ExternalShutdownException
from rclpy.experimental import EventsExecutor
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock
from vision_msgs.msg import Detection2DArray

from blindspot.core import one_line
from blindspot.law.orders import FLY_WITHIN_S, unsigned
from blindspot.mission import MissionRef, Plan
from blindspot.nodes.clients.joining import join_graph
from blindspot.nodes.clients.plan_request import PlanRequest
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.liveness import Liveness
from blindspot.nodes.graph.messages import seconds, share, status_of
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC
from blindspot.nodes.orders.ordering import Orders
from blindspot.nodes.orders.signed_orders import mission_ordered
from blindspot.stack import LOOPBACK, Supervised
from blindspot.stack.enclaves import OPERATOR

LOG_INFO = 20
"""Lowest `rcl_interfaces/msg/Log` level of a kept line; lines below that level are for debugging."""
LEAVES_WITHIN_S = 20.0
"""Wall time in which a client must have left the graph."""
LISTENS_S = 1.0
"""Long enough to discover the nodes of another stack on this machine: heartbeats come at 5 Hz or more."""

REPEATED_WITHIN_S = 3.0
"""Time in which a discovered node repeats the log lines of the last seconds."""
SCHEDULER, MOST_SCHEDULED = "blindspot.scheduler", 20
"""Name of the scheduler's log, and the number of the scheduler's lines kept for a display."""
HOLD_ENDS_SOON_S = 30.0
TAKEN_WITHIN_S = FLY_WITHIN_S + 5.0
"""Wall time in which the mission manager must take or refuse an order to fly: DDS may lose the order. It is longer than
an order counts, with the difference of two clocks and the way of the answer."""


class Operator:
    """A context manager around one ROS node. Signals stay with the caller, who decides the meaning of Ctrl-C.

    Call `watch` for the nodes whose heartbeats matter, and `follow` for the run to follow.

    Parameters
    ----------
    silence_s
        Time-out of a node's heartbeat, wall clock.
    talks_by
        The DDS profile: `LOOPBACK` for a stack started by the caller, `RADIO` for any running stack.
    """

    def __init__(self, *, silence_s: float = 5.0, talks_by: Mapping[str, str] = LOOPBACK) -> None:
        self._silence_s, self._talks_by = silence_s, talks_by
        self.fleet: FleetStatus | None = None
        """The latest status of the fleet; None before the first."""
        self.run: str | None = None
        """Name of the run that is followed; None for every run."""
        self.drones: tuple[str, ...] = ()
        self.statuses: dict[str, DroneStatus] = {}
        self.changes: list[DroneStatus] = []
        """Each status whose phase or reason differs from the drone's last status, of pre-flight only the first; and
        the status of a hold that is about to end by itself."""
        self.scheduled: deque[str] = deque(maxlen=MOST_SCHEDULED)
        """The latest lines of the scheduler's log; a display takes them out."""
        self.mission = MissionStatus()
        """Status of the run; its phase is empty while the mission manager has no such run."""
        self.coverage = CoverageStatus(seen_fraction=math.nan)
        self.sim_s = 0.0
        self.detections = 0
        self.result: tuple[str, str] | None = None
        self._listens_s = self._listens_at_s = 0.0
        """Steady and wall time of the call of `follow`."""
        self._watched: tuple[str, ...] = ()
        self._supervised = Supervised(None)
        self._liveness = Liveness((), silence_s)
        self._is_asked = False
        """The outcome of the run is awaited."""
        self._taken_by_s = math.inf
        """Steady time until which the answer to the order to fly is awaited; infinite once it is here."""

    def __enter__(self) -> Operator:
        os.environ.update(self._talks_by)  # read when the first node is made
        join_graph(OPERATOR)
        self._node = node = GuardedNode("operator", namespace="/blindspot")
        self._executor = EventsExecutor()
        self._executor.add_node(node)
        self.orders = Orders(node)
        node.create_subscription(FleetStatus, "fleet_status", self._on_fleet, qos.LATCHED)
        node.create_subscription(Clock, "/clock", self._on_clock, qos.CLOCK)
        return self

    def __exit__(self, *_: object) -> None:
        # A process once stood still in here (seen once in about ten ends): then the process ends, and its stack is
        # printed.
        faulthandler.dump_traceback_later(LEAVES_WITHIN_S, exit=True, file=sys.__stderr__ or sys.stderr)
        try:
            self._executor.remove_node(self._node)  # else the executor keeps the node alive, with all threads
            self._node.destroy_node()
            self._executor.shutdown()
            rclpy.try_shutdown()
        finally:
            faulthandler.cancel_dump_traceback_later()

    @cached_property
    def _plan(self) -> PlanRequest:
        """Made when it is needed: an order needs no plan, and each client of the graph is found by every node."""
        return PlanRequest(self._node)

    @cached_property
    def _mission(self) -> ActionClient:
        return ActionClient(self._node, RunMission, "run_mission")

    def watch(self, nodes: Sequence[str], stack_dir: Path | None = None) -> None:
        """Watch the heartbeats of the given nodes (full names); `stack_dir` is the folder of the supervisor of those
        nodes, if the supervisor runs on this computer. Call this once."""
        self._node.create_subscription(Heartbeat, HEARTBEAT_TOPIC, self._on_heartbeat, qos.HEARTBEAT)
        self._watched = tuple(nodes)
        self._supervised = Supervised(stack_dir)
        self._liveness = Liveness(nodes, self._silence_s, self._supervised.lives)

    def hear(self, drones: Sequence[str]) -> None:
        """Hear the states of these drones, and nothing else of theirs; call this once."""
        self.drones = tuple(drones)
        for name in self.drones:
            heard = partial(self._on_status, name)
            self._node.create_subscription(DroneStatus, f"/{name}/drone_status", heard, qos.STATE)

    def follow(self, run: str | None, drones: Sequence[str]) -> None:
        """Follow one run from here on, None for every run, by the states of these drones; call this once, instead of
        `hear`."""
        self.run = run
        self._listens_s, self._listens_at_s = time.monotonic(), time.time()
        self.hear(drones)
        node = self._node
        node.create_subscription(CoverageStatus, "coverage_status", self._on_coverage, qos.STATE)
        node.create_subscription(Log, "/rosout", self._on_log, qos.LOG)
        for name in self.drones:
            node.create_subscription(Detection2DArray, f"/{name}/detections", self._on_detections, qos.EVENTS)

    def subscribe(self, kind: type, topic: str, heard: Callable[[Any], None], profile: QoSProfile) -> None:
        """Hear a further topic, for a measurement."""
        self._node.create_subscription(kind, topic, heard, profile)

    def spin(self, for_s: float = 0.1) -> None:
        """Handle what arrives during `for_s` of wall time."""
        end_s = time.monotonic() + for_s
        while (left_s := end_s - time.monotonic()) > 0:
            try:
                self._executor.spin_once(timeout_sec=left_s)
                self._miss_the_answer()
            except ExternalShutdownException:
                return

    def finds(self, node: str) -> bool:
        """Whether a node of this full name is discovered."""
        namespace, _, name = node.rpartition("/")
        return (name, namespace or "/") in self._node.get_node_names_and_namespaces()

    def absent(self) -> tuple[str, ...]:
        """Watched nodes whose first heartbeat is still missing."""
        return self._liveness.absent()

    def others(self) -> tuple[str, ...]:
        """Watched nodes that are alive already. Call this before the own stack starts: they are another stack's."""
        self.spin(LISTENS_S)
        absent = self.absent()
        return tuple(node for node in self._watched if node not in absent)

    def unreachable(self) -> tuple[str, ...]:
        """Services that are still undiscovered: a request to one would be lost silently."""
        return tuple(
            name
            for name, is_ready in (
                (self._plan.service, self._plan.is_ready),
                (self.orders.service, self.orders.is_ready),
                ("run_mission", self._mission.server_is_ready()),
            )
            if not is_ready
        )

    def silent(self) -> tuple[str, ...]:
        """Watched nodes whose heartbeat has stopped."""
        return self._liveness.lost(time.monotonic())

    @property
    def shuts_down(self) -> bool:
        """Whether the supervisor of the watched nodes, if it runs on this computer, shuts the stack down."""
        return self._supervised.shuts_down

    def unheard(self, within_s: float, *, gone: Collection[str] = ()) -> tuple[str, ...]:
        """Nodes without a heartbeat from now on within `within_s`.

        The nodes in `gone` have lost their process and may run in another process: for such nodes the wait is
        `LISTENS_S`.
        """
        since_s = time.monotonic()
        while left := self._liveness.unheard_since(since_s):
            passed_s = time.monotonic() - since_s
            if passed_s >= within_s or (passed_s >= LISTENS_S and set(left) <= set(gone)):
                break
            self.spin(0.05)
        return left

    def plan(self, mission_file: str, while_waiting: Callable[[], None], *, plan_file: str = "") -> Any:
        """Ask for a plan of the run and wait for the plan; `plan_file` is a plan to check and take, so that no new
        plan is made.

        Raises PlanningError with the planner's own sentence, and BlindspotError if the planner was started again.
        """
        request = PlanCoverage.Request(mission_file=mission_file, run=self.run or "", plan_file=plan_file)

        def turn() -> None:
            self.spin()
            while_waiting()

        return self._plan.wait(request, turn)

    def join(self) -> None:
        """Wait for the outcome of a run that another client ordered; the outcome appears in `result`."""
        self._is_asked = True

    def start(
        self, plan: Any, mission: MissionRef, person: str, reason: str, later: Iterable[Plan] = ()
    ) -> None:  # fmt: skip
        """Request the flight of a plan, and of the plans of the `later` sorties, in the name of a person; the outcome
        appears in `result`."""
        order = MissionOrder(
            file=mission.file, sha256=mission.sha256, run=self.run or "", person=person, reason=reason,
            plans=[plan.sha256, *(each.sha256 for each in later)],
        )  # fmt: skip
        signer = self.orders.signer
        order.signature = unsigned() if signer is None else signer.sign(mission_ordered(order))
        goal = RunMission.Goal(mission=order, plan=plan)
        self._is_asked, self._taken_by_s = True, time.monotonic() + TAKEN_WITHIN_S
        self._mission.send_goal_async(goal).add_done_callback(self._on_accepted)

    def orders_of(self, drone: str) -> Orders:
        """Orders straight to a drone's flight_control, for the time when no mission manager answers."""
        return Orders(self._node, f"/{drone}/order")

    def _miss_the_answer(self) -> None:
        """End the wait for a mission manager that neither answers the order to fly nor has the run."""
        if time.monotonic() > self._taken_by_s and not self.mission.run and self.result is None:
            self.result = ("failed", "the mission manager did not answer the order to fly: see blindspot status")

    def _on_accepted(self, future: Any) -> None:
        self._taken_by_s = math.inf
        goal = future.result()
        if not goal.accepted:
            self.result = ("refused", "the mission manager takes no other mission now")
            return
        goal.get_result_async().add_done_callback(self._on_result)

    def _on_result(self, future: Any) -> None:
        result = future.result().result
        self.result = (result.outcome or "failed", one_line(result.reason, 600, keeps_end=True))

    def _on_fleet(self, message: FleetStatus) -> None:
        """Take the outcome from the status too, since a result is lost if this process stood still. The outcome of a
        finished run follows its phase by a moment."""
        message.drones = [status_of(status, status.drone) for status in message.drones]
        for mission in message.missions:
            mission.reason = one_line(mission.reason, 600, keeps_end=True)
            mission.seen_blind_fraction = share(mission.seen_blind_fraction)
        self.fleet = message
        ours = [mission for mission in message.missions if mission.run == self.run]
        self.mission = ours[-1] if ours else MissionStatus()
        if self._is_asked and self.result is None and self.mission.outcome and self.mission.phase == "done":
            self.result = (self.mission.outcome, self.mission.reason)

    def _on_coverage(self, message: CoverageStatus) -> None:
        if self.run in (None, message.run):
            message.seen_fraction = share(message.seen_fraction)
            self.coverage = message

    def _on_status(self, name: str, message: DroneStatus) -> None:
        message = status_of(message, name)
        before = self.statuses.get(message.drone, DroneStatus())
        self.statuses[message.drone] = message
        if self.run is not None and message.run not in (self.run, ""):  # a flight before this run
            return
        is_new = before.reason != message.reason and message.phase != "preflight"  # there it names the current check
        ends_soon = before.hold_ends_s > HOLD_ENDS_SOON_S >= message.hold_ends_s
        if is_new or ends_soon or before.phase != message.phase:
            self.changes.append(message)

    def _on_log(self, message: Log) -> None:
        is_just_found = time.monotonic() - self._listens_s < REPEATED_WITHIN_S
        is_old = is_just_found and seconds(message.stamp) < self._listens_at_s  # the stamp is the system's time
        if message.name == SCHEDULER and message.level >= LOG_INFO and not is_old:
            self.scheduled.append(one_line(message.msg))

    def _on_heartbeat(self, message: Heartbeat) -> None:
        self._liveness.heard(message.node, time.monotonic())

    def _on_clock(self, message: Clock) -> None:
        self.sim_s = message.clock.sec + message.clock.nanosec * 1e-9

    def _on_detections(self, message: Detection2DArray) -> None:
        self.detections += len(message.detections)
