"""Orders of people, from messages to the words that are signed, and the orders of missions as the gate judges the
orders."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from blindspot.evidence import Entry, entries_of_act
from blindspot.evidence.journals import why_not_by
from blindspot.flight.missions import SWAPPED
from blindspot.law.clearances import is_rest
from blindspot.law.orders import FLY, Ordered, OrderVerifier, order_details, read_mandate
from blindspot.mission import Plan

OVER = "over"
"""In an entry `withdrawal`: the ordered plan whose flight has ended, and that its order flies no second time."""


def mission_ordered(order: Any) -> Ordered:
    """The words of a MissionOrder."""
    details = (order.file, order.sha256, order.run, *order.plans)
    return Ordered(FLY, order.person, order.reason, (), details)


def ordered(request: Any) -> Ordered:
    """The words of a request of the service `order`."""
    at = request.position
    details = order_details(
        int(request.step), (at.x, at.y, at.z), request.heading_deg, request.pitch_deg, request.seconds, request.then
    )
    return Ordered(request.order, request.person, request.reason, tuple(request.drones), details)


def why_not_mandated(
    verifier: OrderVerifier, journal: Path, act: str, order: Any, drones: Collection[str], *, is_new: bool = True
) -> str:
    """The reason why a mission with a valid mandate may not fly by the mandate; empty if the mission may fly, or has
    no mandate.

    `act` is that of `why_not_by`. A run in progress (not `is_new`) is held to the mandate's drones alone. Raises
    InputError for a damaged journal.
    """
    by = read_mandate(order.signature)
    if by is None:
        return ""
    mandate, _ = by
    if (problem := mandate.why_not_drones(drones)) or not is_new:
        return problem
    return why_not_by(verifier, journal, act, mandate, order.run)


class GateOrders:
    """The orders of missions that may be cleared. The signed order of a run in progress may be cleared again: for the
    rest of its plan, for a later sortie, and after a restart. The journal says which run is meant, and how far the
    run is.
    """

    def __init__(self, verifier: OrderVerifier, journal: Path) -> None:
        self._verifier, self._journal = verifier, journal

    def why_not(self, order: Any, plan: Plan) -> str:
        """The reason why a plan may not be cleared by this MissionOrder, in one sentence; empty if it may. The law
        holds a rest to the clearance of the whole plan."""
        verifier, words, signature = self._verifier, mission_ordered(order), order.signature
        granted = self._granted(order) if signature and order.plans else []
        is_new = not (granted and verifier.lasts(signature))
        problem = verifier.why_not_signed(words, signature) or (verifier.why_not_now(signature) if is_new else "")
        if not problem and not is_rest(plan):
            is_post = plan.watch is not None  # the drones of a watch start in any order, and fly again and again
            problem = verifier.why_not_plan(words, plan.ordered_sha256, is_first=is_new and not is_post)
            its_turn = self._why_no_relief if is_post else self._why_not_its_turn
            problem = problem or ("" if is_new else its_turn(order, plan, granted))
        drones = [route.drone for route in plan.routes]
        return problem or why_not_mandated(verifier, self._journal, "clearance", order, drones, is_new=is_new)

    def _granted(self, order: Any) -> list[Entry]:
        """The clearances of this order, if its run still goes on; else none. Raises InputError for a damaged
        journal."""
        entries = (entry for entry in entries_of_act(self._journal, "clearance") if entry.facts.get("granted") is True)
        granted = [entry for entry in entries if entry.facts.get("signature") == order.signature]
        if not granted or any(entry.facts.get("run") != order.run for entry in granted):
            return []
        ends = self._since(granted[0].number, "mission_ended", order.run)
        return [] if any(ends) else granted

    def _why_not_its_turn(self, order: Any, plan: Plan, granted: Sequence[Entry]) -> str:
        """The reason why the turn of a sortie, named by the order of a run in progress, has not come; empty if the turn
        has come. Whoever repeats the order starts no drone at which a person works: a sortie is flown once, and the
        next of real drones after a pilot's word about each pack. Raises InputError for a damaged journal."""
        place, first = list(order.plans).index(plan.sha256), granted[0].number
        earlier, later = order.plans[:place], order.plans[place + 1 :]
        over = {end.facts.get(OVER) for end in self._since(first, "withdrawal", order.run)}
        if plan.sha256 in over or any(entry.facts.get("plan") in later for entry in granted):
            return "this sortie of the run is over: it needs a new order"
        if not earlier:
            return ""
        since = max(entry.number for entry in granted if entry.facts.get("plan") in earlier)
        return self._why_not_swapped(order.run, plan, since)

    def _why_no_relief(self, order: Any, plan: Plan, granted: Sequence[Entry]) -> str:
        """The reason why a drone of a watch may not fly its post again; empty if it may, or has not flown the post.
        Raises InputError for a damaged journal."""
        ends = self._since(granted[0].number, "withdrawal", order.run)
        landed = [end.number for end in ends if end.facts.get(OVER) == plan.ordered_sha256]
        return self._why_not_swapped(order.run, plan, landed[-1]) if landed else ""

    def _why_not_swapped(self, run: str, plan: Plan, since: int) -> str:
        """The drones of a plan whose packs no pilot has changed since an entry, as a reason; empty without one, and
        in a simulation, which changes packs by itself."""
        if self._verifier.simulated:
            return ""
        orders = self._since(since, "order", run)
        changed = {drone for each in orders if each.facts.get("order") == SWAPPED for drone in _names(each)}
        waiting = [route.drone for route in plan.routes if route.drone not in changed]
        return f"no pilot has reported another battery pack in {', '.join(waiting)}" if waiting else ""

    def _since(self, number: int, act: str, run: str) -> Iterator[Entry]:
        """The entries of an act in a run after the one of this number."""
        entries = entries_of_act(self._journal, act)
        return (entry for entry in entries if entry.number > number and entry.facts.get("run") == run)


def _names(entry: Entry) -> tuple[str, ...]:
    """The drones that an entry names."""
    drones = entry.facts.get("drones")
    return tuple(map(str, drones)) if isinstance(drones, list | tuple) else ()
