"""`blindspot authority end-run RUN`: note the end of a mission whose stack died before it could."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result


def end_run(
    run: Annotated[str, typer.Argument(help="Run without an end; by default these are listed.")] = "",
    person: Annotated[str, typer.Option(help="Name of the person who has looked where the drones are.")] = "",
    reason: Annotated[str, typer.Option(help="How the run ended, as far as known.")] = "",
    journal: Annotated[
        Path | None, typer.Option(help="Journal; that of the real drones by default.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Note in the journal that a mission is over whose stack died in it. Until then LOG-03 refuses real flights."""
    from blindspot.acts.duties import note_end, runs_without_end

    if not run:
        path, left = runs_without_end(journal)
        listed = "\n".join(f"{name} of {entry.at:%Y-%m-%d %H:%M} UTC has no end" for name, entry in left.items())
        lines = listed or f"{path}: each run has an end"
        print_result({"journal": str(path), "open": list(left)}, lines, as_json=as_json)
        return
    path, who = note_end(run, person, reason, journal)
    print_result({"journal": str(path), "run": run, "person": who}, f"{run} is over, by {who}", as_json=as_json)
