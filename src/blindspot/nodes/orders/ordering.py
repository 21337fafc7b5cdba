"""Orders of a named person to drones that fly, and the states that confirm an order."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from blindspot_msgs.msg import DroneStatus
from blindspot_msgs.srv import Order
from geometry_msgs.msg import Point as PointMessage
from rclpy.node import Node
from rclpy.task import Future

from blindspot.core import LONGEST_NAME, one_line
from blindspot.flight.control import AT_REST, CALLED_OFF
from blindspot.flight.watch import is_by_failsafe
from blindspot.law.orders import MOVES, OrderSigner, unsigned
from blindspot.mission import Aim, Point
from blindspot.nodes.orders.flight_orders import HELD, LANDS
from blindspot.nodes.orders.signed_orders import ordered

SHOWN_IN: Mapping[str, tuple[str, ...]] = {
    "hold": ("hold",),
    "resume": ("takeoff", "en_route", "landing", "inspect"),
    "return_home": ("return", "landing", "landed"),
    "abort": ("landing", "landed"),
    "jump": ("hold",),
    "inspect": ("inspect",),
}
"""The phases of a drone that show an order."""
ANSWER_LIMIT_S = 5.0
"""Wall time for the mission manager's answer to an order that is given again without one."""
CALLS_OFF = ("return_home", "abort")
"""Orders that also call off a flight before the take-off: the state of a drone on the ground shows such an order."""


def may_fly(status: DroneStatus) -> bool:
    """Whether a drone is in the air, or may be: the autopilot reports so, or is unknown during a flight."""
    return status.autopilot == "up" or (status.autopilot != "down" and status.phase not in ("idle", "landed"))


def is_out(status: DroneStatus) -> bool:
    """Whether a drone has a flight in progress, or may be in the air."""
    return status.phase not in AT_REST or may_fly(status)


class Orders:
    """Sends orders to the mission manager, or to the flight_control of one drone."""

    def __init__(self, node: Node, service: str = "/blindspot/order") -> None:
        self._client = node.create_client(Order, service)
        self.signer: OrderSigner | None = None
        """Signs each order, if the person gave a key."""

    @property
    def service(self) -> str:
        return str(self._client.srv_name)

    @property
    def is_ready(self) -> bool:
        """Whether the service is discovered; a request before that is lost silently."""
        return bool(self._client.service_is_ready())

    def send(
        self, order: str, drones: Sequence[str], person: str, reason: str, *, step: int = 0,
        position: Point | None = None, aim: Aim | None = None, seconds: float = 0.0, then: str = "",
        signature: str = "",
    ) -> Future:  # fmt: skip
        """Send an order: hold, resume, return_home, abort, jump, inspect or swapped. No drones: every drone that flies.

        `step` is of jump: the step to continue at; 0 is the first. `position` (m ENU), `aim`, `seconds` and
        `then` are of inspect. `signature` is of a person who signed elsewhere, as in a page. The result has `success`
        and `message`: why not, or to which drones it was sent.
        """
        person, reason = one_line(person, LONGEST_NAME), one_line(reason, LONGEST_NAME)  # as it is verified
        request = Order.Request(order=order, drones=list(drones), person=person, reason=reason, step=step)
        if position is not None:
            request.position = PointMessage(x=position.east_m, y=position.north_m, z=position.up_m)
        if aim is not None:
            request.heading_deg, request.pitch_deg = aim.heading_deg, aim.pitch_deg
        request.seconds, request.then = seconds, then
        if signature:
            request.signature = signature
        elif self.signer is not None:
            request.signature = self.signer.sign(ordered(request))
        elif order in MOVES:
            request.signature = unsigned()
        return self._client.call_async(request)


class AwaitedOrder:
    """An order that was just sent, and the wait for the mission manager's answer.

    `details` are those of `Orders.send`. A manager that died in between gives no answer: the order is "unanswered"
    after `within_s` of wall time, `ANSWER_LIMIT_S` by default.
    """

    def __init__(
        self, orders: Orders, order: str, drones: Sequence[str], person: str, reason: str, *,
        within_s: float | None = None, **details: Any,
    ) -> None:  # fmt: skip
        self._answer = orders.send(order, drones, person, reason, **details)
        self._until_s = time.monotonic() + (ANSWER_LIMIT_S if within_s is None else within_s)

    @property
    def state(self) -> Literal["sent", "taken", "refused", "unanswered"]:
        if self._answer.done():
            return "taken" if self._answer.result().success else "refused"
        return "sent" if time.monotonic() <= self._until_s else "unanswered"

    @property
    def message(self) -> str:
        """The manager's sentence; empty without an answer."""
        return str(self._answer.result().message) if self._answer.done() else ""


class Confirmation:
    """Which drones show an order: pass it the latest status of each drone after every turn.

    A status from before the order counts for nothing, nor does a repetition of such a status for a late subscriber.
    """

    def __init__(self, order: str, drones: Collection[str], before: Mapping[str, DroneStatus]) -> None:
        self._order, self._before = order, {name: before.get(name) for name in drones}
        self.shown: dict[str, DroneStatus] = {}
        self._judged = {name for name, status in self._before.items() if status is None or status.phase != "inspect"}
        """Drones whose phase shows an inspection; a drone that looks already shows first that the gate judges."""

    @property
    def open(self) -> tuple[str, ...]:
        """Drones whose state does not show the order yet."""
        return tuple(name for name in self._before if name not in self.shown)

    @property
    def refused(self) -> dict[str, DroneStatus]:
        """Drones whose inspection ended before the flight: the gate refused the inspection, or another order came
        first."""
        return {name: status for name, status in self.shown.items() if status.inspection == "refused"}

    def look(self, statuses: Mapping[str, DroneStatus]) -> None:
        for name in self.open:
            status, before = statuses.get(name), self._before[name]
            if status is None or (before is not None and status.header.stamp == before.header.stamp):
                continue
            if self._shows(status):
                self.shown[name] = status

    def _is_judged(self, status: DroneStatus) -> bool:
        """Whether the gate has judged the look: of a drone that looked already, the first look shows no new order."""
        if status.inspection == "waiting for the gate":
            self._judged.add(status.drone)
            return False
        return status.drone in self._judged

    def _shows(self, status: DroneStatus) -> bool:
        if self._order == "resume" and status.phase == "landing":
            return not status.reason  # the end of the route; a landing with a reason is not resumed
        if status.phase == "preflight":  # a hold on the ground, and its end
            is_held = status.reason.startswith(f"{HELD} ")
            return (self._order == "hold" and is_held) or (self._order == "resume" and not is_held)
        if self._order == "hold" and status.phase in ("landing", "landed"):  # held at the start of the motors
            return CALLED_OFF in status.reason
        if is_by_failsafe(status.phase, status.reason):
            return False  # it refuses the order, and may end in the air
        if self._order == "return_home" and status.reason.startswith(LANDS):
            return False  # the drone lands on the spot, and refuses to come home
        if self._order == "inspect" and not self._is_judged(status):
            return False
        if self._order == "inspect" and status.inspection == "refused":
            return True
        if status.phase in SHOWN_IN[self._order]:
            return True
        if self._order == "jump":  # the hold before it may be shorter than the time between two messages
            return "jump" in status.reason
        return self._order in CALLS_OFF and status.phase in AT_REST and status.autopilot == "down"
