"""The living processes of a run, according to the supervisor and to the kernel.

Any sender on the network can publish a heartbeat in the name of a dead process. If a supervisor started a node on this
computer, the state of the node's process decides whether the node may be alive.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from blindspot.core import write_whole

FILE = "supervised.json"
"""In the run's folder: process id and start of each node, and of the supervisor."""
LOOK_AGAIN_S = 0.2
HUNG_S = 60.0
"""Silence after which a node that lives counts as hung. Much longer than a flight waits for the node: a busy computer
must not lose a merely slow node."""
_SELF = "supervisor"
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STOPPED = "T"
_DEAD = frozenset("ZXxTt")
"""States of an inactive process: a zombie, dead, stopped by a signal or by a debugger."""


def note_supervised(
    run_dir: Path, processes: Mapping[str, tuple[int, int]], ends: Sequence[tuple[float, str]] = (), *,
    shuts_down: bool = False,
) -> None:  # fmt: skip
    """Write the latest process of each node (id and `start_of`), this supervisor's own process, the latest `ends` of
    processes, each with its system time and a sentence, and whether the stack is shut down.

    The file is replaced as a whole, so that a concurrent reader sees a complete file.
    """
    starts = {**processes, _SELF: (os.getpid(), start_of(os.getpid()))}
    noted = {"boot": boot_id(), "shuts_down": shuts_down, "processes": starts, "ends": list(ends)}
    write_whole(run_dir / FILE, json.dumps(noted, indent=1) + "\n")


def start_of(pid: int) -> int:
    """Start time of a process in clock ticks since boot, -1 if it is gone. A later process may get the same id."""
    stat = _stat(pid)
    return -1 if stat is None else stat[1]


class Supervised:
    """The processes of the run in a folder; `run_dir` is None if the run is unknown."""

    def __init__(self, run_dir: Path | None) -> None:
        self._file = None if run_dir is None else run_dir / FILE
        self._looked_s = -LOOK_AGAIN_S
        self._noted: Mapping[str, Any] = {}
        self._ends: tuple[tuple[float, str], ...] = ()
        self._shuts_down = self._was_there = False
        self._lives: dict[str, bool] = {}

    def process(self, node: str) -> tuple[int, int] | None:
        """Id and start of a node's latest process; None unless a supervisor running here started the process."""
        self._look()
        noted = self._noted.get(node)
        return None if noted is None else (int(noted[0]), int(noted[1]))

    def lives(self, node: str) -> bool | None:
        """Whether a node's process exists and is active; None unless a supervisor running here started the process."""
        self._look()
        if node not in self._noted:
            return None
        if node not in self._lives:
            self._lives[node] = _is(self._noted[node], _DEAD)
        return self._lives[node]

    @property
    def shuts_down(self) -> bool:
        """Whether a supervisor here shuts this stack down, or has ended in order since an earlier check: only then
        the supervisor's notes are removed."""
        self._look()
        return self._shuts_down

    def ends(self, since_s: float) -> tuple[str, ...]:
        """The ends of processes since a system time, one sentence each, as the supervisor noted them last."""
        self._look()
        return tuple(sentence for at_s, sentence in self._ends if at_s >= since_s)

    def _look(self) -> None:
        now_s = time.monotonic()
        if now_s - self._looked_s >= LOOK_AGAIN_S:
            self._looked_s, self._lives, self._shuts_down = now_s, {}, False
            self._noted = self._read()

    def _read(self) -> Mapping[str, Any]:
        """The notes of a supervisor that still runs on this computer, written since boot; else empty."""
        try:
            noted = json.loads(self._file.read_text(encoding="utf-8")) if self._file is not None else {}
            processes: Mapping[str, Any] = noted["processes"] if noted["boot"] == boot_id() else {}
            if not _is(processes[_SELF], frozenset("ZXx")):
                return {}
            self._was_there = True
            self._shuts_down = bool(noted["shuts_down"])
            self._ends = tuple((float(at_s), str(sentence)) for at_s, sentence in noted.get("ends", ()))
            return processes
        except FileNotFoundError:
            self._shuts_down = self._was_there
            return {}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {}


class StoppedChildren:
    """The child processes of this process that a signal has stopped. They hang without dying, and no watchdog of their
    own runs any more."""

    def __init__(self) -> None:
        self._since_s: dict[tuple[int, int], float] = {}
        """By id and start: when it was first seen stopped."""

    def hung(self, now_s: float) -> tuple[int, ...]:
        """The ids of processes stopped at each call for `HUNG_S`; call this function every few seconds."""
        found = ((pid, _stat(pid)) for pid in children())
        stopped = [(pid, stat[1]) for pid, stat in found if stat is not None and stat[0] == _STOPPED]
        self._since_s = {process: self._since_s.get(process, now_s) for process in stopped}
        return tuple(pid for (pid, _), since_s in self._since_s.items() if now_s - since_s >= HUNG_S)


def children() -> tuple[int, ...]:
    """The ids of the child processes of this process."""
    texts = [file.read_text(encoding="ascii") for file in Path("/proc/self/task").glob("*/children")]
    return tuple(int(word) for text in texts for word in text.split())


def _is(noted: Any, dead: frozenset[str]) -> bool:
    """Whether the noted id still belongs to the same process, in a state outside `dead`."""
    pid, start = noted
    stat = _stat(int(pid))
    return stat is not None and stat[1] == start and stat[0] not in dead


def _stat(pid: int) -> tuple[str, int] | None:
    """(state, start in clock ticks) of a process; None if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return fields[0], int(fields[19])
    except (OSError, ValueError, IndexError):
        return None


def boot_id() -> str:
    """A text that the kernel makes anew at each boot; empty if unknown."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
