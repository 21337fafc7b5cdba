"""Files of Ed25519 keys without a pass-phrase: a service starts unattended. Only the owner may read a private key."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from blindspot.core import InputError, open_file, write_private

PUBLIC = ".pub"
"""Suffix of the public half's file name."""


def public_half(path: Path) -> Path:
    return path.with_name(path.name + PUBLIC)


def make_key_file(path: Path) -> None:
    """Write a new key: the private file, readable by the owner alone from the creation on, and the public half. Raises
    OSError, also for a file that exists."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, private)
    try:
        public_half(path).write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        public_half(path).chmod(0o644)
    except OSError:
        path.unlink()
        public_half(path).unlink(missing_ok=True)
        raise


def load_key_file(path: Path, field: str, fix: str) -> Ed25519PrivateKey:
    """The private key. Raises InputError with `field` and `fix` if the file holds another kind of data, or if other
    users can use it."""
    try:
        with open_file(path) as file:
            mode, content = os.fstat(file.fileno()).st_mode, file.read()
        key = load_pem_private_key(content, None)
    except OSError as error:
        raise InputError(path, field, f"can't be read ({error.strerror})", fix) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(path, field, "is no private key without a pass-phrase", fix) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(path, field, "is no Ed25519 key", fix)
    if stat.S_IMODE(mode) & 0o077:
        problem = f"has mode {stat.S_IMODE(mode):04o}: others can use it"
        raise InputError(path, field, problem, f"chmod 600 {path}")
    return key


def load_public_half(path: Path, field: str, fix: str) -> Ed25519PublicKey:
    """The public half. Raises InputError with `field` and `fix` if the file holds another kind of data, or if every
    user may replace it."""
    try:
        with open_file(path) as file:
            mode, content = os.fstat(file.fileno()).st_mode, file.read()
        key = load_pem_public_key(content)
    except OSError as error:
        raise InputError(path, field, f"can't be read ({error.strerror})", fix) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(path, field, "is no public key", fix) from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(path, field, "is no Ed25519 key", fix)
    if mode & stat.S_IWOTH:
        raise InputError(path, field, "may be written by every user", f"chmod o-w {path}")
    return key
