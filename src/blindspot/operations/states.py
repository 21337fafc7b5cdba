"""The states of occurrences and passes, which of them may follow which, and the rows of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

OccurrenceState = Literal["planned", "drawn", "done", "missed", "skipped"]
PassState = Literal[
    "drawn", "due", "awaiting_person", "cleared", "flying", "swapping", "done", "missed", "skipped", "refused",
    "interrupted",
]  # fmt: skip

OCCURRENCE_AFTER: Mapping[OccurrenceState, tuple[OccurrenceState, ...]] = {
    "planned": ("drawn", "missed", "skipped"),
    "drawn": ("done",),
    "done": (),
    "missed": (),
    "skipped": (),
}
PASS_AFTER: Mapping[PassState, tuple[PassState, ...]] = {
    "drawn": ("due", "missed", "skipped"),
    "due": ("awaiting_person", "cleared", "missed", "skipped"),
    "awaiting_person": ("cleared", "missed", "skipped"),
    # Awaited again: its drones have flown since the person confirmed it.
    "cleared": ("flying", "awaiting_person", "refused", "missed", "skipped"),
    "flying": ("swapping", "done", "refused", "interrupted"),
    "swapping": ("flying", "done", "refused", "interrupted"),
    # Followed again if the stack still flies it, ended if the stack knows its outcome, cleared anew by a person.
    "interrupted": ("flying", "swapping", "done", "refused", "interrupted", "cleared"),
    "done": (),
    "missed": (),
    "skipped": (),
    "refused": (),
}
ENDED: frozenset[PassState] = frozenset({"done", "missed", "skipped", "refused", "interrupted"})
FLIES: frozenset[PassState] = frozenset({"flying", "swapping"})


@dataclass(frozen=True, slots=True)
class PassRow:
    """A pass in the ledger.

    Parameters
    ----------
    start
        Drawn start, UTC.
    variant
        Id of the variant that it flies.
    run
        Name of its run in the stack; empty before its first flight. Each attempt has a run of its own.
    attempt
        Number of times that it was cleared.
    token
        Fencing token of the scheduler that wrote the state.
    is_settled
        False for an interrupted pass while the stack has not yet said whether its run goes on.
    took_off
        Moment at which its flight was ordered; None before.
    changed
        Moment of the last change of its state.
    runs
        Folder in which the stack that flew it keeps its runs; empty before.
    """

    occurrence: str
    number: int
    start: datetime
    variant: str
    state: PassState = "drawn"
    reason: str = ""
    person: str = ""
    run: str = ""
    attempt: int = 0
    token: int = 0
    is_settled: bool = True
    took_off: datetime | None = None
    changed: datetime | None = None
    runs: str = ""

    @property
    def id(self) -> str:
        """`<operation>/<date>/<slot>/<number>`, by which a person names it."""
        return f"{self.occurrence}/{self.number}"

    @property
    def is_over(self) -> bool:
        """Whether the next pass may go on."""
        return self.state in ENDED and self.is_settled


@dataclass(frozen=True, slots=True)
class PackUse:
    """A pack in a flight, UTC; `ended` is None while its pass flies. `pack` is empty for one with unknown packs."""

    pack: str
    begun: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    """An occurrence in the ledger, with its passes.

    `commitment` is the hash of the draw's seed; `is_committed` says that the journal has it. `refusals` are the orders
    of people that were refused, one sentence each.
    """

    id: str
    slot_from: datetime
    slot_until: datetime
    passes_asked: int
    state: OccurrenceState = "planned"
    reason: str = ""
    person: str = ""
    commitment: str = ""
    is_committed: bool = False
    passes: tuple[PassRow, ...] = ()
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """The order of a person about an occurrence (`number` 0) or a pass, not yet carried out; given at `at`, UTC."""

    id: int
    occurrence: str
    number: int
    what: Literal["confirm", "skip"]
    person: str
    reason: str
    wind_mps: float | None
    at: datetime
