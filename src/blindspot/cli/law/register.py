"""`blindspot authority register`: the register of uses for its recipient, and the entry about the sending."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result


def register(
    out: Annotated[Path, typer.Argument(help="File for the register (CSV); it must be new.")],
    person: Annotated[str, typer.Option(help="Name of the person who sends it now.")],
    recipient: Annotated[str, typer.Option(help="Who receives it: register_recipient of the authorisation.")],
    journal: Annotated[
        Path | None, typer.Option(help="Journal; that of the real drones by default.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the flights under an authority since the last register, and note in the journal that you send it now. A
    flight in progress at that time is in the next register, too, with the flight's end."""
    from blindspot.acts.duties import send_register

    sent = send_register(out, person, recipient, journal)
    line = f"{out}: {sent.uses} flights; send it to {sent.recipient} now, {sent.journal} says that you do"
    said = {
        "file": str(out), "journal": str(sent.journal), "person": sent.person, "recipient": sent.recipient,
        "uses": sent.uses,
    }  # fmt: skip
    print_result(said, line, as_json=as_json)
