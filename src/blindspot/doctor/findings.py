"""A check, and its finding."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from blindspot.doctor.machine import Machine

State = Literal["ok", "missing", "broken"]
LONGEST_S = 30.0


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check, as one line. `fix` is the command for the repair, or a comment if no command can repair
    the problem."""

    state: State
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the machine. `condition` states when the check passes. `needed_by` names the modes that need the
    check, and is empty for an optional part."""

    name: str
    condition: str
    look: Callable[[Machine], Finding]
    needed_by: tuple[str, ...]
    within_s: float = LONGEST_S


@dataclass(frozen=True, slots=True)
class Looked:
    """A check with finding and duration."""

    check: Check
    finding: Finding
    took_s: float

    @property
    def ok(self) -> bool:
        return self.finding.state == "ok"


def look(check: Check, machine: Machine) -> Looked:
    """Run a check with its time-out.

    Parameters
    ----------
    check:
        The check, from `checks_for`.
    machine:
        The machine to check, or one of a test.

    Returns
    -------
    Looked
        The finding and the duration in seconds. A check that raises an exception or exceeds its time-out is `broken`.
    """
    found: list[Finding] = []

    def work() -> None:
        try:
            found.append(check.look(machine))
        except Exception as error:  # the other checks must still run
            said = " ".join(str(error).split()) or "no reason given"
            found.append(Finding("broken", f"can't be checked ({type(error).__name__}: {said})", _REPORT))

    started_s = time.monotonic()
    thread = threading.Thread(target=work, name=check.name, daemon=True)
    thread.start()
    thread.join(check.within_s)
    took_s = time.monotonic() - started_s
    if not found:
        return Looked(check, Finding("broken", f"no answer within {check.within_s:g} s", _REPORT), took_s)
    return Looked(check, found[0], took_s)


_REPORT = "# please report it with the output of `./blindspot doctor --json`"


def lacking(looked: Sequence[Looked], mode: str) -> tuple[str, ...]:
    """Names of the failed checks that a mode needs."""
    return tuple(one.check.name for one in looked if mode in one.check.needed_by and not one.ok)
