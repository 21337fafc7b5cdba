"""Which processes of a run live: by the word of the supervisor that started them, and by the kernel's.

A sign of life on the network can come from anybody, also for a process that is dead. Where a supervisor started a node
on this computer, its process says whether it may live.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = "supervised.json"
"""In the run's folder: process id and start of each node, and of the supervisor."""
LOOK_AGAIN_S = 0.2
_SELF = "supervisor"
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_DEAD = frozenset("ZXxTt")
"""States of a process that does nothing: a zombie, dead, stopped by a signal or by a debugger."""


def note_supervised(run_dir: Path, processes: Mapping[str, tuple[int, int]]) -> None:
    """Write down the process that this one started last for each node, as its id and its `start_of`; whoever reads the
    file meanwhile reads a whole one."""
    starts = {**processes, _SELF: (os.getpid(), start_of(os.getpid()))}
    draft = run_dir / f"{FILE}.part"
    draft.write_text(json.dumps({"boot": _boot(), "processes": starts}, indent=1) + "\n", encoding="utf-8")
    draft.replace(run_dir / FILE)


def start_of(pid: int) -> int:
    """When a process was started, clock ticks since the computer was: a later one may get the same id. -1 for none."""
    stat = _stat(pid)
    return -1 if stat is None else stat[1]


class Supervised:
    """The processes of the run in a folder; None where nothing is known of a run."""

    def __init__(self, run_dir: Path | None) -> None:
        self._file = None if run_dir is None else run_dir / FILE
        self._looked_s = -LOOK_AGAIN_S
        self._noted: Mapping[str, Any] = {}
        self._lives: dict[str, bool] = {}

    def lives(self, node: str) -> bool | None:
        """Whether the process of a node is there and not stopped; None where no supervisor that runs here knows it."""
        now_s = time.monotonic()
        if now_s - self._looked_s >= LOOK_AGAIN_S:
            self._looked_s, self._noted, self._lives = now_s, self._read(), {}
        if node not in self._noted:
            return None
        if node not in self._lives:
            self._lives[node] = _is(self._noted[node], _DEAD)
        return self._lives[node]

    def _read(self) -> Mapping[str, Any]:
        """What a supervisor noted that still runs, on this computer and since it was switched on."""
        try:
            noted = json.loads(self._file.read_text(encoding="utf-8")) if self._file is not None else {}
            processes: Mapping[str, Any] = noted["processes"] if noted["boot"] == _boot() else {}
            return processes if _is(processes[_SELF], frozenset("ZXx")) else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}


def _is(noted: Any, dead: frozenset[str]) -> bool:
    """Whether the process that was noted is still that one, and in none of these states."""
    pid, start = noted
    stat = _stat(int(pid))
    return stat is not None and stat[1] == start and stat[0] not in dead


def _stat(pid: int) -> tuple[str, int] | None:
    """(state, start in clock ticks) of a process; None for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return fields[0], int(fields[19])
    except (OSError, ValueError, IndexError):
        return None


def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
