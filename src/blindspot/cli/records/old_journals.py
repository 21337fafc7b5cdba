"""`blindspot runs purge-journal FILE`: erase a journal that was moved away, three years after its last entry."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.cli.records.journals import FILE
from blindspot.core import LONGEST_NAME, InputError, is_blank, one_line


def purge_journal(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=f"A journal that was moved away from {FILE}.")],
    person: Annotated[str, typer.Option(help="Name of the person who orders this.")],
    reason: Annotated[str, typer.Option(help="Reason, for the journal.")],
    as_json: AsJson = False,
) -> None:
    """Erase an old journal. A journal is kept for three years after its last entry; the journal beside it records the
    erasure first."""
    from blindspot.evidence import Journal, JournalError
    from blindspot.evidence.acts import forget_head

    person, reason = one_line(person, LONGEST_NAME), one_line(reason, LONGEST_NAME)
    if is_blank(person) or is_blank(reason):
        raise InputError("runs purge-journal", "--person", "or --reason is empty", "give both")
    entries, head = _refuse(file, datetime.now(UTC))
    beside = file.with_name(FILE)
    try:
        Journal(beside, "runs purge-journal").write(
            "purge_journal", file=file.name, person=person, reason=reason, entries=entries, head=head
        )
        forget_head(beside, file)
        file.unlink()
    except JournalError as error:
        raise InputError(file, "", f"stays as it is ({error})") from error
    except OSError as error:
        raise InputError(file, "", f"can't be deleted ({error.strerror})", "delete it") from error
    document = {"file": str(file), "entries": entries, "head": head}
    print_result(document, f"deleted {file}: {entries} entries", as_json=as_json)


def _refuse(file: Path, now_utc: datetime) -> tuple[int, str]:
    """Number of entries and head of a journal that may be erased. Raises InputError for a journal that must be kept.
    For a damaged journal, and for a journal touched later, the time of the file counts; after a clock was set back, the
    latest entry counts.
    """
    from blindspot.evidence import verify_journal
    from blindspot.evidence.acts import why_kept

    if file.name == FILE or file.is_symlink():
        raise InputError(file, "", "is in use", f"move it away from the name {FILE} first")
    check = verify_journal(file)
    if not check.entries:
        raise InputError(file, "", "holds no entry", "name a journal")
    changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    if problem := why_kept(max(filter(None, (check.latest, changed))), now_utc):
        raise InputError(file, "", f"is kept: {problem}")
    return check.entries, check.head
