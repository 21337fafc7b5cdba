"""`blindspot authority enclaves FLEET --out DIR`: the keystore of SROS 2 for a fleet."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result

if TYPE_CHECKING:
    from collections.abc import Iterator


class Secured(StrEnum):
    """The modes whose processes have rights of their own."""

    hardware = "hardware"
    embedded = "embedded"
    sitl = "sitl"


def enclaves(
    fleet: Annotated[Path, typer.Argument(help="Fleet file, e.g. config/fleets/nantes.yaml.")],
    out: Annotated[Path, typer.Option(help="New folder for the keystore, on the ground station.")],
    mode: Annotated[Secured, typer.Option(help="Mode of the stack.")] = Secured.hardware,
    as_json: AsJson = False,
) -> None:
    """Make a keystore of SROS 2: a certificate and the least permissions for each process of a fleet's stack."""
    from datetime import UTC, datetime

    from blindspot.mission import load_fleet
    from blindspot.nodes.rights import rights_of
    from blindspot.stack.enclaves import KEYSTORE, make_keystore, ros_domain

    os.environ.pop(KEYSTORE, None)  # a new keystore does not depend on one in use
    loaded, is_real = load_fleet(fleet), mode is Secured.hardware
    town = list(_names(mode, fleet, "ground" if is_real else "all", ""))
    drones = {drone: list(_names(mode, fleet, "drone", drone)) if is_real else [] for drone in loaded.names}
    names = [*town, *_commands(is_real=is_real), *(name for own in drones.values() for name in own)]
    has_clock = mode is Secured.embedded
    rights = {name: rights_of(name, loaded, simulated=has_clock) for name in names}
    domain = ros_domain(os.environ)
    make_keystore(out, rights, drones, domain, datetime.now(UTC))
    lines = [
        f"{out}: {len(rights)} enclaves for ROS_DOMAIN_ID {domain}, valid for a year",
        f"export {KEYSTORE}={out.absolute()}",
    ]
    if is_real:
        lines.append(f"copy {out / 'drones'}/NAME to the computer of each drone; {out / 'private'} stays here")
    document = {"keystore": str(out.absolute()), "ros_domain_id": domain, "enclaves": sorted(rights)}
    print_result(document, *lines, as_json=as_json)


def _names(mode: Secured, fleet: Path, part: str, drone: str) -> Iterator[str]:
    """The nodes of one computer, from the bring-up."""
    from blindspot.stack import Options, stack

    options = Options(Path(), part=part)
    if part == "drone":  # a device and an address have no name on the graph, so any stands for the real one
        options = Options(
            Path(), part=part, drone=drone, camera="/dev/video0", calibration=Path("any"), peer="127.0.0.1"
        )
    yield from (node.full_name for node in stack(mode.value, fleet, options).nodes)


def _commands(*, is_real: bool) -> Iterator[str]:
    """The processes beside the bring-up's usual nodes: commands, and nodes that only some stacks have."""
    from blindspot.stack.enclaves import CONSOLE, OPERATOR, PREFLIGHT

    yield from (OPERATOR, PREFLIGHT, CONSOLE, "/blindspot/scheduler")
    if not is_real:
        yield "/blindspot/mission_starter"
