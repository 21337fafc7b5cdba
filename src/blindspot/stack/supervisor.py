"""Runs the processes of a stack on a machine without a launch system, and stops all of them at the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from blindspot.core import DependencyError, die_with_parent, one_line, writable_or_error, write_whole
from blindspot.law.leases import renew_lease_key
from blindspot.stack.programs.log_files import rotate
from blindspot.stack.programs.node_command import node_command
from blindspot.stack.programs.processes import NodeProcess, ProgramProcess, Stack
from blindspot.stack.supervised import FILE, HUNG_S, note_supervised, start_of
from blindspot.stack.warm.start import Forked, WarmStart

STOP_GRACE_S = 5.0
_LOOK_AGAIN_S = 0.02
_LAST_BYTES = 4096
"""Longest end of a log in which the last line is looked up."""
_LAST_WORDS_S = 3.0
"""Age up to which a log's last line may be about the end of the process. An error may be older."""
_ERRORS = ("[ERROR]", "[FATAL]")
ENDS_NOTED = 50
"""Ends of processes that the nodes can read."""
RESTARTS, RESTARTS_WITHIN_S = 3, 600.0
"""Most restarts of one process in this time: after more deaths the cause is permanent, and the process stays down."""
RESTARTED_WITHIN_S = 5.0
"""Longest restart that a flight relies on: the ground station waits a little longer before the command of a return."""
MISTAKE = 2
"""Exit code of a mistake in the configuration, which a restart would only repeat."""
LOGS_LOOK_S = 10.0
"""Time between two checks of the sizes of the log files."""
WARM = "warm_start"
"""Log file of the process from which nodes are forked."""
_Process = subprocess.Popen[bytes] | Forked


class RestartLimit:
    """Decides whether a process that died starts again. A stack runs for days, so old restarts don't count."""

    def __init__(self) -> None:
        self._times: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=RESTARTS))

    def allows(self, name: str, code: int, now_s: float) -> bool:
        """Whether a process that ended with this code at this time (monotonic) starts again; True also counts the
        restart.

        A process that ended by itself (code 0) or by a wrong configuration stays down.
        """
        times = self._times[name]
        if code in (0, MISTAKE) or (len(times) == RESTARTS and now_s - times[0] < RESTARTS_WITHIN_S):
            return False
        times.append(now_s)
        return True


@dataclass(frozen=True, slots=True)
class Exit:
    """A process that ended unexpectedly."""

    name: str
    code: int
    last_words: str
    """Last line of the log, if the line is an error or was written just before the end."""
    away_s: float | None = None
    """Wall time from the last check of the old process to the new process; None without a restart."""

    @property
    def started_again(self) -> bool:
        return self.away_s is not None

    def __str__(self) -> str:
        how = f"was killed by {signal.Signals(-self.code).name}" if self.code < 0 else f"ended with code {self.code}"
        words = f" ({self.last_words})" if self.last_words else ""
        return f"{self.name} {how}{words}" + (
            f" and was started again within {self.away_s:.1f} s" if self.away_s is not None else ""
        )


class Supervisor:
    """The running processes of one stack, as a context manager: the end of the block stops all processes.

    Each process has a log file in `<run_dir>/log`. `<run_dir>/processes.json` holds the process ids. Nodes read from
    `supervised` which processes are alive.

    Example:
        with Supervisor(stack("embedded", mission, Options(run_dir)), run_dir) as running:
            print(running.pids, running.ended())
    """

    def __init__(self, stack: Stack, run_dir: Path) -> None:
        self._stack = stack
        self._run_dir = run_dir
        self._log_dir = run_dir / "log"
        self._processes: dict[str, _Process] = {}
        self._warm: WarmStart | None = None
        self._starts: dict[str, int] = {}
        self._reported: set[str] = set()
        self._looked_s = self._logs_looked_s = time.monotonic()
        self._again: dict[str, NodeProcess | ProgramProcess] = {
            **{node.full_name: node for node in stack.nodes if node.starts_again},
            **{program.name: program for program in stack.programs if program.starts_again},
        }
        self._limit = RestartLimit()
        self._ends: deque[tuple[float, str]] = deque(maxlen=ENDS_NOTED)
        self._shuts_down = False
        self._heard: set[str] = set()
        """Processes that were heard since their start."""
        self._silent_s: dict[str, float] = {}
        """By process that fell silent: when."""

    def __enter__(self) -> Supervisor:
        with writable_or_error(self._log_dir):
            self._log_dir.mkdir(parents=True, exist_ok=True)
        if self._stack.lease_key is not None:
            renew_lease_key(self._stack.lease_key)
        try:
            self._warm = self._warm_start()
            for node in self._stack.nodes:
                self._start(node.full_name, _after(node.after_s, self._command(node)), node.environment)
            for program in self._stack.programs:
                self._start(program.name, program.command, program.environment)
            self._note_pids()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._processes.items()}

    def ended(self) -> list[Exit]:
        """Processes that ended since the last call.

        This call also restarts dead processes, and rotates large log files.
        """
        exits = []
        looked_s, self._looked_s = self._looked_s, time.monotonic()
        self._rotate_logs(self._looked_s)
        for name, process in list(self._processes.items()):
            code = _end_code(process)
            if code is not None and name not in self._reported:
                words, away_s = self._last_words(name), None
                if name in self._again and self._limit.allows(name, code, self._looked_s):
                    try:
                        self._start_again(name, self._again[name])
                        away_s = time.monotonic() - looked_s
                    except (OSError, DependencyError) as error:  # the others may fly: they must not end with it
                        self._reported.add(name)
                        words = f"{words}; it can't be started again: {one_line(error)}"
                else:
                    self._reported.add(name)
                exits.append(Exit(name, code, words, away_s))
        self._note_ends(exits)
        return exits

    def kill_hung(self, silent: Collection[str], now_s: float) -> tuple[str, ...]:
        """Kill each process that starts again, was heard, and has been silent for `HUNG_S`; returns the names.
        `ended` starts these processes again. Call this at each turn with the nodes whose heartbeat has stopped, and a
        monotonic time."""
        may_hang = self._again.keys() & self._processes.keys()
        self._heard |= may_hang - set(silent)
        self._silent_s = {name: self._silent_s.get(name, now_s) for name in self._heard & set(silent)}
        hung = tuple(name for name, since_s in self._silent_s.items() if now_s - since_s >= HUNG_S)
        for name in hung:
            self._heard.discard(name)
            _signal_group(self._processes[name], signal.SIGKILL)
        self._note_ends(f"{name} hangs: killed" for name in hung)
        return hung

    def memory_mb(self) -> float:
        """Proportional memory (PSS) of all processes, MB."""
        warm = () if self._warm is None else (self._warm.pid,)
        return sum(map(pss_mb, (*self.pids.values(), *warm)))

    def shut_down(self) -> None:
        """Let the stack take no new mission from here on; its processes run until `stop`."""
        self._shuts_down = True
        self._note_pids()

    def stop(self) -> None:
        """Send SIGINT to all processes, and SIGKILL after `STOP_GRACE_S` seconds."""
        if self._warm is not None:
            self._warm.close()
        for process in self._processes.values():
            _signal_group(process, signal.SIGINT)
        deadline_s = time.monotonic() + STOP_GRACE_S
        while any(_end_code(process) is None for process in self._processes.values()):
            if time.monotonic() > deadline_s:
                for process in self._processes.values():
                    _signal_group(process, signal.SIGKILL)
            time.sleep(_LOOK_AGAIN_S)
        (self._run_dir / FILE).unlink(missing_ok=True)

    def _start_again(self, name: str, again: NodeProcess | ProgramProcess) -> None:
        command = again.command if isinstance(again, ProgramProcess) else self._command(again)
        self._start(name, command, again.environment)
        self._note_pids()

    def _rotate_logs(self, now_s: float) -> None:
        if now_s - self._logs_looked_s >= LOGS_LOOK_S:
            self._logs_looked_s = now_s
            for name in self._processes:
                rotate(self._log_path(name))

    def _warm_start(self) -> WarmStart | None:
        """The process from which the nodes are forked; None if it has no use, or can't be started."""
        ours = [node for node in self._stack.nodes if node.is_ours]
        if len(ours) < 2:
            return None
        modules = list(dict.fromkeys(node.module for node in ours))
        with suppress(OSError), self._open_log(WARM) as log:
            return WarmStart(modules, {**os.environ, **self._stack.environment}, log)
        return None

    def _command(self, node: NodeProcess) -> tuple[str, ...]:
        what = self._stack
        return node_command(node, *what.parameter_files, log_level=what.log_level, enclave=what.enclave_of(node))

    def _note_ends(self, ends: Iterable[object]) -> None:
        """Let the nodes know the ends of processes: one of them writes the record of the runs."""
        news = [(time.time(), str(end)) for end in ends]
        self._ends.extend(news)
        if news:
            self._note_pids()

    def _note_pids(self) -> None:
        """Write the process ids for people and for `supervised`. If the disk refuses, the processes run on."""
        with suppress(OSError):
            write_whole(self._run_dir / "processes.json", json.dumps(self.pids, indent=1) + "\n")
            processes = {name: (pid, self._starts[name]) for name, pid in self.pids.items()}
            note_supervised(self._run_dir, processes, tuple(self._ends), shuts_down=self._shuts_down)

    def _start(self, name: str, command: tuple[str, ...], environment: Mapping[str, str]) -> None:
        with self._open_log(name) as log:
            forked = None if self._warm is None else self._warm.start(name.strip("/"), command, environment, log)
            try:
                self._processes[name] = forked or subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **self._stack.environment, **environment},
                    start_new_session=True,
                    preexec_fn=die_with_parent(),
                )
            except FileNotFoundError as error:
                raise DependencyError(f"{name} needs the program {command[0]}, which is not installed") from error
        self._starts[name] = start_of(self._processes[name].pid)

    def _log_path(self, name: str) -> Path:
        return self._log_dir / f"{name.strip('/').replace('/', '.')}.log"

    def _open_log(self, name: str) -> IO[bytes]:
        """The log file, or /dev/null if the disk refuses: a process can fly without a log.

        Each write appends, as `rotate` needs it.
        """
        try:
            return self._log_path(name).open("ab")
        except OSError:
            return Path(os.devnull).open("ab")

    def _last_words(self, name: str) -> str:
        try:
            with self._log_path(name).open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _LAST_BYTES))
                lines = log.read().decode(errors="replace").strip().splitlines()
                age_s = time.time() - os.fstat(log.fileno()).st_mtime
        except OSError:
            return ""
        is_about_it = bool(lines) and (age_s <= _LAST_WORDS_S or lines[-1].startswith(_ERRORS))
        return one_line(lines[-1]) if is_about_it else ""


def _after(wait_s: float, command: tuple[str, ...]) -> tuple[str, ...]:
    """The command after a wait, as one process: its id stays the same, and each signal ends the wait."""
    return ("/bin/sh", "-c", 'sleep "$0" && exec "$@"', f"{wait_s:g}", *command) if wait_s else command


def pss_mb(pid: int) -> float:
    """Proportional memory of a process (PSS), MB; 0 if the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    except (OSError, ValueError):
        return 0.0


def _end_code(process: _Process) -> int | None:
    """Exit code of a process, None while it runs. After the end of the process, this also kills all child processes."""
    if process.returncode is None:
        # WNOWAIT keeps the process a zombie, so that its group id can't be reused before killpg.
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        os.killpg(process.pid, signal.SIGKILL)
        process.poll()
        with suppress(ChildProcessError):  # the orphans of a process belong to this one
            while os.waitid(os.P_PGID, process.pid, os.WEXITED | os.WNOHANG) is not None:
                pass
    return process.poll()


def _signal_group(process: _Process, number: signal.Signals) -> None:
    if _end_code(process) is None:
        os.killpg(process.pid, number)
