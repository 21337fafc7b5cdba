"""What the checks may ask of a machine. The real one answers in `this_machine`, a test's one as the test likes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended: its exit code, negative for a signal, None if it did not end in time or never began."""

    code: int | None
    out: str = ""
    error: str = ""
    timed_out: bool = False

    @property
    def why(self) -> str:
        """The reason of a failure in a few words."""
        if self.timed_out:
            return "no answer in time"
        if self.code is not None and self.code < 0:
            return f"killed by signal {-self.code}"
        lines = [line.strip() for text in (self.out, self.error) for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else f"ended with code {self.code}"


@dataclass(frozen=True, slots=True)
class Package:
    """An installed Python package; `ours` if it lies in our own environment, not the system's."""

    version: str
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Clock:
    """What the kernel knows of its clock."""

    synchronised: bool
    error_s: float


class Machine(Protocol):
    """Answers at once but for `run`; nothing here raises."""

    environ: Mapping[str, str]
    python: str
    python_version: tuple[int, int]
    architecture: str
    user: str
    root: Path | None
    """The checkout, None where blindspot was installed without one."""
    config: Path
    models: Path
    web: Path
    runs: Path
    """Where runs are written."""
    fcu_url: str
    """The link that was asked about, empty for the usual one."""

    def utc_s(self) -> float: ...

    def clock(self) -> Clock | None: ...

    def which(self, program: str) -> Path | None: ...

    def is_file(self, path: Path) -> bool: ...

    def is_folder(self, path: Path) -> bool: ...

    def size(self, path: Path) -> int: ...

    def read(self, path: Path) -> bytes: ...

    def glob(self, pattern: str) -> tuple[Path, ...]: ...

    def may_use(self, path: Path) -> bool: ...

    def group_of(self, path: Path) -> str: ...

    def free_bytes(self, path: Path) -> int: ...

    def packages(self) -> Mapping[str, Package]: ...

    def run(self, command: Sequence[str], within_s: float, environ: Mapping[str, str] | None = None) -> Ran: ...
