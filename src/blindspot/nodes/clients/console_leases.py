"""Turns leases into the console's answer to "may we fly". Only leases signed with the authority's key count."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from blindspot_msgs.msg import Clearance

from blindspot.core import InputError, one_line
from blindspot.law.leases import LeaseVerifier, load_public_lease_key
from blindspot.nodes.clients.console_records import ConsoleRecords
from blindspot.nodes.graph import messages
from blindspot.nodes.judging.leases import signed_lease_of


class ConsoleLeases:
    """Takes the leases of the drones as records `lease/DRONE`.

    Parameters
    ----------
    records
        Takes the records.
    drones
        Names of the drones.
    public_key
        File of the public half of the leases' key.
    simulated
        Whether every autopilot is a simulation.
    """

    def __init__(self, records: ConsoleRecords, drones: Collection[str], public_key: Path, *, simulated: bool) -> None:
        key = load_public_lease_key(public_key)
        self._records = records
        self._verifiers = {drone: LeaseVerifier(drone, key, simulated=simulated) for drone in drones}

    def take(self, drone: str, message: Clearance) -> None:
        """A lease, or its refusal. Raises InputError for a lease that does not count."""
        lease, now_s = signed_lease_of(message), self._records.stack_s
        if problem := self._verifiers[drone].why_not(lease, messages.seconds(message.valid_until), now_s):
            raise InputError("clearance", drone, f"does not count: {problem}", "")
        content = {
            "granted": lease.granted, "may_look": lease.may_look, "rule": one_line(lease.rule, 40),
            "authorisation": one_line(lease.authorisation, 120), "sentence": one_line(message.reason, 600),
        }  # fmt: skip
        self._records.take(f"lease/{drone}", content)  # `sentence` lies outside the signature, and the page says so
