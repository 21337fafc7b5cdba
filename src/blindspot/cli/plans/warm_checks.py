"""The process of the gate that has the town of a mission loaded, and forks itself for each check.

A check is the command `check` or `check-inspection`, word for word, on the files that came. The fork reads these files
and computes the verdict as a new process does. Nothing is kept but the towns, by the hash of the files of their
mission, which is compared before each check. This process reads no plan: a plan that breaks the checker ends a fork.

A request is a JSON object with `command` and `mission`, with three descriptors: output, errors, and the socket for the
answer. The fork sends its own descriptor (pidfd) there, so that the gate can end the check, and at last the exit code.
A fork that dies closes the socket without a code. A request without descriptors only loads the town of its mission.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import time
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from blindspot.cli.plans.kept_town import keep_town
from blindspot.core import die_with_parent

LONGEST_BYTES = 1 << 16
"""Longest request."""
THREADS_END_S = 1.0
MODULES = (
    "typer", "blindspot.cli.__main__", "blindspot.cli.plans.check_plan", "blindspot.law.loaded",
    "blindspot.planning.checker.check", "blindspot.planning.checker.check_detour",
    "blindspot.planning.checker.check_replan",
)  # fmt: skip


def main() -> None:
    """Argument: file descriptor of the gate's socket. This process ends with the gate, and before the gate if it has a
    thread, which a fork would lose."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    for number in (signal.SIGINT, signal.SIGTERM):  # they are sent to the group of the gate, which ends this process
        signal.signal(number, signal.SIG_IGN)
    for module in MODULES:
        import_module(module)
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, LONGEST_BYTES, 3)
        if not message:
            return
        _bury()
        request = json.loads(message)
        keep_town(Path(request["mission"]))
        if not _is_alone():
            raise SystemExit("a thread runs on after a town was loaded: each check gets a process of its own")
        _freeze()
        if descriptors:
            _fork(request["command"], channel, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _fork(command: list[str], channel: socket.socket, output: int, errors: int, answer: int) -> None:
    """Begin a check. If the system refuses the fork, the end of `answer` says so."""
    sys.stdout.flush()
    parent = os.getpid()
    with suppress(OSError):
        if os.fork() == 0:
            try:
                die_with_parent(parent)()
                channel.close()
                _check(command, output, errors, socket.socket(fileno=answer))
            finally:
                os._exit(os.EX_SOFTWARE)


def _check(command: list[str], output: int, errors: int, answer: socket.socket) -> NoReturn:
    own = os.pidfd_open(os.getpid())
    socket.send_fds(answer, [b"begun"], [own])
    os.close(own)
    os.dup2(output, 1)
    os.dup2(errors, 2)
    code = _code_of(command)
    sys.stdout.flush()
    sys.stderr.flush()
    answer.send(str(code).encode())
    os._exit(0)


def _code_of(command: list[str]) -> int:
    """The exit code of a command line, which prints as in a process of its own."""
    program: Any = import_module("blindspot.cli.__main__")
    sys.argv = command
    try:
        program.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _is_alone() -> bool:
    """Whether this process has no other thread. The threads that computed the ground end a moment after their work."""
    until_s = time.monotonic() + THREADS_END_S
    while len(list(Path("/proc/self/task").iterdir())) > 1:
        if time.monotonic() > until_s:
            return False
        time.sleep(0.005)
    return True


def _freeze() -> None:
    """Let the garbage collector of a fork write into no shared page."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _bury() -> None:
    """Take the exit codes of ended forks from the kernel."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    main()
