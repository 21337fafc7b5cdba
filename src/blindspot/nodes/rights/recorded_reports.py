"""The drones' reports on the length of their recordings, as entries in the journal of the ground station."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from blindspot.evidence.acts import recorded
from blindspot.law.clearances import Clearance
from blindspot.nodes.autopilot.flight_journal import FlightJournal

MOST_REPORTS = 3
"""Entries for each drone and clearance: a report that changes again is unknown from then on."""


@dataclass(slots=True)
class _Cleared:
    """The latest clearance of a drone, and the lengths reported by the drone since."""

    run: str
    plans: tuple[str, ...]
    entered: list[float] = field(default_factory=list)


class RecordedReports:
    """Enters a drone's report as soon as the report names the flight of the latest clearance, and a longer report
    again.

    `reported` reads the latest report of a drone. A report that is lost leaves no entry: the register then counts the
    whole flight.
    """

    def __init__(
        self, drones: Sequence[str], reported: Callable[[str], recorded.Recorded | None], journal: FlightJournal
    ) -> None:
        self._drones, self._reported, self._journal = frozenset(drones), reported, journal
        self._cleared: dict[str, _Cleared] = {}

    def look(self, clearances: Iterable[Clearance]) -> None:
        """Look at the reports; call it about twice a second with the clearances in force."""
        self._journal.settle()
        for clearance in clearances:
            for drone in self._drones.intersection(clearance.drones):
                known = self._cleared.get(drone)
                if known is None or known.run != clearance.asked.run or known.plans[0] not in clearance.plans:
                    self._cleared[drone] = _Cleared(clearance.asked.run, clearance.plans)
                else:
                    known.plans = clearance.plans
        for drone, cleared in self._cleared.items():
            self._enter(drone, cleared, self._reported(drone))

    def _enter(self, drone: str, cleared: _Cleared, report: recorded.Recorded | None) -> None:
        if report is None or report.run != cleared.run or report.plan not in cleared.plans:
            return
        if len(cleared.entered) > MOST_REPORTS or report.length_s <= max(cleared.entered, default=-1.0):
            return
        cleared.entered.append(report.length_s)
        is_known = len(cleared.entered) <= MOST_REPORTS
        facts: dict[str, Any] = {"run": report.run, "drone": drone, "plan": report.plan}
        self._journal.write(recorded.RECORDED, **facts, **{recorded.LENGTH: report.length_s if is_known else None})
