"""The nodes and programs of the ground station."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from blindspot.core import InputError, file_name, read_mapping
from blindspot.law.clearances import state_folder
from blindspot.mission import load_mission
from blindspot.stack.parts.basis import TOWN, Basis
from blindspot.stack.programs.processes import NodeProcess, Operating, Parameter, ProgramProcess

OPERATIONS = "operations"
"""Folder of the states of operations."""

RADIO_SILENCE_S = 30.0
"""A cut radio and a dead drone look the same to a ground station. After this time a living drone has turned home by
itself."""

REPORTS_WITHIN_S = 140.0
"""The logbook's own time-out for its last reports is two minutes."""


def ages_file(folder: Path, site_dir: Path) -> Path:
    """The file of a town's ages in the folder of what outlives a stack."""
    return folder / f"ages-{file_name(site_dir.resolve().name)}.npz"


def town_wide(basis: Basis) -> tuple[NodeProcess, ...]:
    """The nodes watched by the mission manager, in addition to the drones' nodes."""
    judged: dict[str, Parameter] = {
        **basis.shared, "simulated": basis.simulated, "lease_key": str(basis.lease_key), "journal": str(basis.journal),
        "rehearse": basis.options.rehearse,
    }  # fmt: skip
    ages = ages_file(_kept(basis), basis.fleet.site_dir)
    return (
        NodeProcess("blindspot", "coverage_planner", TOWN, basis.shared),
        NodeProcess("blindspot", "authority", TOWN, judged),
        NodeProcess("blindspot", "coverage_monitor", TOWN, {**basis.shared, "ages": str(ages)}),
    )


def manager(basis: Basis, watched: Sequence[str]) -> NodeProcess:
    """The mission manager, which reports the loss of each watched node."""
    managed: dict[str, Parameter] = {
        **basis.shared, "simulated": basis.simulated, "journal": str(basis.journal), "watched_nodes": list(watched),
        "orders_here": True, "computer_key": basis.computer_key,
    }  # fmt: skip
    if basis.part == "ground":
        managed["node_timeout_s"] = RADIO_SILENCE_S
    return NodeProcess("blindspot", "mission_manager", TOWN, managed)


def logbook(basis: Basis, watched: Sequence[str]) -> NodeProcess:
    """The writer of the runs' records. It starts again in every stack: a run without its record must not be flown."""
    parameters: dict[str, Parameter] = {
        **basis.shared, **basis.leased, "journal": str(basis.journal), "watched_nodes": list(watched),
        "writes_track": basis.mode != "embedded",
    }  # fmt: skip
    return NodeProcess("blindspot", "logbook", TOWN, parameters, starts_again=True, ends_within_s=REPORTS_WITHIN_S)


def _kept(basis: Basis) -> Path:
    """The folder of what outlives a stack: for a simulation the stack's folder, so that a simulated flight never counts
    as a real flight."""
    return basis.options.run_dir.absolute() if basis.simulated else state_folder(os.environ)


def scheduler(basis: Basis, operating: Operating) -> NodeProcess:
    """The node that flies an operation."""
    name = file_name(str(read_mapping(operating.file).get("name", "")))
    parameters: dict[str, Parameter] = {
        **basis.shared, "simulated": basis.simulated, "journal": str(basis.journal),
        "operation": str(operating.file.absolute()), "library": str(operating.library.absolute()),
        "state_dir": str(_kept(basis) / OPERATIONS / name), "person": operating.person, "attended": operating.attended,
    }  # fmt: skip
    return NodeProcess("blindspot", "scheduler", TOWN, parameters)


def starter(basis: Basis, watched: Sequence[str]) -> NodeProcess:
    """The operator of `autostart`.

    Raises InputError for a real flight, and for a mission that is missing, wrong or unfit for the fleet.
    """
    if basis.mode == "hardware":
        raise InputError("autostart", "", "a real flight is started by a person", "leave it out and call run_mission")
    path = basis.options.mission or basis.fleet.path
    if read_mapping(path).get("schema") == "blindspot.fleet/1":
        raise InputError("autostart", "", f"needs a mission, and {path} is a fleet file", "name one with mission:=")
    mission = load_mission(path)
    if problem := basis.fleet.why_not(mission):
        raise InputError("mission", "", problem, "name a mission of this fleet")
    parameters: dict[str, Parameter] = {
        "fleet": str(basis.fleet.path), "mission": str(mission.path), "watched_nodes": list(watched),
    }  # fmt: skip
    return NodeProcess("blindspot", "mission_starter", TOWN, parameters, ends=True)


def console(operation: Operating | None) -> ProgramProcess:
    """The console's page. The stack flies without the page."""
    code = "from blindspot.cli.operate.console import serve_again; serve_again()"
    of = () if operation is None else (str(operation.file.absolute()),)
    return ProgramProcess("console", (sys.executable, "-P", "-c", code, *of), starts_again=True, is_needed=False)
