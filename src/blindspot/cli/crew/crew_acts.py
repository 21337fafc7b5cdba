"""The orders that people give in the page of a running stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blindspot.acts.orders import pack_of
from blindspot.cli.crew.evening_acts import EveningActs
from blindspot.cli.crew.fly_acts import FlyActs
from blindspot.console import PageOrder, PageOrders
from blindspot.console.crew import CrewDesk, Kind, PageFlights, Prepared, RefusedAttempts, text_in, texts_in
from blindspot.core import InputError
from blindspot.flight.missions import SWAPPED
from blindspot.law.orders import FLY, Ordered, named, order_details

if TYPE_CHECKING:
    from blindspot.mission import Fleet
    from blindspot.stack import stack_record

Acts = Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]


def crew_acts(
    record: stack_record.StackRecord, fleet: Fleet, orders: PageOrders, flights: PageFlights,
    attempts: RefusedAttempts, operation: Path | None,
) -> Acts:  # fmt: skip
    """What a page may ask in the name of a person. Signed orders need the record's statement whether drones are
    simulated; without the statement a page can only stop drones. `operation` is the file of the flown operation; None:
    orders about an evening are refused."""
    if record.simulated is None:
        return {"missions": lambda _: {"missions": []}}
    missions = FlyActs(record, fleet, orders, flights)
    kinds: dict[str, Kind] = {
        "resume": partial(resume, fleet, orders), SWAPPED: partial(swapped, fleet, orders), FLY: missions.fly,
    }  # fmt: skip
    if operation is not None:
        kinds |= EveningActs(operation, record.journal).kinds
    desk = CrewDesk(fleet, simulated=record.simulated, kinds=kinds, refuse=attempts.note)
    return {**desk.acts, "missions": missions.missions, "plan": missions.plan}


def resume(fleet: Fleet, orders: PageOrders, said: Mapping[str, Any]) -> Prepared:
    """Let drones continue their routes; without names, every drone that flies."""
    person, reason = named(text_in(said, "person"), text_in(said, "reason"))
    return _to_drones(orders, said, "resume", _drones(fleet, said), person, reason)


def swapped(fleet: Fleet, orders: PageOrders, said: Mapping[str, Any]) -> Prepared:
    """Confirm that one drone has another battery pack."""
    person, reason = named(text_in(said, "person"), text_in(said, "reason"))
    drones = _drones(fleet, said)
    if len(drones) != 1:
        raise InputError("the console", SWAPPED, "is for one drone", "name the drone")
    pack = pack_of(fleet, drones[0], text_in(said, "pack"))
    return _to_drones(orders, said, SWAPPED, drones, person, f"pack {pack}: {reason}" if pack else reason)


def _to_drones(
    orders: PageOrders, said: Mapping[str, Any], order: str, drones: tuple[str, ...], person: str, reason: str
) -> Prepared:
    """An order for the mission manager. The page names the order, and follows the state that all pages see."""
    id_ = text_in(said, "page_id", 64)
    person, reason = named(person, reason)  # a pack may make the reason too long

    def carry(signature: str) -> Mapping[str, Any]:
        orders.add(PageOrder(id_, order, drones, person, reason, signature))
        return {}

    return Prepared(Ordered(order, person, reason, drones, order_details()), carry)


def _drones(fleet: Fleet, said: Mapping[str, Any]) -> tuple[str, ...]:
    drones = texts_in(said, "drones")
    for drone in drones:
        fleet.member(drone)
    return drones
