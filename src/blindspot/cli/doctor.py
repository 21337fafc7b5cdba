"""`blindspot doctor`: what works on this machine, what does not, and the line that mends it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.errors import InputError
from blindspot.outputs import check_file, told_if_unwritable

DEFAULT_MODE = "embedded"


def doctor(
    mode: Annotated[
        str, typer.Option(help="Look only at what this mode needs: embedded, sitl, gazebo or hardware.")
    ] = "",
    fcu_url: Annotated[str, typer.Option(help="hardware: the link that MAVROS will be given.")] = "",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write what was found to this file, too.")] = None,
) -> None:
    """Look at this machine. Exit code 0 if the mode can run (embedded unless told), 1 if not. Nothing is changed."""
    from blindspot.cli.screen import Screen
    from blindspot.doctor.checks import MODES, checks_for
    from blindspot.doctor.findings import lacking, look
    from blindspot.doctor.report import as_json, print_table, print_verdicts
    from blindspot.doctor.this_machine import ThisMachine
    from blindspot.fcu_url import read_fcu_url

    if mode and mode not in MODES:
        raise InputError("doctor", "--mode", f"{mode} is unknown", f"there are {', '.join(MODES)}")
    if fcu_url:
        read_fcu_url(fcu_url)
        if mode not in ("", "hardware"):
            raise InputError("doctor", "--fcu-url", f"is not looked at for {mode}", "leave it out")
    if json_file is not None:
        check_file(json_file, "--json")
    machine, console, looked = ThisMachine(fcu_url), Screen(highlight=False), []
    with console.status("") as status:
        for check in checks_for(mode):
            status.update(f"looking at: {check.name}")
            looked.append(look(check, machine))
    modes = (mode,) if mode else MODES
    print_table(console, looked)
    print_verdicts(console, looked, modes)
    if json_file is not None:
        with told_if_unwritable(json_file, "--json"):
            json_file.write_text(as_json(machine, looked, modes), encoding="utf-8")
    raise typer.Exit(1 if lacking(looked, mode or DEFAULT_MODE) else 0)
