"""The leases of a run as kept in the run's record: only leases signed with the authority's key count."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from blindspot.core import InputError
from blindspot.evidence.observed import LeaseBook, RunEvent
from blindspot.law.leases import LEASE_S, LeaseVerifier, load_public_lease_key
from blindspot.nodes.graph.messages import seconds
from blindspot.nodes.judging.leases import signed_lease_of

SOURCE = "blindspot.record"


class LeaseRecord:
    """Receives every clearance of the followed drones and returns the changes as events.

    `key_file` has the public half of the authority's key. The key is read with the first clearance, because a stack
    makes the key at the start. Without a readable file no lease is recorded, so a report judges none.
    """

    def __init__(self, key_file: Path | None) -> None:
        self._key_file = key_file
        self._key: Ed25519PublicKey | None = None
        self._verifiers: dict[str, LeaseVerifier] = {}
        self._latest_s: dict[str, float] = {}
        self._said: set[str] = set()
        self._book, self._now_s = LeaseBook(), 0.0

    def join(self, unheard_since_s: float) -> None:
        """Begin during a run that nobody has recorded since this time of the run."""
        self._book = LeaseBook(unheard_since_s)

    def passes(self, now_s: float) -> None:
        """Report the listener's clock; call this often."""
        self._now_s = now_s
        self._book.passes(now_s)

    def heard(self, drone: str, message: Any) -> tuple[RunEvent, ...]:
        """The events that follow from a clearance on the topic of `drone`.

        A clearance may wait for a busy listener. So a lease counts from the lease's own time: the stamp, which
        anybody can write, as far as the signed end allows that time.
        """
        lease, until_s = signed_lease_of(message), seconds(message.valid_until)
        earliest_s = until_s - LEASE_S if lease.granted else until_s
        at_s = min(max(seconds(message.header.stamp), earliest_s), until_s)
        problem = self._unreadable_key() or self._verifier(drone).why_not(lease, until_s, at_s)
        if not problem and at_s < self._latest_s.get(drone, at_s):
            problem = "the lease is older than the last"
        if problem:
            return self._once(f"{drone}: a received lease is not recorded: {problem}")
        self._latest_s[drone] = at_s
        reason = " ".join(word for word in (lease.rule, message.reason) if word)
        return self._book.heard(
            drone, at_s, granted=lease.granted, may_look=lease.may_look, until_s=until_s, reason=reason, plan=lease.plan
        )

    @property
    def plans(self) -> frozenset[str] | None:
        """Hashes of the plans for which a lease was granted; None if no lease could be verified."""
        return None if self._key is None else frozenset(self._book.plans)

    def close(self, drones: Collection[str] = ()) -> tuple[RunEvent, ...]:
        """The last events: the ends of open leases, and the gaps, begun during the run, of the run's `drones` that a
        listener never heard."""
        return self._book.close(() if self._unreadable_key() else drones)

    def _unreadable_key(self) -> str:
        if self._key is None:
            if self._key_file is None:
                return "this computer has no public half of the authority's key"
            try:
                self._key = load_public_lease_key(self._key_file)
            except InputError as error:
                return str(error)
        return ""

    def _verifier(self, drone: str) -> LeaseVerifier:
        assert self._key is not None
        # The nodes on board decide whether a lease for simulated autopilots counts: without one they take no picture.
        return self._verifiers.setdefault(drone, LeaseVerifier(drone, self._key, simulated=True))

    def _once(self, text: str) -> tuple[RunEvent, ...]:
        """Any process can publish any number of leases: each problem is an event once, at the listener's time."""
        if text in self._said:
            return ()
        self._said.add(text)
        return (RunEvent(self._now_s, SOURCE, "warning", text),)
