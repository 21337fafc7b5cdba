"""The processes of a running stack: the one description that the launch files and the command line share.

The modes differ in the autopilot, the camera's source, the clock and a parameter overlay (`config/params/<mode>.yaml`).
The on-board and town-wide nodes are the same in each mode. `parts/` describes the processes by subject.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from blindspot.core import CONFIG_DIR, InputError
from blindspot.law.clearances import state_folder
from blindspot.law.keys import public_half
from blindspot.law.leases import own_lease_key, usual_lease_key
from blindspot.mission import Fleet, load_fleet, site_pads
from blindspot.stack.enclaves.security import CONSOLE, KEYSTORE, OPERATOR, secure_environment
from blindspot.stack.params_file import check_params_file
from blindspot.stack.parts import gazebo
from blindspot.stack.parts.autopilots import autopilots, links
from blindspot.stack.parts.basis import MANAGER, Basis
from blindspot.stack.parts.on_board import on_board
from blindspot.stack.parts.town_wide import console, logbook, manager, scheduler, starter, town_wide
from blindspot.stack.programs.dds import LOOPBACK, RADIO
from blindspot.stack.programs.discovery import discovery
from blindspot.stack.programs.launch_table import LOG_LEVELS, MODES, PARTS, Mode, Part
from blindspot.stack.programs.processes import NodeProcess, Options, ProgramProcess, Stack

JOURNAL = "journal.jsonl"
FRUGAL = {
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "4194304", "MALLOC_TRIM_THRESHOLD_": "8388608",
}  # fmt: skip
"""One thread for linear algebra, and glibc returns memory: few heaps for the many threads of the middleware, large
buffers mapped alone, free ends given back: all nodes of two drones over Nantes then held 1.56 GB instead of 1.80."""
IN_ORDER = {"PYTHONUNBUFFERED": "1"}
"""Otherwise Python writes a node's printed lines at the end of the node, below the last error, or never."""


def stack(mode: str, fleet_path: Path | None, options: Options) -> Stack:
    """The processes of a mode.

    Parameters
    ----------
    mode
        One of `MODES`.
    fleet_path
        The fleet file, or a mission file, which stands for the fleet of that mission. None is reported as missing.
    options
        Settings of this stack.

    Raises
    ------
    InputError
        For an unknown mode, an unreadable fleet, or an option that does not fit the mode.
    """
    known = next((m for m in MODES if m == mode), None)
    if known is None:
        raise InputError("mode", "", f"{mode} is unknown", f"there are {', '.join(MODES)}")
    overlay = CONFIG_DIR / "params" / f"{known}.yaml"
    environment = {**(LOOPBACK if options.part == "all" else RADIO), **FRUGAL, **IN_ORDER}
    if fleet_path is None:
        raise InputError("fleet", "", f"mode {mode} needs a fleet file", "name one of config/fleets")
    if known == "gazebo":
        environment |= gazebo.environment(options)
    fleet = load_fleet(fleet_path)
    part = _part(options)
    drones = _drones_here(known, fleet, part, options)
    urls, simulated = links(known, fleet, drones, options)
    if options.rehearse:
        _check_rehearsal(known)
    key, public_key, is_own = _lease_keys(part, options, simulated=simulated)
    journal = (options.run_dir.absolute() if simulated else state_folder(os.environ)) / JOURNAL
    basis = Basis(known, fleet, options, part, drones, simulated, key, public_key, journal)
    found_by, server = discovery(part, _computers(known, fleet), options.peer, drones[0] if drones else "")
    nodes, programs = _processes(basis, urls)
    _check(options, nodes)
    if options.console and part != "drone":
        programs = (*programs, console(options.operation))
    found_by = {**found_by, **_secured(nodes, part, has_server=bool(server), console=options.console)}
    own = key if is_own else None
    return Stack(
        known, fleet, nodes, (*server, *programs), overlay, {**environment, **found_by}, options.params_file,
        options.log_level, own, public_key, journal, simulated,
    )  # fmt: skip


def _processes(basis: Basis, urls: Mapping[str, str]) -> tuple[tuple[NodeProcess, ...], tuple[ProgramProcess, ...]]:
    """The nodes and programs of this computer."""
    flown, programs = autopilots(basis, urls)
    town = town_wide(basis)
    watched = [
        *(node.full_name for node in flown if node.is_ours),
        *(f"/{drone}/{node}" for drone in basis.fleet.names for node in basis.names_on_board),
        *(node.full_name for node in town),
    ]
    written_by = logbook(basis, [*watched, MANAGER])
    watched = [*watched, written_by.full_name]
    _, pads = site_pads(basis.fleet)
    nodes: tuple[NodeProcess, ...] = ()
    if basis.part != "ground":
        homes = {drone: pads[basis.fleet.member(drone).pad] for drone in basis.drones}
        nodes = (*flown, *(node for drone, home in homes.items() for node in on_board(basis, drone, home)))
    if basis.part != "drone":
        nodes = (*nodes, *town, written_by, manager(basis, watched))
        if basis.options.operation is not None:
            nodes = (*nodes, scheduler(basis, basis.options.operation))
        if basis.options.autostart:
            nodes = (*nodes, starter(basis, [*watched, nodes[-1].full_name]))
    if basis.options.standing:
        nodes = tuple(map(_standing, nodes))
    return nodes, () if basis.part == "ground" else programs


def _standing(node: NodeProcess) -> NodeProcess:
    """The node in a standing stack: our own node starts again, unless the node ends in order or carries the clock."""
    is_again = node.is_ours and not node.ends and not node.ends_stack
    return replace(node, starts_again=node.starts_again or is_again)


def _part(options: Options) -> Part:
    part = next((p for p in PARTS if p == options.part), None)
    if part is None:
        raise InputError("part", "", f"{options.part} is unknown", f"there are {', '.join(PARTS)}")
    return part


def _drones_here(mode: Mode, fleet: Fleet, part: Part, options: Options) -> tuple[str, ...]:
    """The drones whose nodes run on this computer; raises InputError for a drone that can't be here alone."""
    if options.drone:
        fleet.member(options.drone)
        if part != "drone":
            raise InputError("drone", "", f"{options.drone} is one computer's part", "set part:=drone, or leave it out")
        if mode == "embedded" and len(fleet.names) > 1:
            problem = f"{options.drone} can't be simulated alone: one simulator flies the whole fleet"
            raise InputError("drone", "", problem, "leave it out")
        return (options.drone,)
    if part == "drone" and mode == "hardware" and len(fleet.names) > 1:
        raise InputError("drone", "", f"is missing, and the fleet has {', '.join(fleet.names)}", "name one drone")
    return () if part == "ground" else fleet.names


def _computers(mode: Mode, fleet: Fleet) -> dict[str, str]:
    """A drone on each computer that carries drones, and that computer's address; "" where the fleet file has none."""
    if mode == "hardware":
        return {drone: fleet.member(drone).peer for drone in fleet.names}
    return {fleet.names[0]: ""}


def _check(options: Options, nodes: Sequence[NodeProcess]) -> None:
    if options.log_level and options.log_level not in LOG_LEVELS:
        fix = f"there are {', '.join(LOG_LEVELS)}"
        raise InputError("log_level", "", f"{options.log_level} is unknown", fix)
    if options.params_file is not None:
        given = {node.full_name: tuple(node.parameters) for node in nodes if node.is_ours}
        # MAVROS's plugins are nodes of their own, below its namespace.
        foreign = [f"{n.namespace}/" if n.package == "mavros" else n.full_name for n in nodes if not n.is_ours]
        check_params_file(options.params_file, given, foreign)


def _secured(nodes: Sequence[NodeProcess], part: Part, *, has_server: bool, console: bool) -> Mapping[str, str]:
    """The environment of SROS 2, if the shell names a keystore; raises InputError for what can't be used with one."""
    commands = () if part == "drone" else (OPERATOR, CONSOLE) if console else (OPERATOR,)
    names = [*(node.full_name for node in nodes), *commands]
    found = secure_environment(os.environ, names, datetime.now(UTC))
    if not found:
        return {}
    if has_server:
        problem = "needs a discovery server, which has no enclave in SROS 2"
        raise InputError("peer", "", problem, f"join the computers by a tunnel with multicast, or unset {KEYSTORE}")
    if by_topic := [node.full_name for node in nodes if node.parameters.get("source") == "topic"]:
        problem = f"{by_topic[0]} takes pictures from a driver without an enclave in SROS 2"
        raise InputError("camera", "", problem, f"name a device or an address, or unset {KEYSTORE}")
    return found


def _check_rehearsal(mode: Mode) -> None:
    """Only the embedded simulation reports the facts of a real flight; the simulation's enclaves don't let the gate
    read these facts."""
    if mode != "embedded":
        raise InputError("rehearse", "", f"is for mode embedded, and this is {mode}", "leave it out")
    if os.environ.get(KEYSTORE):
        raise InputError("rehearse", "", "the enclaves of a simulation allow none", f"unset {KEYSTORE}")


def _lease_keys(part: Part, options: Options, *, simulated: bool) -> tuple[Path, Path, bool]:
    """(private key, its public half, whether the start creates both).

    Keys are passed as files, since every user can read a node's parameters and its command line.
    """
    if part == "all" and simulated and options.lease_key is None:
        own = own_lease_key(options.run_dir.absolute())
        return own, public_half(own), True
    given = options.lease_key or usual_lease_key(os.environ)
    return given, given if part == "drone" and options.lease_key else public_half(given), False
