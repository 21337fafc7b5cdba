"""`blindspot publish OUT`: the public page of an authorisation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result


def publish(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="Folder for the page: a new one, or that of the last page.")
    ],
    authorisation: Annotated[Path, typer.Option(help="Authorisation file of the flights.")],
    runs: Annotated[Path, typer.Option(help="Folder of the runs and their journals.")] = Path("runs"),
    delay_h: Annotated[
        float, typer.Option(min=1.0, max=8760.0, help="Hours from the end of a flight to its publication.")
    ] = 48.0,
    drone_journal: Annotated[
        list[Path] | None,
        typer.Option(help="Copy of the journal of a drone's own computer; repeatable.", show_default=False),
    ] = None,
    person: Annotated[
        str, typer.Option(help="Name of the person who publishes; the user's name by default.", show_default=False)
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Write the public page of all flights under an authorisation, in French and English, and note it in the journal.

    Each flight older than the delay is listed: nobody selects. The page holds no route, no name of a person, no
    sighting and no picture. Nothing is sent: put the folder on a web server.
    """
    from datetime import UTC, datetime, timedelta

    from blindspot.acts.publications import publish_page
    from blindspot.cli.sessions.sim_run import system_user
    from blindspot.core import one_line

    who = one_line(person, 100) or system_user()
    done = publish_page(out, runs, authorisation, timedelta(hours=delay_h), who, datetime.now(UTC), drone_journal or ())
    lines = [f"{out}: flights: {done.flights}; {done.journal} says that {who} publishes them"]
    if done.younger:
        lines.append(f"left out: {done.younger} younger than {delay_h:g} h")
    if done.in_process:
        lines.append(f"left out, because no journal holds them: simulations in one process: {done.in_process}")
    said = {
        "folder": str(out), "journal": str(done.journal), "person": who, "flights": done.flights,
        "younger": done.younger, "index_sha256": done.index_sha256, "in_process": done.in_process,
    }  # fmt: skip
    print_result(said, *lines, as_json=as_json)
