"""`python -m blindspot_lab.measured FILE...`: rows of docs/figures.md from the output of `bench --json`.

A row is one figure of one machine. A row that the page has already is measured anew; `--add` adds the others.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from blindspot.core import InputError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "figures.md"
COLUMNS = ("Figure", "Value", "Unit", "Machine", "Date", "Commit", "Command or source")
HEADING = "| " + " | ".join(COLUMNS) + " |"
ADDED_BELOW = "## Benchmarks"
CELLS = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the page, as text."""

    figure: str
    value: str
    unit: str
    machine: str
    date: str
    commit: str
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Two rows of one key are one figure, measured twice."""
        return self.figure, self.machine, self.source

    def __str__(self) -> str:
        return "| " + " | ".join(astuple(self)) + " |"


def row_of(line: str) -> Measured | None:
    """The row of a line, `None` for a line of another kind. Raises InputError for a row with other columns."""
    if not line.startswith("|") or line == HEADING or set(line) <= set("|- "):
        return None
    cells = [cell.strip() for cell in CELLS.split(line)[1:-1]]
    if len(cells) != len(COLUMNS):
        raise InputError(PAGE.name, line, f"has {len(cells)} columns", f"give it the {len(COLUMNS)} of its heading")
    return Measured(*cells)


def rows_of(document: Mapping[str, Any], commit: str) -> Iterator[Measured]:
    """The rows of one document of `bench --json`. A name that continues the figure before it is joined to that one."""
    cpu, cores = document["machine"]["cpu"], document["machine"]["cores"]
    whole = ""
    for target in document["targets"]:
        name = target["name"].strip()
        if target["name"].startswith((" ", "the same")):
            name = f"{whole}: {name}"
        else:
            whole = name
        yield Measured(
            name.replace("|", "\\|"), f"{target['measured']:.4g}", target["unit"], f"{cores} cores, {cpu}",
            document["date"], commit, f"`{document['command']}`",
        )  # fmt: skip


def updated(page: str, measured: Sequence[Measured], *, is_adding: bool) -> str:
    """The page with these rows in place of those of the same key, and, if asked, with the new ones below its heading
    for benchmarks.
    """
    newest = {row.key: row for row in measured}
    lines, known = [], set()
    for line in page.splitlines():
        row = row_of(line)
        if row is not None and row.key in newest:
            known.add(row.key)
            line = str(newest[row.key])
        lines.append(line)
    added = [str(row) for key, row in newest.items() if key not in known] if is_adding else []
    if added:
        start = lines.index(HEADING, lines.index(ADDED_BELOW)) + 2
        end = next((n for n in range(start, len(lines)) if not lines[n].startswith("|")), len(lines))
        lines[end:end] = added
    return "\n".join(lines) + "\n"


def commit_here() -> str:
    """The commit of the working tree, with "-dirty" if the code beside the documents was changed since."""
    words = ["git", "-C", str(PAGE.parents[1])]
    commit = subprocess.run([*words, "rev-parse", "--short=8", "HEAD"], capture_output=True, text=True, check=True)
    changes = subprocess.run(
        [*words, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return commit.stdout.strip() + ("-dirty" if changes.stdout else "")


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="blindspot_lab.measured", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--add", action="store_true", help="add the figures that the page lacks")
    parser.add_argument("--commit", help="the commit that was measured; that of the working tree if left out")
    parser.add_argument("--page", type=Path, default=PAGE, help="docs/figures.md")
    asked = parser.parse_args(words)
    commit = asked.commit or commit_here()
    measured = [row for file in asked.files for row in rows_of(json.loads(file.read_text()), commit)]
    before = asked.page.read_text()
    asked.page.write_text(updated(before, measured, is_adding=asked.add))
    known = {row.key for line in asked.page.read_text().splitlines() if (row := row_of(line))}
    for row in measured:
        print(f"{'written' if row.key in known else 'left out'}: {row.figure}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
