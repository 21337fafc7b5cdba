"""`blindspot authority revoke`: revoke an authorisation, or issue the revocation list again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.named_people import read_key
from blindspot.cli.parts.output import AsJson, print_result


def revoke(
    revocations: Annotated[Path, typer.Option("--list", help="Revocation list; made if missing.")],
    key: Annotated[Path, typer.Option(help="A trusted key.")],
    authorisation: Annotated[Path | None, typer.Argument(help="Authorisation file; none: only a fresh list.")] = None,
    by: Annotated[str, typer.Option(help="Name of the person who revokes.")] = "",
    reason: Annotated[str, typer.Option(help="Reason of the revocation.")] = "",
    as_json: AsJson = False,
) -> None:
    """Revoke an authorisation, or issue the revocation list again before it is stale."""
    from datetime import UTC, datetime

    from blindspot.acts.papers import revoke_authorisation

    listed, now = revoke_authorisation(revocations, authorisation, key, read_key, by, reason, lambda: datetime.now(UTC))
    document = {"list": str(revocations), "issued": now.isoformat(), "revoked": [str(one.id) for one in listed]}
    print_result(document, f"{revocations}: {len(listed)} revoked, issued {now.isoformat()}", as_json=as_json)
