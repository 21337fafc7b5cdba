"""The gate's entries in the journal: clearances, refusals and the ends of leases."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from blindspot.core import BlindspotError, RateLimit, one_line, writable_or_error, write_whole
from blindspot.evidence import Fact, Journal
from blindspot.evidence.acts import people_facts
from blindspot.law.clearances import WATCHED, AskedPlan, Clearance, Clearances, Entries
from blindspot.law.orders import LONGEST_SIGNATURE
from blindspot.nodes.orders.signed_orders import OVER

FIRST_REFUSALS = 100
"""Refusals of one process that are all kept."""
REFUSALS_HZ = 1.0 / 60.0
"""Rate of the refusals kept after these: a program that asks again and again would fill the disk."""


class GateEntries:
    """Writes them; `clearances` has the law's latest judgement, which is kept below `run_dir`."""

    def __init__(self, journal: Path, run_dir: Path, clearances: Clearances, error: Callable[[str], object]) -> None:
        self._journal, self._run_dir = Journal(journal, "authority"), run_dir
        self._clearances, self._error = clearances, error
        self._withdrawals: list[dict[str, Fact]] = []
        """Facts of the entries that are still to be written."""
        self._refused, self._left_out, self._refusals = 0, 0, RateLimit(REFUSALS_HZ)

    def clearance(self, request: Any, asked: AskedPlan | None, verdicts: list[str], places: Entries = ()) -> None:
        """Write a grant, or a refusal with its verdicts, to the journal; raises BlindspotError. The law's judgement and
        the entries that count the plan's places are written before. Of very many refusals some are left out; the next
        entry of one counts them."""
        self.write_withdrawals()
        if verdicts and not self._is_kept():
            self._left_out += 1
            return
        if self._withdrawals:
            raise BlindspotError("the journal does not take the ends of earlier leases")
        judgement = self._store_judgement(asked)
        self.places(places)
        order, auth = request.mission, asked.live.now if asked is not None else None
        self._journal.write(
            "clearance", plan=one_line(request.plan.sha256, 64), mission=one_line(order.sha256, 64),
            run=one_line(order.run, 120), person=one_line(order.person, 100), granted=not verdicts,
            signature=one_line(order.signature, LONGEST_SIGNATURE),
            verdicts=[one_line(verdict, 300) for verdict in verdicts[:16]],
            drones=[route.drone for route in asked.plan.routes] if asked is not None else [],
            authorisation=auth.id if auth is not None else "", judgement=judgement,
            **(people_facts(auth.file) if auth is not None and not verdicts else {}),
            **({"refusals_left_out": self._left_out} if verdicts and self._left_out else {}),
        )  # fmt: skip
        self._left_out = 0 if verdicts else self._left_out

    def _is_kept(self) -> bool:
        """Whether a refusal is one of the first, or due."""
        self._refused += 1
        return self._refused <= FIRST_REFUSALS or self._refusals.is_due(time.monotonic())

    def places(self, places: Entries) -> None:
        """Write the entries that count places; raises BlindspotError."""
        for facts in places:
            self._journal.write(WATCHED, **facts)

    def look(self, drone: str, facts: Mapping[str, Fact]) -> None:
        """Write the change of a drone's right to look, before it takes effect; raises BlindspotError."""
        found = self._clearances.of_drone(drone)
        run, person = ("", "") if found is None else (found.asked.run, found.asked.person)
        self._journal.write("look", run=one_line(run, 120), person=one_line(person, 100), **facts)

    def withdrawn(self, clearance: Clearance, reason: str, *, is_over: bool = False) -> None:
        """Queue the entry of an end of leases. They end even without an entry: that is the safe side. `is_over` means
        that the plan's flight has ended, too."""
        facts: dict[str, Fact] = {
            "plan": clearance.plans[-1], "run": one_line(clearance.asked.run, 120), "reason": reason,
        }  # fmt: skip
        self._withdrawals.append(facts | ({OVER: clearance.asked.plan.ordered_sha256} if is_over else {}))

    def ended(self, clearance: Clearance, reason: str, *, is_over: bool) -> None:
        """Queue the entry of the end of a clearance, with its flight time on the clearance's last day: the journal
        remembers the flight time, too, if the ledger of the day is lost."""
        self.withdrawn(clearance, reason, is_over=is_over)
        count = clearance.count
        self._withdrawals[-1] |= {"day": count.day.isoformat(), "flight_s": round(count.total_s, 1)}

    def write_withdrawals(self) -> None:
        """Write the queued entries, after the refusals were sent; a lost entry is logged.

        The journal may wait for seconds until the journal refuses an entry, and the leases of all drones wait
        meanwhile: the other entries then stay for the next call.
        """
        while self._withdrawals:
            try:
                self._journal.write("withdrawal", **self._withdrawals.pop(0))
            except BlindspotError as error:
                self._error(f"the withdrawal is not in the journal: {error}")
                return

    def _store_judgement(self, asked: AskedPlan | None) -> str:
        """Write the law's judgement of this request to the run's folder and return its hash; "" if there is none."""
        found = self._clearances.judgement
        if asked is None or found is None or found.plan_sha256 != asked.plan.sha256:
            return ""
        path = self._run_dir / "judgements" / f"{found.sha256}.json"
        with writable_or_error(path, ""):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, found.to_json() + "\n")
        return found.sha256
