"""Running other programs, and showing the progress of the set-up on the terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO


class CommandError(Exception):
    """A program failed. `tail` holds the last printed lines."""

    def __init__(self, command: Sequence[str], status: int, tail: Sequence[str]) -> None:
        self.tail = tuple(tail)
        super().__init__(f"{Path(command[0]).name} ended with status {status}")


class Progress:
    """One line for each step. On a terminal the line also shows the current action.

    The lines go to standard error, because standard output belongs to the command that follows.
    """

    def __init__(self, count: int, stream: TextIO | None = None) -> None:
        self._count = count
        self._number = 0
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._title = ""

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        self._number += 1
        self._title = f"[{self._number}/{self._count}] {title}"
        start_s = time.monotonic()
        self._write(self._title if self._live else f"{self._title}: ")
        try:
            yield
        except BaseException:
            self._stream.write("\n")
            raise
        taken = f"{time.monotonic() - start_s:.0f} s\n"
        self._write(f"{self._title}: {taken}" if self._live else taken)

    def detail(self, text: str) -> None:
        if self._live:
            self._write(f"{self._title}: {text}"[:100])

    def _write(self, text: str) -> None:
        self._stream.write(f"\r\033[K{text}" if self._live else text)
        self._stream.flush()


_running: set[subprocess.Popen[str]] = set()


def stop_running() -> None:
    """End all programs of `run`, also those of other threads, with their child processes."""
    for process in tuple(_running):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)


def run(
    command: Sequence[str | Path],
    *,
    log: Path,
    environ: Mapping[str, str],
    on_line: Callable[[str], None] = lambda line: None,
) -> None:
    """Run a program to its end. Its output goes to `log` and `on_line`. Raises CommandError if it fails."""
    words = [str(word) for word in command]
    tail: list[str] = []
    with log.open("a", encoding="utf-8") as file:
        file.write("$ " + " ".join(words) + "\n")
        process = subprocess.Popen(
            words,
            env={"PYTHONUNBUFFERED": "1", **environ},  # the program's errors stay below the earlier output
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
        )
        assert process.stdout is not None
        _running.add(process)
        try:
            for line in process.stdout:
                file.write(line)
                tail = [*tail[-30:], line.rstrip()]
                on_line(line.rstrip())
            status = process.wait()
        except BaseException:
            # Stop all child processes, too: a running compiler would disturb the next set-up.
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
        finally:
            _running.discard(process)
    if status != 0:
        raise CommandError(words, status, tail)
