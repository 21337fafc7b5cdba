"""The runs that a mandate has let fly, and the stops that end the mandate, by the journal of the stack."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from blindspot.core import InputError
from blindspot.evidence.journals.journal import Entry, last_entries
from blindspot.evidence.journals.journal_check import entries_of_act
from blindspot.law.orders import MANDATE, MOVES, Mandate, OrderVerifier, read_mandate

OF_THE_SCHEDULER = frozenset({"confirm", "skip"})
"""Orders about passes; every other order that lets no drone fly is a stop."""


def is_stop(order: object) -> bool:
    """Whether an order of this name in the journal stops drones, or calls them home."""
    return order not in MOVES | OF_THE_SCHEDULER


def why_not_by(verifier: OrderVerifier, journal: Path, act: str, mandate: Mandate, run: str) -> str:
    """The reason why a new run may not start by a valid mandate now; empty if it may.

    The entries of `act` with the mandate are the passes that the mandate has let fly. A stop ends the mandate by the
    stop's time, and by the place after the mandate's own entry: a clock may be set back. Journals that were put aside
    in the folder count, too. Raises InputError for a damaged journal.
    """
    runs, stopped_ns, is_entered = set[str](), -1, False
    for entry in _entries_about_mandates(journal):
        signature = str(entry.facts.get("signature", ""))
        if entry.act == "order" and is_stop(entry.facts.get("order")):
            at_ns = round(entry.at.timestamp() * 1e6) * 1000
            stopped_ns = max(stopped_ns, sys.maxsize if is_entered else at_ns)
        elif entry.act == MANDATE:
            is_entered = is_entered or signature == mandate.signature
        elif entry.act == act and entry.facts.get("granted", True) is True:
            carried = read_mandate(signature)
            runs |= {str(entry.facts.get("run"))} if carried is not None and carried[0] == mandate else set()
    if not is_entered:
        return f"the mandate of {mandate.person} is in no whole journal of this stack: sign another"
    return verifier.why_not_mandate_now(mandate, run, frozenset(runs), stopped_ns)


def is_stopped_since(journal: Path, mandate: Mandate) -> bool:
    """Whether the last entries of a journal name a stop after this mandate: for pages and lists. `why_not_by` judges by
    the whole journal."""
    for entry in last_entries(journal):
        if entry.act == MANDATE and entry.facts.get("signature") == mandate.signature:
            return False
        if entry.act == "order" and is_stop(entry.facts.get("order")):
            return True
    return False


def _entries_about_mandates(journal: Path) -> Iterator[Entry]:
    """The entries about mandates and stops, of the journals put aside in this folder, and then of this journal.
    A damaged journal put aside is left out: a mandate in such a journal counts no more."""
    acts = (MANDATE, "order", "mission", "clearance")
    aside = [path for path in journal.parent.glob("journal*.jsonl") if path.name != journal.name]
    for path in sorted(aside, key=_ends_at):
        with suppress(InputError):
            yield from list(entries_of_act(path, *acts))
    yield from entries_of_act(journal, *acts)


def _ends_at(journal: Path) -> datetime:
    """The time of a journal's last entry."""
    return next((entry.at for entry in last_entries(journal)), datetime.min.replace(tzinfo=UTC))
