"""How long a journal is kept: three years from its last entry (CSI R242-12).

The gate of real flights notes the head of the journal in `journal.jsonl.head`, with a line for each journal moved
away since. A noted entry in no journal of the folder is lost: then the law's time is not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from blindspot.core import write_whole
from blindspot.evidence.journals.journal import ChangedError, read_entry
from blindspot.law.rules import KEPT_DAYS

VOLATILE = frozenset({"tmpfs", "ramfs", "devtmpfs", "rootfs"})
"""File systems that lose their files when the computer is switched off."""
JOURNALS = "*.jsonl"


def why_kept(last: datetime, now_utc: datetime) -> str:
    """The reason against the erasure of a journal now, in one sentence; empty if the erasure is permitted. `last` is
    the time of the newest entry, or the latest change of the file."""
    if now_utc - last >= timedelta(days=KEPT_DAYS):
        return ""
    until = last + timedelta(days=KEPT_DAYS)
    return f"the last entry is of {last:%Y-%m-%d}: it is kept for three years, until {until:%Y-%m-%d %H:%M} UTC"


def kept_days(journal: Path, mounts: Path = Path("/proc/self/mountinfo")) -> int | None:
    """Days for which the entries of a journal are kept: `KEPT_DAYS`, because no command erases a journal earlier; 0
    for a volatile disk or a lost noted entry; `None` if unknown."""
    kind = _file_system(journal.resolve(), mounts)
    if kind is None:
        return None
    if kind in VOLATILE:
        return 0
    try:
        if lost_entry(journal) is not None:
            return 0
    except (OSError, ValueError):
        return None
    return KEPT_DAYS


def lost_entry(journal: Path) -> int | None:
    """The number of the first noted entry that no journal of the folder holds any more: entries were cut off, or a file
    was rewritten or removed. None if all are there, or if none was noted. Raises OSError or ValueError for a broken
    note."""
    files = tuple(journal.parent.glob(JOURNALS))
    return next((note[0] for note in _notes(journal) if not any(_holds(file, *note) for file in files)), None)


def note_head(journal: Path, number: int, sha256: str) -> None:
    """Note the last entry of a journal; one without an entry has none. The notes on journals that were moved away stay:
    they are kept for three years, too. Raises OSError, or ValueError for a broken note."""
    if number > 0:
        _write_notes(journal, [*(note for note in _notes(journal) if not _holds(journal, *note)), (number, sha256)])


def forget_head(journal: Path, erased: Path) -> None:
    """Remove the notes on a journal that is about to be erased after three years. Raises OSError;
    a broken note stays."""
    with suppress(ValueError):
        notes = _notes(journal)
        left = [note for note in notes if not _holds(erased, *note)]
        if left != notes:
            _write_notes(journal, left)


_Note = tuple[int, str]
"""Number and hash of an entry."""


def _notes(journal: Path) -> list[_Note]:
    path = _head_of(journal)
    if not path.exists():
        return []
    lines = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    notes = [(int(number), sha256) for number, sha256 in lines]
    if not notes:
        raise ValueError("the note is empty")
    return notes


def _write_notes(journal: Path, notes: Sequence[_Note]) -> None:
    if notes:
        write_whole(_head_of(journal), "".join(f"{number} {sha256}\n" for number, sha256 in notes))
    else:
        _head_of(journal).unlink(missing_ok=True)


def _head_of(journal: Path) -> Path:
    return journal.with_name(f"{journal.name}.head")


def _holds(file: Path, number: int, sha256: str) -> bool:
    with file.open("rb") as lines:
        line = next(islice(lines, number - 1, None), b"") if number > 0 else b""
    try:
        return read_entry(line).sha256 == sha256
    except (ChangedError, ValueError):
        return False


def _file_system(path: Path, mounts: Path) -> str | None:
    """The kind of the file system that holds a path, by the kernel's list of mounts; for an overlay on a volatile
    file system the volatile kind."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    kind, options = _mount_of(path, lines)
    upper = next((each.removeprefix("upperdir=") for each in options.split(",") if each.startswith("upperdir=")), "")
    below = _mount_of(Path(upper), lines)[0] if kind == "overlay" and upper else None
    return below if below in VOLATILE else kind


def _mount_of(path: Path, lines: Sequence[str]) -> tuple[str | None, str]:
    """Kind and options of the file system of a path; None without a line for this file system."""
    deepest = 0
    found: tuple[str | None, str] = None, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, own = before.split(), after.split()
        if len(fields) < 5 or not own:
            continue
        point = Path(fields[4].replace("\\040", " "))
        if path.is_relative_to(point) and len(point.parts) >= deepest:
            deepest, found = len(point.parts), (own[0], own[-1])
    return found
