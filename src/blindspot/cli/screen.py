"""The terminal: whatever is shown there goes through here."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from blindspot.plain_text import plain


class Screen(Console):
    """rich's console for foreign words: brackets are brackets, and no word holds a code of the terminal. Styles are
    given as such, by `style=` or `Text`, never in the text."""

    def __init__(self, *, stderr: bool = False, highlight: bool = True, **options: Any) -> None:
        """`options` are those of `rich.console.Console`."""
        super().__init__(stderr=stderr, highlight=highlight, markup=False, emoji=False, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(plain(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """Nobody reads any more, which is no reason to end: the rest goes nowhere."""
        self.quiet = True
        with suppress(OSError, ValueError):  # the file may be none of the system's
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())
