"""`blindspot authority anchor`: time stamps of a stranger's clock over the head of a journal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import InputError


def anchor(
    request: Annotated[
        Path | None, typer.Option(help="New file (.tsq) for a request over the present head.", show_default=False)
    ] = None,
    take: Annotated[
        Path | None, typer.Option(help="Answer (.tsr) of the time-stamp authority to a request.", show_default=False)
    ] = None,
    tsa: Annotated[
        str, typer.Option(help="Address of a time-stamp authority: asks and takes at once.", show_default=False)
    ] = "",
    certificate: Annotated[
        Path | None,
        typer.Option(help="Root certificate of the authority (PEM), for --take and --tsa.", show_default=False),
    ] = None,
    journal: Annotated[
        Path | None, typer.Option(help="Journal; that of the real drones by default.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask a time-stamp authority (RFC 3161) for the time at which the head of the journal existed, and keep the answer
    in the journal. Any computer may carry the files of --request and --take. --tsa opens a connection, and is refused
    while a stack of real drones runs here."""
    from blindspot.acts.duties import fetch_anchor, request_anchor, take_anchor

    if sum(map(bool, (request, take, tsa))) != 1:
        raise InputError("authority anchor", "--request", "or --take or --tsa is needed, one of them", "give one")
    if request is not None:
        head = request_anchor(request, journal)
        line = f"{request}: asks for a time stamp over entry {head.number}; send it to a time-stamp authority"
        said = {"request": str(request), "journal": str(head.journal), "number": head.number, "sha256": head.sha256}
        print_result(said, line, as_json=as_json)
        return
    if certificate is None:
        raise InputError("authority anchor", "--certificate", "is missing", "name the authority's certificate (PEM)")
    done = fetch_anchor(tsa, certificate, journal) if take is None else take_anchor(take, certificate, journal)
    at = "" if done.at is None else done.at.isoformat(timespec="seconds")
    line = f"{done.journal}: entry {done.number} existed at {at}, by the time-stamp authority of {certificate}"
    said = {"journal": str(done.journal), "number": done.number, "sha256": done.sha256, "stamped_at": at}
    print_result(said, line, as_json=as_json)
