"""The key that signs leases: a private file on the ground station, with the public half on each drone.

The key has no pass-phrase, because a service starts unattended. Instead, only the file's owner may read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from blindspot.law.keys.computer_key import beside, keep_computer_key
from blindspot.law.keys.key_file import load_key_file, load_public_half, make_key_file, public_half

_MAKE = "make one: blindspot authority lease-key"


def usual_lease_key(environ: Mapping[str, str]) -> Path:
    """Path of this user's private lease key; the public key lies beside it."""
    home = environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/")) / ".config"
    return Path(home) / "blindspot" / "lease.key"


def own_lease_key(stack_dir: Path) -> Path:
    """Path of the private key that a simulated stack makes for itself alone."""
    return stack_dir / "lease" / "lease.key"


def make_lease_key(path: Path) -> None:
    """Write a new key: the private file, readable by the owner alone from the creation on, and the public half."""
    make_key_file(path)


def renew_lease_key(path: Path) -> None:
    """Replace the key of the previous run: a new key for one run, in a folder for the owner alone. The computer key
    beside it is made at the first run, and stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    path.unlink(missing_ok=True)
    make_lease_key(path)
    keep_computer_key(beside(path))


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
    return load_key_file(path, "lease_key", _MAKE)


def load_public_lease_key(path: Path) -> Ed25519PublicKey:
    """The public half. Raises InputError if the file holds another kind of data, or if every user may replace it."""
    return load_public_half(path, "lease_key", "copy the .pub file of the ground station's lease key")
