"""The key of a part, in halves: each half is sealed for one holder, and all halves together open the part.

The key is the XOR of the halves. Each half is sealed with HPKE (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM) for the
holder's public key in the authorisation, and is bound to the header of its part. The sealed halves lie in a file of
their own beside the part: without this file nobody opens the part, the holders included.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from blindspot.core import InputError, read_file, write_private
from blindspot.evidence.sealed.form import KEY_BYTES, BrokenPartError, Header, canonical

HALVES = "blindspot.halves/1"
SERVICE, AUTHORITY = "service", "authority"
KEYS = ".keys"
"""End of the name of a key file."""
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Sealing:
    """The keys that seal a drone's recordings: the holders' public keys, and the computer's own private key."""

    holders: Mapping[str, X25519PublicKey]
    """One or two: `service`, and `authority`."""
    computer: Ed25519PrivateKey


def keys_file(part: Path) -> Path:
    """The file with the sealed halves of a part's key."""
    return part.with_name(part.name + KEYS)


def destroy_key(keys: Path) -> None:
    """Delete a key file, if it is there, and have the disk forget it before anything else. Raises OSError."""
    keys.unlink(missing_ok=True)
    _sync(keys.parent)


def id_of(key: X25519PublicKey) -> str:
    """The first 16 hex digits of the SHA-256 of the key's 32 bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def write_halves(part: Path, header: Header, holders: Mapping[str, X25519PublicKey]) -> bytes:
    """Make the key of a part, write its sealed halves to the disk, and return the key. Raises OSError: without the
    file there must be no part."""
    halves = {holder: os.urandom(KEY_BYTES) for holder in holders}
    sealed = {name: _SUITE.encrypt(half, holders[name], info=_info(name, header)) for name, half in halves.items()}
    said = {"halves": {name: each.hex() for name, each in sealed.items()}, "part": header.part, "schema": HALVES}
    path = keys_file(part)
    write_private(path, canonical(said))
    _sync(path)
    _sync(path.parent)
    return reduce(_xor, halves.values())


def key_of_part(part: Path, header: Header, private: Mapping[str, X25519PrivateKey]) -> bytes:
    """The key of a part, from the private keys of all its holders. Raises InputError for a missing or another key, and
    for a part whose halves are gone."""
    path = keys_file(part)
    if not path.exists():
        raise InputError(part, "", "can't be opened by anybody: its key file is gone", f"see for {path.name}")
    for holder in header.keys:
        if holder not in private:
            raise InputError(part, f"--{holder}-key", "is missing: one key alone opens nothing", "name both key files")
    return reduce(_xor, (_half(path, header, holder, private[holder]) for holder in header.keys))


def _half(path: Path, header: Header, holder: str, key: X25519PrivateKey) -> bytes:
    if id_of(key.public_key()) != header.keys[holder]:
        problem = f"is another key than {header.keys[holder]}, for which this part was sealed"
        raise InputError(path, f"--{holder}-key", problem, "name the key of the authorisation under which it was made")
    try:
        read = json.loads(read_file(path, _LONGEST))
        half = _SUITE.decrypt(bytes.fromhex(read["halves"][holder]), key, info=_info(holder, header))
    except OSError as error:
        raise InputError(path, "", f"can't be read ({error.strerror})", "see its folder") from error
    except (InvalidTag, KeyError, TypeError, ValueError, RecursionError) as error:
        raise BrokenPartError(path, f"holds no half of the {holder} for this part") from error
    return half


def _info(holder: str, header: Header) -> bytes:
    return HALVES.encode() + b"\0" + holder.encode() + b"\0" + header.digest


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
