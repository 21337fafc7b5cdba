"""The key of a computer: it signs what no person is there to sign. An unattended Ed25519 key beside the lease key.

The lease key can't serve: the drones hold its public half alone. A signature names the computer that wrote the bytes.
The key proves nothing against a thief who has the key.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from blindspot.law.keys.key_file import load_key_file, load_public_half, make_key_file, public_half

COMPUTER_KEY = "computer.key"
_FIELD = "computer_key"
_MAKE = "make one: blindspot authority computer-key"
_FORMS = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{128}")


class ComputerKey:
    """A private key that signs values for a purpose. `key_id` is the public half itself, 64 hex digits: a signature is
    verified without another file, and the reader compares the id with the id that the computer's authority holds."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.private = key
        """The key itself: a sealed part signs its own form with it."""
        self.key_id = _id_of(key.public_key())

    def sign(self, purpose: str, *values: str | int) -> str:
        """The signature over the purpose and the values, 128 hex digits. Each purpose is a schema, for example
        `blindspot.head/1`: a signature for one purpose counts for no other."""
        return self.private.sign(_content(purpose, values)).hex()


def is_signed(key_id: object, signature: object, purpose: str, *values: str | int) -> bool:
    """Whether the key with this id has signed the values for the purpose; False for ids and signatures of another
    form."""
    given = key_id, signature
    if not all(isinstance(text, str) and form.fullmatch(text) for form, text in zip(_FORMS, given, strict=True)):
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(str(key_id)))
        key.verify(bytes.fromhex(str(signature)), _content(purpose, values))
    except (InvalidSignature, ValueError):
        return False
    return True


def beside(lease_key: Path) -> Path:
    """The place of the computer key of a stack whose lease key lies here."""
    return lease_key.with_name(COMPUTER_KEY)


def usual_computer_key(environ: Mapping[str, str]) -> Path:
    """Path of this user's computer key."""
    home = environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/")) / ".config"
    return Path(home) / "blindspot" / COMPUTER_KEY


def keep_computer_key(path: Path) -> None:
    """Make a key where there is none. A key that is there stays: it has signed. Raises OSError."""
    if not path.exists():
        make_key_file(path)


def load_computer_key(path: Path) -> ComputerKey:
    """The key of a file. Raises InputError if the file holds another kind of data, or if other users can use it."""
    return ComputerKey(load_key_file(path, _FIELD, _MAKE))


def own_computer_key() -> ComputerKey | None:
    """The key of this user's computer; None where there is none. Raises InputError for an unusable one."""
    path = usual_computer_key(os.environ)
    return load_computer_key(path) if path.exists() else None


def public_computer_key(path: Path) -> str:
    """The id of the public half of a private key's file. Raises InputError."""
    return read_key_id(public_half(path))


def read_key_id(public: Path) -> str:
    """The id of a public half. Raises InputError for another kind of file."""
    return _id_of(load_public_half(public, _FIELD, "name the .pub file of a computer key"))


def _id_of(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def _content(purpose: str, values: tuple[str | int, ...]) -> bytes:
    return json.dumps([purpose, *values], separators=(",", ":"), ensure_ascii=True).encode("ascii")
