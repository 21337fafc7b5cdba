"""On a terminal, a command that prints nothing in the first second says that it is at work, on standard error."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO

from blindspot.core import one_line

SILENT_S = 0.9


class FirstWord:
    """Notices each output to some streams, and prints a word of its own if no output came.

    The word begins as a line of progress does: programs that read standard error drop such lines.
    """

    def __init__(self, command: str, *streams: TextIO | None) -> None:
        self._command, self._is_said = command, False
        for stream in streams:
            if stream is not None:
                self._listen(stream)

    def say(self) -> None:
        """Print the word, unless something was printed before. A closed stream gets none."""
        if not self._is_said and sys.stderr is not None:
            try:
                print(f"progress: {one_line(self._command, 60)}: at work", file=sys.stderr, flush=True)
            except (OSError, ValueError):
                return

    def _listen(self, stream: Any) -> None:
        write: Callable[[str], int] = stream.write

        def heard(text: str) -> int:
            self._is_said = True
            return write(text)

        stream.write = heard


def speak_within(command: str, silent_s: float = SILENT_S) -> None:
    """Let the command say a first word after a time of silence; nothing waits for the word at the command's end.

    Only a terminal has somebody who waits: the errors of a command in a pipe stay the same on a busy machine.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        return
    word = FirstWord(command, sys.stdout, sys.stderr)
    timer = threading.Timer(silent_s, word.say)
    timer.daemon = True
    timer.start()
