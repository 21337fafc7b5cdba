"""`blindspot authority register`: the register of uses for its recipient, and the entry about the sending."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.law.language import InLanguage, Language
from blindspot.cli.parts.output import AsJson, print_result


def register(
    out: Annotated[Path, typer.Argument(help="File for the register (CSV); its page gets the same name with .html.")],
    person: Annotated[str, typer.Option(help="Name of the person who sends it now.")],
    recipient: Annotated[str, typer.Option(help="Who receives it: register_recipient of the authorisation.")],
    journal: Annotated[
        Path | None, typer.Option(help="Journal; that of the real drones by default.", show_default=False)
    ] = None,
    drone_journal: Annotated[
        list[Path] | None,
        typer.Option(help="Copy of the journal of a drone's own computer; repeatable.", show_default=False),
    ] = None,
    runs: Annotated[
        Path | None,
        typer.Option(help="Folder of the runs, for their figures; beside the journal by default.", show_default=False),
    ] = None,
    language: InLanguage = Language.en,
    as_json: AsJson = False,
) -> None:
    """Write the flights under an authority since the last register as a table and as a page, and note in the journal
    that you send them now. A flight in progress at that time is in the next register, too, with the flight's end."""
    from blindspot.acts.duties import send_register

    sent = send_register(out, person, recipient, journal, drone_journal or (), runs, language.value)
    line = f"{out}: {sent.uses} flights; send it to {sent.recipient} now, {sent.journal} says that you do"
    head = f"{sent.page}: the same as a page; its reader keeps the head of the journal, entry {sent.head.number}"
    said = {
        "file": str(out), "page": str(sent.page), "journal": str(sent.journal), "person": sent.person,
        "recipient": sent.recipient, "uses": sent.uses,
        "head": {"number": sent.head.number, "sha256": sent.head.sha256},
    }  # fmt: skip
    print_result(said, line, head, as_json=as_json)
