"""Private keys of persons, under pass-phrases that they type."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def read_key(path: Path) -> Ed25519PrivateKey:
    """The private key of a file. The pass-phrase is read from the user."""
    from blindspot.law.leases import load_key

    return load_key(path, passphrase())


def passphrase(*, anew: bool = False) -> str:
    """The value of BLINDSPOT_PASSPHRASE, otherwise a prompt with hidden input. A new pass-phrase is typed twice."""
    if (given := os.environ.get("BLINDSPOT_PASSPHRASE")) is not None:
        return given
    return str(typer.prompt("pass-phrase", hide_input=True, confirmation_prompt=anew))


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, from the first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
