"""The facts on which every process of a stack depends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from blindspot.law.keys import beside
from blindspot.mission import Fleet
from blindspot.stack.programs.launch_table import Mode, Part
from blindspot.stack.programs.processes import Options, Parameter

TOWN = "/blindspot"
TOWN_WIDE = ("coverage_planner", "authority", "coverage_monitor", "mission_manager", "logbook")
MANAGER = f"{TOWN}/mission_manager"
RECORDER = "recorder"
"""Runs on board too if the fleet file asks for it."""
ON_BOARD = ("flight_control", "camera", "detector")


def usual_nodes(drones: Sequence[str]) -> tuple[str, ...]:
    """Full names of the nodes without which no mission of these drones starts, in every stack."""
    return (*(f"{TOWN}/{node}" for node in TOWN_WIDE), *(f"/{drone}/{node}" for drone in drones for node in ON_BOARD))


@dataclass(frozen=True, slots=True)
class Basis:
    """A stack's fleet and settings, and the decisions that `bringup` derived from them.

    `drones` are the drones with on-board nodes on this computer. `lease_key` is the private key, `public_key` the
    public half. `simulated`: every autopilot of the stack is a simulation.
    """

    mode: Mode
    fleet: Fleet
    options: Options
    part: Part
    drones: tuple[str, ...]
    simulated: bool
    lease_key: Path
    public_key: Path
    journal: Path

    @property
    def shared(self) -> dict[str, Parameter]:
        """Parameters of every node that belongs to the stack: the fleet file and the stack's folder."""
        return {"fleet": str(self.fleet.path), "run_dir": str(self.options.run_dir)}

    @property
    def computer_key(self) -> str:
        """File of the key with which this computer signs."""
        return str(beside(self.lease_key))

    @property
    def leased(self) -> dict[str, Parameter]:
        """Parameters of the nodes on board that obey leases."""
        return {"lease_key": str(self.public_key), "simulated": self.simulated}

    @property
    def seed(self) -> int:
        given = self.options.seed
        return self.fleet.file.simulation.seed if given is None else given

    @property
    def names_on_board(self) -> tuple[str, ...]:
        return (*ON_BOARD, RECORDER) if self.fleet.file.record else ON_BOARD
