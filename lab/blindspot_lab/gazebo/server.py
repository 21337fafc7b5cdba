"""A headless Gazebo server that runs a world, and access to its topics."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from blindspot.stack.programs import gazebo_models

LIMIT_S = 120.0
"""A guard against a hang."""
END_S = 20.0


def is_here() -> bool:
    """True if Gazebo is installed."""
    return shutil.which("gz") is not None


class Server:
    """One world in its own server, isolated from other Gazebo processes, for the duration of a `with` block. Its
    output goes to `gazebo.log` beside the world."""

    def __init__(self, world: Path) -> None:
        self.world = world
        self.environ = {
            **os.environ, **gazebo_models.gazebo_environment(os.environ), "GZ_PARTITION": f"blindspot_{os.getpid()}",
            "GZ_IP": "127.0.0.1",
        }  # fmt: skip

    def __enter__(self) -> Server:
        with self.log.open("w") as log:
            command = ["gz", "sim", "-s", "-r", "--headless-rendering", str(self.world)]
            self._process = subprocess.Popen(
                command, env=self.environ, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._process)

    @property
    def log(self) -> Path:
        return self.world.parent / "gazebo.log"

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def message(self, topic: str) -> dict[str, Any]:
        """The next message of a topic. A camera draws only while it has a subscriber."""
        command = ["gz", "topic", "-e", "-t", topic, "-n", "1", "--json-output"]
        ran = subprocess.run(command, env=self.environ, capture_output=True, text=True, timeout=LIMIT_S, check=True)
        found: dict[str, Any] = json.loads(ran.stdout.splitlines()[0])  # one may be followed by another
        return found

    @contextmanager
    def listening(self, topic: str) -> Iterator[None]:
        """Keep a subscriber on a topic, and drop its messages."""
        command = ["gz", "topic", "-e", "-t", topic]
        listener = subprocess.Popen(
            command, env=self.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            yield
        finally:
            _end(listener)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Terminate the process and its children, and kill them if needed."""
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
