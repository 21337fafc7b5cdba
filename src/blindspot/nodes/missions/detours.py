"""The inspections that the gate has granted. The journal keeps them, so that a restarted gate knows what drones in the
air may fly."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from blindspot.core import InputError, one_line
from blindspot.evidence import Fact, FoldedAct, Journal
from blindspot.law.clearances import Clearance
from blindspot.mission import Plan, Route
from blindspot.mission.in_flight import Detour, with_detour

INSPECTION = "inspection"
"""The act of the entries."""
_DETOUR = TypeAdapter(Detour)
_Granted = dict[tuple[str, str], tuple[str, Detour]]
"""By run and drone: hash of the route that the last granted detour leads from, and that detour."""


class GrantedDetours:
    """Those of a journal. Every method raises BlindspotError if it can't be read or written."""

    def __init__(self, journal: Path) -> None:
        self._journal = Journal(journal, "authority")
        self._granted: FoldedAct[_Granted] = FoldedAct(journal, INSPECTION, dict, _take)
        self._added: Counter[str] = Counter()

    def add(self, clearance: Clearance, detour: Detour) -> None:
        """Write a grant, before it takes effect."""
        self._journal.write(
            INSPECTION, run=_run(clearance), plan=clearance.plans[-1], drone=detour.drone,
            route=_hash(clearance.flown.route_of(detour.drone)), detour=_DETOUR.dump_json(detour).decode(),
        )  # fmt: skip
        self._added[detour.drone] += 1

    def grants(self, drones: Collection[str]) -> int:
        """Number of inspections that this gate has granted to these drones."""
        return sum(self._added[drone] for drone in drones)

    def may_be_flown(self, clearance: Clearance, but: Collection[str]) -> Plan:
        """The latest route of each drone of a clearance, the routes of `but` unchanged, the others with the last
        granted detour: nobody reports here the end of a detour. A drone with another route since has begun that in a
        hold."""
        flown, granted = clearance.flown, self._granted.read()
        for drone in clearance.drones:
            route, detour = granted.get((_run(clearance), drone), ("", None))
            if detour is not None and drone not in but and _hash(flown.route_of(drone)) == route:
                flown = with_detour(flown, detour)
        return flown


def _run(clearance: Clearance) -> str:
    return one_line(clearance.asked.run, 120)


def _hash(route: Route | None) -> str:
    return hashlib.sha256(route.model_dump_json().encode()).hexdigest() if route is not None else ""


def _take(granted: _Granted, facts: Mapping[str, Fact]) -> None:
    try:
        detour = _DETOUR.validate_json(str(facts["detour"]))
        granted[str(facts["run"]), detour.drone] = str(facts["route"]), detour
    except (KeyError, ValidationError) as error:
        fix = "check the journal with blindspot verify"
        raise InputError("journal", INSPECTION, "is no entry of this act", fix) from error
