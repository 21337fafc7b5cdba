"""The interface between checks and a machine. `this_machine` implements the real one, and tests make their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Ran:
    """The result of a program. `code` is its exit code, negative for a signal, None on a time-out or failed start."""

    code: int | None
    out: str = ""
    error: str = ""
    timed_out: bool = False

    @property
    def why(self) -> str:
        """The reason for a failure in a few words."""
        if self.timed_out:
            return "no answer in time"
        if self.code is not None and self.code < 0:
            return f"killed by signal {-self.code}"
        lines = [line.strip() for text in (self.out, self.error) for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else f"ended with code {self.code}"


@dataclass(frozen=True, slots=True)
class Package:
    """An installed Python package. `ours` is true for our own environment and false for the system's Python."""

    version: str
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Clock:
    """The kernel's estimate of its clock error."""

    synchronised: bool
    error_s: float


class Machine(Protocol):
    """A machine to check. All methods except `run` return at once, and none raises."""

    environ: Mapping[str, str]
    python: str
    python_version: tuple[int, int]
    architecture: str
    user: str
    root: Path | None
    """The checkout, or None for an installed package."""
    config: Path
    law: Path
    """The installation's own `config` folder, which no variable of the environment replaces."""
    models: Path
    web: Path
    runs: Path
    """Folder for runs."""
    fcu_url: str
    """The autopilot link to check, empty for the usual one."""

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
