"""Whether an evening kept the revisit promise, by the ledger and the seen ground; breaches have reasons."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blindspot.core import BlindspotError
from blindspot.mission import load_plan
from blindspot.operations.patrols.library import SLACK_S, Library, Variant
from blindspot.operations.states import OccurrenceRow, PassRow


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that is broken, or may be, in the pass `number`; 0 for a whole evening.

    `late_s` is the greatest possible delay of a place beyond the promise; None for a pass without a flight, and for
    missed ground. `missed_m2` is the promised ground missed by the flown pass; None if the breach may concern all
    ground.
    """

    number: int
    late_s: float | None
    reason: str
    missed_m2: float | None = None

    def __str__(self) -> str:
        late = ""
        if self.late_s is not None:
            late = f", so some place may have been seen up to {self.late_s / 60:.1f} min too late"
        return f"pass {self.number}: {self.reason}{late}" if self.number else self.reason


SeenBy = Callable[[PassRow], NDArray[np.bool_] | None]
"""The cells that a flown pass saw, as a mask of any shape over the library's grid; None if they are unknown."""


def seen_in_run(row: PassRow) -> NDArray[np.bool_] | None:
    """The cells that the run of a pass saw, from the run's file; None if the file is missing or unreadable."""
    try:
        with np.load(Path(row.runs) / row.run / "seen.npz") as data:
            seen: NDArray[np.bool_] = np.isfinite(data["last_seen_s"])
            return seen
    except Exception:  # zipfile, zlib and numpy raise unrelated types for a broken file
        return None


def flown_variant(row: PassRow, library: Library) -> Variant | None:
    """The flown variant of a pass; None if the library has lost the variant, or if the variant is unknown. A library
    that was made anew uses the same names: the plan in the run's folder decides. The name alone counts for a pass that
    has no folder."""
    found = next((variant for variant in library.variants if variant.id == row.variant), None)
    if found is None or not row.runs:
        return found
    try:
        return found if load_plan(_plan_of(row)).sha256 == found.plan.sha256 else None
    except BlindspotError:
        return None


def _plan_of(row: PassRow) -> Path:
    return Path(row.runs) / row.run / "plan.json"


def breaches(occurrence: OccurrenceRow, library: Library, seen_by: SeenBy = seen_in_run) -> tuple[Breach, ...]:
    """The broken promises of an occurrence that is over.

    Every asked pass must be flown whole, and see all promised ground. After each flown pass the next pass must be
    ordered early enough for the next variant. An order is no take-off: the library's slack is left for the difference.
    """
    if occurrence.state in ("missed", "skipped"):
        return (Breach(0, None, f"the evening was {occurrence.state}: {occurrence.reason}"),)
    found = [
        Breach(row.number, None, f"{row.state}: {row.reason}" if row.reason else row.state)
        for row in occurrence.passes if row.state != "done"
    ]  # fmt: skip
    flown = [(row, flown_variant(row, library)) for row in occurrence.passes if row.state == "done"]
    order = {variant.id: number for number, variant in enumerate(library.variants)}
    for row, variant in flown:
        if variant is None:
            is_lost = row.runs and not os.path.lexists(_plan_of(row))
            lost = "its plan is not in the folder of its run any more"
            found.append(Breach(row.number, None, lost if is_lost else "its variant is not in the library any more"))
        else:
            found += _missed(row, library, seen_by(row))
    for (before, first), (after, second) in pairwise(flown):
        if first is None or second is None:
            continue
        gap_s = float(library.gap_s[order[first.id], order[second.id]])
        late_s = _between_s(before, after) + gap_s - (library.revisit_s - SLACK_S)
        if late_s > 0.0:
            between = f"{_between_s(before, after) / 60:.1f} min after that of pass {before.number}"
            found.append(Breach(after.number, late_s, f"its flight was ordered {between}"))
    return tuple(sorted(found, key=lambda breach: breach.number))


def is_kept(broken: Sequence[Breach], library: Library, share: float) -> bool:
    """Whether at least this share of the reachable ground, 0..1, was seen in time, in spite of the breaches."""
    missed_m2 = [one.missed_m2 for one in broken]
    if any(area is None for area in missed_m2):
        return False
    return library.promised_share - sum(area for area in missed_m2 if area) / library.reachable_m2 >= share


def _missed(row: PassRow, library: Library, seen: NDArray[np.bool_] | None) -> tuple[Breach, ...]:
    """The breach of a flown pass that left promised ground unseen, or perhaps left ground unseen."""
    if seen is None or seen.size != library.promised.size:
        return (Breach(row.number, None, "nobody knows which ground it saw"),)
    missed_m2 = float((library.promised & ~seen.ravel()).sum()) * library.masks.grid.cell_area_m2
    if not missed_m2:
        return ()
    return (Breach(row.number, None, f"{max(1.0, missed_m2):.0f} m2 of the promised ground were not seen", missed_m2),)


def _between_s(before: PassRow, after: PassRow) -> float:
    assert before.took_off is not None and after.took_off is not None
    return (after.took_off - before.took_off).total_seconds()
