"""The progress of a survey in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from blindspot.core import progress_of
from blindspot.coverage.ground import Progress


@contextmanager
def progress_bar(total: int) -> Iterator[Progress]:
    with progress_of("coverage") as progress:
        progress("heights", 0, total)
        yield lambda phase, done: progress(phase, done, total)
