"""Orders to one flight, as `flight_control` obeys them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from blindspot_msgs.msg import MissionOrder

from blindspot.core import one_line
from blindspot.flight.control import RouteFlight, because
from blindspot.nodes.inspection import order_inspection

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
