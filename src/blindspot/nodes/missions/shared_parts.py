"""The parts of the mission manager that all its missions share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rclpy.client import Client
from rclpy.node import Node

from blindspot.evidence import Journal
from blindspot.mission import Fleet
from blindspot.nodes.graph.forward_clock import ForwardClock
from blindspot.nodes.missions.clearances import Clearances
from blindspot.nodes.missions.drones import Drones
from blindspot.nodes.missions.entries import Entries
from blindspot.nodes.missions.renewal import GateWatch
from blindspot.nodes.watches.look_passes import LookPasses


@dataclass(frozen=True, slots=True)
class SharedParts:
    node: Node
    now: ForwardClock
    fleet: Fleet
    stack_dir: Path
    drones: Drones
    clearances: Clearances
    gate: GateWatch
    replan: Client
    journal: Journal
    keep: Callable[[], None]
    """Writes the missions in progress to the file that a restart reads."""
    simulated: bool
    entries: Entries
    looks: LookPasses
    shuts_down: Callable[[], bool]
    """Whether the stack is shut down."""
