"""The counters of the law in a journal, as the gate reads them: flight time by day, and time in pictures by place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from blindspot.evidence.journals.journal_check import FoldedAct
from blindspot.law.clearances import FLOWN_BEFORE, WATCHED, Counters, FlownDays


def flown_days(journal: Path) -> Callable[[], FlownDays]:
    """Reads the flight time of real flights by day. It raises InputError while no person has stated the minutes of the
    day on which the journal began."""
    ended = FoldedAct(journal, "withdrawal", FlownDays, FlownDays.add)
    stated = FoldedAct(journal, FLOWN_BEFORE, FlownDays, FlownDays.add)
    return lambda: ended.read().after(stated.read(), journal)


def watched_places(journal: Path) -> Callable[[], Counters]:
    """Reads the time for which each place was in pictures, by week. It raises InputError for an invalid entry."""
    return FoldedAct(journal, WATCHED, Counters, Counters.add).read
