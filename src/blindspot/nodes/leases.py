"""The leases of a drone, as its nodes receive them: only leases signed with the authority's key count."""

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

LOG_AGAIN_S = 60.0
"""Wall time after which a reason is logged again: any process can publish any number of leases."""
_NS = 1_000_000_000


class Leases:
    """The lease state of one drone at any time. `key_file` holds the public half of the authority's key.

    A node that flies a plan calls `obey`, and then only the leases of that plan count. For other nodes, such as the
    camera, the leases of any plan that is cleared for the drone count.
    """

    def __init__(self, node: Node, now: ForwardClock, key_file: str, *, simulated: bool) -> None:
        """Subscribe `clearance`. Raises InputError for a missing or unreadable key file."""
        self._node, self._now = node, now
        key = load_public_lease_key(given_file(node.get_fully_qualified_name(), "lease_key", key_file))
        self._verifier = LeaseVerifier(node.get_namespace().strip("/"), key, simulated=simulated)
        self._watch, self._plan = LeaseWatch(), ""
        self._until_s: dict[str, float] = {}
        """By plan: end of its lease, s."""
        self._logged_s: dict[str, float] = {}
        node.create_subscription(Clearance, "clearance", self.heard, qos.LEASE)

    def at(self, now_s: float) -> LeaseState:
        """The lease state at a time of the node's forward clock."""
        return self._watch.at(now_s)

    def names(self, plan: str, now_s: float) -> bool:
        """Whether a lease for the plan of this hash holds now."""
        return now_s < self._until_s.get(plan, now_s)

    def obey(self, plan: str) -> None:
        """From now on only leases for this plan count; earlier leases for another plan lose their effect."""
        now_s, self._plan = self._now(), plan
        self._watch.heard(self.names(plan, now_s), self._until_s.get(plan, now_s), now_s)

    def heard(self, message: Any) -> None:
        """Take a lease from a message; an invalid one is ignored and logged."""
        lease, now_s = signed_lease_of(message), self._now()
        until_s = self._now.of(seconds(message.valid_until))
        problem = self._verifier.why_not(lease, until_s, now_s)
        if problem:
            self._log(problem)
            return
        until_s = min(until_s, now_s + LEASE_S) if lease.granted else now_s
        self._until_s = {plan: end_s for plan, end_s in self._until_s.items() if end_s > now_s}
        self._until_s[lease.plan] = until_s
        is_ours = self._plan in ("", lease.plan)
        self._watch.heard(lease.granted and is_ours, until_s, now_s, message.reason)

    def _log(self, problem: str) -> None:
        steady_s = time.monotonic()
        if steady_s - self._logged_s.get(problem, -LOG_AGAIN_S) >= LOG_AGAIN_S:
            self._logged_s[problem] = steady_s
            self._node.get_logger().warning(f"a received lease is invalid: {problem}")


def signed_lease_of(message: Any) -> SignedLease:
    """The signed fields of a message as a lease; `reason` is for people and lies outside the signature."""
    until = message.valid_until
    return SignedLease(
        message.drone, message.authorisation, message.plan, bool(message.granted), bool(message.simulated),
        message.issuer, int(message.sequence), until.sec * _NS + until.nanosec, message.rule, bytes(message.signature),
    )  # fmt: skip


def clearance_message(lease: SignedLease, reason: str) -> Any:
    """A lease as a message; the publisher sets the stamp."""
    sec, nanosec = divmod(lease.valid_until_ns, _NS)
    return Clearance(
        drone=lease.drone, authorisation=lease.authorisation, plan=lease.plan, granted=lease.granted,
        simulated=lease.simulated, issuer=lease.issuer, sequence=lease.sequence, rule=lease.rule, reason=reason,
        valid_until=Time(sec=sec, nanosec=nanosec), signature=lease.signature,
    )  # fmt: skip
