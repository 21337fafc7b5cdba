"""The terminal: whatever is shown there goes through here."""

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
"""Columns of a table in a pipe or a file, where there is no window to fit in."""


class Screen(Console):
    """rich's console for foreign words: brackets are brackets, and no word holds a code of the terminal. Styles are
    given as such, by `style=` or `Text`, never in the text."""

    def __init__(self, *, stderr: bool = False, highlight: bool = True, **options: Any) -> None:
        """`options` are those of `rich.console.Console`."""
        super().__init__(stderr=stderr, highlight=highlight, markup=False, emoji=False, **options)
        if not self.is_terminal and "width" not in options:
            self.width = WIDE

    def print(self, *objects: Any, soft_wrap: bool | None = None, **options: Any) -> None:
        """As rich's; into a pipe or a file a line of text stays one line, however long."""
        is_text = all(isinstance(thing, str | Text) for thing in objects)
        whole = is_text and not self.is_terminal if soft_wrap is None else soft_wrap
        super().print(*objects, soft_wrap=whole, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(plain(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """Nobody reads any more, which is no reason to end: the rest goes nowhere."""
        self.quiet = True
        with suppress(OSError, ValueError):  # the file may be none of the system's
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())
