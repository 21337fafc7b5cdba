"""Progress of long work, on standard error: a bar on a terminal, elsewhere a line every few seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

LINE_EVERY_S = 15.0
PREFIX = "progress: "
"""Start of every progress line; programs that read standard error drop these lines."""

Report = Callable[[str, float, float | None], None]
"""(phase, amount done, total amount or None while it is unknown)."""


@contextmanager
def progress_of(work: str) -> Iterator[Report]:
    """Show phase, per cent and time left of `work` while the block runs.

    Example:
        with progress_of("planning") as report:
            report("tours", 3, 12)
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(work).report
        return
    with _bar(work, console) as report:
        yield report


@contextmanager
def _bar(work: str, console: Console) -> Iterator[Report]:
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
        TextColumn("left:"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, transient=True, console=console) as bar:
        task, shown = bar.add_task(work, total=None), ""

        def report(phase: str, done: float, of: float | None) -> None:
            nonlocal shown, task
            if phase != shown:  # a new task, so that the time left is estimated from the pace of this task
                bar.remove_task(task)
                shown, task = phase, bar.add_task(f"{work}: {phase}", total=of)
            bar.update(task, completed=done, total=of)

        yield report


class _Lines:
    """Prints at most one line in `LINE_EVERY_S`; shorter work prints nothing."""

    def __init__(self, work: str) -> None:
        self._work = work
        self._printed_s = self._since_s = time.monotonic()
        self._phase = ""

    def report(self, phase: str, done: float, of: float | None) -> None:
        now_s = time.monotonic()
        if phase != self._phase:
            self._phase, self._since_s = phase, now_s
        if now_s - self._printed_s < LINE_EVERY_S:
            return
        self._printed_s = now_s
        print(f"{PREFIX}{self._work}: {phase}{_share(done, of, now_s - self._since_s)}", file=sys.stderr, flush=True)


def _share(done: float, of: float | None, took_s: float) -> str:
    """Per cent and time left of a phase that began `took_s` ago; empty while both are unknown."""
    if not of:
        return ""
    share = min(1.0, done / of)
    left = f", about {took_s * (1 - share) / share:.0f} s left" if share > 0 and took_s > 0 else ""
    return f", {100 * share:.0f} %{left}"


def without_progress(text: str) -> str:
    """A program's standard error with the progress lines removed."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(PREFIX))
