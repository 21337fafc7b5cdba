"""The process that has imported the modules of a stack's nodes, and forks itself for each node.

The modules are imported once instead of once for each node, and the nodes share the memory of the modules. The
process takes no part in the graph, and has no thread except the listeners of LTTng: the middleware starts these when it
is loaded, and LTTng's own functions carry them over a fork. A node is orphaned at its birth, so that the kernel gives
it to the supervisor: it lives on if this process dies, and its exit code reaches the supervisor.
"""

from __future__ import annotations

import ctypes
import gc
import inspect
import json
import os
import socket
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from blindspot.core import die_with_parent

LONGEST_BYTES = 1 << 17
"""Longest request."""
REFUSED = b"0"
NAME_BYTES = 15
"""Longest name that the kernel keeps of a process."""
_LISTENERS, _SIGNAL_SET_BYTES = 2, 128


def main() -> None:
    """Arguments: file descriptor of the supervisor's socket, process id of the supervisor, modules."""
    channel, supervisor = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    for module in sys.argv[3:]:
        with suppress(Exception):  # the node's own process reports it
            import_module(module)
    print(f"{len(sys.argv) - 3} modules are loaded: nodes are forked from here", flush=True)
    inspect.getmodule(main.__code__)  # the first line of a node's log looks once at each module: here for all nodes
    tracing = Tracing()
    if len(list(Path("/proc/self/task").iterdir())) != 1 + tracing.threads:
        raise SystemExit("a module has started a thread, which a fork would lose: each node starts by itself")
    gc.collect()
    gc.freeze()  # the garbage collector writes into no shared page
    command = _serve(channel, supervisor, tracing)
    if command:
        sys.argv = ["-c", *command[4:]]
        exec(command[3], {"__name__": "__main__"})


class Tracing:
    """LTTng in this process, if it is loaded."""

    def __init__(self) -> None:
        maps = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
        files = {line.split(maxsplit=5)[5] for line in maps if "/liblttng-ust" in line}
        libraries = (ctypes.CDLL(file) for file in sorted(files))
        self._library = next((library for library in libraries if hasattr(library, "ust_before_fork")), None)
        self._signals = ctypes.create_string_buffer(_SIGNAL_SET_BYTES)

    @property
    def threads(self) -> int:
        return 0 if self._library is None else _LISTENERS

    def call(self, function: str) -> None:
        """Call one of its functions `ust_before_fork`, `ust_after_fork_child` and `ust_after_fork_parent`."""
        if self._library is not None:
            self._library[function](self._signals)


def _serve(channel: socket.socket, supervisor: int, tracing: Tracing) -> list[str]:
    """Fork for each request. Returns in each fork with its command line; empty once the supervisor is gone."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, LONGEST_BYTES, 1)
        if not message:
            return []
        request, (log,) = json.loads(message), descriptors
        tracing.call("ust_before_fork")
        born = _fork()
        if born == 0:
            parent = os.getpid()
            born = _fork()
            if born == 0:
                tracing.call("ust_after_fork_child")
                _become(request, log, parent, supervisor)
                channel.send(str(os.getpid()).encode())
                channel.close()
                return list(request["command"])
            os._exit(born < 0)
        tracing.call("ust_after_fork_parent")
        os.close(log)
        if born < 0 or os.waitpid(born, 0)[1] != 0:
            channel.send(REFUSED)


def _fork() -> int:
    """The result of fork, -1 if the system refuses."""
    try:
        return os.fork()
    except OSError:
        return -1


def _become(request: dict[str, Any], log: int, parent: int, supervisor: int) -> None:
    """Make this fork the process that the supervisor would have started."""
    while os.getppid() == parent:
        time.sleep(0.001)
    die_with_parent(supervisor)()
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(log)
    os.environ.update(request["environment"])
    Path("/proc/self/comm").write_bytes(request["name"].encode()[:NAME_BYTES])
