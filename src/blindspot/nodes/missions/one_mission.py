"""One mission in progress: the mission's clearances, the sorties, and the orders of people."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import Any, Literal

from blindspot_msgs.msg import MissionOrder, MissionStatus
from rclpy.task import Future

from blindspot.core import BlindspotError
from blindspot.flight import FleetRun, Order
from blindspot.flight.missions import (
    CALLS_OFF,
    InProgress,
    KeptMission,
    is_last,
    next_sortie,
    outcome_of_all,
)
from blindspot.flight.vehicle import requests
from blindspot.mission import Plan, run_folder
from blindspot.nodes.graph.messages import now_s, plan_message
from blindspot.nodes.judging.plan_judge import CHECK_LIMIT_S
from blindspot.nodes.missions.fleet_routes import FleetRoutes
from blindspot.nodes.missions.flights import Flights
from blindspot.nodes.missions.renewal import Renewal, refusal_of
from blindspot.nodes.missions.shared_parts import SharedParts

JUDGED_WITHIN_S = CHECK_LIMIT_S + 10.0
"""Wall time for the authority's answer: a little more than its checker's time-out."""

LOST_S = 5.0
"""Silence of a manager after which a client no longer waits for its mission."""

RESTARTED = "the mission manager was restarted"
NEEDS_CLEARANCE = ("flying", "holding", "standing_by", "replanning")
"""Phases of a flight that end without leases; a drone that comes home needs no lease."""
Stage = Literal["clearing", "flying", "swapping"]


class OneMission:
    """Call `step` about ten times a second until `end` holds the outcome and its reason.

    `plan` is the plan of the first sortie, `message` the message with that plan, and `drones` includes the drones of
    later sorties. `kept` is the state kept by an earlier process, to continue from; None for a new mission. A turn of a
    watch has the `requester` of the watch, so that all its clearances are those of one requester.
    """

    def __init__(
        self, ground: SharedParts, order: MissionOrder, name: str, plan: Plan, message: Any, drones: Sequence[str],
        kept: KeptMission | None = None, requester: str = "",
    ) -> None:  # fmt: skip
        self.order, self.name, self.drones = order, name, tuple(drones)
        self.end: tuple[str, str] | None = None
        self.seen_fraction = math.nan
        """Share of the plan's blind ground that was really seen; NaN if unknown."""
        self.flights: Flights | None = None
        self._ground, self._plan, self._message, self._kept = ground, plan, message, kept
        self._stage: Stage = "clearing" if kept is None else kept.stage
        self._requester = requester or (ground.clearances.requester if kept is None else kept.requester)
        self._label = ": ".join(filter(None, (order.run, drones[0] if requester else "")))
        self._asked: tuple[str, ...] = () if kept is None else kept.asked
        """Hashes of the plans whose clearance has to be given back."""
        self.cleared_s = None if kept is None else kept.cleared_s
        """Time of the first clearance on the node's clock, s; None before."""
        self._started_s = 0.0 if kept is None else kept.started_s
        self._ends: list[tuple[str, str]] = [] if kept is None else list(kept.earlier)
        """Outcome and reason of each flown sortie."""
        self._called_off = ""
        """Reason for calling off a mission whose drones are on the ground; empty without one."""
        self._ended_by = "" if kept is None else kept.ended_by
        """Reason for flying no later sortie; empty without one."""
        self._unswapped: dict[str, str] = {}
        """By drone that waits for another pack: the pad on which the drone starts the next sortie."""
        self._logged = ("", "")
        self._renewal = Renewal(ground.gate, self._ask_again, self._note)
        self._script = requests.Script(self._fly_new() if kept is None else self._fly_on(kept))

    # For the node

    def step(self, silent: Collection[str], starting: Collection[str] = ()) -> None:
        """Advance the mission; `silent` are the lost nodes of the stack, `starting` those whose process runs again."""
        if self.flights is not None:
            self.flights.step(silent, starting)
            self._renew(self.flights)
        self._script.step()
        if self._script.done and self.end is None:
            self.end = self._script.value
            self._give_back()
        self._log()

    def nodes_restarted(self, nodes: Iterable[str]) -> None:
        """Name nodes that died and run again in the reason of the flight."""
        if self.flights is not None:
            for node in nodes:
                self.flights.run.node_restarted(node)

    def heard(self, status: Any) -> None:
        if self.flights is not None:
            self.flights.heard(status)

    def stood_still(self, for_s: float) -> None:
        """Record that the manager was blocked for this time, s. A mission that was being cleared is not flown after a
        long standstill: whoever ordered the mission counts the manager as lost."""
        if self.flights is not None:
            self.flights.run.stood_still(for_s)
        elif self._stage == "clearing" and for_s > LOST_S:
            self._called_off = f"the mission manager stood still for {for_s:.0f} s before the flight"

    def flights_of(self, drone: str) -> Flights | None:
        """The flights of which this drone's flight is one; None while the drone flies none."""
        return self.flights if drone in self.drones else None

    @property
    def waiting(self) -> tuple[str, ...]:
        """The drones that wait for the rest of the plan."""
        return () if self.flights is None else self.flights.run.waiting

    @property
    def in_progress(self) -> InProgress:
        """The mission as an order sees it."""
        run = self.flights.run if self.flights is not None else None
        flying, piloted = (run.flying, run.piloted) if run is not None else ((), ())
        return InProgress(self.drones, flying, tuple(sorted(self._unswapped)), piloted)

    def ask(
        self, order: Order, said: str, person: str, drones: Collection[str] = (), reason: str = "", signed: Any = None
    ) -> str:
        """Give a person's order to these drones, or to all drones in flight. `said` is the order with the reason as a
        sentence, `signed` the request as signed by the person.

        Returns "" or the reason for a refusal. On the ground, return_home and abort call the mission off.
        """
        self._ended_by = said if order in CALLS_OFF else self._ended_by
        if order in CALLS_OFF and (self.flights is None or not self.flights.run.flying):
            self._called_off = said
            return ""
        if self.flights is None:
            return "it does not fly yet"
        out = [drone for drone in self.flights.run.flying if not drones or drone in drones]
        if order in ("hold", "resume") and out and self.flights.take_overs.keys() >= set(out):
            return f"the ground station brings {', '.join(out)} home"
        self.flights.answers.clear()
        problem = self.flights.run.ask(order, said, person, drones, reason)
        self.flights.send_commands(signed)
        return problem

    def answers_of(self, drones: Collection[str]) -> dict[str, Future]:
        """The answers of the given drones to the last order of a person."""
        answers = {} if self.flights is None else self.flights.answers
        return {drone: answers[drone] for drone in drones if drone in answers}

    def cancel(self) -> None:
        """Bring all drones home, or call the mission off on the ground; later sorties are not flown."""
        self._called_off = self._ended_by = "the operator cancelled the mission"
        if self.flights is not None:
            self.flights.run.ask("return_home", self._called_off, self.order.person)
            self.flights.send_commands()

    def swapped(self, drones: Collection[str]) -> None:
        """Record that a person changed the packs of these drones."""
        for drone in drones:
            self._unswapped.pop(drone, None)

    def status(self) -> MissionStatus:
        """The mission as a message."""
        phase, reason = self._phase()
        outcome, reason = ("", self._of_sortie(reason)) if self.end is None else self.end
        cleared_s = self.cleared_s
        return MissionStatus(
            run=self.order.run, mission=self.name, plan=self._plan.id, phase=phase, outcome=outcome, reason=reason,
            person=self.order.person, elapsed_s=0.0 if cleared_s is None else max(0.0, self._now_s() - cleared_s),
            seen_blind_fraction=self.seen_fraction, drones=list(self.drones),
        )  # fmt: skip

    def kept(self) -> KeptMission:
        """The state that a restarted manager continues from."""
        if self._kept is not None:
            return self._kept  # it is not continued yet
        order, flights = self.order, self.flights
        plans, routes = [self._message.json], {}
        for drone, message in ({} if flights is None else flights.routes.messages).items():
            if message.json not in plans:
                plans.append(message.json)
            routes[drone] = plans.index(message.json)
        kept = KeptMission(
            order=order, requester=self._requester, name=self.name, drones=self.drones, stage=self._stage,
            plans=tuple(plans), routes=routes, asked=self._asked, cleared_s=self.cleared_s,
            started_s=self._started_s, ended_by=self._ended_by, earlier=tuple(self._ends),
        )  # fmt: skip
        if flights is None:
            return kept
        phases = {drone: str(last) for drone, last in flights.last_phases.items()}
        owed = {drone: command.order for drone, command in flights.owed.items()}
        taken = {"phases": phases, "owed": owed, "take_overs": flights.taken_over_s}
        return kept.model_copy(update={"run": flights.run.memory, **taken})

    # The sequence of a mission

    async def _fly_new(self) -> tuple[str, str]:
        """From the order to the outcome and its reason."""
        self._ends.append(await self._fly_cleared())
        return await self._fly_later_sorties()

    async def _fly_on(self, kept: KeptMission) -> tuple[str, str]:
        """Continue the mission of an earlier process. A mission that was being cleared then is not flown."""
        if kept.stage == "clearing":
            self._ends.append(("aborted", f"{RESTARTED} before the clearance"))
            return outcome_of_all(self._ends)
        if kept.stage == "flying":
            plans = kept.read_plans()
            messages = {route.drone: self._message for route in self._plan.routes}
            messages |= {drone: plan_message(plans[place]) for drone, place in kept.routes.items()}
            latest = (plans[place].route_of(drone) for drone, place in kept.routes.items())
            flights = self._begin(self._plan.with_routes(route for route in latest if route is not None), messages)
            flights.run.goes_on(kept.run, RESTARTED)
            await flights.go_on(kept.phases, kept.owed, kept.take_overs)
            self._kept = None
            self._ends.append(await self._until_down(flights))
        else:
            outcome, reason = self._ends[-1]
            self._ends[-1] = outcome, reason or RESTARTED
        return await self._fly_later_sorties()

    async def _fly_cleared(self) -> tuple[str, str]:
        """Get the sortie's plan cleared and fly it."""
        self._stage = "clearing"
        try:
            self._ground.journal.write(
                "mission", run=self.order.run, mission=self.order.file, sha256=self.order.sha256,
                plan=self._plan.ordered_sha256, person=self.order.person, reason=self.order.reason,
                signature=self.order.signature, plans=list(self.order.plans),
            )  # fmt: skip
        except BlindspotError as error:
            return "refused", str(error)
        refusal = await self._refusal(self._message, JUDGED_WITHIN_S)
        if self._called_off:
            return "aborted", self._called_off
        if refusal:
            return "refused", refusal
        self.cleared_s = self._now_s() if self.cleared_s is None else self.cleared_s
        self._started_s = self._now_s()
        flights = self._begin(self._plan, {route.drone: self._message for route in self._plan.routes})
        self._ground.keep()
        await flights.start()
        return await self._until_down(flights)

    def _begin(self, plan: Plan, messages: dict[str, Any]) -> Flights:
        ground, self._stage = self._ground, "flying"
        run = FleetRun([route.drone for route in plan.routes], ground.now)
        routes = FleetRoutes(
            ground.node, ground.replan, ground.drones, self.order, plan, messages, self._started_s, self._refusal
        )
        self.flights = Flights(ground.node, ground.now, ground.drones, self.order, run, routes)
        ground.gate.expects(run.flying)
        return self.flights

    async def _until_down(self, flights: Flights) -> tuple[str, str]:
        """The outcome of a sortie and the reason, once all drones of the sortie have ended."""
        await requests.Until(lambda: flights.run.outcome is not None, time.monotonic, math.inf)
        flights.end()
        self.flights = None
        return str(flights.run.outcome), flights.run.decisive

    async def _refusal(self, message: Any, within_s: float) -> str:
        """The authority's reason against a plan; empty if it is cleared."""
        self._asked = tuple(dict.fromkeys((*self._asked, message.sha256)))
        self._ground.keep()
        clearances, drones = self._ground.clearances, self._ground.drones

        def ask(calls_off: Callable[[], str]) -> Coroutine[Any, Any, str]:
            return clearances.refusal(self.order, message, self._requester, within_s, calls_off)

        gate = self._ground.gate
        return await refusal_of(gate, ask, lambda: drones.in_the_air, lambda: self._called_off, self._note)

    def _renew(self, flights: Flights) -> None:
        """Keep the flight cleared over a restart of the authority."""
        run, messages = flights.run, flights.routes.messages
        if run.phase in NEEDS_CLEARANCE:
            known = {message.sha256: message for message in (self._message, *messages.values())}
            in_the_air = self._ground.drones.in_the_air
            self._renewal.step(run.flying, lambda: [known[one] for one in self._asked if one in known], in_the_air)

    async def _ask_again(self, message: Any, is_given_up: Callable[[], bool]) -> str:
        ask = self._ground.clearances.again
        return await ask(self.order, message, self._requester, JUDGED_WITHIN_S, is_given_up)

    def _give_back(self) -> tuple[str, ...]:
        """Give every clearance of the mission back; the hashes of the plans."""
        given, self._asked = self._asked, ()
        for sha256 in given:
            self._ground.clearances.give_back(sha256, self._requester)
        return given

    # Sorties

    async def _fly_later_sorties(self) -> tuple[str, str]:
        """Fly the later sorties, each with fresh packs, while each sortie is completed."""
        self._kept = None
        while self._ends[-1][0] == "completed" and not is_last(self._plan):
            ended_by = self._ended_by
            self._ends.append(("aborted", ended_by) if ended_by else await self._fly_next_sortie())
        return outcome_of_all(self._ends)

    async def _fly_next_sortie(self) -> tuple[str, str]:
        self._stage = "swapping"
        given = self._give_back()
        try:
            plan = next_sortie(run_folder(self._ground.stack_dir, self.order.run), self._plan)
        except BlindspotError as error:
            return "refused", str(error)
        if plan is None:
            return "degraded", "the plan is missing in the run's folder: nothing is flown"
        if self.order.plans and plan.sha256 not in self.order.plans:
            return "refused", "the plan is no plan of the first order"
        strangers = [route.drone for route in plan.routes if route.drone not in self.drones]
        if strangers or not plan.routes:
            return "refused", f"its plan has no route for drones of this mission ({', '.join(strangers)})"
        if not await self._ground.clearances.returned(*given):  # before a person goes near: with a lease it could arm
            return "refused", "the authority has not taken the former clearance back"
        await self._swap(plan)
        if self._called_off:
            return "aborted", self._called_off
        self._plan, self._message = plan, plan_message(plan)
        return await self._fly_cleared()

    async def _swap(self, plan: Plan) -> None:
        """Wait until each drone of the next sortie has another battery pack and stands on its pad: for the time of a
        swap in a simulation, else for a person's word about each drone. A call-off ends the wait."""
        if self._ground.simulated:
            swap_s = self._ground.fleet.file.swap_s
            await requests.Until(lambda: bool(self._called_off), self._ground.now, swap_s)
            return
        self._unswapped = {route.drone: route.pad for route in plan.routes}
        await requests.Until(lambda: not self._unswapped or bool(self._called_off), time.monotonic, math.inf)
        self._unswapped.clear()

    # Status

    def _now_s(self) -> float:
        return now_s(self._ground.node)

    def _phase(self) -> tuple[str, str]:
        if self.end is not None:
            return "done", ""
        if self.flights is not None:
            return self.flights.run.phase, self.flights.run.first_cause
        if self._stage == "swapping":
            if self._unswapped:
                waits = (f"{drone} on pad {pad}" for drone, pad in sorted(self._unswapped.items()))
                return "swapping", f"waits for new battery packs in {', '.join(waits)}"
            changes = self._ground.simulated
            return "swapping", "battery packs are changed" if changes else "waits for the end of its clearance"
        return "authorising", ""

    def _of_sortie(self, reason: str) -> str:
        """The reason with the number of the sortie in progress, in a mission of several."""
        sortie = self._plan.sortie
        if sortie is None:
            return reason
        number = sortie.number + (self._stage == "swapping" and self.flights is None)
        return f"sortie {number} of {sortie.of}" + (f": {reason}" if reason else "")

    def _log(self) -> None:
        phase, reason = self._phase()
        line = (phase, self._of_sortie(reason)) if self.end is None else (": ".join(("done", self.end[0])), self.end[1])
        if line != self._logged and (self.end is not None or phase != "done"):  # the outcome follows at once
            self._logged = line
            self._note(": ".join(word for word in line if word))

    def _note(self, event: str) -> None:
        self._ground.node.get_logger().info(": ".join(filter(None, (self._label, event))))
