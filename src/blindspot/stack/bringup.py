"""The processes of a running stack: the one description that the launch files and the command line share.

The modes differ in the autopilot, the camera's source, the clock and a parameter overlay (`config/params/<mode>.yaml`).
The on-board and town-wide nodes are the same in each mode.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from blindspot.core import CONFIG_DIR, DependencyError, InputError, check_params_file
from blindspot.law.leases import public_half, usual_lease_key
from blindspot.mission import Mission, fleet_homes, load_mission
from blindspot.site import LocalFrame
from blindspot.stack.dds import LOOPBACK, PICTURES, RADIO, RADIO_PICTURES
from blindspot.stack.discovery import discovery
from blindspot.stack.fcu_url import USUAL_SERIAL, is_simulated, px4_url
from blindspot.stack.processes import MODES, PARTS, Mode, NodeProcess, Options, Parameter, Part, ProgramProcess, Stack
from blindspot.stack.px4_params import as_environment, read_parameters
from blindspot.vision.capture import FORMS, LIVE, Address, read_address, without_password

RADIO_SILENCE_S = 30.0
"""A cut radio and a dead drone look the same to a ground station. After this time a living drone has turned home by
itself."""

TOWN = "/blindspot"
ON_BOARD = ("flight_control", "camera", "detector")
RECORDER = "recorder"
"""Runs on board too if the mission asks for a recording."""
REPORTED = ("person", "bicycle", "car", "motorcycle", "bus", "truck")
"""Kinds of object requested from the detector, which reports only those that the authorisation allows."""


_USUAL_CAMERA: dict[Mode, str] = {
    "embedded": "renderer", "sitl": "renderer", "gazebo": "topic:gazebo/image_raw", "hardware": "", "replay": "",
}  # fmt: skip

TOWN_WIDE = ("coverage_planner", "authority", "coverage_monitor", "mission_manager")
GAZEBO_LOOKS = (("mavros/gimbal_control/device/attitude_status", "gazebo/gimbal_attitude"),)
"""In Gazebo the gimbal itself publishes the camera's attitude; PX4 publishes the requested attitude."""
MAVROS = CONFIG_DIR / "params" / "mavros.yaml"
"""List of the MAVROS plugins that are loaded."""
LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")


def stack(mode: str, mission_path: Path | None, options: Options) -> Stack:
    """The processes of a mode.

    Parameters
    ----------
    mode
        One of `MODES`.
    mission_path
        The mission file; None is allowed in mode replay only.
    options
        Settings of this run.

    Raises
    ------
    InputError
        For an unknown mode, an unreadable mission, or an option that does not fit the mode.
    """
    known = next((m for m in MODES if m == mode), None)
    if known is None:
        raise InputError("mode", "", f"{mode} is unknown", f"there are {', '.join(MODES)}")
    overlay = CONFIG_DIR / "params" / f"{known}.yaml"
    environment = {**(LOOPBACK if options.part == "all" else RADIO), "OMP_NUM_THREADS": "1"}
    if known == "replay":
        return Stack(known, None, (), (_player(options.run_dir),), overlay, environment)
    if mission_path is None:
        raise InputError("mission", "", f"mode {mode} needs a mission file", "name one of config/missions")
    if known == "gazebo":
        environment |= _gazebo_environment(options)
    mission = load_mission(mission_path)
    drones = [drone.name for drone in mission.file.fleet]
    simulated = is_simulated(known, options.fcu_url)
    autopilots, programs = _autopilots(known, mission, options)
    here = _part(options)
    found_by, server = discovery(here, options.peer)
    environment |= found_by
    key, public_key, is_own = _lease_keys(here, options, simulated=simulated)
    town = _town_wide(mission, options, key, simulated=simulated)
    watched = [
        *(node.full_name for node in autopilots if node.is_ours),
        *(f"/{name}/{node}" for name in drones for node in _names_on_board(mission)),
        *(node.full_name for node in town),
    ]
    managed: dict[str, Parameter] = {"drones": drones, "watched_nodes": watched}
    if here == "ground":
        managed["node_timeout_s"] = RADIO_SILENCE_S
    elif here == "all":
        managed["run_dir"] = str(options.run_dir)
    manager = NodeProcess("blindspot", "mission_manager", TOWN, managed)
    nodes: tuple[NodeProcess, ...] = ()
    if here != "ground":
        nodes = autopilots
        for name in drones:
            nodes += _on_board(known, mission, name, options, public_key, simulated=simulated)
    if here != "drone":
        nodes = (*nodes, *town, manager)
        if options.autostart:
            nodes = (*nodes, _starter(known, mission, [*watched, manager.full_name]))
    _check(options, nodes)
    programs = server if here == "ground" else (*server, *programs)
    own = key if is_own else None
    return Stack(known, mission, nodes, programs, overlay, environment, options.params_file, options.log_level, own)


def _part(options: Options) -> Part:
    part = next((p for p in PARTS if p == options.part), None)
    if part is None:
        raise InputError("part", "", f"{options.part} is unknown", f"there are {', '.join(PARTS)}")
    return part


def _check(options: Options, nodes: Sequence[NodeProcess]) -> None:
    if options.log_level and options.log_level not in LOG_LEVELS:
        fix = f"there are {', '.join(LOG_LEVELS)}"
        raise InputError("log_level", "", f"{options.log_level} is unknown", fix)
    if options.params_file is not None:
        given = {node.full_name: tuple(node.parameters) for node in nodes if node.is_ours}
        # MAVROS's plugins are nodes of their own, below its namespace.
        foreign = [f"{n.namespace}/" if n.package == "mavros" else n.full_name for n in nodes if not n.is_ours]
        check_params_file(options.params_file, given, foreign)


def node_command(node: NodeProcess, *parameter_files: Path, log_level: str = "") -> tuple[str, ...]:
    """The command line that runs a node by itself; raises DependencyError for a node whose package is missing."""
    arguments = ["--ros-args", "-r", f"__ns:={node.namespace}"]
    for file in (node.parameter_file, *parameter_files):
        arguments += ["--params-file", str(file)] if file is not None else []
    if log_level:
        arguments += ["--log-level", log_level]
    for source, target in node.remappings:
        arguments += ["-r", f"{source}:={target}"]
    for name, value in node.parameters.items():
        arguments += ["-p", f"{name}:={_yaml(value)}"]
    if node.is_ours:
        return (sys.executable, "-P", "-c", f"from {node.module} import main; main()", *arguments)
    return (_installed(node), *node.arguments, *arguments)


def _installed(node: NodeProcess) -> str:
    """The program of a node that comes with another ROS 2 package, found as `ros2 run` finds it."""
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        program = Path(prefix) / "lib" / node.package / node.executable
        if prefix and program.is_file():
            return str(program)
    package = node.package.replace("_", "-")
    raise DependencyError(
        f"{node.full_name} needs ROS 2's package {node.package}: install ros-jazzy-{package}, source the distribution"
    )


def _yaml(value: Parameter) -> str:
    """A parameter as the YAML that ROS reads from a command line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, (int, float)):
        # YAML takes 1e-05 for a text: a number with an exponent needs its point.
        return repr(value).replace("e", ".0e") if "." not in repr(value) else repr(value)
    return "[" + ", ".join(map(_yaml, value)) + "]"


def _lease_keys(part: Part, options: Options, *, simulated: bool) -> tuple[Path, Path, bool]:
    """(private key, its public half, whether the start creates both).

    Keys are passed as files, since every user can read a node's parameters and its command line.
    """
    if part == "all" and simulated and options.lease_key is None:
        own = options.run_dir.absolute() / "lease" / "lease.key"
        return own, public_half(own), True
    given = options.lease_key or usual_lease_key(os.environ)
    return given, given if part == "drone" and options.lease_key else public_half(given), False


def _town_wide(mission: Mission, options: Options, key: Path, *, simulated: bool) -> tuple[NodeProcess, ...]:
    drones = [drone.name for drone in mission.file.fleet]
    run_dir = str(options.run_dir)
    planner = {"run_dir": run_dir, "mission": str(mission.path)}
    judged: dict[str, Parameter] = {"mission": str(mission.path), "simulated": simulated, "lease_key": str(key),
                                    "run_dir": run_dir}  # fmt: skip
    if options.plan is not None:
        planner["plan"] = str(options.plan.resolve())
    return (
        NodeProcess("blindspot", "coverage_planner", TOWN, planner),
        NodeProcess("blindspot", "authority", TOWN, judged),
        NodeProcess("blindspot", "coverage_monitor", TOWN, {"run_dir": run_dir, "drones": drones}),
    )


def _on_board(
    mode: Mode, mission: Mission, drone: str, options: Options, key: Path, *, simulated: bool
) -> tuple[NodeProcess, ...]:
    namespace = f"/{drone}"
    _, homes = fleet_homes(mission)
    home = homes[drone]
    at_home: dict[str, Parameter] = {
        "mission": str(mission.path),
        "home_east_m": home.east_m,
        "home_north_m": home.north_m,
        "home_up_m": home.up_m,
    }
    leased: dict[str, Parameter] = {"lease_key": str(key), "simulated": simulated}
    camera: dict[str, Parameter] = {
        **at_home, **leased, **_camera(mode, mission, drone, options), "seed": _seed(mission, options),
        "run_dir": str(options.run_dir),
    }  # fmt: skip
    control: dict[str, Parameter] = {
        "mission": str(mission.path), "run_dir": str(options.run_dir), **leased,
    }  # fmt: skip
    pictures = PICTURES if options.part == "all" else RADIO_PICTURES
    by_topic = pictures if camera["source"] == "topic" else {}
    camera_package = "blindspot_sim" if camera["source"] == "renderer" else "blindspot"
    looks = GAZEBO_LOOKS if mode == "gazebo" else ()
    recorder = NodeProcess(
        "blindspot", RECORDER, namespace, {"mission": str(mission.path), "run_dir": str(options.run_dir), **leased},
        environment=pictures,
    )  # fmt: skip
    return (
        NodeProcess("blindspot", "flight_control", namespace, control, remappings=looks, starts_again=True),
        NodeProcess(camera_package, "camera", namespace, camera, remappings=looks, environment=by_topic),
        NodeProcess(
            "blindspot",
            "detector",
            namespace,
            {
                "mission": str(mission.path),
                "labels": REPORTED,
                "run_dir": str(options.run_dir),
                **leased,
            },
            environment=pictures,
        ),
        *((recorder,) if mission.file.record else ()),
    )


def _names_on_board(mission: Mission) -> tuple[str, ...]:
    return (*ON_BOARD, RECORDER) if mission.file.record else ON_BOARD


def _starter(mode: Mode, mission: Mission, watched: list[str]) -> NodeProcess:
    if mode == "hardware":
        raise InputError("autostart", "", "a real flight is started by a person", "leave it out and call run_mission")
    parameters = {"mission": str(mission.path), "watched_nodes": watched}
    return NodeProcess("blindspot", "mission_starter", TOWN, parameters, ends=True)


def _camera(mode: Mode, mission: Mission, drone: str, options: Options) -> dict[str, Parameter]:
    """Parameters of the picture source; raises InputError for an unknown source, or one whose pictures would deceive.

    A rendered town over a real flight deceives, and so does a real camera on a simulated drone.
    """
    named = options.camera or _USUAL_CAMERA[mode]
    address = read_address(named)
    if address is None:
        problem = f"{named} is an unknown camera" if named else "is missing"
        raise InputError("camera", "", problem, f"name {FORMS}")
    if address.kind == "renderer" and mode == "hardware":
        raise InputError("camera", "", "renderer shows a simulated town", "mode hardware flies over the real one")
    if address.kind in ("device", "url", "pipeline") and mode != "hardware":
        problem = f"{without_password(address.where)} shows a real place, where no drone flies"
        raise InputError("camera", "", problem, "it is for mode hardware")
    named_so: dict[str, Parameter] = {"source": address.kind}
    if address.where:
        named_so["address"] = address.where
    if address.kind == "video":
        named_so["hfov_deg"] = mission.model_of(drone).camera.hfov_deg
    return {**named_so, **_calibration(address, options)}


def _calibration(address: Address, options: Options) -> dict[str, Parameter]:
    if options.calibration is None:
        if address.kind in ("device", "url", "pipeline"):
            problem = f"is missing, and a {address.kind} gives no lens"
            raise InputError("calibration", "", problem, "make one with ROS's camera_calibration and name the file")
        return {}
    if address.kind not in LIVE:
        raise InputError("calibration", "", f"is for live cameras, and {address.kind} is none", "leave it out")
    return {"calibration": str(options.calibration.resolve())}


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
        waits_for = [f"/{drone.name}/{node}" for drone in mission.file.fleet for node in _names_on_board(mission)]
        if options.part != "drone":  # a drone flies without its ground station, and so never waits for it
            waits_for += [f"{TOWN}/{node}" for node in TOWN_WIDE]
        parameters["waits_for"] = waits_for
        return (NodeProcess("blindspot_sim", "simulator", "/", parameters),), ()
    fleet = mission.file.fleet
    if len(fleet) > 1 and (options.fcu_url or mode == "hardware"):
        raise InputError(mission.path, "fleet", f"has {len(fleet)} drones on one autopilot's link", "fly one at a time")
    links = tuple(
        NodeProcess(
            "mavros",
            "mavros_node",
            f"/{drone.name}/mavros",
            {"fcu_url": _url(mode, options, index), "tgt_system": index + 1},
            starts_again=True,
            parameter_file=MAVROS,
        )
        for index, drone in enumerate(fleet)
    )
    if mode == "hardware":
        return links, ()
    px4 = tuple(_px4(mode, mission, index, options) for index in range(len(fleet)))
    if mode == "sitl":
        gimbals = [
            NodeProcess("blindspot_sim", "gimbal", f"/{drone.name}", {"mission": str(mission.path)}) for drone in fleet
        ]
        return (*links, *gimbals), px4
    bridges = [_camera_bridge(drone.name, index, options) for index, drone in enumerate(fleet)]
    gimbals = [
        NodeProcess("blindspot_sim", "gazebo_gimbal", f"/{drone.name}", {"mission": str(mission.path)})
        for drone in fleet
    ]
    return (*links, *_clock(), *bridges, *gimbals), (*_gazebo(options), *px4)


def _url(mode: Mode, options: Options, index: int) -> str:
    """The requested link on hardware; the one fixed link to a simulated PX4."""
    return options.fcu_url or USUAL_SERIAL if mode == "hardware" else px4_url(index)


def _px4(mode: Mode, mission: Mission, index: int, options: Options) -> ProgramProcess:
    origin, homes = fleet_homes(mission)
    name = mission.file.fleet[index].name
    home = homes[name]
    if mode == "gazebo":
        from blindspot.stack.gazebo_models import AIRFRAME, DRONE

        environment = {
            "PX4_SYS_AUTOSTART": AIRFRAME,
            "PX4_SIM_MODEL": f"gz_{DRONE}",
            "PX4_GZ_MODEL_POSE": f"{home.east_m},{home.north_m},{home.up_m}",
            "PX4_GZ_WORLD": Path(options.world).stem,
            "PX4_GZ_STANDALONE": "1",
        }
    else:
        frame = LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)
        lon_deg, lat_deg = frame.to_wgs84(home.east_m, home.north_m)
        environment = {
            "PX4_SIM_MODEL": "sihsim_quadx",
            "PX4_HOME_LAT": f"{lat_deg:.7f}",
            "PX4_HOME_LON": f"{lon_deg:.7f}",
            "PX4_HOME_ALT": f"{frame.to_amsl(home.up_m):.2f}",
        }
    environment |= as_environment(read_parameters())
    return ProgramProcess(f"px4_{name}", ("px4", "-i", str(index), "-d"), environment)


def _gazebo_environment(options: Options) -> dict[str, str]:
    """The path of the drone's model, and a partition that separates this run's Gazebo from any other."""
    from blindspot.stack.gazebo_models import gazebo_environment

    return {**gazebo_environment(os.environ), "GZ_PARTITION": f"blindspot_{options.run_dir.name}"}


def _gazebo(options: Options) -> tuple[ProgramProcess, ...]:
    """The server, which renders without a display, and a separate window: the flight goes on when it is closed."""
    if os.sep in options.world and not Path(options.world).is_file():
        raise InputError("world", "", f"{options.world} is no file", "name a file, or a world that Gazebo finds itself")
    server = ProgramProcess("gazebo", ("gz", "sim", "-s", "-r", "--headless-rendering", options.world))
    if options.headless:
        return (server,)
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise InputError("headless", "", "false needs a display, and there is none", "launch it from a desktop")
    return (server, ProgramProcess("gazebo_window", ("gz", "sim", "-g")))


def _clock() -> tuple[NodeProcess, ...]:
    """Gazebo's clock, and our node that passes it on at a lower rate: 250 messages a second overload the readers."""
    bridge = NodeProcess(
        "ros_gz_bridge", "parameter_bridge", TOWN, arguments=("/clock@rosgraph_msgs/msg/Clock[gz.msgs.Clock",),
        remappings=(("/clock", f"{TOWN}/gazebo/clock"),),
    )  # fmt: skip
    return bridge, NodeProcess("blindspot_sim", "clock", TOWN)


def _camera_bridge(drone: str, index: int, options: Options) -> NodeProcess:
    """Bridges a drone's pictures and gimbal attitude from Gazebo, and the gimbal's joint angles to it."""
    from blindspot.stack.gazebo_models import DRONE

    name = f"{DRONE}_{index}"
    link = f"/world/{Path(options.world).stem}/model/{name}/link/camera_link/sensor"
    to_us = {
        f"{link}/camera/image": ("sensor_msgs/msg/Image[gz.msgs.Image", "image_raw"),
        f"{link}/camera/camera_info": ("sensor_msgs/msg/CameraInfo[gz.msgs.CameraInfo", "camera_info"),
        f"{link}/camera_imu/imu": ("sensor_msgs/msg/Imu[gz.msgs.IMU", "gimbal_imu"),
    }
    to_gazebo = {
        f"/model/{name}/gimbal/{joint}": ("std_msgs/msg/Float64]gz.msgs.Double", f"gimbal_{joint}")
        for joint in ("yaw", "roll", "pitch")
    }
    topics = {**to_us, **to_gazebo}
    return NodeProcess(
        "ros_gz_bridge",
        "parameter_bridge",
        f"/{drone}",
        arguments=tuple(f"{topic}@{kind}" for topic, (kind, _) in topics.items()),
        remappings=tuple((topic, f"/{drone}/gazebo/{ours}") for topic, (_, ours) in topics.items()),
        environment=PICTURES,
    )


def _player(recording: Path) -> ProgramProcess:
    """Plays a recording with the distribution's player; raises InputError if there is no recording."""
    is_ours = recording.suffix == ".mcap" and recording.is_file()
    if not is_ours and not (recording / "metadata.yaml").is_file():
        fix = "name the folder of a rosbag2 recording, or an .mcap file of the node recorder"
        raise InputError("recording", "", f"{recording} holds no recording", fix)
    return ProgramProcess("player", ("ros2", "bag", "play", "--clock", "20", str(recording)), PICTURES)
