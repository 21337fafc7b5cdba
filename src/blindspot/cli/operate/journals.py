"""The journal of a stack, found by its folder or by the stack's record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from blindspot.law import state_folder
from blindspot.stack import latest_stack

FILE = "journal.jsonl"


def journal_of(stack_dir: Path, environ: Mapping[str, str]) -> Path | None:
    """The journal in a stack's folder, else the one that the latest stack's record names; None if both are missing."""
    if (inside := stack_dir / FILE).is_file():
        return inside
    record = latest_stack(environ)
    is_ours = record is not None and record.stack_dir.resolve() == stack_dir.resolve() and record.journal.is_file()
    return record.journal if record is not None and is_ours else None


def journal_for_purge(stack_dir: Path, environ: Mapping[str, str]) -> Path | None:
    """The journal of a stack. Without one it is that of this computer's real drones, which all their stacks share."""
    shared = state_folder(environ) / FILE
    return journal_of(stack_dir, environ) or (shared if shared.is_file() else None)


def latest_journal(environ: Mapping[str, str]) -> Path | None:
    """The journal of the stack that was started last on this computer, by its record."""
    record = latest_stack(environ)
    return None if record is None else record.journal
