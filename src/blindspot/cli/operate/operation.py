"""`blindspot operation ...`: one mission over weeks: its calendar, its crew, its passes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import print_json

app = typer.Typer(no_args_is_help=True)
OperationPath = Annotated[
    Path, typer.Argument(metavar="OPERATION", help="Operation file, e.g. config/operations/nantes_evenings.yaml.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, and all else on standard error.")]


@app.callback()
def operation() -> None:
    """One mission over weeks: its calendar, its crew, its passes."""


@app.command("next")
def next_ones(
    operation: OperationPath,
    count: Annotated[int, typer.Option(min=1, max=1000, help="Number of occurrences to show.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show the next occurrences."""
    from blindspot.operations import load_operation, local, occurrences

    asked, now = load_operation(operation), datetime.now(UTC)
    found = [one for one in occurrences(asked) if one.slot_until >= now][:count]
    if as_json:
        print_json([
            {"occurrence": one.id, "from": one.slot_from.isoformat(), "until": one.slot_until.isoformat(),
             "passes": one.slot.passes}
            for one in found
        ])  # fmt: skip
        return
    for one in found:
        span = f"{local(one.slot_from, asked):%a %d %b %Y %H:%M} to {local(one.slot_until, asked):%H:%M}"
        typer.echo(f"{one.id}: first start from {span}, {one.slot.passes} passes")
    if not found:
        typer.echo("no occurrence is left")
