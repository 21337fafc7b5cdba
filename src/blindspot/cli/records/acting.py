"""People who see, export and erase runs, as the commands name them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.core import LONGEST_NAME, one_line

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    from blindspot.evidence.acts import Actor

Person = Annotated[str, typer.Option(help="Your name; needed for a run under an authority.", show_default=False)]
Reason = Annotated[str, typer.Option(help="Your reason, for the journal.", show_default=False)]
Key = Annotated[
    Path | None,
    typer.Option(
        envvar="BLINDSPOT_OPERATOR_KEY", show_default=False,
        help="Your private key, if the authorisation names one of yours: blindspot authority operator-key.",
    ),
]  # fmt: skip

Basis = Annotated[str, typer.Option(help="Ground in the law; ART40 for a recording of a French authority.")]
Second = Annotated[str, typer.Option(help="Name of the second person, for such a recording.")]
SecondKey = Annotated[Path | None, typer.Option(help="That person's private key, if one is named.")]


def recording_keys(**files: Path | None) -> dict[str, X25519PrivateKey]:
    """The named private recording keys, by holder. Each pass-phrase is read from its holder."""
    from blindspot.cli.parts.named_people import passphrase
    from blindspot.law.keys import load_recording_key

    found = {}
    for holder, path in files.items():
        if path is not None:
            typer.echo(f"recording key of the {holder}: {path}", err=True)
            found[holder] = load_recording_key(path, passphrase())
    return found


def actor(
    person: str, reason: str, key: Path | None, *, basis: str = "", second: str = "", second_key: Path | None = None
) -> Actor:
    """The person who acts, with a second one for a recording. The pass-phrase of a key is read from the user."""
    from blindspot.cli.parts.named_people import own_key
    from blindspot.evidence.acts import Actor

    why = one_line(reason, LONGEST_NAME)
    other = Actor(one_line(second, LONGEST_NAME), why, own_key(second_key)) if second else None
    return Actor(one_line(person, LONGEST_NAME), why, own_key(key), one_line(basis, LONGEST_NAME), other)
