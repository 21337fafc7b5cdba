"""The running stack as clients find the stack: by the record on this computer, and by the published status."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from blindspot.core import BlindspotError, InputError, one_line
from blindspot.law.keys import public_half
from blindspot.law.leases import usual_lease_key
from blindspot.nodes.clients import Operator
from blindspot.stack import LOOPBACK, RADIO, stack_record
from blindspot.stack.parts import basis

HEARD_WITHIN_S = 5.0
"""Wall time in which a running stack is discovered: its status comes at 2 Hz."""
KNOWN_HEARD_WITHIN_S = 20.0
"""The same for a stack that is known to run on this computer, which may be busy."""
READY_WITHIN_S = 5.0
"""Wall time from then on in which all its nodes and services are discovered."""
SERVERS = "ROS_DISCOVERY_SERVER"


class NoStackError(BlindspotError):
    """No stack is heard in this domain, or it is not ready."""


def domain(environ: Mapping[str, str]) -> str:
    """The ROS domain, as the user set it."""
    return environ.get("ROS_DOMAIN_ID") or "0"


def running_record(environ: Mapping[str, str] = os.environ) -> stack_record.StackRecord | None:
    """The record of the running stack of this computer in this domain; None without such a stack."""
    record = stack_record.read_stack_record(environ)
    return record if record is not None and record.is_running else None


@contextmanager
def operator_of_the_stack() -> Iterator[Operator]:
    """A client of the running stack, which may be beyond a radio. Its `fleet` is heard.

    Raises NoStackError if no stack is heard.
    """
    is_known = running_record() is not None
    with Operator(talks_by=LOOPBACK if is_known else RADIO) as operator:
        hear(operator, KNOWN_HEARD_WITHIN_S if is_known else HEARD_WITHIN_S)
        yield operator


def hear(operator: Operator, within_s: float) -> None:
    """Wait for the status of the fleet; raises NoStackError if none comes within this time."""
    deadline_s = time.monotonic() + within_s
    while operator.fleet is None:
        if time.monotonic() > deadline_s:
            by_peer = "" if os.environ.get(SERVERS) else f"; one with a peer is heard only after export {SERVERS}=..."
            where = f"on ROS_DOMAIN_ID {domain(os.environ)}"
            raise NoStackError(f"no stack is heard {where}: start one with blindspot up FLEET{by_peer}")
        operator.spin(0.05)


def wait_until_ready(
    operator: Operator, drones: Sequence[str] | None = None, *, nodes: Sequence[str] = ()
) -> tuple[str, ...]:
    """The nodes and services that are still missing after READY_WITHIN_S; empty as soon as the stack is ready.

    With `drones`, the nodes of other drones do not count. `nodes` are the stack's nodes by the record: some of the
    nodes are for no flight, as the scheduler, which the fleet's status does not name.
    """
    deadline_s = time.monotonic() + READY_WITHIN_S
    while (missing := _missing(operator, drones, nodes)) and time.monotonic() < deadline_s:
        operator.spin(0.05)
    return missing


def run_clock_s(operator: Operator) -> float:
    """Time on the clock of the runs, s. A command that has just met the stack waits for the simulator's clock.

    Raises BlindspotError for a simulation whose clock is silent: durations since a time of zero would be wrong.
    """
    assert operator.fleet is not None
    deadline_s = time.monotonic() + HEARD_WITHIN_S
    while operator.fleet.simulated and operator.sim_s == 0.0 and time.monotonic() < deadline_s:
        operator.spin(0.02)
    if operator.fleet.simulated and operator.sim_s == 0.0:
        raise BlindspotError("the simulator's clock is silent: see blindspot status, then order again")
    return operator.sim_s if operator.fleet.simulated else time.time()


def _missing(operator: Operator, drones: Sequence[str] | None, nodes: Sequence[str]) -> tuple[str, ...]:
    fleet = operator.fleet
    if fleet is None:
        return (basis.MANAGER,)
    others = {status.drone for status in fleet.drones} - set(drones or ()) if drones is not None else set()
    lost = [one_line(node, 100) for node in fleet.lost_nodes]
    absent = [node for node in nodes if node not in lost and not operator.finds(node)]
    return (*(node for node in (*lost, *absent) if owner_of(node) not in others), *operator.unreachable())


def owner_of(node: str) -> str:
    """The first word of a node's full name: a drone's name for its nodes."""
    return node.lstrip("/").partition("/")[0]


def nodes_of(record: stack_record.StackRecord | None, fleet: Sequence[str], drones: Sequence[str]) -> tuple[str, ...]:
    """Full names of the nodes that matter to a flight of `drones`: the nodes in the stack's record, otherwise the
    nodes of every stack."""
    if record is None:
        return basis.usual_nodes(drones)
    others = set(fleet) - set(drones)
    return tuple(node for node in record.watched if owner_of(node) not in others)


def state_of(fleet: Mapping[str, Any], missing: Sequence[str], mode: str | None) -> dict[str, Any]:
    """The state of the stack as a JSON document, from the state of the fleet (`fleet_state`)."""
    return {"ready": not missing, "mode": mode, **fleet}


def lease_key_here(environ: Mapping[str, str] = os.environ) -> Path | None:
    """File of the public half of the key for the leases of this computer's stack: the file in the stack's record,
    else this user's own. No message names the file, since any process can publish a message."""
    record = stack_record.stack_here(environ)
    return public_half(usual_lease_key(environ)) if record is None else record.public_key


def ground_of(operator: Operator) -> tuple[Path, Path]:
    """Fleet file and folder of the stack: by the record on this computer, else by the status, which any process can
    publish. Raises InputError if the folder is on another computer."""
    record = stack_record.stack_here(os.environ)
    if record is not None:
        return record.fleet, record.stack_dir
    assert operator.fleet is not None
    return Path(operator.fleet.fleet), folder_here(operator.fleet.stack_dir)


def folder_here(stack_dir: str) -> Path:
    """The stack's folder; raises InputError if it is on another computer."""
    folder = Path(stack_dir)
    if not stack_dir or not folder.is_dir():
        where = one_line(stack_dir) or "the stack's folder"
        raise InputError(where, "", "is not on this computer", "run this on the ground station")
    return folder
