"""Inspections from `flight_control`: the order, and the request to the gate to clear the way."""

from __future__ import annotations

from typing import Any

from blindspot_msgs.srv import ClearInspection
from pydantic import ValidationError
from rclpy.node import Node
from rclpy.task import Future

from blindspot.core import one_line, plainly
from blindspot.flight.control import AIMED_WITHIN_S, SPEED_MPS, Inspection, RouteFlight
from blindspot.flight.vehicle import Reply
from blindspot.mission import Aim, Point

SERVICE = "/blindspot/clear_inspection"


def order_inspection(flight: RouteFlight, request: Any) -> str:
    """Order the inspection of an `Order` request. Returns "" or the reason of a refusal."""
    try:
        to, aim = point_of(request.position), Aim(heading_deg=request.heading_deg, pitch_deg=request.pitch_deg)
    except ValidationError as error:
        return f"{error.errors()[0]['loc'][0]}: {plainly(error)}"
    if request.then not in ("", "resume", "return"):
        return f"then: {one_line(request.then, 20)!r} follows no look: say resume, return, or nothing"
    return flight.inspect(Inspection(request.person, to, aim, request.seconds, request.reason, request.then))


class ClearanceOfWays:
    """Asks the gate to clear ways of one drone; an absent gate counts as a refusal."""

    def __init__(self, node: Node, drone: str) -> None:
        self._drone = drone
        self._client = node.create_client(ClearInspection, SERVICE)

    def ask(self, order: Inspection, start: Point) -> Reply:
        """See `flight.inspect.ClearWay`; the flight sets the time-out."""
        reply = Reply()
        if not self._client.service_is_ready():
            reply.settle("refused", "the authority does not answer: no clearance")
            return reply
        request = ClearInspection.Request(
            drone=self._drone, heading_deg=order.aim.heading_deg, pitch_deg=order.aim.pitch_deg,
            seconds=order.seconds + AIMED_WITHIN_S, speed_mps=SPEED_MPS,
        )  # fmt: skip
        for message, place in ((request.start, start), (request.position, order.to)):
            message.x, message.y, message.z = place.east_m, place.north_m, place.up_m

        def answered(future: Future) -> None:
            answer = future.result()
            granted = answer is not None and answer.granted
            reply.settle("ok" if granted else "refused", answer.reason if answer is not None else "no clearance")

        self._client.call_async(request).add_done_callback(answered)
        return reply


def point_of(message: Any) -> Point:
    return Point(east_m=message.x, north_m=message.y, up_m=message.z)
