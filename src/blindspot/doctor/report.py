"""The findings as a printed table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from blindspot.doctor.checks import MODES
from blindspot.doctor.findings import Looked, lacking
from blindspot.doctor.machine import Machine

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {"ok": "green", "missing": "yellow", "broken": "bold red"}


def title(needed_by: Sequence[str]) -> str:
    if set(needed_by) == set(MODES):
        return "every mode"
    return ", ".join(needed_by) if needed_by else "good to have"


def print_table(console: Console, looked: Sequence[Looked]) -> None:
    """Print one line for each check, grouped by mode, then the fixes as a block to copy."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for needed_by, group in groupby(looked, key=lambda one: one.check.needed_by):
        table.add_section()
        table.add_row(Text(""), Text(title(needed_by), style="bold"), Text(""))
        for one in group:
            style = STYLES[one.finding.state]
            table.add_row(Text(one.finding.state, style=style), f"  {one.check.name}", Text(one.finding.message))
    console.print(table)
    fixes = [one for one in looked if one.finding.fix]
    if fixes:
        console.print("\nfixes", style="bold")
    for one in fixes:
        console.print(Text(f"# {one.check.name}", style="dim"), soft_wrap=True)
        console.print(Text(one.finding.fix), soft_wrap=True)


def print_verdicts(console: Console, looked: Sequence[Looked], modes: Sequence[str]) -> None:
    from rich.text import Text

    console.print()
    for mode in modes:
        lacks = lacking(looked, mode)
        verdict = f"can't run: {', '.join(lacks)}" if lacks else "can run"
        console.print(Text(f"{mode:<9} "), Text(verdict, style="red" if lacks else "green"), sep="", soft_wrap=True)


def document_of(machine: Machine, looked: Sequence[Looked], modes: Sequence[str]) -> str:
    """The findings as JSON of schema `blindspot.doctor/1`."""
    document = {
        "schema": "blindspot.doctor/1",
        "machine": machine.architecture,
        "modes": {mode: {"runs": not lacking(looked, mode), "lacks": lacking(looked, mode)} for mode in modes},
        "checks": [
            {"name": one.check.name, "needed_by": one.check.needed_by, **asdict(one.finding),
             "took_s": round(one.took_s, 2)}
            for one in looked
        ],
    }  # fmt: skip
    return json.dumps(document, indent=1) + "\n"
