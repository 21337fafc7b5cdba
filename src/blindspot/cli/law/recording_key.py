"""`blindspot authority recording-key`: make a key that opens sealed recordings, together with the other holder's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.named_people import passphrase
from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import InputError, writable_or_error, write_private


def recording_key(
    out: Annotated[Path, typer.Option(help="File for the private key.")], as_json: AsJson = False
) -> None:
    """Make a key that opens sealed recordings, protect it with a pass-phrase, and print its line for the authorisation.

    The service and the authority each make one, on computers of their own. Both together open a recording.
    """
    from blindspot.law.keys import new_recording_key

    if out.exists():
        raise InputError(out, "--out", "is there already", "name another file: no key is ever overwritten")
    private, public = new_recording_key(passphrase(anew=True))
    with writable_or_error(out, "--out", "see its folder"):
        write_private(out, private)
    print_result(
        {"private": str(out), "key": public},
        public,
        f"{out}: keep the key and the pass-phrase to yourself; if either is lost, nobody opens the recordings",
        "write the public key into the authorisation, under recording.keys: as service, or as authority",
        as_json=as_json,
    )
