"""The mandates of pilots on the ground station, and the key with which a scheduler signs the passes in them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blindspot.core import file_name, read_file, readable_or_error, write_whole
from blindspot.law.orders import Mandate, Ordered, OrderSigner, read_mandate
from blindspot.operations.calendar import Occurrence
from blindspot.operations.operation_file import Operation
from blindspot.operations.secret import own_bytes
from blindspot.operations.states import LATE, PassRow

KEY_FILE, FOLDER = "scheduler.key", "mandates"
_UNSIGNED = "0:" + "A" * 86 + "=="
"""In the place of a pass's signature, where a mandate waits for its passes."""


def latest_start(evening: Occurrence, latest_s: float) -> datetime:
    """Moment after which no pass of an evening starts; each is drawn at most `latest_s` after the one before."""
    return evening.slot_until + timedelta(seconds=(evening.slot.passes - 1) * latest_s) + LATE


def pass_key(folder: Path) -> Ed25519PrivateKey:
    """The scheduler's key in the state folder of an operation; made if it is missing. Raises InputError."""
    return Ed25519PrivateKey.from_private_bytes(own_bytes(folder, KEY_FILE))


def operation_sha256(operation: Operation) -> str:
    """Hash of an operation file. Raises InputError if it can't be read."""
    with readable_or_error(operation.path, "put it back"):
        return hashlib.sha256(read_file(operation.path)).hexdigest()


def keep_mandate(folder: Path, mandate: Mandate) -> None:
    """Keep a mandate for the scheduler; the new mandate replaces the person's old mandate of this evening. Raises
    OSError."""
    path = _path(folder, mandate.evening, mandate.person)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, mandate.with_pass(_UNSIGNED) + "\n")


def mandate_of(folder: Path, operation: Operation, evening: str, person: str, sha256: str = "") -> Mandate | None:
    """The mandate of a person for an evening of this operation file, or `None`. `sha256` is the hash of the file at
    the time of reading; if empty, the hash of the present file."""
    try:
        found = read_mandate(read_file(_path(folder, evening, person)).decode("ascii").strip())
    except (OSError, ValueError):
        return None
    if found is None or (found[0].evening, found[0].person) != (evening, person):
        return None
    return found[0] if found[0].operation_sha256 == (sha256 or operation_sha256(operation)) else None


def pass_signer(folder: Path, operation: Operation, *, simulated: bool) -> Callable[[PassRow, Ordered], str]:
    """Signs the order of a pass by the person's mandate; "" without a mandate, and for a fleet without keys. A
    mandate counts for the present operation file, and not for a later change: passes, wind and crew would differ."""
    if not operation.fleet.has_keys:
        return lambda row, ordered: ""
    signer = OrderSigner(pass_key(folder), operation.fleet.file.name, simulated)
    read_sha256 = operation_sha256(operation)

    def sign(row: PassRow, ordered: Ordered) -> str:
        mandate = mandate_of(folder, operation, row.occurrence, row.person, read_sha256)
        return "" if mandate is None else mandate.with_pass(signer.sign(ordered))

    return sign


def _path(folder: Path, evening: str, person: str) -> Path:
    """The hash is of the whole name of the evening: the file's name has only its first letters."""
    by = hashlib.sha256(f"{evening}\0{person}".encode()).hexdigest()[:16]
    return folder / FOLDER / f"{file_name(evening)}.{by}"
