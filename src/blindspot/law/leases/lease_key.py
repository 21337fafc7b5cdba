"""The key that signs leases: a private file on the ground station, with the public half on each drone.

The key has no pass-phrase, because a service starts unattended. Instead, only the file's owner may read it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
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
_MAKE = "make one: blindspot authority lease-key"


def usual_lease_key(environ: Mapping[str, str]) -> Path:
    """Path of this user's private lease key; the public key lies beside it."""
    home = environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/")) / ".config"
    return Path(home) / "blindspot" / "lease.key"


def own_lease_key(stack_dir: Path) -> Path:
    """Path of the private key that a simulated stack makes for itself alone."""
    return stack_dir / "lease" / "lease.key"


def public_half(path: Path) -> Path:
    return path.with_name(path.name + PUBLIC)


def make_lease_key(path: Path) -> None:
    """Write a new key: the private file, readable by the owner alone from the creation on, and the public half."""
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


def renew_lease_key(path: Path) -> None:
    """Replace the key of the previous run: a new key for one run, in a folder for the owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    path.unlink(missing_ok=True)
    make_lease_key(path)


def leave_public_half(public_key: Path, stack_dir: Path) -> None:
    """Copy a public key to the place where a stack's own one lies. There the clients of the stack find the signing
    key of the stack's authority. Without a readable key none is left. Raises OSError."""
    left = public_half(own_lease_key(stack_dir))
    if public_key.resolve() == left.resolve():
        return
    left.unlink(missing_ok=True)
    if public_key.is_file():
        left.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        left.write_bytes(public_key.read_bytes())


def load_lease_key(path: Path) -> Ed25519PrivateKey:
    """The private key. Raises InputError if the file holds another kind of data, or if other users can use it."""
    try:
        with open_file(path) as file:
            mode, content = os.fstat(file.fileno()).st_mode, file.read()
        key = load_pem_private_key(content, None)
    except OSError as error:
        raise InputError(path, "lease_key", f"can't be read ({error.strerror})", _MAKE) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(path, "lease_key", "is no private key without a pass-phrase", _MAKE) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(path, "lease_key", "is no Ed25519 key", _MAKE)
    if stat.S_IMODE(mode) & 0o077:
        problem = f"has mode {stat.S_IMODE(mode):04o}: others can use it"
        raise InputError(path, "lease_key", problem, f"chmod 600 {path}")
    return key


def load_public_lease_key(path: Path) -> Ed25519PublicKey:
    """The public half. Raises InputError if the file holds another kind of data, or if every user may replace it."""
    copied = "copy the .pub file of the ground station's lease key"
    try:
        with open_file(path) as file:
            mode, content = os.fstat(file.fileno()).st_mode, file.read()
        key = load_pem_public_key(content)
    except OSError as error:
        raise InputError(path, "lease_key", f"can't be read ({error.strerror})", copied) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(path, "lease_key", "is no public key", copied) from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(path, "lease_key", "is no Ed25519 key", copied)
    if mode & stat.S_IWOTH:
        raise InputError(path, "lease_key", "may be written by every user", f"chmod o-w {path}")
    return key
