"""`blindspot authority flown`: state the minutes of today that the journal of real flights does not know."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result


def flown(
    authorisation: Annotated[Path, typer.Argument(help="Authorisation file, whose time zone says which day is today.")],
    minutes: Annotated[float, typer.Option(help="Minutes flown today by all drones elsewhere, 0 for none.", min=0.0)],
    person: Annotated[str, typer.Option(help="Name of the person who states it.")] = "",
    reason: Annotated[str, typer.Option(help="Why the journal does not know them.")] = "",
    as_json: AsJson = False,
) -> None:
    """State the minutes flown today that the journal of this computer's real drones does not know. They count from now
    on. A journal without a statement clears no real flight: with another state folder the day would begin anew."""
    from blindspot.acts.duties import state_minutes

    stated = state_minutes(authorisation, minutes, person, reason, datetime.now(UTC))
    shown = {
        "journal": str(stated.journal), "day": stated.day.isoformat(), "minutes": minutes, "person": stated.person,
    }  # fmt: skip
    line = f"{stated.journal}: {minutes:g} min were flown on {stated.day} before, by {stated.person}"
    print_result(shown, line, as_json=as_json)
