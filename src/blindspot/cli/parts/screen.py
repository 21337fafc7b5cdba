"""The terminal. All rich output goes through these classes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.live import Live
from rich.segment import Segment
from rich.text import Text

from blindspot.core import one_line, plain, print_plain

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


def say(line: str) -> None:
    """Print a line of a result as one line, on any width."""
    Screen().print(line, soft_wrap=True)


def warn(line: str) -> None:
    """Print a line on the standard error."""
    Screen(stderr=True).print(line, soft_wrap=True)


class LiveScreen:
    """Lines, and a live picture on a terminal. In a pipe or a file there are only lines.

    A failure of the display must not end a flight: it is reported once, and plain lines follow.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._broken = False

    @contextmanager
    def starting(self, total: int) -> Iterator[Callable[[int], None]]:
        """Progress of the start of `total` nodes: to be called with the number of nodes that are up."""
        status = self._console.status(f"starting {total} nodes")
        self._show(status.start)
        try:
            yield lambda alive: self._show(lambda: status.update(f"starting nodes, {alive} of {total} are up"))
        finally:
            self._show(status.stop)
        self.say(f"{total} nodes are up")

    def say(self, line: str, style: str = "") -> None:
        """Print a line, above the live picture if there is one."""
        if self._broken:
            with suppress(Exception):  # the output itself may be closed
                print_plain(line)
        else:
            self._show(lambda: self._console.print(line, style=style, soft_wrap=True))

    @contextmanager
    def live(self, first: Callable[[], RenderableType]) -> Iterator[None]:
        """Keep a live picture on a terminal; `first` makes the first one."""
        if self._console.is_terminal:
            self._show(lambda: self._begin_live(first()))
        try:
            yield
        finally:
            self._end_live()

    def _picture_is(self, picture: Callable[[], RenderableType]) -> bool:
        """Show the next picture; False if this screen has lines only."""
        if self._live is None:
            return False
        live = self._live
        self._show(lambda: live.update(picture(), refresh=True))
        return True

    def _show(self, act: Callable[[], object]) -> None:
        if self._broken:
            return
        try:
            act()
        except Exception as error:
            self._broken = True
            self._end_live()
            with suppress(Exception):
                print_plain(
                    f"the display failed ({type(error).__name__}: {one_line(error)}); the flight goes on", err=True
                )

    def _begin_live(self, first: RenderableType) -> None:
        self._live = Live(first, console=self._console, auto_refresh=False)
        self._live.start(refresh=True)

    def _end_live(self) -> None:
        """End the live display. A display that failed before may fail again here."""
        live, self._live = self._live, None
        if live is not None:
            with suppress(Exception):
                live.stop()
