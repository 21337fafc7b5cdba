"""Which processes make up a running stack: the one description that the launch files and the command line share.

The modes differ in the autopilot, the camera's source, the clock and a parameter overlay (`config/params/<mode>.yaml`);
the on-board and town-wide nodes are the same in each.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from blindspot.errors import InputError
from blindspot.planning.homes import fleet_homes
from blindspot.planning.mission import Mission, load_mission

Mode = Literal["embedded", "sitl", "gazebo", "hardware", "replay"]
MODES: tuple[Mode, ...] = get_args(Mode)
Parameter = bool | int | float | str | Sequence[str]

TOWN = "/blindspot"
REPORTED = ("person", "bicycle", "car", "motorcycle", "bus", "truck")
"""Kinds of object asked of the detector; what the authorisation does not allow it does not report."""


def _config_dir() -> Path:
    """`config` of the checkout, or of the share folder where colcon installed the package."""
    here = Path(__file__).resolve()
    beside = here.parents[2] / "config"
    return beside if beside.is_dir() else here.parents[4] / "share" / "blindspot" / "config"


CONFIG_DIR = Path(os.environ.get("BLINDSPOT_CONFIG") or _config_dir())


@dataclass(frozen=True, slots=True)
class NodeProcess:
    """One ROS node in a process of its own; `parameters` come on top of the mode's overlay file."""

    package: str
    executable: str
    namespace: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    remappings: tuple[tuple[str, str], ...] = ()

    @property
    def full_name(self) -> str:
        return f"{self.namespace.rstrip('/')}/{self.executable}"

    @property
    def module(self) -> str:
        """The Python module of one of our own nodes."""
        return f"{self.package}.node" if self.package == "blindspot_sim" else f"{self.package}.nodes.{self.executable}"


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

    @property
    def watched(self) -> tuple[str, ...]:
        """Full names of our own nodes, all of which tell that they live."""
        return tuple(node.full_name for node in self.nodes if node.package.startswith("blindspot"))


@dataclass(frozen=True, slots=True)
class Options:
    """What may differ from run to run."""

    run_dir: Path
    speed_factor: float = 8.0
    seed: int | None = None
    fcu_url: str = ""
    camera_source: str = ""


def stack(mode: str, mission_path: Path | None, options: Options) -> Stack:
    """The processes of a mode; raises InputError for an unknown mode or a mission that can't be read."""
    known = next((m for m in MODES if m == mode), None)
    if known is None:
        raise InputError("mode", "", f"{mode} is unknown", f"there are {', '.join(MODES)}")
    overlay = CONFIG_DIR / "params" / f"{known}.yaml"
    environment = {"FASTDDS_DEFAULT_PROFILES_FILE": str(CONFIG_DIR / "dds.xml"), "OMP_NUM_THREADS": "1"}
    if known == "replay":
        return Stack(known, None, (), (_player(options),), overlay, environment)
    if mission_path is None:
        raise InputError("mission", "", f"mode {mode} needs a mission file", "name one of config/missions")
    mission = load_mission(mission_path)
    drones = [drone.name for drone in mission.file.fleet]
    autopilots, programs = _autopilots(known, mission, options)
    on_board = [node for name in drones for node in _on_board(known, mission, name, options)]
    town = _town_wide(known, mission, options)
    watched = [n.full_name for n in (*autopilots, *on_board, *town) if n.package.startswith("blindspot")]
    manager = NodeProcess("blindspot", "mission_manager", TOWN, {"drones": drones, "watched_nodes": watched})
    return Stack(known, mission, (*autopilots, *on_board, *town, manager), programs, overlay, environment)


def node_command(node: NodeProcess, overlay: Path) -> tuple[str, ...]:
    """The command line that runs one of our nodes without a launch system."""
    arguments = ["--ros-args", "-r", f"__ns:={node.namespace}", "--params-file", str(overlay)]
    for source, target in node.remappings:
        arguments += ["-r", f"{source}:={target}"]
    for name, value in node.parameters.items():
        arguments += ["-p", f"{name}:={_yaml(value)}"]
    return (sys.executable, "-P", "-c", f"from {node.module} import main; main()", *arguments)


def _yaml(value: Parameter) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, (int, float)):
        return repr(value)
    return "[" + ", ".join(f"'{item}'" for item in value) + "]"


def _town_wide(mode: Mode, mission: Mission, options: Options) -> tuple[NodeProcess, ...]:
    drones = [drone.name for drone in mission.file.fleet]
    run_dir = str(options.run_dir)
    return (
        NodeProcess("blindspot", "coverage_planner", TOWN, {"run_dir": run_dir}),
        NodeProcess(
            "blindspot",
            "authority",
            TOWN,
            {"mission": str(mission.path), "run_dir": run_dir, "simulated": mode != "hardware"},
        ),
        NodeProcess("blindspot", "coverage_monitor", TOWN, {"run_dir": run_dir, "drones": drones}),
    )


def _on_board(mode: Mode, mission: Mission, drone: str, options: Options) -> tuple[NodeProcess, ...]:
    namespace = f"/{drone}"
    _, homes = fleet_homes(mission)
    home = homes[drone]
    at_home: dict[str, Parameter] = {
        "mission": str(mission.path),
        "home_east_m": home.east_m,
        "home_north_m": home.north_m,
        "home_up_m": home.up_m,
    }
    source = options.camera_source or {"gazebo": "topic", "hardware": "v4l2"}.get(mode, "renderer")
    return (
        NodeProcess("blindspot", "flight_control", namespace, {"mission": str(mission.path)}),
        NodeProcess("blindspot", "camera", namespace, {**at_home, "source": source, "seed": _seed(mission, options)}),
        NodeProcess("blindspot", "detector", namespace, {"mission": str(mission.path), "labels": REPORTED}),
    )


def _seed(mission: Mission, options: Options) -> int:
    return mission.file.seed if options.seed is None else options.seed


def _autopilots(
    mode: Mode, mission: Mission, options: Options
) -> tuple[tuple[NodeProcess, ...], tuple[ProgramProcess, ...]]:
    if mode == "embedded":
        parameters: dict[str, Parameter] = {
            "mission": str(mission.path),
            "run_dir": str(options.run_dir),
            "speed_factor": float(options.speed_factor),
            "seed": _seed(mission, options),
        }
        return (NodeProcess("blindspot_sim", "simulator", "/", parameters),), ()
    links = tuple(
        NodeProcess(
            "mavros",
            "mavros_node",
            f"/{drone.name}/mavros",
            {"fcu_url": _fcu_url(mode, index, options), "tgt_system": index + 1},
        )
        for index, drone in enumerate(mission.file.fleet)
    )
    if mode == "hardware":
        return links, ()
    return links, tuple(_px4(mode, mission, index) for index in range(len(mission.file.fleet)))


def _fcu_url(mode: Mode, index: int, options: Options) -> str:
    """PX4 SITL sends its off-board link to 14540 + i and listens on 14580 + i."""
    if mode == "hardware":
        return options.fcu_url or "serial:///dev/ttyACM0:921600"
    return options.fcu_url or f"udp://:{14540 + index}@127.0.0.1:{14580 + index}"


def _px4(mode: Mode, mission: Mission, index: int) -> ProgramProcess:
    origin, homes = fleet_homes(mission)
    name = mission.file.fleet[index].name
    home = homes[name]
    if mode == "gazebo":
        pose = f"{home.east_m},{home.north_m},{home.up_m}"
        environment = {"PX4_SIM_MODEL": "gz_x500_gimbal", "PX4_GZ_MODEL_POSE": pose, "PX4_GZ_STANDALONE": "1"}
    else:
        from blindspot.site.frame import LocalFrame

        frame = LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)
        lon_deg, lat_deg = frame.to_wgs84(home.east_m, home.north_m)
        environment = {
            "PX4_SIM_MODEL": "sihsim_quadx",
            "PX4_HOME_LAT": f"{lat_deg:.7f}",
            "PX4_HOME_LON": f"{lon_deg:.7f}",
            "PX4_HOME_ALT": f"{frame.to_amsl(home.up_m):.2f}",
        }
    return ProgramProcess(f"px4_{name}", ("px4", "-i", str(index), "-d"), environment)


def _player(options: Options) -> ProgramProcess:
    """Replays a run's recording with the distribution's player."""
    return ProgramProcess("player", ("ros2", "bag", "play", "--clock", "20", str(options.run_dir)))
