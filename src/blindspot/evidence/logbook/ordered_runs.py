"""The orders of missions in the journal: each opens the record of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blindspot.core import InputError
from blindspot.evidence.acts.access import CLEARANCE
from blindspot.evidence.acts.register import BEGUN, ENDED
from blindspot.evidence.journals.journal import Entry
from blindspot.evidence.journals.journal_check import entries_of_run
from blindspot.evidence.run_files import with_ordered


@dataclass(frozen=True, slots=True)
class OrderedRun:
    """The order of a run, by the journal. `mission` and `sha256` name the mission as in a `MissionRef`; `plan` is the
    SHA-256 of the plan, of several sorties the first."""

    run: str
    mission: str
    sha256: str
    plan: str
    person: str
    reason: str
    at: datetime

    @classmethod
    def of(cls, entry: Entry) -> OrderedRun:
        """The order of a journal's entry `mission`. Raises InputError for an entry of another form."""
        names = ("run", "mission", "sha256", "plan", "person", "reason")
        facts = {name: entry.facts.get(name) for name in names}
        if entry.act != BEGUN or not all(isinstance(fact, str) for fact in facts.values()):
            raise InputError("journal", f"entry {entry.number}", "is no order of a mission", "restore the journal")
        return cls(**{name: str(fact) for name, fact in facts.items()}, at=entry.happened_at)


def left_open(entries: Iterable[Entry], is_open: Callable[[str], bool]) -> list[Entry]:
    """The entries of the orders and ends of missions whose runs are open, by the name of the run. Only the last
    flight counts under a name that was flown several times."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        name = str(entry.facts.get("run"))
        own = found.setdefault(name, [])
        if entry.act == BEGUN and any(one.act == ENDED for one in own):
            own.clear()
        own.append(entry)
    return [entry for name, own in found.items() if own[0].act == BEGUN and is_open(name) for entry in own]


def cleared_plans(journal: Path, run: str, folder: Path) -> frozenset[str]:
    """The hashes of the plans that the gate cleared for the run in a folder, and of the ordered posts whose shorter
    turns it cleared. Raises InputError for an unreadable journal or turn."""
    granted = (entry for entry in entries_of_run(journal, run) if entry.facts.get("granted") is True)
    return with_ordered({str(entry.facts.get("plan")) for entry in granted if entry.act == CLEARANCE}, folder)
