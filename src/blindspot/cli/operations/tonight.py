"""`blindspot operation tonight`: one list of everything that an evening needs under its authorisation."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_json
from blindspot.core import one_line, print_plain

if TYPE_CHECKING:
    from blindspot.operations.mandates import tonight as evening_list

MISSING = 3
DAY_S, HOUR_S = 86_400.0, 3600.0


def tonight(
    operation: Annotated[Path, typer.Argument(metavar="OPERATION", help="Operation file.")],
    library: Annotated[
        Path | None, typer.Option("--library", help="Folder of the mission's library. Default: that of `plan`.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List everything that the next evening needs: each with its state, its age and the command that brings it.

    Papers are judged as of the beginning of the evening, or as of now inside it. Exit code 0 if nothing is missing, 3
    if something is.
    """
    from blindspot.acts.evenings import needs_of_evening
    from blindspot.operations import load_operation

    now = datetime.now(UTC)
    asked = load_operation(operation).seen_from(now)
    found = needs_of_evening(asked, library, now)
    if as_json:
        print_json({
            "evening": found.evening.id, "at": found.at.isoformat(timespec="seconds"), "missing": found.missing,
            "needs": [_document(one, now) for one in found.needs],
        })  # fmt: skip
    else:
        print_plain(f"{found.evening.id}, judged as of {asked.local(found.at):%a %d %b %H:%M}")
        for one in found.needs:
            for line in _lines(one, now):
                print_plain(line)
        print_plain(f"{found.missing} missing" if found.missing else "nothing is missing")
    raise typer.Exit(MISSING if found.missing else 0)


def _document(one: evening_list.Need, now: datetime) -> dict[str, object]:
    since = one.since.isoformat(timespec="seconds") if one.since is not None else None
    age_s = None if one.since is None else round((now - one.since).total_seconds())
    return {"name": one.name, "state": one.state, "note": one.note, "since": since, "age_s": age_s,
            "command": one.command}  # fmt: skip


def _lines(one: evening_list.Need, now: datetime) -> list[str]:
    age = "" if one.since is None else f", {_age((now - one.since).total_seconds())} old"
    note = f": {one_line(one.note)}" if one.note else ""
    shown = [f"{one.state:<10}  {one.name}{age}{note}"]
    return [*shown, f"            {one.command}"] if one.command and one.state in ("missing", "later") else shown


def _age(seconds: float) -> str:
    if seconds >= DAY_S:
        return f"{seconds / DAY_S:.1f} days"
    return f"{seconds / HOUR_S:.1f} h" if seconds >= HOUR_S else f"{max(0.0, seconds) / 60.0:.0f} min"
