"""`blindspot runs purge-journal FILE`: erase a journal that was moved away, three years after its last entry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import LONGEST_NAME, InputError, is_blank, one_line


def purge_journal(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A journal that was moved away from journal.jsonl.")],
    person: Annotated[str, typer.Option(help="Name of the person who orders this.")],
    reason: Annotated[str, typer.Option(help="Reason, for the journal.")],
    as_json: AsJson = False,
) -> None:
    """Erase an old journal. A journal is kept for three years after the last entry; the journal beside it records the
    erasure first."""
    from blindspot.acts import erase_journal

    person, reason = one_line(person, LONGEST_NAME), one_line(reason, LONGEST_NAME)
    if is_blank(person) or is_blank(reason):
        raise InputError("runs purge-journal", "--person", "or --reason is empty", "give both")
    entries, head = erase_journal(file, person, reason)
    document = {"file": str(file), "entries": entries, "head": head}
    print_result(document, f"deleted {file}: {entries} entries", as_json=as_json)
