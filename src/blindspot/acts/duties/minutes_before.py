"""The minutes of a day that the journal of real flights does not know."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from pathlib import Path
from zoneinfo import ZoneInfo

from blindspot.acts import journals
from blindspot.core import InputError
from blindspot.evidence import Journal, JournalError
from blindspot.law import load_authorisation
from blindspot.law.clearances import FLOWN_BEFORE, Ledger
from blindspot.law.orders import named

MOST_MIN = 100_000.0
"""Beyond this number no value is meant in minutes."""


@dataclass(frozen=True, slots=True)
class StatedMinutes:
    """A statement in the journal: so many minutes were flown on this day before."""

    journal: Path
    day: date
    person: str


def state_minutes(authorisation: Path, minutes: float, person: str, reason: str, now: datetime) -> StatedMinutes:
    """Enter a person's statement about the day of `now`, in the time zone of an authorisation file, and count the
    minutes from now on. Raises InputError."""
    who, why = named(person, reason)
    if not isfinite(minutes) or minutes > MOST_MIN:
        raise InputError("authority flown", "--minutes", f"{minutes:g} is no number of minutes", "give the minutes")
    auth, journal = load_authorisation(authorisation), journals.shared_journal(os.environ)
    day = now.astimezone(ZoneInfo(auth.file.window.tz)).date()
    try:
        Journal(journal, "authority flown").write(
            FLOWN_BEFORE, day=day.isoformat(), flight_s=minutes * 60.0, person=who, reason=why, authorisation=auth.id
        )
    except JournalError as error:
        raise InputError(journal, "", str(error), "see the disk of the journal") from error
    Ledger(journal.parent).pay_before(day, minutes * 60.0, auth.id, now)
    return StatedMinutes(journal, day, who)
