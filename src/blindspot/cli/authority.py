"""`blindspot authority ...`: work with authorisation files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.errors import InputError, RefusedError

app = typer.Typer(no_args_is_help=True)


@app.command("check")
def check(
    authorisation: Annotated[Path, typer.Argument(help="Authorisation file.")],
) -> None:
    """Read an authorisation with the area it is bound to by hash; exit code 2 if either is not as it should be."""
    from blindspot.law.authorisation import load_authorisation

    file = load_authorisation(authorisation).file
    window = file.window
    print(f"{file.id}: profile {file.profile}, {window.not_before.isoformat()} to {window.not_after.isoformat()}")


@app.command("judge")
def judge(
    mission: Annotated[Path, typer.Argument(help="Mission file.")],
    plan_file: Annotated[Path, typer.Argument(help="Plan file, made by: blindspot plan MISSION.")],
) -> None:
    """Ask the gate whether a plan may be flown, simulated, at the mission's start; exit code 3 and the rules if not."""
    from blindspot.law.authorisation import load_authorisation
    from blindspot.law.clearance import judge_plan
    from blindspot.planning.mission import load_mission
    from blindspot.planning.plan import load_plan

    asked = load_mission(mission)
    verdicts = judge_plan(
        load_authorisation(asked.authorisation_path), load_plan(plan_file), asked.file.start, simulated=True
    )
    if verdicts:
        raise RefusedError(tuple(map(str, verdicts)))
    print("GO")


@app.command("hash")
def hash_file(file: Annotated[Path, typer.Argument(help="File that an authorisation names.")]) -> None:
    """Print the SHA-256 that binds a file to an authorisation."""
    from blindspot.law.authorisation import file_sha256

    try:
        print(file_sha256(file))
    except OSError as error:
        raise InputError(file, "", f"can't be read ({error.strerror})", "name a file that is there") from error
