"""The options of a stack, as one table: purpose, modes and default of each.

Commands, launch files, units and the reference page take the texts from here. The module loads no library, since every
command with such an option imports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from blindspot.vision.capture import FORMS

Mode = Literal["embedded", "sitl", "gazebo", "hardware"]
MODES: tuple[Mode, ...] = get_args(Mode)
Part = Literal["all", "drone", "ground"]
PARTS: tuple[Part, ...] = get_args(Part)
"""The share of a stack on one computer: everything, the drone's own nodes, or the town-wide nodes."""
LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")
_FLYING: tuple[Mode, ...] = ("embedded", "sitl", "gazebo", "hardware")
_SIMULATED, _ON_PX4 = _FLYING[:3], _FLYING[1:]
_IN_PARTS: tuple[Mode, ...] = ("embedded", "hardware")
_REAL: tuple[Mode, ...] = ("hardware",)
LEAST_SPEED, MOST_SPEED = 0.1, 100.0


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument as text; `default` applies when the command line leaves it out."""

    default: str
    text: str
    modes: tuple[Mode, ...]


ARGUMENTS: Mapping[str, Argument] = {
    "fleet": Argument("", "Fleet file, e.g. config/fleets/nantes.yaml.", _FLYING),
    "mission": Argument("", "Mission file of autostart; it gives the fleet too if fleet is empty.", _FLYING),
    "operation": Argument(
        "", "Operation file whose passes fly at their times; a pilot confirms each pass of real drones.", _REAL
    ),
    "library": Argument("", "Folder of the operation's library, as blindspot operation plan makes it.", _REAL),
    "run_dir": Argument("", "Folder of this stack; a new one under runs/ if empty.", _FLYING),
    "speed_factor": Argument("8.0", "Requested simulated seconds per second, 0.1 to 100.", ("embedded",)),
    "autostart": Argument("false", "true: plan and fly once every node is ready; false: on request.", _SIMULATED),
    "fcu_url": Argument("", "Link to the one drone's autopilot as MAVROS writes it; if empty the usual link.", _ON_PX4),
    "camera": Argument("", f"Picture source: {FORMS}; if empty the renderer, in gazebo its sensor.", _FLYING),
    "calibration": Argument("", "Calibration of a live camera, as ROS's camera_calibration writes it.", _FLYING),
    "world": Argument("default.sdf", "Gazebo's world: a file, or a name that Gazebo finds.", ("gazebo",)),
    "headless": Argument("true", "false: with Gazebo's window.", ("gazebo",)),
    "part": Argument("all", f"Part of the stack on this computer: {', '.join(PARTS)}.", _IN_PARTS),
    "drone": Argument("", "Drone whose part runs here; the fleet's only one if empty.", _IN_PARTS),
    "peer": Argument("", "Address of the other computer, if the radio passes no multicast.", _IN_PARTS),
    "lease_key": Argument("", "Key of the leases; on a drone the .pub file; if empty the usual key.", _IN_PARTS),
    "console": Argument("true", "false: without the console's page for a browser.", _FLYING),
    "params_file": Argument("", "ROS 2 parameter file on top of the mode's own.", _FLYING),
    "log_level": Argument("", f"Log level of every node: {', '.join(LOG_LEVELS)}; each node's own if empty.", _FLYING),
}


def arguments_of(mode: Mode) -> dict[str, Argument]:
    return {name: argument for name, argument in ARGUMENTS.items() if mode in argument.modes}
