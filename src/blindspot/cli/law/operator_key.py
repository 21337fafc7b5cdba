"""`blindspot authority operator-key`: make the key with which a person signs orders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.named_people import passphrase
from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import InputError, writable_or_error, write_private


def operator_key(
    person: Annotated[str, typer.Option(help="Name of the person, as the orders have it.")],
    out: Annotated[Path, typer.Option(help="File for the private key.")],
    as_json: AsJson = False,
) -> None:
    """Make the key with which a person signs orders, protect it with a pass-phrase, and print its line for the fleet
    file."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    from blindspot.law.orders import key_text
    from blindspot.law.signatures import new_key

    if out.exists():
        raise InputError(out, "--out", "is there already", "name another file: no key is ever overwritten")
    private, public = new_key(passphrase(anew=True))
    with writable_or_error(out, "--out", "see its folder"):
        write_private(out, private)
    key = load_pem_public_key(public)
    assert isinstance(key, Ed25519PublicKey)
    print_result(
        {"private": str(out), "name": person, "role": "pilot", "key": key_text(key)},
        f"{out}: keep the key and the pass-phrase to yourself; if either is lost, make another key",
        "write this under operators in the fleet file, on the ground station and on each drone's computer:",
        f"  - {{name: {json.dumps(person, ensure_ascii=False)}, role: pilot, key: {key_text(key)}}}",
        as_json=as_json,
    )
