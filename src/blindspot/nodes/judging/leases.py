"""The leases of a drone, as received by the drone's nodes: only leases signed with the authority's key count."""

from __future__ import annotations

import time
from typing import Any

from blindspot_msgs.msg import Clearance
from builtin_interfaces.msg import Time
from rclpy.node import Node

from blindspot.flight.control import NO_RIGHT
from blindspot.law.leases import LEASE_S, LeaseState, LeaseVerifier, LeaseWatch, SignedLease, load_public_lease_key
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import ForwardClock
from blindspot.nodes.graph.messages import seconds
from blindspot.nodes.graph.parameters import declare_str, given_file

LOG_AGAIN_S = 60.0
"""Wall time after which a reason is logged again: any process can publish any number of leases."""
_NS = 1_000_000_000


class Leases:
    """The lease state of one drone at any time.

    A node that flies a plan calls `obey` with the plan and the plan's mission. A node that looks, such as the camera,
    calls `obey` with the mission, and with the authorisation that the node has read. Then only these leases count.
    Before the first call every lease counts.
    """

    def __init__(self, node: Node, now: ForwardClock, *, simulated: bool) -> None:
        """Declare `lease_key` and subscribe `clearance`. Raises InputError for a missing or unreadable key file."""
        self._node, self._now = node, now
        key_file = declare_str(node, "lease_key", "", describe="File of the public half of the authority's key.")
        key = load_public_lease_key(given_file(node.get_fully_qualified_name(), "lease_key", key_file))
        self._verifier = LeaseVerifier(node.get_namespace().strip("/"), key, simulated=simulated)
        self._watch, self._obeyed = LeaseWatch(), ("", "", "")
        self._until_s: dict[tuple[str, str, str], tuple[float, bool]] = {}
        """By plan, mission and authorisation: end of the lease, s, and whether it has the right to look."""
        self.fleet = ""
        """Hash of the ground station's fleet file, as named by the latest lease; "" before a lease."""
        self._logged_s: dict[str, float] = {}
        node.create_subscription(Clearance, "clearance", self.heard, qos.LEASE)

    def at(self, now_s: float) -> LeaseState:
        """The lease state at a time of the node's forward clock."""
        return self._watch.at(now_s)

    def silent_s(self, now_s: float) -> float:
        """Time since the last valid lease at a time of the node's forward clock, s."""
        return self._watch.silent_s(now_s)

    def may_look(self, now_s: float) -> bool:
        """Whether the lease permits the sensor at a time of the node's forward clock."""
        return self._watch.may_look(now_s)

    def why_not_look(self, now_s: float) -> str:
        """The reason of the leases against the sensor; empty if they permit it."""
        if self.at(now_s) != "ok":
            return "no lease"
        return "" if self.may_look(now_s) else NO_RIGHT

    def names(self, plan: str, mission: str, now_s: float) -> bool:
        """Whether a lease for the plan and the mission of these hashes holds now."""
        return any(end_s > now_s and of[:2] == (plan, mission) for of, (end_s, _) in self._until_s.items())

    def obey(self, *, mission: str, plan: str = "", authorisation: str = "") -> None:
        """From now on only leases for this mission count, for this plan if a plan is given, and under the
        authorisation of this id if an id is given. Earlier leases for others lose their effect."""
        now_s, self._obeyed = self._now(), (plan, mission, authorisation)
        counted = (known for of, known in self._until_s.items() if self._counts(of))
        until_s, may_look = max(counted, default=(now_s, False))
        self._watch.heard(now_s < until_s, until_s, now_s, may_look=may_look)

    def _counts(self, of: tuple[str, str, str]) -> bool:
        return all(asked in ("", given) for asked, given in zip(self._obeyed, of, strict=True))

    def heard(self, message: Any) -> None:
        """Take a lease from a message; an invalid one is ignored and logged."""
        lease, now_s = signed_lease_of(message), self._now()
        until_s = self._now.of(seconds(message.valid_until))
        problem = self._verifier.why_not(lease, until_s, now_s)
        if problem:
            self._log(problem)
            return
        self.fleet = lease.fleet
        until_s = min(until_s, now_s + LEASE_S) if lease.granted else now_s
        self._until_s = {of: known for of, known in self._until_s.items() if known[0] > now_s}
        of = lease.plan, lease.mission, lease.authorisation
        self._until_s[of] = until_s, lease.may_look
        is_ours = self._counts(of)
        self._watch.heard(lease.granted and is_ours, until_s, now_s, message.reason, may_look=lease.may_look)

    def _log(self, problem: str) -> None:
        steady_s = time.monotonic()
        if steady_s - self._logged_s.get(problem, -LOG_AGAIN_S) >= LOG_AGAIN_S:
            self._logged_s[problem] = steady_s
            self._node.get_logger().warning(f"a received lease is invalid: {problem}")


def signed_lease_of(message: Any) -> SignedLease:
    """The signed fields of a message as a lease; `reason` is for people and lies outside the signature."""
    until = message.valid_until
    return SignedLease(
        message.drone, message.authorisation, message.plan, message.mission, message.fleet, bool(message.granted),
        bool(message.may_look), bool(message.simulated), message.issuer, int(message.sequence),
        until.sec * _NS + until.nanosec, message.rule, bytes(message.signature),
    )  # fmt: skip


def clearance_message(lease: SignedLease, reason: str) -> Any:
    """A lease as a message; the publisher sets the stamp."""
    sec, nanosec = divmod(lease.valid_until_ns, _NS)
    return Clearance(
        drone=lease.drone, authorisation=lease.authorisation, plan=lease.plan, mission=lease.mission,
        fleet=lease.fleet, granted=lease.granted, may_look=lease.may_look, simulated=lease.simulated,
        issuer=lease.issuer, sequence=lease.sequence, rule=lease.rule, reason=reason,
        valid_until=Time(sec=sec, nanosec=nanosec), signature=lease.signature,
    )  # fmt: skip
