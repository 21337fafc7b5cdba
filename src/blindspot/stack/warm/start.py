"""Starts nodes as forks of a process that has imported their modules: faster, and in shared memory."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

from blindspot.core import die_with_parent

WARM_WITHIN_S = 60.0
"""Wall time for the imports on a busy machine. After it each node starts by itself."""
FORKED_WITHIN_S = 3.0
PYTHON = (sys.executable, "-P", "-c")
"""Start of the command lines that a fork can replace."""
_PR_SET_CHILD_SUBREAPER = 36


class Forked:
    """A child process that another process has forked for us. It stands in for `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode


class WarmStart:
    """The process of `warm.process`. If it fails, `start` returns None, and the caller starts the node itself."""

    def __init__(self, modules: Sequence[str], environment: Mapping[str, str], log: IO[bytes]) -> None:
        """`environment` and `log` are those of the process."""
        _adopt_orphans(adopts=True)
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(WARM_WITHIN_S)
        text = "from blindspot.stack.warm.process import main; main()"
        with its:
            self._process = subprocess.Popen(
                (*PYTHON, text, str(its.fileno()), str(os.getpid()), *modules),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment,
                pass_fds=(its.fileno(),), start_new_session=True, preexec_fn=die_with_parent(),
            )  # fmt: skip
        self._channel = ours

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: IO[bytes]) -> Forked | None:
        """Fork for a command line of Python, in the environment of the process and these variables. Tools such as `ps
        -e` show the begin of the name; the output goes to `log`."""
        if tuple(command[:3]) != PYTHON or self._channel.fileno() < 0:
            return None
        request = json.dumps({"name": name, "command": list(command), "environment": dict(environment)}).encode()
        try:
            socket.send_fds(self._channel, [request], [log.fileno()])
            pid = int(self._channel.recv(20) or b"0")
        except OSError:
            pid = self._last_answer()
        self._channel.settimeout(FORKED_WITHIN_S)
        if pid:
            return Forked(pid)
        self.close()
        return None

    def close(self) -> None:
        """End the process; its forks live on."""
        _adopt_orphans(adopts=False)
        self._channel.close()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _last_answer(self) -> int:
        """Refuse further answers. A fork with an answer in time is a node, and a later fork ends."""
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
            return int(self._channel.recv(20, socket.MSG_DONTWAIT) or b"0")
        return 0


def _adopt_orphans(*, adopts: bool) -> None:
    """Whether the kernel makes this process the parent of each later descendant whose parent dies."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(adopts), 0, 0, 0)
