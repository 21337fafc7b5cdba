"""A lease as it travels: signed by the authority, verified on board. Pure.

Any participant on the network can publish a lease or replay one. A lease counts only under four conditions. The
authority's key has signed the lease (Ed25519); the lease is for this drone; the lease is newer than the last lease of
the same authority; and the lease is valid now and for moments only.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import astuple, dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from blindspot.law.leases.lease import LEASE_S

CLOCKS_S = 2.0
"""Largest lead of the authority's clock over ours, s; simulated time arrives at a node up to a second late."""
MOST_ISSUERS = 8
"""Largest number of authorities tracked at a time: one authority is expected, and another after a restart."""
_PURPOSE = "blindspot.lease/4"


@dataclass(frozen=True, slots=True)
class SignedLease:
    """The lease that an authority gives one drone at one moment."""

    drone: str
    authorisation: str
    plan: str
    """Hash of the cleared plan."""
    mission: str
    """Hash of the mission that the plan belongs to."""
    fleet: str
    """Hash of the fleet file on the ground station: a drone with another one would count other keys of pilots."""
    granted: bool
    may_look: bool
    """Whether the drone may also look."""
    simulated: bool
    """Whether it is for simulated autopilots only."""
    issuer: str
    """The id of the signing authority; new after each start."""
    sequence: int
    """Increases with each lease of an issuer."""
    valid_until_ns: int
    """On the node's clock (ROS time)."""
    rule: str = ""
    """The rule that refused, empty when granted."""
    signature: bytes = b""

    @property
    def content(self) -> bytes:
        """The signed bytes: every field except the signature, in one canonical form."""
        return json.dumps([_PURPOSE, *astuple(self)[:-1]], separators=(",", ":"), ensure_ascii=True).encode()


class LeaseSigner:
    """One running authority, with the hash of its fleet file."""

    def __init__(self, key: Ed25519PrivateKey, fleet: str = "") -> None:
        self._key, self._fleet = key, fleet
        self._issuer = secrets.token_hex(8)
        self._sequence = 0

    def sign(
        self, drone: str, authorisation: str, plan: str, mission: str, *, granted: bool, may_look: bool,
        simulated: bool, valid_until_ns: int, rule: str,
    ) -> SignedLease:  # fmt: skip
        """The next lease of this authority."""
        self._sequence += 1
        lease = SignedLease(
            drone, authorisation, plan, mission, self._fleet, granted, may_look, simulated, self._issuer,
            self._sequence, valid_until_ns, rule,
        )  # fmt: skip
        return replace(lease, signature=self._key.sign(lease.content))


class LeaseVerifier:
    """Decides which received leases count for one drone. `simulated` states whether its autopilot is a simulation.

    A lease that does not count is ignored completely: otherwise any participant could end a flight. A signed refusal
    wins: for `LEASE_S` after a refusal, no granted lease for the same plan counts, from any authority.
    """

    def __init__(self, drone: str, key: Ed25519PublicKey, *, simulated: bool) -> None:
        self._drone, self._key, self._simulated = drone, key, simulated
        self._last: dict[str, tuple[int, float]] = {}
        """By issuer: the last sequence and its time of arrival."""
        self._refused: dict[str, float] = {}
        """By plan: time of the last refusal."""

    def why_not(self, lease: SignedLease, valid_until_s: float, now_s: float) -> str:
        """The reason against a lease that arrives now; empty if the lease counts. Each lease counts once only.
        `valid_until_s` is its end on the clock of `now_s`."""
        problem = self._not_the_authoritys(lease) or _not_now(lease, valid_until_s, now_s) or self._again(lease, now_s)
        if problem:
            return problem
        self._last[lease.issuer] = lease.sequence, now_s
        self._refused = {plan: at_s for plan, at_s in self._refused.items() if 0.0 <= now_s - at_s < LEASE_S}
        if not lease.granted:
            self._refused[lease.plan] = now_s
        elif lease.plan in self._refused:
            return "an authority has just refused it"
        return ""

    def _not_the_authoritys(self, lease: SignedLease) -> str:
        try:
            self._key.verify(lease.signature, lease.content)
        except InvalidSignature:
            return "it is not signed by the authority's key"
        if lease.drone != self._drone:
            return f"it is for {lease.drone}"
        if lease.simulated and not self._simulated:
            return "it is for a simulated autopilot"
        return ""

    def _again(self, lease: SignedLease, now_s: float) -> str:
        """All leases of an issuer that is removed here have long expired."""
        kept_s = LEASE_S + 2 * CLOCKS_S
        known = self._last.get(lease.issuer)
        if known is not None:
            return "" if lease.sequence > known[0] else "it has arrived before"
        self._last = {issuer: last for issuer, last in self._last.items() if now_s - last[1] <= kept_s}
        return "" if len(self._last) < MOST_ISSUERS else "too many authorities give leases"


def _not_now(lease: SignedLease, valid_until_s: float, now_s: float) -> str:
    """A refusal has no validity: `valid_until` is the moment of the sending."""
    if valid_until_s <= now_s - (0.0 if lease.granted else LEASE_S):
        return "it has expired"
    if valid_until_s > now_s + LEASE_S + CLOCKS_S:
        return f"it is valid for longer than {LEASE_S:g} s from now"
    return ""
