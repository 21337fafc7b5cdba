"""Options of commands that start a stack, with the texts of the stack's own table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from blindspot.stack.programs import launch_table


def _option(name: str, of: str = "", **more: Any) -> Any:
    """An option with its text in the table; `of` begins the text: the options or modes that it goes with."""
    text = launch_table.ARGUMENTS[name].text
    return typer.Option(help=f"{of}: {text[0].lower()}{text[1:]}" if of else text, show_default=False, **more)


Speed = Annotated[
    float,
    typer.Option(
        min=launch_table.LEAST_SPEED, max=launch_table.MOST_SPEED,
        help="Target speed of a simulation, simulated seconds per second.",
    ),
]  # fmt: skip
ParamsFile = Annotated[Path | None, _option("params_file")]
LogLevel = Annotated[str, _option("log_level")]
Operation = Annotated[Path | None, _option("operation")]
OperationLibrary = Annotated[Path | None, _option("library", "With --operation")]
Attended = Annotated[
    bool,
    typer.Option("--attended", help="Each pass of a simulated operation waits for a pilot, as on hardware."),
]
Camera = Annotated[str, _option("camera", "On hardware")]
Calibration = Annotated[Path | None, _option("calibration", "On hardware")]
DroneName = Annotated[str, _option("drone")]
Peer = Annotated[str, _option("peer")]
FcuUrl = Annotated[str, _option("fcu_url")]
LeaseKey = Annotated[Path | None, _option("lease_key")]
NoConsole = Annotated[bool, typer.Option("--no-console", help="Without the console's page for a browser.")]
GazeboWorld = Annotated[
    Path | None, typer.Option(help="World file of --mode gazebo, as sim-world makes one.", show_default=False)
]
