"""Parts of a running stack: nodes, programs, and the options of one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from blindspot.mission import Fleet
from blindspot.stack.enclaves.security import KEYSTORE
from blindspot.stack.programs.launch_table import Mode

Parameter = bool | int | float | str | Sequence[str]


@dataclass(frozen=True, slots=True)
class NodeProcess:
    """One ROS node in its own process; `parameters` override the mode's overlay file."""

    package: str
    executable: str
    namespace: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    remappings: tuple[tuple[str, str], ...] = ()
    starts_again: bool = False
    """Restarted when it dies: the flight in progress goes on."""
    ends: bool = False
    """The node exits after the work, and no other node needs this node then."""
    ends_stack: bool = False
    """Its death ends the stack: simulated time or the simulated drones can't be restarted in flight."""
    after_s: float = 0.0
    """Wall time from the stack's start to the node's first start; a restart is immediate."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Overrides the stack's environment."""
    parameter_file: Path | None = None
    """The stack's parameter files override this one."""
    ends_within_s: float = 5.0
    """Wall time from an interrupt to the node's own end, under launch; then launch terminates the node."""

    @property
    def is_ours(self) -> bool:
        return self.package in ("blindspot", "blindspot_sim")

    @property
    def full_name(self) -> str:
        return f"{self.namespace.rstrip('/')}/{self.executable}"

    @property
    def module(self) -> str:
        if self.package == "blindspot":
            return f"blindspot.nodes.{self.executable}"
        return f"blindspot_sim.nodes.{self.executable}"


@dataclass(frozen=True, slots=True)
class ProgramProcess:
    """A program beside the ROS nodes: the autopilot's simulation, Gazebo, a player."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    ends_stack: bool = False
    """Its death ends the stack."""
    starts_again: bool = False
    """Restarted when it dies."""
    is_needed: bool = True
    """Its end during the start of the stack is a failure of the start."""


@dataclass(frozen=True, slots=True)
class Stack:
    """All processes of a running stack, with their files and environment."""

    mode: Mode
    fleet: Fleet | None
    nodes: tuple[NodeProcess, ...]
    programs: tuple[ProgramProcess, ...]
    overlay: Path
    environment: Mapping[str, str]
    params_file: Path | None = None
    log_level: str = ""
    """Log level of every node; each node's own if empty."""
    lease_key: Path | None = None
    """Key file that the starting process creates for this stack alone; None if a person's own keys are used."""
    public_key: Path | None = None
    """File of the public half of the key that signs the leases; None if nothing flies."""
    journal: Path | None = None
    """File in which the nodes keep the orders and acts of this stack; None if nothing flies."""
    simulated: bool | None = None
    """Whether every autopilot is a simulation, by its links; None if nothing flies."""

    @property
    def parameter_files(self) -> tuple[Path, ...]:
        """Parameter files in order; a later file overrides an earlier one."""
        return (self.overlay,) if self.params_file is None else (self.overlay, self.params_file)

    def enclave_of(self, node: NodeProcess) -> str:
        """The node's enclave in SROS 2; empty for a stack without a keystore."""
        return node.full_name if KEYSTORE in self.environment else ""

    @property
    def watched(self) -> tuple[str, ...]:
        """Full names of our own nodes that must run as long as the stack and publish a heartbeat."""
        return tuple(node.full_name for node in self.nodes if node.is_ours and not node.ends)


@dataclass(frozen=True, slots=True)
class Operating:
    """An operation file, the folder of the mission's library, and the starting person: passes of a simulation fly in
    this person's name, or wait for a pilot if the simulation is `attended`."""

    file: Path
    library: Path
    person: str = ""
    attended: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of one stack."""

    run_dir: Path
    """The stack's folder."""
    speed_factor: float = 8.0
    seed: int | None = None
    fcu_url: str = ""
    """Link to the autopilot as MAVROS writes it, for a stack with one drone here; the fleet file's if empty."""
    camera: str = ""
    """Source of the pictures, as `vision.address` reads it; the mode's usual one if empty."""
    calibration: Path | None = None
    """Calibration file of a live camera."""
    world: str = "default.sdf"
    """Gazebo's world: a file, or a name that Gazebo finds by itself."""
    rehearse: bool = False
    """Judge the flights of a simulation as real flights, by the reported facts of the simulation."""
    headless: bool = True
    """Run Gazebo with its window closed."""
    autostart: bool = False
    """Plan and fly by itself once every node is ready."""
    mission: Path | None = None
    """Mission file that `autostart` flies; the fleet's file if None, which then is a mission file."""
    operation: Operating | None = None
    """Operation of the node `scheduler`; None for a stack without an operation."""
    console: bool = False
    """Serve the console's page."""
    standing: bool = False
    """Each node of ours starts again after a death, not only the necessary nodes of a flight in progress."""
    params_file: Path | None = None
    """ROS 2 parameters on top of the mode's overlay."""
    log_level: str = ""
    """Log level of every node; each node's own if empty."""
    part: str = "all"
    """Which of `PARTS` runs on this computer."""
    drone: str = ""
    """Drone whose part runs on this computer; the fleet's only one if empty."""
    peer: str = ""
    """Address of the computer with the other part, if the radio blocks multicast; on the ground the fleet file's."""
    lease_key: Path | None = None
    """File of the signing key of the leases, or of the public half on a drone's own computer. If None: a new key of
    this stack if the whole of a simulation runs on this computer, else the usual one."""
    plan: Path | None = None
    """Plan file requested by the client of the stack; None: a new plan. No process reads it."""
