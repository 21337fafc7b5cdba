"""`blindspot authority end-run RUN`: note the end of a mission whose stack died before it could."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import InputError
from blindspot.law.orders import named

if TYPE_CHECKING:
    from blindspot.evidence import Entry


def end_run(
    run: Annotated[str, typer.Argument(help="Run without an end; by default these are listed.")] = "",
    person: Annotated[str, typer.Option(help="Name of the person who has looked where its drones are.")] = "",
    reason: Annotated[str, typer.Option(help="How it ended, as far as it is known.")] = "",
    journal: Annotated[
        Path | None, typer.Option(help="Journal; that of the real drones by default.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Note in the journal that a mission is over whose stack died in it. Until then LOG-03 refuses real flights."""
    from blindspot.acts import journals
    from blindspot.evidence import Journal, JournalError
    from blindspot.evidence.acts import ENDED, open_runs

    path = journal or journals.journal_of_duties(os.environ)
    if path is None or not path.is_file():
        raise InputError(path or "authority end-run", "--journal", "is missing", "name the ground station's journal")
    left = open_runs(path)
    if not run:
        listed = "\n".join(f"{name} of {entry.at:%Y-%m-%d %H:%M} UTC has no end" for name, entry in left.items())
        lines = listed or f"{path}: each run has its end"
        print_result({"journal": str(path), "open": list(left)}, lines, as_json=as_json)
        return
    who, why = named(person, reason)
    if run not in left:
        known = f"they are {', '.join(left)}" if left else "each run has its end"
        raise InputError("authority end-run", run[:80], "is no run without an end", known)
    if _may_fly(path, left[run]):
        problem = "the stack that flies or flew it runs: it notes the end itself"
        raise InputError("authority end-run", run[:80], problem, "shut that stack down first")
    try:
        Journal(path, "authority end-run").write(ENDED, run=run, outcome="unaccounted", person=who, reason=why)
    except JournalError as error:
        raise InputError(path, "", str(error), "see the disk of the journal") from error
    print_result({"journal": str(path), "run": run, "person": who}, f"{run} is over, by {who}", as_json=as_json)


def _may_fly(journal: Path, begun: Entry) -> bool:
    """Whether a stack of this journal that runs now was there when a mission began."""
    from blindspot.stack import stack_record

    ours = (each for each in stack_record.all_stacks(os.environ) if each.journal.resolve() == journal.resolve())
    return any(each.is_running and datetime.fromisoformat(each.started) <= begun.at for each in ours)
