"""`blindspot runs flag` and `runs hold`: what shortens or stops the time of a recording."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts import completion
from blindspot.cli.parts.output import AsJson, print_result
from blindspot.cli.records.acting import Basis, Key, Person, Reason, Second, SecondKey
from blindspot.core import InputError

Out = Annotated[Path, typer.Option(help="Folder of the runs.")]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="Folder or name of a run.", autocompletion=completion.runs)]


def flag(
    run: RunName,
    drone: Annotated[str, typer.Option(help="Drone whose picture shows a dwelling.")],
    at: Annotated[str, typer.Option(help="Moment of the picture, with its time zone: 2026-12-01T21:04:00+01:00.")],
    out: Out = Path("runs"), person: Person = "", reason: Reason = "", key: Key = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Mark a recording that shows a dwelling: it is erased after dwelling_purge_h of its authorisation.

    Under an authority only its pilots, viewers and extractors may do so, and the journal has an entry.
    """
    from blindspot.acts import find_run
    from blindspot.acts.marks import flag_run
    from blindspot.cli.records.acting import actor

    due = flag_run(find_run(run, out), drone, _moment(at), actor(person, reason, key))
    lines = [f"{path.name}: marked, and erased by {time:%Y-%m-%d %H:%M} UTC" for path, time in due.items()]
    print_result({path.name: time.isoformat() for path, time in due.items()}, *lines, as_json=as_json)


def hold(
    run: RunName, out: Out = Path("runs"), person: Person = "", reason: Reason = "", key: Key = None, basis: Basis = "",
    second: Second = "", second_key: SecondKey = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Stop the time of a run's recordings for seven days, for a report of an offence that needs them.

    Under an authority it is for its extractors; a recording of a French authority needs ART40 and two people.
    """
    from blindspot.acts import find_run
    from blindspot.acts.marks import hold_run
    from blindspot.cli.records.acting import actor

    who = actor(person, reason, key, basis=basis, second=second, second_key=second_key)
    until = hold_run(find_run(run, out), who)
    line = f"{run}: the time of its recordings stands still until {until:%Y-%m-%d %H:%M} UTC"
    print_result({"run": run, "until": until.isoformat()}, line, as_json=as_json)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        problem = f"{text} is no moment with a time zone"
        raise InputError("runs flag", "--at", problem, "give one such as 2026-12-01T21:04:00+01:00")
    return moment
