"""`blindspot authority computer-key`: the key with which this computer signs its records."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import writable_or_error


def computer_key(
    out: Annotated[
        Path | None, typer.Option(help="File of the private key; the usual place by default.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the public half of the key with which this computer signs its records, and make the key at the first call.

    The authority keeps the public half: with it, `blindspot verify` proves which computer wrote a record.
    """
    from blindspot.law.keys import keep_computer_key, public_computer_key, public_half, usual_computer_key

    path = out or usual_computer_key(os.environ)
    with writable_or_error(path, "--out", "see its folder"):
        keep_computer_key(path)
    key_id = public_computer_key(path)
    print_result(
        {"private": str(path), "public": str(public_half(path)), "key_id": key_id},
        key_id,
        f"{path}: keep the key on this computer: an owner can sign false records",
        f"{public_half(path)}: give it to the authority, who compares the id and names the file to blindspot verify",
        as_json=as_json,
    )
