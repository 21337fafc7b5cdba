"""Parts of a dossier's page. A chapter is a list of blocks; the template lays a block out by its kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from blindspot.evidence.dossier.subject import Missing

Kind = Literal["text", "note", "heading", "quote", "table", "pairs", "missing", "plan"]
Lines = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `text` is its words, its label or a quoted text; `source` is the file behind a quotation or a missing
    fact; a plan's `text` is its drawing. `shape` names the widths of a table's columns in the style sheet."""

    kind: Kind
    text: str = ""
    heading: tuple[str, ...] = ()
    lines: Lines = ()
    source: str = ""
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter with the article that asks for it."""

    title: str
    article: str
    blocks: tuple[Block, ...]


def text(words: str) -> Block:
    return Block("text", words)


def note(words: str) -> Block:
    return Block("note", words)


def heading(words: str) -> Block:
    return Block("heading", words)


def quote(words: str, source: str) -> Block:
    """A text of people, word for word."""
    return Block("quote", words, source=source)


def table(label: str, names: Sequence[str], lines: Iterable[Sequence[str]], shape: str = "") -> Block:
    return Block("table", label, tuple(names), tuple(tuple(line) for line in lines), shape=shape)


def pairs(label: str, lines: Iterable[tuple[str, str]]) -> Block:
    """Lines of (name, value)."""
    return Block("pairs", label, lines=tuple(lines))


def missing(found: Missing) -> Block:
    return Block("missing", found.name, source=found.file)


def plan(drawing: str) -> Block:
    return Block("plan", drawing)
