"""`blindspot authority console-certificate`: make the certificate of a console that tablets open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import writable_or_error


def console_certificate(
    host: Annotated[str, typer.Option(help="Name or IPv4 address of this computer, as the tablet opens it.")],
    out: Annotated[Path, typer.Option(help="Folder for the certificate and its private key.")],
    as_json: AsJson = False,
) -> None:
    """Make a self-signed certificate for the console, and print the fingerprint that the tablet must show."""
    from datetime import UTC, datetime

    from blindspot.console.beyond import certified_host, make_certificate

    own = certified_host(host, "authority console-certificate")
    with writable_or_error(out, "--out"):
        made = make_certificate(own, out, datetime.now(UTC))
    files = {"certificate": str(made.file), "private": str(made.key)}
    print_result(
        {**files, "host": own, "sha256": made.sha256, "not_after": made.ends.isoformat()},
        f"SHA-256 {made.sha256}",
        f"{made.file}: for {own}, until {made.ends:%Y-%m-%d}",
        f"{made.key}: keep the key on this computer: an owner can pose as this console",
        "on the tablet: open the page, show the certificate behind the browser's warning, compare each pair of digits "
        "of the SHA-256 fingerprint, and go on only if all are equal",
        as_json=as_json,
    )
