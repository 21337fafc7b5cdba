"""The log files of a stack that runs for days: their size is bounded."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

LARGEST_BYTES = 10_000_000
KEPT = 5
"""Old files of one log: `x.log.1` is the youngest."""


def rotate(log: Path) -> None:
    """If a log is larger than `LARGEST_BYTES`, keep the log as `<name>.1` and go on with an empty log.

    Its process keeps the file open, so the content is copied and the file then cut to nothing. The process must write
    with O_APPEND, so that it goes on at the new end. Lines written between copy and cut are lost. If the disk refuses
    the copy, the log and the old files stay as they are.
    """
    draft = _old(log, 0)
    try:
        if log.stat().st_size <= LARGEST_BYTES:
            return
        shutil.copyfile(log, draft)
        for number in range(KEPT - 1, 0, -1):
            if _old(log, number).exists():
                _old(log, number).replace(_old(log, number + 1))
        draft.replace(_old(log, 1))
        os.truncate(log, 0)
    except OSError:
        with suppress(OSError):  # a disk that has become read-only must not end the stack
            draft.unlink(missing_ok=True)


def log_files(log: Path) -> tuple[Path, ...]:
    """The existing files of a log, oldest first."""
    files = (*(_old(log, number) for number in range(KEPT, 0, -1)), log)
    return tuple(file for file in files if file.is_file())


def _old(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number or 'part'}")
