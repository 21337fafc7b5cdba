"""Whether an evening kept its revisit promise, by the ledger: each broken one has its reason."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from blindspot.operations.patrols.library import SLACK_S, Library
from blindspot.operations.states import OccurrenceRow, PassRow


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that is broken, or may be: the pass, how much later than promised some place may have been seen again
    (s; None for a pass that was not flown), and the reason."""

    number: int
    late_s: float | None
    reason: str

    def __str__(self) -> str:
        late = ""
        if self.late_s is not None:
            late = f", so some place may have been seen up to {self.late_s / 60:.1f} min too late"
        return f"pass {self.number}: {self.reason}{late}" if self.number else self.reason


def breaches(occurrence: OccurrenceRow, library: Library) -> tuple[Breach, ...]:
    """The broken promises of an occurrence that is over.

    Every asked pass must be flown whole. After each flown pass the next one must be ordered early enough for its
    variant. An order is no take-off: the library's slack is left for the difference.
    """
    if occurrence.state in ("missed", "skipped"):
        return (Breach(0, None, f"the evening was {occurrence.state}: {occurrence.reason}"),)
    found = [
        Breach(row.number, None, f"{row.state}: {row.reason}" if row.reason else row.state)
        for row in occurrence.passes if row.state != "done"
    ]  # fmt: skip
    order = {variant.id: number for number, variant in enumerate(library.variants)}
    flown = [row for row in occurrence.passes if row.state == "done"]
    for before, after in pairwise(flown):
        if not {before.variant, after.variant} <= order.keys():
            found.append(Breach(after.number, None, "its variant is not in the library any more"))
            continue
        gap_s = float(library.gap_s[order[before.variant], order[after.variant]])
        late_s = _between_s(before, after) + gap_s - (library.revisit_s - SLACK_S)
        if late_s > 0.0:
            between = f"{_between_s(before, after) / 60:.1f} min after that of pass {before.number}"
            found.append(Breach(after.number, late_s, f"its flight was ordered {between}"))
    return tuple(sorted(found, key=lambda breach: breach.number))


def _between_s(before: PassRow, after: PassRow) -> float:
    assert before.took_off is not None and after.took_off is not None
    return (after.took_off - before.took_off).total_seconds()
