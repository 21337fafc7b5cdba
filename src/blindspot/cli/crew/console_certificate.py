"""`blindspot authority console-certificate`: make the certificate of a console that tablets open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import InputError, writable_or_error


def console_certificate(
    host: Annotated[str, typer.Option(help="Name or IPv4 address of this computer, as the tablet opens it.")],
    out: Annotated[Path, typer.Option(help="Folder for the certificate and its private key.")],
    as_json: AsJson = False,
) -> None:
    """Make a self-signed certificate for the console, and print the fingerprint that the tablet must show."""
    from datetime import UTC, datetime

    from blindspot.console.certificate import CERTIFICATE, KEY, LASTS, certified_host, make_certificate

    own, certificate, key = certified_host(host, "authority console-certificate"), out / CERTIFICATE, out / KEY
    for path in (certificate, key):
        if path.exists():
            raise InputError(path, "--out", "is there already", "name another folder: no key is ever overwritten")
    with writable_or_error(out, "--out"):
        found = make_certificate(own, out, datetime.now(UTC))
    print_result(
        {"certificate": str(certificate), "private": str(key), "host": own, "sha256": found},
        f"SHA-256 {found}",
        f"{certificate}: for {own}, {LASTS.days - 1} days from now",
        f"{key}: keep the key on this computer: an owner can pose as this console",
        "on the tablet: open the page, show the certificate behind the browser's warning, compare each pair of digits "
        "of the SHA-256 fingerprint, and go on only if all are equal",
        as_json=as_json,
    )
