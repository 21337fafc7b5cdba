"""`blindspot calibrate ...`: values of a drone's model file, fitted to measurements of the drone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result

app = typer.Typer(no_args_is_help=True)


@app.callback()
def calibrate() -> None:
    """Fit the values of a drone's model file to measurements of the drone."""


@app.command("battery")
def battery(
    log: Annotated[
        Path, typer.Argument(metavar="LOG", help="PX4 log of a calm flight: hover, fast to and fro, climb.")
    ],
    as_json: AsJson = False,
) -> None:
    """Fit hover, cruise and climb to a PX4 log and print the lines for config/drones/MODEL.yaml."""
    from blindspot.flight.logs import fit_energy, read_flight_log, yaml_lines

    fit = fit_energy(log, read_flight_log(log))
    print_result({"log": str(log), **fit.document()}, yaml_lines(log, fit), as_json=as_json)
