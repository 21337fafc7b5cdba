"""The journal of a stack, found by its folder or by the stack's record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from blindspot.law import state_folder

FILE = "journal.jsonl"


def journal_of(stack_dir: Path, environ: Mapping[str, str]) -> Path | None:
    """The journal in a stack's folder, else the one that the stack's record names; None if both are missing."""
    if (inside := stack_dir / FILE).is_file():
        return inside
    noted = (journal for folder, journal in _records(environ) if folder == stack_dir.resolve())
    return next((journal for journal in noted if journal.is_file()), None)


def latest_journal(environ: Mapping[str, str]) -> Path | None:
    """The journal of the stack that was started last on this computer, by its record."""
    return next((journal for _, journal in _records(environ)), None)


def _records(environ: Mapping[str, str]) -> Iterator[tuple[Path, Path]]:
    """Folder and journal of the last stack of each ROS domain, newest first. A broken record is skipped."""
    dated = []
    for path in (state_folder(environ) / "stacks").glob("domain-*.json"):
        with suppress(OSError):
            dated.append((path.stat().st_mtime, path))
    for _, path in sorted(dated, reverse=True):
        with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            record = json.loads(path.read_text(encoding="utf-8"))
            folder = Path(record["stack_dir"])
            yield folder.resolve(), folder / (record.get("journal") or FILE)
