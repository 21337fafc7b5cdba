"""A standing stack of the crossroads for the figures of the console, as a user starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from blindspot.core import BlindspotError, folders

DOMAIN = 232
"""ROS domain of the benchmark's stacks; tests take others."""
FLEET = folders.CONFIG_DIR / "fleets" / "crossroads.yaml"
MISSION = folders.CONFIG_DIR / "missions" / "crossroads.yaml"
PERSON = ("--person", "A. Martin", "--reason", "bench console")
READY_WITHIN_S, ENDS_WITHIN_S = 120.0, 60.0
FLOWN_WITHIN_S = 900.0


class Standing:
    """One `blindspot up`, and commands to it in other processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {**os.environ, "ROS_DOMAIN_ID": str(DOMAIN), "BLINDSPOT_STATE": str(folder / "state")}

    def begin(self, *words: object, output: int | None = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """A command of the product."""
        command = [sys.executable, "-m", "blindspot.cli", *map(str, words)]
        return subprocess.Popen(
            command, env=self.environ, cwd=self.folder, text=True, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def run(self, *words: object) -> None:
        """A command that must succeed. Raises BlindspotError if the command fails or does not end."""
        if (code := ended(self.begin(*words), f"./blindspot {words[0]}", FLOWN_WITHIN_S)) != 0:
            raise BlindspotError(f"./blindspot {words[0]} failed with code {code}")

    def document(self, *words: object) -> dict[str, Any]:
        """The JSON document that a command prints, empty for an error."""
        text, _ = self.begin(*words, "--json", output=subprocess.PIPE).communicate()
        found: dict[str, Any] = json.loads(text) if text.strip() else {}
        return found

    def console(self) -> tuple[int, str, int]:
        """Port, key and process of the console."""
        about = self.document("console", "--address")
        return int(about["port"]), str(about["address"]).partition("#")[2], int(about["pid"])

    def node(self, name: str) -> int:
        """Process of a node."""
        [file] = self.folder.glob("runs/*/processes.json")
        return int(json.loads(file.read_text())[name])


@contextmanager
def standing(folder: Path, *options: str) -> Iterator[Standing]:
    """A stack that is ready, and that ends with the context. Raises BlindspotError if the stack does not start."""
    stack = Standing(folder)
    process = stack.begin("up", FLEET, "--out", folder / "runs", *options)

    def is_ready() -> bool:
        if process.poll() is not None:
            raise BlindspotError(f"./blindspot up ended with code {process.returncode} before the stack was ready")
        return bool(stack.document("status").get("ready"))

    try:
        until(is_ready, READY_WITHIN_S, "the stack is not ready")
        yield stack
    finally:
        with suppress(BlindspotError):  # there may be no stack
            stack.run("down")
        ended(process, "./blindspot up", ENDS_WITHIN_S)


def ended(process: subprocess.Popen[str], name: str, within_s: float) -> int:
    """The code of a command after its end. Raises BlindspotError, and kills the command, if it does not end."""
    try:
        return process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        raise BlindspotError(f"{name} does not end within {within_s:.0f} s") from None


def until(is_so: Callable[[], bool], within_s: float, otherwise: str) -> None:
    """Wait for a state. Raises BlindspotError, with this reason, if it does not come."""
    ends_s = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > ends_s:
            raise BlindspotError(f"{otherwise} within {within_s:.0f} s")
        time.sleep(0.05)


def cpu_s(pid: int) -> float:
    """Processor time of a process and its threads so far, s."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / float(os.sysconf("SC_CLK_TCK"))
