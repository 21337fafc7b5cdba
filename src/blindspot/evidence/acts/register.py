"""The register of uses under an authority (CSI L242-5 VI): the content by the journal, and the last sending.

The register names each use with purpose, length of the recordings, and people with access. A person sends the
register each week to the authorisation's recipient (`LOG-02`), and the journal has the moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from blindspot.evidence.acts.access import CLEARANCE, RECORDING, ROLES, SEALED, is_of_authority
from blindspot.evidence.acts.receipts import ERASURES, Receipt, receipts_in
from blindspot.evidence.acts.recorded import RECORDED, Kind, length_of_run, recorded_elsewhere
from blindspot.evidence.journals.journal import MISSION_ENDED, Entry, Fact
from blindspot.evidence.journals.journal_check import entries_of_act, entries_of_acts, entries_of_run
from blindspot.law.signatures import person_of

REGISTER_SENT, BEGUN, ENDED, ARMED = "register_sent", "mission", MISSION_ENDED, "arming"


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
    receipts: tuple[Receipt, ...] = ()
    """The erasures of its recordings, by all read journals."""
    recordings: tuple[tuple[str, ...], ...] = ()
    """Drone and file of each recording, by all read journals."""
    armed: tuple[str, ...] = ()
    """The drones whose take-offs the read journals have, and so all their recordings, too."""


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


def uses_since(journal: Path, recipient: str, drone_journals: Sequence[Path] = ()) -> tuple[list[Use], int]:
    """The runs under an authority with an entry after the latest register for a recipient, and the number of the last
    read entry: the next register has this number as the fact `until`.

    A run in progress at that time is here, too, with end and recordings. Numbers decide, since a clock may be
    set back. A recording that was erased since brings its run again, and so does an erasure in the journal of a drone's
    own computer, by its time. Raises InputError for a damaged journal.
    """
    covered, sent = _covered(journal, recipient), register_sent(journal, recipient)
    runs, until = _runs_in(journal, lambda facts: is_of_authority(str(facts.get("profile") or "")))
    uses = []
    for run in runs:
        use = run.use(drone_journals)
        if run.latest > covered or any(sent is not None and receipt.at > sent for receipt in use.receipts):
            uses.append(use)
    return uses, max(until, covered)


def uses_under(journal: Path, authorisation: str, drone_journals: Sequence[Path] = ()) -> list[Use]:
    """All runs with a clearance under an authorisation (id) of any profile. Raises InputError for a damaged journal."""
    runs, _ = _runs_in(journal, lambda facts: facts.get("authorisation") == authorisation)
    return [run.use(drone_journals) for run in runs]


@dataclass(slots=True)
class _Run:
    """The entries about one run."""

    name: str
    granted: list[Entry] = field(default_factory=list)
    end: Entry | None = None
    others: list[Entry] = field(default_factory=list)
    erased: list[Entry] = field(default_factory=list)
    armed: list[Entry] = field(default_factory=list)
    latest: int = 0

    def take(self, entry: Entry) -> None:
        self.latest = entry.number
        if entry.act == CLEARANCE:
            self.granted.append(entry)
        elif entry.act == ENDED:
            self.end = entry
        elif entry.act in ERASURES:
            self.erased.append(entry)
        elif entry.act == ARMED:
            self.armed.append(entry)
        else:
            self.others.append(entry)

    def use(self, drone_journals: Sequence[Path]) -> Use:
        last = self.granted[-1].facts
        roles = [role for role in ROLES.values() if role != "auditors"]
        lengths_s = recorded_elsewhere(drone_journals, self.name, self.granted)
        recorded_s, recorded_is = length_of_run(self.granted, self.end, self.others, lengths_s)
        elsewhere = [each for path in drone_journals for each in entries_of_run(path, self.name, strict=True)]
        return Use(
            run=self.name, authorisation=str(last.get("authorisation") or ""), profile=str(last.get("profile") or ""),
            purpose=str(last.get("purpose") or ""), person=str(last.get("person") or ""),
            drones=_texts(entry.facts.get("drones") for entry in self.granted), begun=self.granted[0].at,
            ended=self.end.happened_at if self.end is not None else None,
            outcome=str(self.end.facts.get("outcome") or "") if self.end else "",
            recorded_s=recorded_s, recorded_is=recorded_is,
            access=_texts(entry.facts.get(role) for role in roles for entry in self.granted),
            receipts=receipts_in((*self.erased, *elsewhere)),
            recordings=_named(RECORDING, "drone", "file", of=(*self.others, *elsewhere)),
            armed=tuple(drone for drone, in _named(ARMED, "drone", of=(*self.armed, *elsewhere))),
        )  # fmt: skip


def _runs_in(journal: Path, is_ours: Callable[[Mapping[str, Fact]], bool]) -> tuple[list[_Run], int]:
    """The runs with a granted clearance of which `is_ours` is true, in the order of the grants, and the number of the
    last read entry."""
    runs: dict[str, _Run] = {}
    granted: set[str] = set()
    number = 0
    for entry in entries_of_acts(journal, (CLEARANCE, ENDED, RECORDING, SEALED, RECORDED, ARMED, *ERASURES)):
        number, name = entry.number, str(entry.facts.get("run"))
        if entry.act == CLEARANCE and not (entry.facts.get("granted") is True and is_ours(entry.facts)):
            continue
        runs.setdefault(name, _Run(name)).take(entry)
        if entry.act == CLEARANCE:
            granted.add(name)
    return [run for name, run in runs.items() if name in granted], number


def _covered(journal: Path, recipient: str) -> int:
    covered = 0
    for entry in entries_of_act(journal, REGISTER_SENT):
        if person_of(str(entry.facts.get("recipient") or "")) == person_of(recipient):
            until = entry.facts.get("until")
            covered = until if isinstance(until, int) else entry.number
    return covered


def _named(act: str, *facts: str, of: Iterable[Entry]) -> tuple[tuple[str, ...], ...]:
    """The values of some facts in the entries of an act, each once."""
    found = (tuple(str(entry.facts.get(name)) for name in facts) for entry in of if entry.act == act)
    return tuple(dict.fromkeys(found))


def _texts(lists: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(each) for some in lists if isinstance(some, list | tuple) for each in some))
