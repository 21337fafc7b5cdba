"""`blindspot operation mandate`: the pilot on duty signs the passes of an evening, once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.named_people import Key
from blindspot.cli.parts.output import AsJson, print_result

if TYPE_CHECKING:
    from blindspot.acts.evenings import SignedEvening
    from blindspot.operations import Operation


def mandate(
    operation: Annotated[Path, typer.Argument(metavar="OPERATION", help="Operation file.")],
    evening: Annotated[str, typer.Argument(metavar="EVENING", help="The evening, as `next` names it: DATE/SLOT.")],
    person: Annotated[str, typer.Option(help="Name of the pilot on duty.")],
    reason: Annotated[str, typer.Option(help="The reason, in one sentence.")],
    passes: Annotated[
        int | None, typer.Option(min=1, max=99, help="Most take-offs, repeated ones included; the slot's by default.")
    ] = None,
    library: Annotated[
        Path | None, typer.Option("--library", help="Folder of the mission's library. Default: the scheduler's.")
    ] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Sign the passes of an evening, whose times stay secret, with the pilot's key. Any stop ends the mandate."""
    from blindspot.acts.evenings import sign_evening
    from blindspot.cli.parts.named_people import own_key
    from blindspot.operations import load_operation

    asked = load_operation(operation)
    made = sign_evening(
        asked, evening, person, reason, lambda: own_key(key), datetime.now(UTC), passes=passes, library=library
    )
    signed = made.mandate
    document = {
        "evening": signed.evening, "person": signed.person, "passes": signed.most_passes, "drones": asked.drones,
        "simulated": made.simulated, "from": made.begins.isoformat(), "until": made.ends.isoformat(),
    }  # fmt: skip
    print_result(document, _said(asked, made), as_json=as_json)


def _said(asked: Operation, made: SignedEvening) -> str:
    signed, kind = made.mandate, "simulated" if made.simulated else "real"
    span = f"{asked.local(made.begins):%H:%M} to {asked.local(made.ends):%H:%M}"
    flown = (
        f"{signed.most_passes} passes of the {kind} drones {', '.join(asked.drones)} of fleet {asked.fleet.file.name}"
    )
    return f"{signed.evening}: {signed.person} permits {flown}, {span}; any stop ends it"
