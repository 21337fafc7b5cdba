"""`blindspot doctor`: working and missing parts of this machine, with the command that fixes each problem."""

from __future__ import annotations

from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson
from blindspot.core import InputError

DEFAULT_MODE = "embedded"


def doctor(
    mode: Annotated[
        str, typer.Option(help="Check only the parts that this mode needs: embedded, sitl, gazebo or hardware.")
    ] = "",
    fcu_url: Annotated[str, typer.Option(help="hardware: the autopilot link of MAVROS.")] = "",
    as_json: AsJson = False,
) -> None:
    """Check this machine and change nothing. Exit code 0 if the mode (embedded by default) can run, otherwise 1."""
    from blindspot.cli.parts.screen import Screen
    from blindspot.doctor import MODES, Machine, checks_for, document_of, lacking, look, print_table, print_verdicts
    from blindspot.stack import read_fcu_url

    if mode and mode not in MODES:
        raise InputError("doctor", "--mode", f"{mode} is unknown", f"there are {', '.join(MODES)}")
    if fcu_url:
        read_fcu_url(fcu_url)
        if mode not in ("", "hardware"):
            raise InputError("doctor", "--fcu-url", f"is not looked at for {mode}", "leave it out")
    machine, looked = Machine(fcu_url), []
    with Screen(stderr=True).status("") as status:
        for check in checks_for(mode):
            status.update(f"checking: {check.name}")
            looked.append(look(check, machine))
    modes = (mode,) if mode else MODES
    if as_json:
        print(document_of(machine, looked, modes), end="")
    else:
        console = Screen(highlight=False)
        print_table(console, looked)
        print_verdicts(console, looked, modes)
    raise typer.Exit(1 if lacking(looked, mode or DEFAULT_MODE) else 0)
