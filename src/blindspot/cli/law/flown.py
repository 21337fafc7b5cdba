"""`blindspot authority flown`: state the minutes of today that the journal of real flights does not know."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import InputError
from blindspot.law.orders import named


def flown(
    authorisation: Annotated[Path, typer.Argument(help="Authorisation file, whose time zone says which day is today.")],
    minutes: Annotated[float, typer.Option(help="Minutes flown today by all drones elsewhere, 0 for none.", min=0.0)],
    person: Annotated[str, typer.Option(help="Name of the person who states it.")] = "",
    reason: Annotated[str, typer.Option(help="Why the journal does not know them.")] = "",
    as_json: AsJson = False,
) -> None:
    """State the minutes flown today that the journal of this computer's real drones does not know. They count from now
    on. A journal without a statement clears no real flight: with another state folder the day would begin anew."""
    from blindspot.acts import journals
    from blindspot.evidence import Journal, JournalError
    from blindspot.law import load_authorisation
    from blindspot.law.clearances import FLOWN_BEFORE, Ledger

    who, why = named(person, reason)
    if not isfinite(minutes) or minutes > 100_000.0:
        raise InputError("authority flown", "--minutes", f"{minutes:g} is no number of minutes", "give the minutes")
    auth, now, journal = load_authorisation(authorisation), datetime.now(UTC), journals.shared_journal(os.environ)
    day = now.astimezone(ZoneInfo(auth.file.window.tz)).date()
    try:
        Journal(journal, "authority flown").write(
            FLOWN_BEFORE, day=day.isoformat(), flight_s=minutes * 60.0, person=who, reason=why, authorisation=auth.id
        )
    except JournalError as error:
        raise InputError(journal, "", str(error), "see the disk of the journal") from error
    Ledger(journal.parent).pay_before(day, minutes * 60.0, auth.id, now)
    shown = {"journal": str(journal), "day": day.isoformat(), "minutes": minutes, "person": who}
    print_result(shown, f"{journal}: {minutes:g} min were flown on {day} before, by {who}", as_json=as_json)
