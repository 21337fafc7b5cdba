"""The flights of one sortie: the goals of its flight_controls, their orders, and the return of a drone whose
flight_control is lost.

A restarted flight_control is asked to take its flight over. If the request fails, the ground station commands the
return itself, over the station's link to the drone's MAVROS. A flight has ended once its autopilot reports that the
drone is down.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from action_msgs.msg import GoalStatus
from blindspot_msgs.action import FlyRoute
from blindspot_msgs.msg import DroneStatus
from blindspot_msgs.srv import Order as OrderService
from rclpy.node import Node
from rclpy.task import Future

from blindspot.core import one_line
from blindspot.flight import Command, FleetRun, Order, Outcome, known_outcome
from blindspot.flight.control import NOT_FLOWN, LastTold, TakeOver
from blindspot.flight.missions import CALLS_OFF
from blindspot.flight.route import way_home_limit_s
from blindspot.flight.vehicle import MavrosVehicle, requests
from blindspot.flight.watch import is_by_failsafe
from blindspot.nodes.missions.drones import Drones
from blindspot.nodes.missions.fleet_routes import FleetRoutes

DISCOVERY_LIMIT_S = 10.0
RESULT_WITHIN_S = 5.0
"""Wall time from a status with the outcome of a flight to its result."""

REATTACH_WITHIN_S = 8.0
"""Wall time for a lost flight_control to be restarted and discovered; then the ground station brings the drone home."""

DOWN_WITHIN_S = 5.0
"""Wall time from the end of a flight to its autopilot's report that the drone is down. Afterwards the ground station
asks the autopilot itself, and brings the drone home."""

BEGINS_WITHIN_S = 20.0
"""Wall time in which a flight_control shows the sent route. A flight_control that died before knows of no route."""

HEARD_WITHIN_S = 8.0
"""Wall time in which a restarted manager hears each flight_control of its missions."""

ORDER_AGAIN_S = 1.0
SHOWN_IN: dict[Order, tuple[str, ...]] = {
    "stand_by": ("return", "landing", "pilot"),
    "hold": ("return", "landing", "pilot"),
    "return_home": ("return", "landing", "pilot"),
    "abort": ("landing", "pilot"),
}
"""Orders that stop a drone, in rising gravity, with the phases that show the order. An order is repeated until the
flight in progress accepts the order, or the drone's phase shows the order or the pilot's control."""

ENDED_BY_RESUME = ("stand_by", "hold")


class Flights:
    """Carries out the commands of `run`, the state of this sortie, and reports to `run`. `now` gives the time of a
    clock that only goes forward, s; `order` is the message with the mission's order."""

    def __init__(
        self, node: Node, now: Callable[[], float], drones: Drones, order: Any, run: FleetRun, routes: FleetRoutes
    ) -> None:
        self.run, self.routes = run, routes
        self.take_overs: dict[str, TakeOver] = {}
        self.answers: dict[str, Future] = {}
        """The answers of the drones to their last orders."""
        self.last_phases: dict[str, LastTold] = {}
        """By drone: the last phases in flight published by the drone's flight_control."""
        self.owed: dict[str, Command] = {}
        self._node, self._now, self._drones, self._order = node, now, drones, order
        self.lost_since_s: dict[str, float] = {}
        self._awaited_s: dict[str, float] = {}
        """By lost node: wall time since which its restart is awaited."""
        self._ordered_s = 0.0
        self._taken_over_s: dict[str, float] = {}
        """By drone: `TakeOver.since_s` in an earlier process, until the flight_control watches the drone again."""
        self._ended: dict[str, tuple[Outcome, str, float]] = {}
        """By drone: outcome, reason and wall time of the end of its flight, until the drone is known to be down."""
        self._sent_s: dict[str, float] = {}
        """By drone: wall time at which the route was sent, until the drone's status shows a flight."""
        self._followed: set[str] = set()
        """Drones whose result went to an earlier process: their status reports the end."""
        self._reasons: dict[str, str] = {}
        """By drone: the last reason in flight given in the drone's status."""
        self._is_over = self._joins = False
        """`_joins` while the flights of an earlier process are sought."""

    async def start(self) -> None:
        """Send each drone its route."""
        for drone in self.run.flying:
            if await requests.Until(self._drones.fly[drone].server_is_ready, time.monotonic, DISCOVERY_LIMIT_S):
                self._send_route(drone)
            else:
                self.run.route_ended(drone, "failed", "its flight_control does not answer")

    async def go_on(
        self, phases: Mapping[str, str], owed: Mapping[str, Order], taken_over_s: Mapping[str, float]
    ) -> None:  # fmt: skip
        """Continue flights of an earlier process; `phases`, `owed` and `taken_over_s` are the values kept by that
        process.

        A drone whose status names this run is followed by its status. Any other drone is treated as after the loss of
        the flight_control, except a drone on the ground, whose flight is over.
        """
        out, self._joins = self.run.flying, True
        self._taken_over_s |= taken_over_s
        self.last_phases |= {d: LastTold(tuple(p.split()), time.monotonic()) for d, p in phases.items() if p}
        await requests.Until(lambda: self._drones.statuses.keys() >= set(out), time.monotonic, HEARD_WITHIN_S)
        self._joins = False
        for drone in out:
            status = self._drones.statuses.get(drone, DroneStatus(phase="idle"))
            has_ended = bool(status.outcome) and drone in self.last_phases  # else that of an earlier sortie of the run
            if status.run == self._order.run and (has_ended or status.phase != "idle"):
                self._followed.add(drone)
                self.heard(status)
            elif status.phase not in NOT_FLOWN:
                self.run.route_ended(drone, "unaccounted", f"it flies run {status.run!r}")
            elif self._drones.is_down(drone):
                self.run.route_ended(drone, "aborted", "it was on the ground when the mission manager was restarted")
            else:
                self.run.node_lost(f"/{drone}/flight_control", "does not know this flight")
        for drone, order in owed.items():
            self._carry_out(Command(drone, order, "ordered before the mission manager was restarted"))

    def end(self) -> None:
        """Later answers are ignored."""
        self._is_over = True
        self._log_news()

    def _log_news(self) -> None:
        """Log what happened: the log is a part of the run's events, and its outcome has one reason."""
        for event in self.run.news():
            self._node.get_logger().warning(event)

    def heard(self, status: Any) -> None:
        self.routes.heard(status)
        name = status.drone
        if status.phase == "idle":
            self._look_for_begin(name)
            return
        self._sent_s.pop(name, None)
        if status.phase not in NOT_FLOWN:
            self._taken_over_s.pop(name, None)
            self.last_phases[name] = self.last_phases.get(name, LastTold()).heard(status.phase, time.monotonic())
            self._reasons[name] = status.reason
        self.run.drone_reported(name, status.phase, status.reason)
        if name in self.owed and self._is_shown(self.owed[name].order, status):
            del self.owed[name]
        if name in self.lost_since_s:
            del self.lost_since_s[name]
            self.run.node_is_back(f"/{name}/flight_control", f"{name} is watched again")

    def step(self, silent: Collection[str], starting: Collection[str] = ()) -> None:
        """Watch over the flights; call this about ten times a second. `silent` are the lost nodes of the stack, and
        `starting` the lost nodes whose process runs again."""
        run = self.run
        for node in silent:
            run.node_lost(node, "fell silent", starts_again=node in starting)
        self._await_nodes()
        for node in run.lost_nodes.difference(silent):
            drone, _, name = node.strip("/").partition("/")
            if name != "flight_control" or drone not in run.flying:  # else its flight has to be taken over first
                run.node_is_back(node, f"{node} is back")
        self._read_ends()
        for drone in self._started_again():
            run.node_lost(f"/{drone}/flight_control", "was started again")
        self.routes.step(run)
        self.send_commands()
        if time.monotonic() - self._ordered_s > ORDER_AGAIN_S:
            for drone in set(self.owed).intersection(run.flying).difference(self.take_overs):
                self._call(self.owed[drone])
        self._reattach()
        self._end_flights()
        for drone, take_over in self.take_overs.items():
            take_over.step(self._now())
            if take_over.why_here:
                run.taken_over(drone, f"{drone} is to land where it is: {take_over.why_here}")
            if take_over.outcome is not None:
                run.route_ended(drone, take_over.outcome, take_over.reason)
        self._log_news()

    @property
    def taken_over_s(self) -> dict[str, float]:
        """By drone: the time since which its take-over counts, for a later process."""
        own = {drone: one.since_s for drone, one in self.take_overs.items() if one.outcome is None}
        return self._taken_over_s | {drone: since_s for drone, since_s in own.items() if since_s is not None}

    def send_commands(self, signed: Any = None) -> None:
        """Send what `run` commands; `signed` is the person's own request behind it."""
        for command in self.run.take_commands():
            self._carry_out(command, signed)

    def _await_nodes(self) -> None:
        """End the wait for lost nodes that did not come back in their time."""
        wall_s, awaited = time.monotonic(), self.run.awaited
        self._awaited_s = {node: self._awaited_s.get(node, wall_s) for node in awaited}
        for node, within_s in awaited.items():
            if wall_s - self._awaited_s[node] >= within_s:
                self.run.stays_lost(node)

    def why_not_changed(self, drone: str) -> str:
        """The reason why a person may not change this drone's route by a jump or an inspection; empty if they may."""
        if drone in self.take_overs:
            return f"the ground station brings {drone} home"
        if not self._drones.can_be_ordered(drone):
            return f"the flight_control of {drone} does not answer"
        return self.run.why_not_changed(drone)

    # Routes and their ends

    def _send_route(self, drone: str, reattach: str = "") -> None:
        self._followed.discard(drone)
        if not reattach:
            self._sent_s[drone] = time.monotonic()
        goal = FlyRoute.Goal(mission=self._order, plan=self.routes.messages[drone], reattach=reattach)
        sent = self._drones.fly[drone].send_goal_async(goal)
        sent.add_done_callback(partial(self._on_route_accepted, drone, bool(reattach)))

    def _look_for_begin(self, drone: str) -> None:
        """Give up the route of a drone still idle after the time to begin."""
        if time.monotonic() - self._sent_s.get(drone, math.inf) <= BEGINS_WITHIN_S:
            return
        del self._sent_s[drone]
        if drone in self.run.flying and not {drone} & {*self._ended, *self.lost_since_s, *self.take_overs}:
            self._ended[drone] = "failed", "its flight_control did not begin the route", time.monotonic()

    def _on_route_accepted(self, drone: str, reattached: bool, future: Future) -> None:
        goal = future.result()
        if self._is_over:
            return
        if goal is None or not goal.accepted:
            self.route_ended(drone, reattached, "refused", "its flight_control refused the route")
            return
        goal.get_result_async().add_done_callback(partial(self._on_route_result, drone, reattached))

    def _on_route_result(self, drone: str, reattached: bool, future: Future) -> None:
        answer = future.result()
        if self._is_over:
            return  # the result belongs to an earlier sortie
        if answer is None or answer.status == GoalStatus.STATUS_ABORTED:
            self.route_ended(drone, reattached, "failed", "its flight_control gave no result")
        else:
            self.route_ended(drone, reattached, answer.result.outcome, answer.result.reason)

    def route_ended(self, drone: str, reattached: bool, outcome: str, reason: str) -> None:
        if drone in self.take_overs:
            return  # the take-over reports the end
        known = known_outcome(outcome)
        if reattached and known == "refused":  # the drone is in the air
            self._take_over(drone, reason)
        elif known == "refused":  # the drone is still disarmed
            self.run.route_ended(drone, known, reason)
        else:
            self._ended[drone] = known, reason, time.monotonic()

    def _read_ends(self) -> None:
        """End the routes of the drones that are followed by their status."""
        for drone in self._followed.intersection(self._drones.statuses):
            status = self._drones.statuses[drone]
            if self._drones.tells_end(drone, self._order.run) and drone not in self._ended:
                self._followed.discard(drone)
                self.route_ended(drone, False, status.outcome, status.reason or self._reasons.get(drone, ""))

    def _end_flights(self) -> None:
        """End each flight whose drone is down, as its autopilot reports."""
        for drone, (outcome, reason, at_s) in list(self._ended.items()):
            if self._drones.is_down(drone):
                del self._ended[drone]
                self.run.route_ended(drone, outcome, reason)
            elif time.monotonic() - at_s > DOWN_WITHIN_S:
                del self._ended[drone]
                self._take_over(drone, f"{reason or outcome}; it is not known to be down", ended=(outcome, reason))

    # Lost flight_controls

    def _started_again(self) -> list[str]:
        """Drones whose flight_control flew and is now idle without a result: it must be a new process."""
        if self._joins:
            return []
        waited_for = {*self.lost_since_s, *self.take_overs, *self._ended}
        flew = self._followed.union(self.last_phases)
        out = [name for name in self.run.flying if name in flew and name not in waited_for]
        return [name for name in out if self._drones.is_settled(name) and not self._is_result_due(name)]

    def _is_result_due(self, drone: str) -> bool:
        """Whether the result is under way, since the status holds the outcome: a busy manager reads it later."""
        return self._drones.tells_end(drone, self._order.run) and self._drones.idle_s(drone) < RESULT_WITHIN_S

    def _reattach(self) -> None:
        for drone, since_s in list(self.lost_since_s.items()):
            if self._drones.is_settled(drone) and self._drones.fly[drone].server_is_ready():
                del self.lost_since_s[drone]
                self._drones.begins(drone)
                self.run.node_is_back(f"/{drone}/flight_control", f"{drone} is watched again")
                self._send_route(drone, str(self.last_phases.get(drone, "lost")))
            elif time.monotonic() - since_s > REATTACH_WITHIN_S:
                del self.lost_since_s[drone]
                self._take_over(drone, "its flight_control did not come back")

    def _take_over(self, drone: str, why: str, *, ended: tuple[Outcome, str] | None = None) -> None:
        if drone in self.take_overs:
            return
        news = f"{drone}: {why}; the ground station commands the return"
        self._node.get_logger().warning(news)
        self.run.taken_over(drone, news)
        plan, left = self.routes.plan, self.last_phases.get(drone, LastTold())
        vehicle = MavrosVehicle(self._drones.link(drone), plan.origin, self._now)
        self.take_overs[drone] = TakeOver(
            vehicle, str(left), limit_s=way_home_limit_s(plan), ended=ended,
            since_s=self._taken_over_s.pop(drone, None), route=plan.route_of(drone),
        )  # fmt: skip
        self.last_phases[drone] = left.taken_over()  # for a later process: a return is then ours
        if drone in self.owed and self.owed[drone].order == "abort":
            self.take_overs[drone].abort()

    # Orders

    def _carry_out(self, command: Command, signed: Any = None) -> None:
        self._node.get_logger().warning(f"{command.drone}: {command.order} ({command.reason})")
        if command.order == "reattach":
            if command.drone not in self.take_overs:
                self.lost_since_s.setdefault(command.drone, time.monotonic())
            return
        if command.drone in self.take_overs:  # the ground station brings it home
            if command.order == "abort":
                self.take_overs[command.drone].abort()
            return
        owed = self.owed.get(command.drone, command)
        if command.order == "resume" and owed.order in ENDED_BY_RESUME:
            del self.owed[command.drone]
        if command.order in SHOWN_IN:
            gravity = list(SHOWN_IN)
            self.owed[command.drone] = max(command, owed, key=lambda order: gravity.index(order.order))
        self._call(command, signed)

    def _is_shown(self, order: Order, status: Any) -> bool:
        """Whether a drone's phase shows an order. A failsafe of the autopilot may end in the air: a call home or a
        landing is then still owed."""
        by_failsafe = order in CALLS_OFF and is_by_failsafe(status.phase, status.reason)
        return status.phase in SHOWN_IN[order] and not by_failsafe

    def _call(self, command: Command, signed: Any = None) -> None:
        self._ordered_s = time.monotonic()
        request = OrderService.Request(order=command.order, person=command.person, reason=command.reason)
        if signed is not None and signed.order == command.order:  # the drone verifies the person's own words
            request.drones, request.signature = signed.drones, signed.signature
        answer = self.answers[command.drone] = self._drones.order(command.drone, request)
        answer.add_done_callback(partial(self._on_order_answered, command))

    def _on_order_answered(self, command: Command, future: Future) -> None:
        answer = future.result()
        if self._is_over or self._drones.statuses.get(command.drone, DroneStatus()).phase == "reattach":
            return  # during a reattach it is kept, since the take-over may fail
        if answer is None or not answer.success:
            if answer is not None and command.person:
                self.run.order_refused(command.drone, command.order, one_line(answer.message))
            return
        if command.order == "stand_by":
            self.run.stands_by(command.drone)
        if self.owed.get(command.drone) == command:
            del self.owed[command.drone]
