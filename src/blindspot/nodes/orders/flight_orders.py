"""Orders to one drone, as the drone's `flight_control` obeys the orders: orders to a flight, and orders of missions
that begin a flight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from blindspot_msgs.msg import MissionOrder

from blindspot.core import is_blank, one_line
from blindspot.flight.control import RouteFlight, because
from blindspot.law.clearances import is_rest
from blindspot.law.orders import MOVES, OrderVerifier
from blindspot.mission import Fleet, Plan
from blindspot.nodes.autopilot.flight_journal import FlightJournal
from blindspot.nodes.judging.inspection import order_inspection
from blindspot.nodes.orders.signed_orders import mission_ordered, ordered

LANDS = "ordered to land"
"""Begins the reason of a landing that a person or a node ordered: where the drone is, and not at home."""
HELD = "held"
"""Begins the reason of a hold that a person ordered, in the air or before the arming."""


def _reason_of(act: str, asked: Any) -> str:
    """An order as the reason of a phase: act, person and reason. An order without a person is a node's own."""
    return because(f"{act} by {asked.person}" if asked.person else f"{act} from the ground", asked.reason)


ORDERS: Mapping[str, Callable[[RouteFlight, Any], str]] = {
    "hold": lambda flight, asked: flight.hold(_reason_of(HELD, asked)),
    "stand_by": lambda flight, _: flight.stand_by(),
    "resume": lambda flight, asked: flight.resume(asked.person, asked.reason),
    "return_home": lambda flight, asked: flight.return_home(_reason_of("called home", asked)),
    "abort": lambda flight, asked: flight.abort(_reason_of(LANDS, asked)),
    "jump": lambda flight, asked: flight.jump(asked.step, asked.person, asked.reason),
    "inspect": order_inspection,
}
"""Each applies an order to the flight, given the request, and returns "" or the reason of a refusal."""


def plain_order(order: Any) -> MissionOrder:
    """A mission's order with its words for people as one line each."""
    return MissionOrder(
        file=order.file, sha256=order.sha256, run=order.run, person=one_line(order.person, 100),
        reason=one_line(order.reason, 100),
    )  # fmt: skip


class BoardOrders:
    """Decides on board of one drone which orders count: any process can send one, whatever the gate has cleared."""

    def __init__(self, fleet: Fleet, drone: str, journal: FlightJournal, *, simulated: bool) -> None:
        self._fleet, self._drone, self._journal = fleet, drone, journal
        self._verifier = OrderVerifier(fleet, simulated=simulated)
        self._flown: set[tuple[str, str]] = set()
        """Run and plan of each flight that armed, or was taken over: such a flight begins once."""

    def flies(self, run: str, plan: str) -> None:
        """The drone was asked to arm for a plan of this ordered hash, or flies the plan: the plan's order begins no
        second flight."""
        self._flown.add((run, plan))

    def why_not(self, asked: Any) -> str:
        """The reason why an order to the flight in progress does not count; empty if it does."""
        if asked.order not in MOVES:
            self._verifier.stopped()
            return ""
        if is_blank(asked.person):
            return "the name of a person is needed"
        if self._fleet.operators and asked.person not in self._fleet.operators:
            return f"{asked.person} is no operator of this fleet"
        return self._verifier.why_not(ordered(asked), asked.signature, drone=self._drone)

    def why_no_flight(self, request: Any, plan: Plan) -> str:
        """The reason why a goal of `fly_route` begins no flight, or takes none over; empty if it may. The rest of a
        plan is signed by nobody: a rest is only taken over, and goes on under a lease that names the rest. A post of a
        watch is flown again and again: the gate counts its packs. Raises InputError for a damaged journal."""
        words, signature = mission_ordered(request.mission), request.mission.signature
        if request.reattach:
            problem = self._verifier.why_not_signed(words, signature)
            return problem or ("" if is_rest(plan) else self._verifier.why_not_plan(words, plan.ordered_sha256))
        run, is_post, ordered_sha256 = request.mission.run, plan.watch is not None, plan.ordered_sha256
        has_flown = (run, ordered_sha256) in self._flown
        if not has_flown and self._fleet.has_keys:
            has_flown = self._journal.has_flown(self._drone, run, ordered_sha256)
        is_later = is_post and has_flown
        problem = self._verifier.why_not_begun(words, signature, ordered_sha256, self._drone, is_later=is_later)
        return "this plan was flown in this run: it needs a new order" if has_flown and not is_post else problem
