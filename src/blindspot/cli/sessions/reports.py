"""The conclusions of runs as commands wait for them: by the files in the folder of a run, and by no message."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from blindspot.core import from_here
from blindspot.evidence import report
from blindspot.evidence.logbook import LOG, is_begun, is_concluded, why_no_report
from blindspot.mission import run_folder

REPORTED_WITHIN_S = 120.0
"""Wall time for the reports of the runs of a stack that ends. The report of a large town takes half a minute."""


class Reports:
    """The runs of a stack that were seen in progress and whose records are not concluded yet."""

    def __init__(self, stack_dir: Path) -> None:
        self._stack_dir = stack_dir
        self._open: dict[str, Path] = {}
        self._in_progress: frozenset[str] = frozenset()

    def runs_are(self, in_progress: Collection[str]) -> None:
        """Take the runs in progress. Raises InputError for a name that is no name of a run."""
        self._in_progress = frozenset(in_progress)
        for run in self._in_progress - self._open.keys():
            self._open[run] = run_folder(self._stack_dir, run)

    def busy(self) -> tuple[str, ...]:
        """The runs that are over and whose records are being concluded."""
        return tuple(run for run, folder in self._open.items() if run not in self._in_progress and is_begun(folder))

    def say_concluded(self, say: Callable[[str], object]) -> None:
        """Say which records are concluded since the last call."""
        for run, folder in list(self._open.items()):
            if run not in self._in_progress and is_concluded(folder):
                del self._open[run]
                has_none = bool(why_no_report(folder))
                end = "has no report, the reason is in" if has_none else "is concluded:"
                say(f"run {run} {end} {from_here(folder / (LOG if has_none else report.FILE_NAME))}")
