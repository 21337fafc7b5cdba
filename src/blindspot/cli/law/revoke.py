"""`blindspot authority revoke`: revoke an authorisation, or issue the revocation list again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.named_people import read_key
from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import InputError, writable_or_error

if TYPE_CHECKING:
    from blindspot.law.signatures import Keys, Revoked


def revoke(
    revocations: Annotated[Path, typer.Option("--list", help="Revocation list; it is made if it is missing.")],
    key: Annotated[Path, typer.Option(help="A trusted key.")],
    authorisation: Annotated[Path | None, typer.Argument(help="Authorisation file; none: only a fresh list.")] = None,
    by: Annotated[str, typer.Option(help="Name of the person who revokes.")] = "",
    reason: Annotated[str, typer.Option(help="Reason of the revocation.")] = "",
    as_json: AsJson = False,
) -> None:
    """Revoke an authorisation, or issue the revocation list again before it is stale."""
    from datetime import UTC, datetime

    from blindspot.core import is_blank, read_yaml
    from blindspot.law import AuthorisationFile  # without its area: a lost area file must not prevent a revocation
    from blindspot.law.signatures import Revoked, key_id, trusted_folder, trusted_keys, write_revocations

    if authorisation is not None and (is_blank(by) or is_blank(reason)):
        raise InputError("authority revoke", "--by", "person and reason are missing", "give --by and --reason")
    revoked_id = read_yaml(authorisation, AuthorisationFile).id if authorisation is not None else None
    own, trusted = read_key(key), trusted_keys(trusted_folder(os.environ))
    if key_id(own.public_key()) not in trusted:
        problem = "is no key that this machine trusts: no gate would read the list"
        raise InputError(key, "--key", problem, "sign with a trusted key")
    # The list is read after the pass-phrase: another person may revoke while this one types.
    listed, now = _listed(revocations, trusted), datetime.now(UTC).replace(microsecond=0)
    if revoked_id is not None:
        listed += (Revoked(id=revoked_id, at=now, by=by, reason=reason),)
    with writable_or_error(revocations, "--list"):
        write_revocations(revocations, listed, own, now)
    document = {"list": str(revocations), "issued": now.isoformat(), "revoked": [str(one.id) for one in listed]}
    print_result(document, f"{revocations}: {len(listed)} revoked, issued {now.isoformat()}", as_json=as_json)


def _listed(revocations: Path, trusted: Keys) -> tuple[Revoked, ...]:
    """The revocations of the present list; none without a file."""
    from blindspot.law.signatures import read_revocations

    if not revocations.exists():
        return ()
    found = read_revocations(revocations, trusted)
    if found.problem:
        fix = "put its last signed version back: a new list would lack its revocations"
        raise InputError(revocations, "", found.problem, fix)
    return found.listed
