"""Service `pass_look` of the gate, and the reports by which the gate knows whether a drone still looks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

from blindspot_msgs.msg import DroneStatus
from blindspot_msgs.srv import PassLook

from blindspot.core import one_line
from blindspot.law.clearances import Clearances
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import ForwardClock
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.messages import seconds, status_of


class LookRights:
    """The rights to look of a node's clearances. `changed` is called with the drones whose right has changed: their
    leases are due at once."""

    def __init__(
        self, node: GuardedNode, drones: Sequence[str], clearances: Clearances, now: ForwardClock,
        changed: Callable[[Collection[str]], None],
    ) -> None:  # fmt: skip
        self._node, self._looks, self._now = node, clearances.looks, now
        self._changed, self._had = changed, frozenset[str]()
        for name in drones:
            node.create_subscription(DroneStatus, f"/{name}/drone_status", partial(self._on_status, name), qos.LATCHED)
        node.create_service(PassLook, "pass_look", self._on_pass)

    def step(self) -> None:
        """Make the changes that are due, and report them; call it at least twice a second."""
        self._looks.step(self._now())
        self._report()

    def _report(self) -> None:
        has = self._looks.given
        changed, self._had = has ^ self._had, has
        self._node.warn_of("the right to look", self._looks.problem)
        if changed:
            self._changed(changed)

    def _on_pass(self, request: Any, response: Any) -> Any:
        to, from_ = one_line(request.to_drone, 100), one_line(request.from_drone, 100)
        response.message = self._looks.pass_look(to, from_, request.requester, self._now())
        response.accepted = not response.message
        self._report()
        return response

    def _on_status(self, name: str, message: DroneStatus) -> None:
        """Take a report by the time at which the drone made it: an old one says nothing about a right lost since."""
        status = status_of(message, name)
        said_s = min(self._now.of(seconds(status.header.stamp)), self._now())
        self._looks.reported(name, said_s, inhibited=status.sensor_inhibited)
        self.step()
