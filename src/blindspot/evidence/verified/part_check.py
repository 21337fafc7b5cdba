"""The check of a sealed part without the keys that open it."""

from __future__ import annotations

from pathlib import Path
from typing import IO, BinaryIO, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from blindspot.core import open_file, readable_or_error
from blindspot.evidence.sealed.form import BrokenPartError, LastLine
from blindspot.evidence.sealed.opened import check_open_part
from blindspot.evidence.verified.checked import Checked, Verification, verification
from blindspot.evidence.verified.roots import Signers, short_id

NOT_PROVEN = (
    "the pictures: the check opens no part",
    "the author against a thief of the computer's key",
    "the times and facts of the first line: the computer's clock and the writing program gave both",
)


def check_lone_part(path: Path, roots: frozenset[str]) -> Verification:
    """Check one file. Raises InputError for an unreadable file."""
    signers = Signers(roots)
    with readable_or_error(path, "name a sealed part"), open_file(path) as file:
        check = check_part_in(path.name, file, signers)
    return verification("part", (check, signers.check()), NOT_PROVEN)


def check_part_in(name: str, file: IO[bytes], signers: Signers) -> Checked:
    """Check a part that is read from its begin; a valid signature goes to the signers."""
    try:
        read = check_open_part(name, cast(BinaryIO, file), None)
        if read.last is None:
            signers.unsigned.append(name)
            return Checked(
                f"part {name}", "broken", f"interrupted: it ends after {read.blocks} blocks without a signed end"
            )
        key_id = next((known for known in signers.known if short_id(known) == read.last.key_id), "")
        if key_id and not _is_signed(read.last, key_id):
            raise BrokenPartError(name, f"is not signed by the key {key_id}")
    except BrokenPartError as error:
        signers.unsigned.append(name)
        return Checked(f"part {name}", "broken", str(error))
    if key_id:
        signers.add(key_id, name)
        return Checked(f"part {name}", "proven", f"{read.blocks} blocks in their order, and a signed end")
    signers.unsigned.append(name)
    return Checked(f"part {name}", "unknown", (
        f"{read.blocks} blocks fit the end of the part, which the key {read.last.key_id} should have signed: name "
        "the key with --computer-key"
    ))  # fmt: skip


def _is_signed(last: LastLine, key_id: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key_id)).verify(bytes.fromhex(last.signature), last.said)
    except (InvalidSignature, ValueError):
        return False
    return True
