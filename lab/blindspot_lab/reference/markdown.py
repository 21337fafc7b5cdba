"""Tables and pages in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MADE = "<!-- Made from the code by `python -m blindspot_lab.reference`. Edit the code, then run it. -->"


def table(heading: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table of one line for each entry; a cell holds no line break and no bare bar."""
    rows = [heading, ["---"] * len(heading), *lines]
    return "\n".join(f"| {' | '.join(map(cell, row))} |" for row in rows)


def cell(text: str) -> str:
    line = " ".join(text.split()).replace("|", "\\|")
    return re.sub(r"`[^`]*`|<", lambda found: "&lt;" if found[0] == "<" else found[0], line)


def page(title: str, about: str, *parts: str) -> str:
    """A page with its heading, its first sentence and its parts."""
    return "\n\n".join([f"# {title}", MADE, about, *filter(None, parts)]) + "\n"


def code(text: object) -> str:
    """Text as code; empty stays empty."""
    return f"`{text}`" if str(text) else ""


def sentence(text: str) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join(text.split("\n\n")[0].split())
