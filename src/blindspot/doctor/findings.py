"""What a check finds, and what a check is."""

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
    """One line about one thing; `mend` is what to type, or a comment where no command can do it."""

    state: State
    told: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Looks at one thing. `needed_by` names the modes that can't run without it: none, if it is only good to have."""

    name: str
    look: Callable[[Machine], Finding]
    needed_by: tuple[str, ...]
    within_s: float = LONGEST_S


@dataclass(frozen=True, slots=True)
class Looked:
    """A check with what it found, and how long that took."""

    check: Check
    finding: Finding
    took_s: float

    @property
    def ok(self) -> bool:
        return self.finding.state == "ok"


def look(check: Check, machine: Machine) -> Looked:
    """What the check finds. One that fails itself, or does not answer in time, has found something broken."""
    found: list[Finding] = []

    def work() -> None:
        try:
            found.append(check.look(machine))
        except Exception as error:  # whatever is broken on a machine, the other checks go on
            said = " ".join(str(error).split()) or "no reason given"
            found.append(Finding("broken", f"can't be looked at ({type(error).__name__}: {said})", _REPORT))

    started_s = time.monotonic()
    thread = threading.Thread(target=work, name=check.name, daemon=True)
    thread.start()
    thread.join(check.within_s)
    took_s = time.monotonic() - started_s
    if not found:
        return Looked(check, Finding("broken", f"no answer within {check.within_s:g} s", _REPORT), took_s)
    return Looked(check, found[0], took_s)


_REPORT = "# please report it, with what `./blindspot doctor --json` prints"


def lacking(looked: Sequence[Looked], mode: str) -> tuple[str, ...]:
    """Names of what keeps a mode from running."""
    return tuple(one.check.name for one in looked if mode in one.check.needed_by and not one.ok)
