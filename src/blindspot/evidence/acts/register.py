"""The register of uses under an authority (CSI L242-5 VI): what it holds by the journal, and when it was last sent.

It names each use with its purpose, the length of its recordings, and the people with access. A person sends it each
week to the recipient that the authorisation names (`LOG-02`), and the journal has the moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blindspot.evidence.acts.access import CLEARANCE, RECORDING, ROLES, SEALED, is_of_authority
from blindspot.evidence.journal import Entry
from blindspot.evidence.journal_check import entries_of_act
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
    """Length of the closed recordings, s; `None` if this journal has none: a drone's own computer has its own one."""
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
    """The runs whose mission has no end yet, with the latest entry of its begin: those in progress, and those whose
    stack died. Raises InputError for a damaged journal."""
    ends = {str(entry.facts.get("run")): entry.number for entry in entries_of_act(journal, ENDED)}
    begun = {str(entry.facts.get("run")): entry for entry in entries_of_act(journal, BEGUN)}
    return {run: entry for run, entry in begun.items() if ends.get(run, 0) <= entry.number}


def uses_since(journal: Path, sent: datetime | None) -> list[Use]:
    """The runs under an authority whose first clearance is later than `sent`; `None` is from the beginning. Raises
    InputError for a damaged journal."""
    granted: dict[str, list[Entry]] = {}
    for entry in entries_of_act(journal, CLEARANCE):
        if entry.facts.get("granted") is True and is_of_authority(str(entry.facts.get("profile") or "")):
            granted.setdefault(str(entry.facts.get("run")), []).append(entry)
    ends = {str(entry.facts.get("run")): entry for entry in entries_of_act(journal, ENDED)}
    lengths = _recorded_s(entries_of_act(journal, RECORDING), entries_of_act(journal, SEALED))
    return [
        _use(run, entries, ends.get(run), lengths.get(run))
        for run, entries in granted.items() if sent is None or entries[0].at > sent
    ]  # fmt: skip


def _use(run: str, granted: list[Entry], end: Entry | None, recorded_s: float | None) -> Use:
    last = granted[-1].facts
    roles = (role for role in ROLES.values() if role != "auditors")
    return Use(
        run=run, authorisation=str(last.get("authorisation") or ""), profile=str(last.get("profile") or ""),
        purpose=str(last.get("purpose") or ""), person=str(last.get("person") or ""),
        drones=_texts(entry.facts.get("drones") for entry in granted), begun=granted[0].at,
        ended=end.at if end is not None else None, outcome=str(end.facts.get("outcome") or "") if end else "",
        recorded_s=recorded_s, access=_texts(entry.facts.get(role) for role in roles for entry in granted),
    )  # fmt: skip


def _recorded_s(begun: Iterable[Entry], sealed: Iterable[Entry]) -> dict[str, float]:
    """By run: the length of its closed recordings, s."""
    begins = {(entry.facts.get("run"), entry.facts.get("drone"), entry.facts.get("file")): entry.at for entry in begun}
    lengths: dict[str, float] = {}
    for entry in sealed:
        at = begins.get((entry.facts.get("run"), entry.facts.get("drone"), entry.facts.get("file")))
        if at is not None:
            run = str(entry.facts.get("run"))
            lengths[run] = lengths.get(run, 0.0) + (entry.at - at).total_seconds()
    return lengths


def _texts(lists: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(each) for some in lists if isinstance(some, list | tuple) for each in some))
