"""The conclusions of runs, one after the other, each in a child process."""

from __future__ import annotations

import sys
import tempfile
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from blindspot.core import processes
from blindspot.evidence import report
from blindspot.evidence.logbook import LOG, Conclusion

CONCLUDED_WITHIN_S = 300.0
"""Wall time of one conclusion; a large town takes half a minute."""

Concluded = Callable[[str, str, Path], None]
"""Called with the run, the outcome, and the report, or the log if there is no report."""


@dataclass(slots=True)
class _Work:
    run: str
    record: Conclusion
    child: processes.Child | None = None
    folder: tempfile.TemporaryDirectory[str] | None = None


class Conclusions:
    """Takes whole records, and writes their summaries and reports. Call `step` often."""

    def __init__(self, done: Concluded) -> None:
        self._done = done
        self._work: deque[_Work] = deque()
        """The first one is in progress."""

    @property
    def runs(self) -> tuple[str, ...]:
        """The runs whose conclusion is not over."""
        return tuple(work.run for work in self._work)

    def take(self, run: str, record: Conclusion) -> None:
        self._work.append(_Work(run, record))
        self.step()

    def step(self) -> None:
        """Look after the work in progress, and begin the next."""
        if not self._work:
            return
        work = self._work[0]
        if work.child is None:
            try:
                _begin(work)
            except OSError as error:
                self._end(work, "", f"the conclusion can't be started: {error.strerror}\n")
        elif work.child.has_ended():
            output, errors = work.child.close()
            is_whole = work.child.process.returncode == 0
            late = f"the conclusion took longer than {CONCLUDED_WITHIN_S:.0f} s\n" if work.child.is_late else ""
            self._end(work, output.strip() if is_whole else "", errors + late)

    def _end(self, work: _Work, outcome: str, errors: str) -> None:
        self._work.popleft()
        if work.folder is not None:
            work.folder.cleanup()
        folder = Path(work.record.folder)
        if not outcome:
            with suppress(OSError):
                (folder / LOG).write_text(errors, encoding="utf-8")
        self._done(work.run, outcome or "failed", folder / (report.FILE_NAME if outcome else LOG))


def _begin(work: _Work) -> None:
    work.folder = tempfile.TemporaryDirectory(prefix="blindspot-run-")
    file = Path(work.folder.name) / "record.json"
    file.write_text(work.record.to_json(), encoding="utf-8")
    work.child = processes.Child(command_of(file), CONCLUDED_WITHIN_S)


def command_of(file: Path) -> list[str]:
    """The command line that concludes the record in a file."""
    return [sys.executable, "-P", "-m", "blindspot.acts.conclude_run", str(file)]
