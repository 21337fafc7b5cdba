"""`blindspot authority separation`: sign the statement that no other processing of personal data is connected."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import InputError, is_blank, one_line


def separation(
    out: Annotated[Path, typer.Argument(help="Statement named by the authorisation; the file is replaced.")],
    person: Annotated[str, typer.Option(help="Name of the person who has looked.")],
    looked_at: Annotated[str, typer.Option(help="What the person has looked at, in one sentence.")],
    key: Annotated[Path, typer.Option(help="That person's key, which this machine trusts under this name.")],
    host: Annotated[
        list[str] | None, typer.Option(help="IP address of an own device that the fleet file does not name.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """State that the stack has no link with another processing of personal data. It counts for 30 days."""
    from datetime import UTC, datetime
    from ipaddress import ip_address

    from blindspot.cli.parts.named_people import key_of
    from blindspot.core import writable_or_error
    from blindspot.law.signatures import write_separation

    for option, text in (("--person", person), ("--looked-at", looked_at)):
        if is_blank(text):
            raise InputError("authority separation", option, "is empty", "give a text")
    try:
        hosts = tuple(str(ip_address(each)) for each in host or [])
    except ValueError as error:
        raise InputError("authority separation", "--host", str(error), "name an IP address") from error
    now = datetime.now(UTC).replace(microsecond=0)
    with writable_or_error(out, ""):
        write_separation(out, person, one_line(looked_at, 300), hosts, key_of(key, person), now)
    text = f"{out}: {person} states on {now.isoformat()} that nothing else is connected"
    print_result({"file": str(out), "stated": now.isoformat(), "person": person}, text, as_json=as_json)
