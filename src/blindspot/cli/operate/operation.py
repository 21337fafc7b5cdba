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


@app.command()
def simulate(
    operation: OperationPath,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days from the first one of the recurrence on.")] = 21,
    library: Annotated[
        Path | None, typer.Option(help="Folder of the mission's library; made if missing. Default: that of `plan`.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw and fly weeks of patrols in process, and measure ages of places and a lookout's chances."""
    from blindspot.cli.parts.output import only_json
    from blindspot.cli.patrols.figures import print_result
    from blindspot.cli.patrols.flights import fly_all
    from blindspot.cli.patrols.library import library_folder, library_of
    from blindspot.core import progress_of
    from blindspot.operations import load_operation
    from blindspot.operations.patrols import simulate as simulated

    asked = load_operation(operation)
    with only_json(is_asked=as_json):
        known = library_of(asked.mission, library or library_folder(asked.mission))
        with progress_of("flying") as progress:
            result = simulated(
                asked, known, lambda flights: fly_all(known.masks, flights), days,
                lambda stage, share: progress(stage, share, 1.0),
            )  # fmt: skip
    if as_json:
        print_json(result.document())
    else:
        print_result(result)
