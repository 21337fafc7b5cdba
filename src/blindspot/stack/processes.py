"""What a running stack consists of: nodes, programs, and what may differ from run to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from blindspot.mission import Mission

Mode = Literal["embedded", "sitl", "gazebo", "hardware", "replay"]
MODES: tuple[Mode, ...] = get_args(Mode)
Parameter = bool | int | float | str | Sequence[str]
Part = Literal["all", "drone", "ground"]
PARTS: tuple[Part, ...] = get_args(Part)
"""What of a stack runs on one computer: everything, the drone's own nodes, or the town-wide ones."""


@dataclass(frozen=True, slots=True)
class NodeProcess:
    """One ROS node in a process of its own; `parameters` come on top of the mode's overlay file."""

    package: str
    executable: str
    namespace: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    remappings: tuple[tuple[str, str], ...] = ()
    starts_again: bool = False
    """Started again when it dies: the flight that it was lost in goes on."""
    ends: bool = False
    """Its work has an end, after which nobody misses it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """On top of the stack's."""
    parameter_file: Path | None = None
    """Below the stack's."""

    @property
    def is_ours(self) -> bool:
        return self.package in ("blindspot", "blindspot_sim")

    @property
    def full_name(self) -> str:
        return f"{self.namespace.rstrip('/')}/{self.executable}"

    @property
    def module(self) -> str:
        """The Python module of one of our own nodes."""
        if self.package == "blindspot":
            return f"blindspot.nodes.{self.executable}"
        return f"blindspot_sim.nodes.{self.executable}"


@dataclass(frozen=True, slots=True)
class ProgramProcess:
    """A program that is no node of ours: the autopilot's simulation, Gazebo, a player."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stack:
    """Everything that runs, and what it runs with."""

    mode: Mode
    mission: Mission | None
    nodes: tuple[NodeProcess, ...]
    programs: tuple[ProgramProcess, ...]
    overlay: Path
    environment: Mapping[str, str]
    params_file: Path | None = None
    log_level: str = ""
    """Each node's own, if empty."""
    lease_key: Path | None = None
    """Made anew by who starts the stack, for this run alone; None where keys that a person made are used."""

    @property
    def parameter_files(self) -> tuple[Path, ...]:
        """What a later one says counts."""
        return (self.overlay,) if self.params_file is None else (self.overlay, self.params_file)

    @property
    def watched(self) -> tuple[str, ...]:
        """Full names of our own nodes that must live as long as the stack, and tell that they do."""
        return tuple(node.full_name for node in self.nodes if node.is_ours and not node.ends)


@dataclass(frozen=True, slots=True)
class Options:
    """What may differ from run to run."""

    run_dir: Path
    speed_factor: float = 8.0
    seed: int | None = None
    fcu_url: str = ""
    """Link to the autopilot as MAVROS writes it; the mode's usual one if empty."""
    camera: str = ""
    """Where pictures come from, as `vision.address` reads it; the mode's usual one if empty."""
    calibration: Path | None = None
    """Of a live camera."""
    world: str = "default.sdf"
    """Gazebo's world: a file, or the name of one that Gazebo finds by itself."""
    headless: bool = True
    """Without Gazebo's window."""
    autostart: bool = False
    """Plan and fly by itself once every node is ready."""
    params_file: Path | None = None
    """ROS 2 parameters on top of the mode's overlay."""
    log_level: str = ""
    """Of every node; each node's own if empty."""
    part: str = "all"
    """Which of `PARTS` runs on this computer."""
    peer: str = ""
    """Address of the computer with the other part, where the radio passes no multicast."""
    lease_key: Path | None = None
    """File of the key that leases are signed with, its public half on a drone's own computer. If None: one of the run's
    own where all of a simulation runs on this computer, else the usual one."""
    plan: Path | None = None
    """Plan file that is flown; the planner makes one if none."""
