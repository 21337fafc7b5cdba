"""`blindspot authority notices`: sign a snapshot of the notices to airmen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import InputError, is_blank, read_file


def notices(
    out: Annotated[Path, typer.Argument(help="Snapshot named by the authorisation; the file is replaced.")],
    zones: Annotated[Path, typer.Option(help="ED-269 or ED-318 file of their zones, in the same folder.")],
    person: Annotated[str, typer.Option(help="Name of the person who looked them up now.")],
    source: Annotated[str, typer.Option(help="Where they were looked up.")],
    key: Annotated[Path, typer.Option(help="That person's key, which this machine trusts under this name.")],
    as_json: AsJson = False,
) -> None:
    """Sign the zones of the notices to airmen, as looked up now. They count for an hour."""
    from datetime import UTC, datetime

    from blindspot.cli.parts.named_people import key_of
    from blindspot.core import writable_or_error
    from blindspot.law.airspace import ZonesError, check_zones, write_notices

    for option, text in (("--person", person), ("--source", source)):
        if is_blank(text):
            raise InputError("authority notices", option, "is empty", "give a text")
    if zones.resolve().parent != out.resolve().parent:
        raise InputError(zones, "--zones", "lies in another folder than the snapshot", "move it there")
    try:
        check_zones(read_file(zones))
    except OSError as error:
        raise InputError(zones, "--zones", f"can't be read ({error.strerror})", "name an existing file") from error
    except ZonesError as error:
        raise InputError(zones, "--zones", str(error), "correct it; without a zone write []") from error
    now = datetime.now(UTC).replace(microsecond=0)
    with writable_or_error(out, ""):
        write_notices(out, zones, person, source, key_of(key, person), now)
    text = f"{out}: notices of {now.isoformat()}, looked up by {person}"
    print_result({"file": str(out), "looked_up": now.isoformat(), "person": person}, text, as_json=as_json)
