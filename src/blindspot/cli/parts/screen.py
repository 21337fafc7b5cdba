"""The terminal. All rich output goes through this class."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from blindspot.core import plain

WIDE = 200
"""Columns of a table in a pipe or a file."""


class Screen(Console):
    """rich's console for untrusted text: brackets print as brackets, and the control codes of a terminal are removed.
    Give styles by `style=` or `Text`."""

    def __init__(self, *, stderr: bool = False, highlight: bool = True, **options: Any) -> None:
        """`options` are those of `rich.console.Console`."""
        super().__init__(stderr=stderr, highlight=highlight, markup=False, emoji=False, **options)
        if not self.is_terminal and "width" not in options:
            self.width = WIDE

    def print(self, *objects: Any, soft_wrap: bool | None = None, **options: Any) -> None:
        """Print as rich does. In a pipe or a file, a long line of text stays one line."""
        is_text = all(isinstance(thing, str | Text) for thing in objects)
        whole = is_text and not self.is_terminal if soft_wrap is None else soft_wrap
        super().print(*objects, soft_wrap=whole, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(plain(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """The reader of a pipe has gone. The command goes on, and its further output is discarded."""
        self.quiet = True
        with suppress(OSError, ValueError):  # the stream may have no file descriptor
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())
