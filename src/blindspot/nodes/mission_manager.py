"""Node `mission_manager`: the missions of the fleet, several at once if their drones differ.

Offers the action `run_mission` and the service `order`; publishes `fleet_status`. It watches the heartbeats of all
nodes; a table in `flight/fleet.py` lists the consequence of each loss. The missions in progress are kept in a file of
the stack's folder, so that a restarted manager continues them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from blindspot_msgs.action import RunMission
from blindspot_msgs.msg import CoverageStatus, DroneStatus, FleetStatus, Heartbeat, MissionOrder, MissionStatus
from blindspot_msgs.srv import Order, Replan
from rclpy.clock import Clock, ClockType
from rclpy.task import Future

from blindspot.core import BlindspotError, one_line
from blindspot.evidence import Journal
from blindspot.flight.control import AT_REST
from blindspot.flight.missions import (
    CALLS_OFF,
    STOPS,
    SWAPPED,
    TO_ONE,
    addressees,
    strays_of,
    why_busy,
    why_not_ordered,
)
from blindspot.law.orders import LONGEST_SIGNATURE, MOST_SORTIES, MOVES, OrderVerifier
from blindspot.mission import MissionRef, run_folder
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_action import DeferredGoals, Goal
from blindspot.nodes.graph.deferred_service import create_deferred_service
from blindspot.nodes.graph.forward_clock import ForwardClock, every
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.liveness import Liveness
from blindspot.nodes.graph.messages import plan_of, share, status_of
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC, run
from blindspot.nodes.graph.parameters import (
    declare_bool,
    declare_computer_key,
    declare_fleet,
    declare_float,
    declare_journal,
    declare_names,
    declare_str,
)
from blindspot.nodes.missions.answers import Answers
from blindspot.nodes.missions.clearances import Clearances
from blindspot.nodes.missions.drones import Drones
from blindspot.nodes.missions.entries import Entries
from blindspot.nodes.missions.one_mission import OneMission
from blindspot.nodes.missions.one_watch import OneWatch
from blindspot.nodes.missions.order_desk import order_desk
from blindspot.nodes.missions.renewal import GateWatch
from blindspot.nodes.missions.restart import Memory, Restarts
from blindspot.nodes.missions.shared_parts import SharedParts
from blindspot.nodes.orders.local_orders import answer_to
from blindspot.nodes.orders.ordered_drones import drones_of, posts_of
from blindspot.nodes.orders.signed_orders import mission_ordered, ordered, why_not_mandated
from blindspot.nodes.orders.states import fleet_state
from blindspot.nodes.watches.look_passes import LookPasses
from blindspot.stack import Supervised

WAITS_FOR_REST = "stops for a plan of the rest, and comes home if there is none"
STOOD_STILL_S = 1.5
"""A gap in the manager's own watch that is reported, since the fleet was unsupervised meanwhile."""

MOST_ENDED = 8
"""Ended missions that stay in `fleet_status`."""


class MissionManager(GuardedNode):
    def __init__(self, **options: Any) -> None:
        super().__init__("mission_manager", **options)
        watched = declare_names(self, "watched_nodes", describe="Full names of the nodes that must be alive.")
        silence_s = declare_float(
            self, "node_timeout_s", 3.0, low=0.5, high=30.0, describe="Silence on the wall clock of a lost node, s."
        )
        self._stack_dir = Path(declare_str(self, "run_dir", ".", describe="Folder of the stack; the runs lie in it."))
        simulated = declare_bool(
            self, "simulated", False, describe="True if every autopilot is a simulation: packs change by themselves."
        )
        orders_here = declare_bool(self, "orders_here", False, describe="True: orders also come by a socket file.")
        self.fleet = declare_fleet(self)
        self._journal_path = declare_journal(self, self._stack_dir)
        key = declare_computer_key(self)
        self.journal = Journal(self._journal_path, "mission_manager", key)
        self.entries = Entries(self._journal_path, self.journal, "mission_manager", self.get_logger().error, key)
        self._verifier = OrderVerifier(self.fleet, simulated=simulated)
        self._supervised = Supervised(self._stack_dir)
        self.liveness = Liveness(watched, silence_s, self._supervised.lives)
        self._restarts = Restarts(watched, self._supervised.process)
        self.drones = Drones(self, self.fleet.names)
        self.clearances = Clearances(self)
        self._now, self._supervised_s = ForwardClock(self), time.monotonic()
        self._gate = GateWatch(self, self.fleet.names, self._now)
        self.missions: dict[str, OneMission | OneWatch] = {}
        """Missions in progress, by run."""
        self._goals: dict[str, Goal] = {}
        self._ended: deque[MissionStatus] = deque(maxlen=MOST_ENDED)
        """The latest first."""
        self.memory = Memory(self._stack_dir, self.get_logger())
        replan = self.create_client(Replan, "replan")
        self._ground = SharedParts(
            self, self._now, self.fleet, self._stack_dir, self.drones, self.clearances, self._gate, replan,
            self.journal, self._keep, simulated, self.entries, LookPasses(self), lambda: self._supervised.shuts_down,
        )  # fmt: skip
        self._status = self.create_publisher(FleetStatus, "fleet_status", qos.LATCHED)
        for name in self.fleet.names:
            self.create_subscription(DroneStatus, f"/{name}/drone_status", partial(self._on_drone, name), qos.LATCHED)
        self.create_subscription(CoverageStatus, "coverage_status", self._on_coverage, qos.STATE)
        self.create_subscription(Heartbeat, HEARTBEAT_TOPIC, self._on_heartbeat, qos.HEARTBEAT)
        create_deferred_service(self, Order, "order", self._on_order)
        self._answers = Answers()
        self._desk = (
            order_desk(
                self, self._on_order, self.fleet.names, self.drones.statuses, self._now,
                lambda: fleet_state(self._fleet_status()) | {"watched": list(watched)},
            )
            if orders_here
            else None
        )  # fmt: skip
        self._server = DeferredGoals(self, RunMission, "run_mission", start=self._start, cancel=self._cancel)
        self._restore()
        self.create_timer(0.1, self._supervise, clock=Clock(clock_type=ClockType.STEADY_TIME))
        every(self, 0.5, self._publish_status)

    # Messages from other nodes

    def _on_drone(self, name: str, message: DroneStatus) -> None:
        status = status_of(message, name)
        self.drones.heard(status)
        mission = self._mission_of(name)
        if mission is not None:
            mission.heard(status)

    def _on_coverage(self, message: CoverageStatus) -> None:
        if message.run in self.missions:
            self.missions[message.run].seen_fraction = share(message.seen_fraction)

    def _on_heartbeat(self, message: Heartbeat) -> None:
        self.liveness.heard(message.node, time.monotonic())

    def _mission_of(self, drone: str) -> OneMission | OneWatch | None:
        return next((mission for mission in self.missions.values() if drone in mission.drones), None)

    # The goals

    def _start(self, goal: Goal) -> None:
        """Begin the mission of a goal; a refused goal ends at once."""
        try:
            mission = self._new_mission(goal.request)
        except BlindspotError as error:
            self.get_logger().warning(f"refused: {error}")
            goal.finish(RunMission.Result(outcome="refused", reason=str(error)))
            return
        self.missions[mission.order.run], self._goals[mission.order.run] = mission, goal

    def _new_mission(self, request: Any) -> OneMission | OneWatch:
        """The mission of a goal; raises BlindspotError with the reason of a refusal."""
        asked = request.mission
        order = MissionOrder(
            file=asked.file, sha256=asked.sha256, run=asked.run, person=one_line(asked.person, 100),
            reason=one_line(asked.reason, 100), signature=one_line(asked.signature, LONGEST_SIGNATURE),
            plans=[one_line(each, 64) for each in asked.plans[: MOST_SORTIES + 1]],
        )  # fmt: skip
        if self.count_publishers(self._status.topic_name) > 1:
            domain = self.context.get_domain_id()
            fix = "stop it first; a killed manager is forgotten after 20 s"
            raise BlindspotError(f"another mission manager runs in ROS domain {domain}: {fix}")
        if self._supervised.shuts_down:
            raise BlindspotError("the stack is shut down: it takes no other mission")
        if problem := why_not_ordered(order.person, order.reason, self.fleet.operators):
            raise BlindspotError(problem)
        if len(order.plans) > MOST_SORTIES:
            raise BlindspotError(f"the order names more than {MOST_SORTIES} sorties")
        words = mission_ordered(order)
        problem = self._verifier.why_not(words, order.signature) or self._verifier.why_late(order.signature)
        if problem := problem or self._verifier.why_not_plan(words, request.plan.sha256, is_first=True):
            raise BlindspotError(problem)
        order.signature = order.signature if self.fleet.has_keys else ""
        run_folder(self._stack_dir, order.run)
        mission = MissionRef(order.file, order.sha256).read(self.fleet)
        plan = plan_of(request.plan)
        posts = posts_of(plan, run_folder(self._stack_dir, order.run), order.plans)
        drones = drones_of(plan, mission, posts)
        if problem := why_not_mandated(self._verifier, self._journal_path, "mission", order, drones):
            raise BlindspotError(problem)
        if order.run in self.missions:
            raise BlindspotError(f"run {order.run or 'of this stack'} is in progress: give the new run another name")
        if order.run and order.run in self.entries.ended_runs():
            raise BlindspotError(f"run {order.run} has been flown: give the new run another name")
        taken = {run: (mission.name, mission.drones) for run, mission in self.missions.items()}
        if problem := why_busy(drones, taken):
            raise BlindspotError(problem)
        if plan.watch is not None:
            return OneWatch(self._ground, order, mission, (plan, *posts))
        return OneMission(self._ground, order, mission.file.name, plan, request.plan, drones)

    def _cancel(self, goal: Goal) -> None:
        for run_name, known in self._goals.items():
            if known is goal:
                mission = self.missions[run_name]
                mission.cancel()
                who = mission.order.person
                self.entries.note_stop("return_home", mission.drones, who, "the mission was cancelled", run_name)

    # Orders of people

    def _on_order(self, request: Any, answer: Callable[[Any], None]) -> None:
        request.person, request.reason = one_line(request.person, 100), one_line(request.reason, 100)
        person, reason, order = request.person, request.reason, request.order
        problem = why_not_ordered(person, reason, self.fleet.operators if order in MOVES else ())  # all may stop
        if problem := problem or self._verifier.why_not(ordered(request), request.signature):
            answer(Order.Response(message=problem))
            return
        is_stop = order in STOPS
        if is_stop:
            self._verifier.stopped()
        signature = request.signature if order in MOVES and self.fleet.has_keys else ""
        in_progress = {run: mission.in_progress for run, mission in self.missions.items()}
        flying = [name for name, status in self.drones.statuses.items() if status.phase not in AT_REST]
        strays = strays_of(order, request.drones, flying, in_progress)
        found = addressees(order, request.drones, self.fleet.names, in_progress, strays)
        if not found.to and not strays:
            if is_stop:  # it ends mandates, also after a restart of this node, and the confirmation of a pass
                self.entries.note_stop(order, [], person, reason, "")
            answer(Order.Response(message="; ".join(found.missed) or "no drone flies a mission"))
            return
        then = f", then {one_line(request.then, 20)}" if request.then else ""
        said = f"{person} ordered {order.replace('_', ' ')}{then}: {reason}"
        if order in TO_ONE:
            [(run_name, [drone])] = found.to.items()
            self._forward(request, run_name, drone, said, signature, answer)
            return
        given, problems = list[str](), list(found.missed)
        answers = {drone: self.drones.order(drone, request) for drone in strays}
        waits = order in MOVES  # a stop never waits for a disk
        for run_name, drones in found.to.items():
            problem = self._note(order, drones, person, reason, run_name, signature) if waits else ""
            mission = self.missions[run_name]
            problem = problem or self._give(request, mission, drones, said)
            problems += [problem] if problem else []
            if order == "resume" and not problem:  # a drone may refuse it
                answers |= mission.answers_of(drones)
            given += [] if problem else [drone for drone in drones if drone not in answers]

        waiting = [drone for run in found.to for drone in self.missions[run].waiting] if order in CALLS_OFF else []
        remark = f"{', '.join(waiting)} {WAITS_FOR_REST}" if waiting else ""

        def done(taken: Sequence[str], refused: Sequence[str]) -> None:
            wrong = [*problems, *refused]
            answer(Order.Response(success=not wrong, message=answer_to(order, [*given, *taken], wrong, remark)))

        self._answers.wait(answers, done)
        for run_name, drones in () if waits else (*found.to.items(), *([("", strays)] if strays else [])):
            self.entries.note_stop(order, drones, person, reason, run_name)

    def _give(self, request: Any, mission: OneMission | OneWatch, drones: Sequence[str], said: str) -> str:
        """Give an order to drones of a mission; the reason for a refusal, else ""."""
        if request.order != SWAPPED:
            return mission.ask(request.order, said, request.person, drones, request.reason, signed=request)
        mission.swapped(drones)
        return ""

    def _note(self, order: str, drones: Any, person: str, reason: str, run_name: str, signature: str = "") -> str:
        """Write an order to the journal before the order is given; the reason of a failure, else ""."""
        try:
            self.entries.write_owed()
            self.journal.write(
                "order", order=order, drones=list(drones), person=person, reason=reason, run=run_name,
                signature=signature,
            )  # fmt: skip
        except BlindspotError as error:
            self.get_logger().error(f"{order} of {person} is not in the journal: {error}")
            return str(error)
        return ""

    def _forward(
        self, request: Any, run_name: str, drone: str, said: str, signature: str, answer: Callable[[Any], None]
    ) -> None:
        """Pass a jump or an inspection on to its drone, and that drone's answer back."""
        flights = self.missions[run_name].flights_of(drone)
        problem = f"{drone} does not fly" if flights is None else flights.why_not_changed(drone)
        problem = problem or self._note(request.order, [drone], request.person, request.reason, run_name, signature)
        if problem or flights is None:
            answer(Order.Response(message=problem))
            return

        def on_answer(future: Future) -> None:
            response = future.result() or Order.Response(message=f"{drone} gave no answer")
            if response.success:
                goes_on = request.order == "jump" or request.then == "resume"
                flights.run.route_changed(drone, said, ends_hold=goes_on)
            answer(response)

        self.drones.order(drone, request).add_done_callback(on_answer)

    # The watch

    def _supervise(self) -> None:
        self.entries.step()
        self._answers.step()
        if self._desk is not None:
            self._desk.step()
        stood_s, self._supervised_s = time.monotonic() - self._supervised_s, time.monotonic()
        silent = self.liveness.lost(time.monotonic())
        starting = [node for node in silent if self._supervised.lives(node)]
        authority = f"{self.get_namespace()}/authority"
        self._gate.step(
            self._supervised.process(authority),
            is_heard=lambda since_s: authority not in self.liveness.unheard_since(since_s),
        )
        self.clearances.step()
        restarted = self._restarts.step()
        for mission in list(self.missions.values()):
            if stood_s > STOOD_STILL_S:
                mission.stood_still(stood_s)
            mission.nodes_restarted(restarted)
            mission.step(silent, starting)
            if mission.end is not None:
                self._end(mission, *mission.end)
        self._keep()

    def _end(self, mission: OneMission | OneWatch, outcome: str, reason: str) -> None:
        """Drop an ended mission, and report its outcome."""
        run_name = mission.order.run
        self.entries.note_end(run_name, outcome, reason)
        del self.missions[run_name]
        self._ended.appendleft(mission.status())
        self._publish_status()
        goal = self._goals.pop(run_name, None)
        if goal is not None:
            goal.finish(RunMission.Result(outcome=outcome, reason=reason))

    def _publish_status(self) -> None:
        self._status.publish(self._fleet_status())

    def _fleet_status(self) -> FleetStatus:
        message = FleetStatus(
            simulated=self._ground.simulated, fleet=str(self.fleet.path), stack_dir=str(self._stack_dir.resolve()),
            missions=[*(mission.status() for mission in self.missions.values()), *self._ended],
            drones=[self.drones.statuses[name] for name in self.fleet.names if name in self.drones.statuses],
            lost_nodes=[*self.liveness.lost(time.monotonic()), *self.liveness.absent()],
        )  # fmt: skip
        message.header.stamp = self.get_clock().now().to_msg()
        return message

    # A restart of this node

    def _keep(self) -> None:
        """Write the missions in progress if they changed."""
        self.memory.keep(self.missions.values(), self.clearances.owed, self._restarts.known)

    def _restore(self) -> None:
        """Continue the missions of an earlier process."""
        self.missions |= self.memory.restore(self._ground)
        self._restarts.go_on_from(self.memory.kept.processes)
        for sha256, requester in self.memory.kept.give_back.items():
            self.clearances.give_back(sha256, requester)
        for mission in self.missions.values():
            mission.step(())  # its flights take orders from the first message on

    def destroy_node(self) -> None:
        """Also writes the journal's last entries."""
        self.entries.close()
        if self._desk is not None:
            self._desk.close()
        super().destroy_node()


def main() -> None:
    run(MissionManager)
