#!/usr/bin/env python3
"""Measures how plain the English of a text is: riddles and dropped nouns, negations, pronouns, and the word "tell".

    python test/unit/language.py PATH...          # each sentence to look at, with file and line, and the shares

A path is a Markdown file, a Python file or a folder of them. Python files are read for docstrings and comments. Code
blocks and inline code are cut out. Fragments of fewer than four words count as no sentence. Standard library only.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

RIDDLE = re.compile(r"[^A-Za-z]*(?:what(?:ever)?|who(?:ever|se|mever|m)?|that which)\b", re.IGNORECASE)
NEGATION = re.compile(
    r"\b(?:not|no|never|nothing|none|nobody|nowhere|nor|neither|without|cannot|\w+n['’]t)\b(?![-‑]?fly\b)",
    re.IGNORECASE,
)
TELL = re.compile(r"(?<![A-Za-z])(?:tell|tells|told)(?![A-Za-z])", re.IGNORECASE)
"""Underscores and digits end a word: the identifiers of a program count too."""
DROPPED_NOUN = re.compile(r"[^A-Za-z]*(?:of an?|one that|that of|it then)\b", re.IGNORECASE)
"""Beginnings of a sentence whose noun stands in the sentence before, or nowhere."""
FEWEST_WORDS = 4
MANY_PRONOUNS = 3

_PRONOUN = re.compile(
    r"\b(?:its?|ones|those|them)\b(?!-)"
    r"|\bone\b(?=[\s”\"')]*(?:$|[.,;:!?)]|(?:of|that|which|who|whose|for|in|on|at|with|without|per|from|by|to|after|"
    r"before|than|and|or|is|has|can|may|must|does|was|are|alone)\b))"  # not "one drone"
    r"|(?<![-\w])(?P<that>that)\b(?=[\s”\"')]*(?P<next>$|[.,;:!?)]|\w+))",
    re.IGNORECASE,
)
# "That" is a conjunction after these verbs ("shows that the drone lands"), and an adjective after a preposition or at
# the start ("of that drone") unless a verb or "of" comes next.
_BEFORE_CONJUNCTION = re.compile(
    r"\b(?:so|such|say|says|said|saying|shown?|shows|showed|mean|means|know|knows|proves?|states?|finds?|found|sure|"
    r"checks?|ensures?|requires?|demands?|assumes?|reports?|sees?|is|was|fact|reason|note|think|believe|claims?|"
    r"remember|answers?|declares?|hold|expects?|confirms?|learn|warns?|asks?|verify|verifies|writes?)\s*$",
    re.IGNORECASE,
)
_BEFORE_ADJECTIVE = re.compile(
    r"(?:^|[,;:]|\b(?:of|for|with|after|before|by|than|like|from|to|and|as|at|in|on|or|within|over|under|until|during|"
    r"below|above|through|since|without|into))\W*$",
    re.IGNORECASE,
)
_AFTER_PRONOUN = frozenset(["of", "is", "was", "has", "can", "may", "must", "takes", "makes", "needs", "leaves"])

_BREAK = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\bvs)(?<!\bcf)[.!?][\"'”’)\]]*\s+(?=[\"'“‘(\[]*[A-Z0-9À-Þ])")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_PRAGMA = re.compile(r"#!|#\s*(?:noqa|type:|mypy:|ruff:|pragma|codespell|-\*-)", re.IGNORECASE)
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)

Line = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, where it starts, and the sentence's faults."""

    path: str
    line: int
    text: str

    @property
    def words(self) -> int:
        return len(re.findall(r"\w+(?:[-'’.]\w+)*", self.text))

    @property
    def is_riddle(self) -> bool:
        return RIDDLE.match(self.text) is not None

    @property
    def negations(self) -> int:
        return len(NEGATION.findall(self.text))

    @property
    def tells(self) -> int:
        return len(TELL.findall(self.text))

    @property
    def pronouns(self) -> int:
        """The words it, its, one, ones, those, them, and that, where they stand for a noun."""
        return sum(
            not found["that"] or _is_pronoun(self.text[: found.start()], found)
            for found in _PRONOUN.finditer(self.text)
        )

    @property
    def drops_its_noun(self) -> bool:
        return DROPPED_NOUN.match(self.text) is not None

    @property
    def faults(self) -> tuple[str, ...]:
        named = {
            "riddle": self.is_riddle or self.drops_its_noun,
            "negation": self.negations,
            "tell": self.tells,
            "pronouns": self.pronouns >= MANY_PRONOUNS,
        }
        return tuple(name for name, found in named.items() if found)

    @property
    def badness(self) -> int:
        return 4 * self.is_riddle + 2 * self.tells + self.negations

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {', '.join(self.faults)}: {self.text}"


@dataclass(frozen=True, slots=True)
class Figures:
    """The shares of a corpus, of its sentences, and its number of the words tell, tells and told."""

    sentences: int
    riddles: float
    negations: float
    words: float
    tells: int

    def __str__(self) -> str:
        return (
            f"{self.sentences} sentences of {self.words:.1f} words: {self.riddles:.1%} start with What or Who, "
            f"{self.negations:.1%} hold a negation; tell, tells, told: {self.tells}"
        )


def measure(sentences: Iterable[Sentence], tells: int) -> Figures:
    """The figures of `sentences`; `tells` is counted apart, since code and tables count for it too."""
    read = list(sentences)
    number = max(len(read), 1)
    riddles, negated = (sum(map(bool, faults)) for faults in ([s.is_riddle for s in read], [s.negations for s in read]))
    return Figures(len(read), riddles / number, negated / number, sum(s.words for s in read) / number, tells)


def worst(sentences: Iterable[Sentence], number: int) -> list[Sentence]:
    faulty = [sentence for sentence in sentences if sentence.faults]
    return sorted(faulty, key=lambda s: (-s.badness, -s.words, s.path, s.line))[:number]


def pronouns_of(sentences: Iterable[Sentence]) -> float:
    """Pronouns per 100 words."""
    read = list(sentences)
    return 100.0 * sum(sentence.pronouns for sentence in read) / max(sum(sentence.words for sentence in read), 1)


def _is_pronoun(before: str, that: re.Match[str]) -> bool:
    after = that["next"].lower()
    if not after[:1].isalnum():
        return True
    is_adjective = _BEFORE_ADJECTIVE.search(before) is not None and after not in _AFTER_PRONOUN
    return _BEFORE_CONJUNCTION.search(before) is None and not is_adjective


def tells_of(text: str) -> int:
    lower = text.lower()
    return len(TELL.findall(text)) if "tell" in lower or "told" in lower else 0


def sentences_of(path: Path, name: str = "") -> list[Sentence]:
    """The sentences of a Markdown file, or of a Python file's docstrings and comments."""
    text = path.read_text(encoding="utf-8")
    blocks = python_blocks(text) if path.suffix == ".py" else markdown_blocks(enumerate(text.splitlines(), 1))
    return [Sentence(name or str(path), line, found) for block in blocks for line, found in split(block)]


def messages_of(path: Path, name: str = "") -> list[Sentence]:
    """The sentences of a Python file's texts for people: messages, help, descriptions; no docstring.

    A value that is filled in counts as one word.
    """
    texts = _texts(ast.parse(path.read_text(encoding="utf-8")))
    blocks = ([line] for line in texts)
    return [Sentence(name or str(path), line, found) for block in blocks for line, found in split(block)]


def _texts(node: ast.AST) -> Iterator[Line]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    match node:
        case ast.Constant(value=str(text)):
            yield node.lineno, text
        case ast.JoinedStr():
            parts = (str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
            yield node.lineno, "".join(parts)
        case _:
            for inner in ast.iter_child_nodes(node):
                yield from _texts(inner)


def split(block: list[Line]) -> Iterator[Line]:
    """The sentences of one paragraph, list item, heading or table cell, each with its first line's number."""
    first = block[0][0]
    text = _plain("\n".join(line for _, line in block))
    ends = [*(found.end() for found in _BREAK.finditer(text)), len(text)]
    for start, end in zip([0, *ends], ends, strict=False):
        found = " ".join(text[start:end].split())
        if len(re.findall(r"[^\W\d_]{2,}|\b[aAI]\b", found)) >= FEWEST_WORDS:
            lead = len(text[start:end]) - len(text[start:end].lstrip())
            yield first + text.count("\n", 0, start + lead), found


def _plain(text: str) -> str:
    """Without code, links' targets, emphasis and tags; every line break stays."""
    text = _CODE.sub(lambda found: "X" + "\n" * found[0].count("\n"), text)
    text = re.sub(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s\"[^\"]*\")?\)", r"\1", text)
    text = re.sub(r"!?\[([^\[\]]*)\]\[[^\[\]]*\]", r"\1", text)
    text = re.sub(r"<https?://[^>]*>|https?://\S+", "X", text)
    return re.sub(r"</?[a-zA-Z][^<>\n]*>|\*\*|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)", "", text)


def markdown_blocks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Paragraphs, list items, headings and table cells; a code block, a comment and a front matter are left out."""
    block: list[Line] = []
    in_list, fence, after_blank = False, "", True
    text = _without_comments(lines)
    for number, line in text:
        stripped = line.strip()
        if fence or _FENCE.match(line):
            if not fence:
                yield from _one(block)
                block = []
            fence = _fence_after(fence, stripped)
            after_blank = True
            continue
        indented = line.startswith(("    ", "\t"))
        is_code = indented and after_blank and not block and not (in_list and _is_continued(line))
        if not stripped or is_code or re.fullmatch(r"[-=*_]{3,}|\[[^\]]+\]:\s.*", stripped):
            yield from _one(block)
            block, after_blank = [], True
            continue
        after_blank = False
        if stripped.startswith(("#", "|")):
            yield from _one(block)
            block = []
            cells = [stripped.lstrip("# ")] if stripped.startswith("#") else re.split(r"(?<!\\)\|", stripped)
            yield from ([(number, cell.strip())] for cell in cells if cell.strip(" :-"))
            in_list = False
            after_blank = True
            continue
        if _ITEM.match(line):
            yield from _one(block)
            block, in_list = [], True
        elif not indented and not line.startswith("  ") and not block:
            in_list = False
        block.append((number, _ITEM.sub("", line, count=1) if not block else re.sub(r"^\s*(?:>\s*)+", "", line)))
        if len(block) == 1:
            block[0] = number, re.sub(r"^\s*(?:>\s*)+", "", block[0][1])
    yield from _one(block)


def _one(block: list[Line]) -> Iterator[list[Line]]:
    if block:
        yield block


def _fence_after(fence: str, stripped: str) -> str:
    if not fence:
        return stripped[:3]
    return "" if stripped.startswith(fence) and not stripped.strip("`~") else fence


def _is_continued(line: str) -> bool:
    """An item's further paragraph, indented by four or less; a command block inside an item stands deeper."""
    return len(line) - len(line.lstrip()) <= 4


def _without_comments(lines: Iterable[Line]) -> Iterator[Line]:
    inside = False
    for number, line in lines:
        line = re.sub(r"<!--.*?-->", "", line)
        if inside:
            inside = "-->" not in line
            continue
        if "<!--" in line:
            inside = True
            continue
        yield number, line


def python_blocks(source: str) -> Iterator[list[Line]]:
    """Paragraphs of docstrings (attributes' too) and runs of comments."""
    for number, text in _docstrings(source):
        lines = _dedented(text.splitlines())
        yield from _docstring_blocks(list(enumerate(lines, number)))
    yield from _comments(source)


def _docstrings(source: str) -> Iterator[Line]:
    for node in _statements(ast.parse(source).body):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements, without a look into their expressions: no text of prose stands there."""
    for node in body:
        yield node
        blocks = (getattr(node, name, ()) for name in ("body", "orelse", "finalbody", "handlers", "cases"))
        yield from _statements(inner for block in blocks for inner in block)


def _dedented(lines: list[str]) -> list[str]:
    margin = min((len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()), default=0)
    return [line.strip() if index == 0 else line[margin:] for index, line in enumerate(lines)]


def _docstring_blocks(lines: list[Line]) -> Iterator[list[Line]]:
    """As Markdown, but the text below a heading such as `Parameters` is indented, and an example starts with `>>>`."""
    in_section, kept, in_example = False, [], False
    for index, (number, line) in enumerate(lines):
        after = lines[index + 1][1] if index + 1 < len(lines) else ""
        if re.fullmatch(r"-{3,}", after.strip()) and line.strip():
            in_section = True
            kept.append((number, ""))
            continue
        if in_section and line.strip() and not line.startswith(" "):
            kept.append((number, ""))  # a parameter's name and type
            continue
        in_example = line.lstrip().startswith(">>>") or (in_example and bool(line.strip()))
        kept.append((number, "" if in_example else line.strip() if in_section else line))
    yield from markdown_blocks(kept)


def _comments(source: str) -> Iterator[list[Line]]:
    found = [
        (token.start[0], token.start[1], token.line[: token.start[1]].strip(), token.string)
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and not _PRAGMA.match(token.string)
    ]

    def run(pair: tuple[int, tuple[int, int, str, str]]) -> tuple[int, int]:
        index, (row, column, before, _) = pair
        return (-row, column) if before else (row - index, column)  # a comment beside code stands alone

    for _, group in groupby(enumerate(found), key=run):
        yield [(row, text.lstrip("#: ")) for _, (row, _, _, text) in group]


def files_below(paths: Iterable[Path]) -> list[Path]:
    found: set[Path] = set()
    for path in paths:
        found.update([path] if path.is_file() else (each for kind in ("*.md", "*.py") for each in path.rglob(kind)))
    return sorted(path for path in found if "__pycache__" not in path.parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="Markdown or Python files, or folders")
    parser.add_argument("-n", "--worst", type=int, help="only so many, the worst first")
    chosen = parser.parse_args()
    files = files_below(chosen.paths)
    sentences = [sentence for path in files for sentence in sentences_of(path)]
    faulty = [s for s in sentences if s.faults] if chosen.worst is None else worst(sentences, chosen.worst)
    print(*faulty, sep="\n")
    print(measure(sentences, sum(tells_of(path.read_text(encoding="utf-8")) for path in files)), file=sys.stderr)
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
