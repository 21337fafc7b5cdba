"""The register of uses under an authority (CSI L242-5 VI): the content by the journal, and the last sending.

The register names each use with purpose, length of the recordings, and people with access. A person sends the
register each week to the authorisation's recipient (`LOG-02`), and the journal has the moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blindspot.evidence.acts.access import CLEARANCE, RECORDING, ROLES, SEALED, is_of_authority
from blindspot.evidence.acts.recorded import RECORDED, Kind, length_of_run
from blindspot.evidence.journals.journal import Entry
from blindspot.evidence.journals.journal_check import entries_of_act, entries_of_acts
from blindspot.law.signatures import person_of

REGISTER_SENT, BEGUN, ENDED = "register_sent", "mission", "mission_ended"


@dataclass(frozen=True, slots=True)
class Use:
    """One run under an authority."""

    run: str
    authorisation: str
    profile: str
    purpose: str
    person: str
    drones: tuple[str, ...]
    begun: datetime
    ended: datetime | None
    outcome: str
    recorded_s: float | None
    """Length of the recordings of all drones, s, never shorter than in truth; `None` if unknown."""
    recorded_is: Kind
    """The source: "at most" holds the whole flight of a drone without a report; "unknown" holds a run in progress, a
    drone with an unknown place, or a clock set back."""
    access: tuple[str, ...]
    """People who may see, export or erase its recordings, each once."""


def register_sent(journal: Path, recipient: str = "") -> datetime | None:
    """When the register was last sent to a recipient, to anyone if none is named; `None` if never.

    Raises InputError for a damaged journal.
    """
    return max(
        (
            entry.at for entry in entries_of_act(journal, REGISTER_SENT)
            if not recipient or person_of(str(entry.facts.get("recipient") or "")) == person_of(recipient)
        ),
        default=None,
    )  # fmt: skip


def open_runs(journal: Path) -> dict[str, Entry]:
    """The runs whose mission has no end yet, with the latest entry of the begin: runs in progress, and runs of a dead
    stack. Raises InputError for a damaged journal."""
    ends = {str(entry.facts.get("run")): entry.number for entry in entries_of_act(journal, ENDED)}
    begun = {str(entry.facts.get("run")): entry for entry in entries_of_act(journal, BEGUN)}
    return {run: entry for run, entry in begun.items() if ends.get(run, 0) <= entry.number}


def uses_since(journal: Path, recipient: str) -> tuple[list[Use], int]:
    """The runs under an authority with an entry after the latest register for a recipient, and the number of the last
    read entry: the next register has this number as the fact `until`.

    A run in progress at that time is here, too, with end and recordings. Numbers decide, since a clock may be
    set back. Raises InputError for a damaged journal.
    """
    covered = _covered(journal, recipient)
    entries = list(entries_of_acts(journal, (CLEARANCE, ENDED, RECORDING, SEALED, RECORDED)))
    granted: dict[str, list[Entry]] = {}
    latest: dict[str, int] = {}
    for entry in entries:
        run, profile = str(entry.facts.get("run")), str(entry.facts.get("profile") or "")
        if entry.act != CLEARANCE:
            latest[run] = entry.number
        elif entry.facts.get("granted") is True and is_of_authority(profile):
            granted.setdefault(run, []).append(entry)
            latest[run] = entry.number
    ends = {str(entry.facts.get("run")): entry for entry in entries if entry.act == ENDED}
    others: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.act in (RECORDING, SEALED, RECORDED):
            others.setdefault(str(entry.facts.get("run")), []).append(entry)
    uses = [_use(run, own, ends.get(run), others.get(run, [])) for run, own in granted.items() if latest[run] > covered]
    return uses, max((entry.number for entry in entries), default=covered)


def _covered(journal: Path, recipient: str) -> int:
    covered = 0
    for entry in entries_of_act(journal, REGISTER_SENT):
        if person_of(str(entry.facts.get("recipient") or "")) == person_of(recipient):
            until = entry.facts.get("until")
            covered = until if isinstance(until, int) else entry.number
    return covered


def _use(run: str, granted: list[Entry], end: Entry | None, others: list[Entry]) -> Use:
    last = granted[-1].facts
    roles = (role for role in ROLES.values() if role != "auditors")
    recorded_s, recorded_is = length_of_run(granted, end, others)
    return Use(
        run=run, authorisation=str(last.get("authorisation") or ""), profile=str(last.get("profile") or ""),
        purpose=str(last.get("purpose") or ""), person=str(last.get("person") or ""),
        drones=_texts(entry.facts.get("drones") for entry in granted), begun=granted[0].at,
        ended=end.happened_at if end is not None else None, outcome=str(end.facts.get("outcome") or "") if end else "",
        recorded_s=recorded_s, recorded_is=recorded_is,
        access=_texts(entry.facts.get(role) for role in roles for entry in granted),
    )  # fmt: skip


def _texts(lists: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(each) for some in lists if isinstance(some, list | tuple) for each in some))
