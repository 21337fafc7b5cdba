"""The revocation list of an authority: an authorisation is added, or the list is issued again."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from blindspot.acts.papers.signing import ReadKey
from blindspot.core import InputError, is_blank, read_yaml, writable_or_error
from blindspot.law import AuthorisationFile
from blindspot.law.signatures import (
    Keys,
    Revoked,
    key_id,
    read_revocations,
    trusted_folder,
    trusted_keys,
    write_revocations,
)


def revoke_authorisation(
    revocations: Path, authorisation: Path | None, key: Path, read: ReadKey, by: str, reason: str,
    clock: Callable[[], datetime],
) -> tuple[tuple[Revoked, ...], datetime]:  # fmt: skip
    """Issue the revocation list, with the authorisation if one is named. Returns the list and the time of its issue, by
    `clock`, to the second.

    The file is read without its area: a lost area file must not prevent a revocation. Raises InputError without person
    and reason, and for a key that this machine does not trust.
    """
    if authorisation is not None and (is_blank(by) or is_blank(reason)):
        raise InputError("authority revoke", "--by", "person and reason are missing", "give --by and --reason")
    revoked_id = read_yaml(authorisation, AuthorisationFile).id if authorisation is not None else None
    own, trusted = read(key), trusted_keys(trusted_folder(os.environ))
    if key_id(own.public_key()) not in trusted:
        problem = "is no key that this machine trusts: no gate would read the list"
        raise InputError(key, "--key", problem, "sign with a trusted key")
    # List and time are read after the pass-phrase: another person may revoke while this one types.
    listed, now = _listed(revocations, trusted), clock().replace(microsecond=0)
    if revoked_id is not None:
        listed += (Revoked(id=revoked_id, at=now, by=by, reason=reason),)
    with writable_or_error(revocations, "--list"):
        write_revocations(revocations, listed, own, now)
    return listed, now


def _listed(revocations: Path, trusted: Keys) -> tuple[Revoked, ...]:
    """The revocations of the present list; none without a file."""
    if not revocations.exists():
        return ()
    found = read_revocations(revocations, trusted)
    if found.problem:
        fix = "put the last signed version back: a new list would lack those revocations"
        raise InputError(revocations, "", found.problem, fix)
    return found.listed
