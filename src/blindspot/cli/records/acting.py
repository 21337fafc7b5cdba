"""People who see, export and erase runs, as the commands name them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.core import LONGEST_NAME, one_line

if TYPE_CHECKING:
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


def actor(
    person: str, reason: str, key: Path | None, *, basis: str = "", second: str = "", second_key: Path | None = None
) -> Actor:
    """The person who acts, with a second one for a recording. The pass-phrase of a key is read from the user."""
    from blindspot.cli.parts.named_people import own_key
    from blindspot.evidence.acts import Actor

    why = one_line(reason, LONGEST_NAME)
    other = Actor(one_line(second, LONGEST_NAME), why, own_key(second_key)) if second else None
    return Actor(one_line(person, LONGEST_NAME), why, own_key(key), one_line(basis, LONGEST_NAME), other)
