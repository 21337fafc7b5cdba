"""`blindspot install-service`: files that start the stack with a computer, to be read before they are installed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.cli.parts.stack_options import (
    Calibration,
    Camera,
    DroneName,
    FcuUrl,
    LeaseKey,
    Operation,
    OperationLibrary,
    ParamsFile,
    Peer,
)
from blindspot.core import InputError


class Part(StrEnum):
    """The part of the stack that runs on this computer."""

    drone = "drone"
    ground = "ground"


def install_service(
    fleet: Annotated[Path, typer.Argument(help="Fleet file, e.g. config/fleets/nantes.yaml.")],
    part: Annotated[Part, typer.Option(help="Part of the stack that runs on this computer.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files. By default they are only printed.", show_default=False)
    ] = None,
    user: Annotated[str, typer.Option(help="User that runs the stack; you by default.", show_default=False)] = "",
    drone: DroneName = "",
    peer: Peer = "",
    fcu_url: FcuUrl = "",
    camera: Camera = "",
    calibration: Calibration = None,
    params_file: ParamsFile = None,
    operation: Operation = None,
    library: OperationLibrary = None,
    lease_key: LeaseKey = None,
    source: Annotated[
        list[Path] | None, typer.Option(help="Setup file of ROS 2 or a workspace; those of this shell by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print systemd units, journal limits and udev rules for a part of the hardware stack. Nothing is installed."""
    import getpass
    import os

    from blindspot.acts.evenings import operation_of
    from blindspot.core import output_folder
    from blindspot.stack import Options, how_to_install, service_files, usual_setups

    setups = tuple(source or usual_setups(os.environ))
    if not setups:
        problem = "is missing, and no ROS 2 is sourced in this shell"
        raise InputError("install-service", "--source", problem, "source /opt/ros/jazzy/setup.bash first")
    for option, given, why in (
        ("--operation", operation is not None and part is Part.drone, "is for --part ground"),
        ("--library", library is not None and operation is None, "goes with --operation"),
    ):
        if given:
            raise InputError("install-service", option, why, "leave it out")
    options = Options(
        operation=operation_of(operation, fleet, library, "install-service") if operation else None,
        run_dir=Path("/var/lib/blindspot/runs"), fcu_url=fcu_url, camera=camera, calibration=calibration,
        params_file=params_file, part=part.value, drone=drone, peer=peer, lease_key=lease_key,
    )  # fmt: skip
    files = service_files(fleet, options, user or getpass.getuser(), setups, os.environ)
    install = () if out is None else tuple(how_to_install(out, files, options))
    lines = [f"--- {file.target}\n{file.text}" for file in files]
    lines.append("nothing was written: name a folder with --out to write the files and print how to install them")
    if out is not None:
        with output_folder(out) as folder:
            for file in files:
                (folder / file.target.name).write_text(file.text, encoding="utf-8")
        lines = [f"{out}: read the files, then install and start them with:", *(f"  {line}" for line in install)]
    texts = [{"target": str(file.target), "text": file.text} for file in files]
    document = {"files": texts, "folder": None if out is None else str(out), "install": install}
    print_result(document, *lines, as_json=as_json)
