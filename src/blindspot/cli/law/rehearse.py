"""`blindspot authority rehearse`: judge an authorisation before any drone is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.law.language import InLanguage, Language
from blindspot.cli.parts.output import AsJson
from blindspot.core import InputError, RefusedError, print_plain


def rehearse_file(
    authorisation: Annotated[Path, typer.Argument(help="Authorisation file.")],
    profile: Annotated[str, typer.Option(help="The profile that you expect.")],
    at: Annotated[str, typer.Option(help="Time of the flight, with a time zone; default: its first slot.")] = "",
    keys: Annotated[Path | None, typer.Option(help="Folder of trusted keys, in place of your own.")] = None,
    language: InLanguage = Language.en,
    as_json: AsJson = False,
) -> None:
    """Judge an authorisation by every rule of its profile, as for a real flight. Plan and aircraft are assumed to be
    right. Nothing is armed. Exit code 3 if a rule refuses."""
    from datetime import datetime

    from blindspot.law import french, load_authorisation
    from blindspot.law.drafts import conclusion, rehearse, ruling_lines

    read = load_authorisation(authorisation, keys)
    if read.file.profile != profile:
        raise InputError(authorisation, "profile", f"is {read.file.profile}", f"--profile {read.file.profile}")
    try:
        moment = datetime.fromisoformat(at) if at else None
    except ValueError as error:
        raise InputError(
            "authority rehearse", "--at", f"is no date and time ({at})", "2026-11-27T20:00+01:00"
        ) from error
    if moment is not None and moment.tzinfo is None:
        raise InputError("authority rehearse", "--at", "has no time zone", "2026-11-27T20:00+01:00")
    if moment is not None and not 2000 <= moment.year < 2200:
        raise InputError("authority rehearse", "--at", "is no year from 2000 to 2199", "2026-11-27T20:00+01:00")
    found = rehearse(read, moment)
    if as_json:
        print(found.to_json())
    else:
        for line in ruling_lines(found, language):
            print_plain(line)
    if not found.go:
        verdicts = tuple(refused.text(language) for refused in found.refusals)
        raise RefusedError(verdicts, french.said("refused: ", language))
    if not as_json:
        for line in conclusion(found, read, language):
            print_plain(line)
