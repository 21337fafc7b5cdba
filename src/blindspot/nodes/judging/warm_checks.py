"""Checks of the gate in forks of a process that has the town loaded, or each in a process of its own.

The command line of a check is the same in both. A fork that ends without an exit code proves nothing: the check begins
again in a process of its own, within the time that is left. A check that is late is a refusal in both.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from blindspot.core import die_with_parent, processes

COMMANDS = (sys.executable, "-P", "-m", "blindspot.cli")
"""Start of the command lines that a fork can take over."""
_PROCESS = "blindspot.cli.plans.warm_checks"
_ONE_THREAD = {"OMP_NUM_THREADS": "1"}
"""The linear algebra starts no thread: a fork would lose a thread."""


class WarmChecks:
    """The warm process of a gate. It starts with `load` or with the first check, loads the mission's town, and ends
    with this object or with this process. A check after the end of the warm process starts another one."""

    def __init__(self, warn: Callable[[str], object]) -> None:
        """`warn` is called with a sentence after a fork without an answer."""
        self._warn = warn
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """The id of the warm process; None before the first check."""
        return None if self._process is None else self._process.pid

    def begin(self, command: Sequence[str], mission: Path, within_s: float) -> BegunCheck:
        """Begin the check with this command line, under this mission. Raises OSError if it can't be started."""
        return BegunCheck(self, command, mission, within_s, self._warn)

    def load(self, mission: Path) -> None:
        """Load the town of a mission before its first check. Without success that check loads it."""
        with suppress(OSError):
            self.ask(json.dumps({"command": [], "mission": str(mission)}).encode(), [])

    def ask(self, request: bytes, descriptors: Sequence[int]) -> None:
        """Send a request to the warm process. Raises OSError."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._channel is not None
        socket.send_fds(self._channel, [request], descriptors)

    def stop(self) -> None:
        """End the warm process and its forks."""
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._channel = None

    def _start(self) -> None:
        self.stop()
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)  # `send_fds` and `recv_fds` ignore their flags
        with its:
            self._channel = ours
            self._process = subprocess.Popen(
                (sys.executable, "-P", "-m", _PROCESS, str(its.fileno())),
                stdin=subprocess.DEVNULL, env={**os.environ, **_ONE_THREAD}, pass_fds=(its.fileno(),),
                preexec_fn=die_with_parent(),
            )  # fmt: skip

    def __del__(self) -> None:
        self.stop()


class BegunCheck:
    """A check that was begun; call `has_ended` until it is true, and then `close`."""

    def __init__(
        self, warm: WarmChecks, command: Sequence[str], mission: Path, within_s: float, warn: Callable[[str], object]
    ) -> None:
        self.is_late = False
        self.code: int | None = None
        """The exit code of the command; None without one."""
        self._warm, self._warn, self._command = warm, warn, list(command)
        self._until_s = time.monotonic() + within_s
        self._fork: _Fork | None = None
        self._child: processes.Child | None = None
        if tuple(command[: len(COMMANDS)]) == COMMANDS:
            with suppress(OSError):
                self._fork = _Fork(warm, command, mission)
        if self._fork is None:
            self._child = processes.Child(command, within_s)

    def has_ended(self) -> bool:
        if self._fork is not None:
            return self._fork_has_ended(self._fork)
        if self._child is None:  # it could not be started
            return True
        ended = self._child.has_ended()
        self.is_late, self.code = self._child.is_late, self._child.process.returncode
        return ended

    def close(self) -> tuple[str, str]:
        """End the check, unless it has ended. Returns standard output and standard error."""
        if self._child is not None:
            return self._child.close()
        return ("", "") if self._fork is None else self._fork.close()

    def _fork_has_ended(self, fork: _Fork) -> bool:
        if not fork.look():
            self.is_late = time.monotonic() > self._until_s
            if self.is_late and not fork.end():  # the warm process itself hangs
                self._warm.stop()
            return self.is_late
        self.code = fork.code
        if self.code is None:
            self._begin_again(fork)
        return self._child is None

    def _begin_again(self, fork: _Fork) -> None:
        """Give the check a process of its own. If that can't be started, the check ends without an exit code."""
        self._warn("the fork that checked the plan ended without an answer: a new process checks it again")
        fork.close()
        self._fork = None
        with suppress(OSError):
            self._child = processes.Child(self._command, self._until_s - time.monotonic())


class _Fork:
    """A check that was asked from the warm process. Raises OSError if it can't be asked."""

    def __init__(self, warm: WarmChecks, command: Sequence[str], mission: Path) -> None:
        self.code: int | None = None
        self._has_ended = False
        self._pidfd: int | None = None
        self._files = [os.memfd_create(name) for name in ("output", "errors")]
        request = {"command": [command[0], *command[len(COMMANDS) :]], "mission": str(mission)}
        self._answer, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._answer.setblocking(False)
        with its:
            try:
                warm.ask(json.dumps(request).encode(), [*self._files, its.fileno()])
            except OSError:
                self.close()
                raise

    def look(self) -> bool:
        """Whether the fork has ended; then `code` is its exit code, None if it died."""
        while not self._has_ended:
            try:
                message, descriptors, _, _ = socket.recv_fds(self._answer, 32, 1)
            except BlockingIOError:
                return False
            except OSError:
                message, descriptors = b"", []
            if descriptors:
                [self._pidfd] = descriptors
            else:
                self._has_ended, self.code = True, int(message) if message.isdigit() else None
        return True

    def end(self) -> bool:
        """Kill the fork; False if the warm process has not forked it."""
        self.look()
        if self._pidfd is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        return self._pidfd is not None

    def close(self) -> tuple[str, str]:
        """End the fork, unless it has ended. Returns standard output and standard error."""
        self.end()
        self._answer.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None
        texts = []
        for file in self._files:
            with os.fdopen(file, "rb") as opened:
                opened.seek(0)
                texts.append(opened.read().decode(errors="replace"))
        return texts[0], texts[1]
