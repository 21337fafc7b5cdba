"""The leases of a drone as a node of it hears them: those that the authority's key has signed, and no others."""

from __future__ import annotations

import time
from typing import Any

from blindspot_msgs.msg import Clearance
from builtin_interfaces.msg import Time
from rclpy.node import Node

from blindspot.law.leases import LEASE_S, LeaseState, LeaseVerifier, LeaseWatch, SignedLease, load_public_lease_key
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import ForwardClock
from blindspot.nodes.graph.messages import seconds
from blindspot.nodes.graph.parameters import given_file

TOLD_AGAIN_S = 60.0
"""Wall time after which a reason is told again: anybody can publish as many leases as he likes."""
_NS = 1_000_000_000


class Leases:
    """What counts for one drone, asked at any time. `key_file` holds the public half of the authority's key.

    A node that flies a plan obeys the leases of that plan alone; one that obeys none, as the camera, takes those of
    any plan that is cleared for the drone.
    """

    def __init__(self, node: Node, now: ForwardClock, key_file: str, *, simulated: bool) -> None:
        """Subscribes `clearance`. Raises InputError for a key file that is none."""
        self._node, self._now = node, now
        key = load_public_lease_key(given_file(node.get_fully_qualified_name(), "lease_key", key_file))
        self._verifier = LeaseVerifier(node.get_namespace().strip("/"), key, simulated=simulated)
        self._watch, self._plan = LeaseWatch(), ""
        self._until_s: dict[str, float] = {}
        """By plan: until when it is leased."""
        self._told_s: dict[str, float] = {}
        node.create_subscription(Clearance, "clearance", self.heard, qos.LEASE)

    def at(self, now_s: float) -> LeaseState:
        """What they mean for the flight now."""
        return self._watch.at(now_s)

    def names(self, plan: str, now_s: float) -> bool:
        """Whether a lease for the plan of this hash holds now."""
        return now_s < self._until_s.get(plan, now_s)

    def obey(self, plan: str) -> None:
        """From now on only leases for this plan count: one that was heard for another is none."""
        now_s, self._plan = self._now(), plan
        self._watch.heard(self.names(plan, now_s), self._until_s.get(plan, now_s), now_s)

    def heard(self, message: Any) -> None:
        """A lease: one that does not count changes nothing."""
        lease, now_s = signed_lease_of(message), self._now()
        until_s = self._now.of(seconds(message.valid_until))
        problem = self._verifier.why_not(lease, until_s, now_s)
        if problem:
            self._tell(problem)
            return
        until_s = min(until_s, now_s + LEASE_S) if lease.granted else now_s
        self._until_s = {plan: end_s for plan, end_s in self._until_s.items() if end_s > now_s}
        self._until_s[lease.plan] = until_s
        is_ours = self._plan in ("", lease.plan)
        self._watch.heard(lease.granted and is_ours, until_s, now_s, message.reason)

    def _tell(self, problem: str) -> None:
        steady_s = time.monotonic()
        if steady_s - self._told_s.get(problem, -TOLD_AGAIN_S) >= TOLD_AGAIN_S:
            self._told_s[problem] = steady_s
            self._node.get_logger().warning(f"a lease that was heard is none: {problem}")


def signed_lease_of(message: Any) -> SignedLease:
    """The lease of a message as it was signed; `reason` is for people and signed by nobody."""
    until = message.valid_until
    return SignedLease(
        message.drone, message.authorisation, message.plan, bool(message.granted), bool(message.simulated),
        message.issuer, int(message.sequence), until.sec * _NS + until.nanosec, message.rule, bytes(message.signature),
    )  # fmt: skip


def clearance_message(lease: SignedLease, reason: str) -> Any:
    """A lease as a message; who publishes it sets the stamp."""
    sec, nanosec = divmod(lease.valid_until_ns, _NS)
    return Clearance(
        drone=lease.drone, authorisation=lease.authorisation, plan=lease.plan, granted=lease.granted,
        simulated=lease.simulated, issuer=lease.issuer, sequence=lease.sequence, rule=lease.rule, reason=reason,
        valid_until=Time(sec=sec, nanosec=nanosec), signature=lease.signature,
    )  # fmt: skip
