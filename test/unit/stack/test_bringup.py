"""Which processes each mode has, and that every node knows each parameter that it is given."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import given, strategies as st

from blindspot.core.errors import DependencyError, InputError
from blindspot.nodes.autopilot.mavros_interface import PUBLISHED, SERVICES, SUBSCRIBED
from blindspot.stack.bringup import CONFIG_DIR, MAVROS, _yaml, node_command, stack
from blindspot.stack.dds import VARIABLES, Transports
from blindspot.stack.processes import MODES, NodeProcess, Options, Parameter, Stack

ROOT = Path(__file__).parents[3]
MISSION = ROOT / "config" / "missions" / "crossroads.yaml"
TYPES: dict[str, type | tuple[type, ...]] = {
    "declare_str": str,
    "declare_float": float,
    "declare_int": int,
    "declare_bool": bool,
    "declare_names": (list, tuple),
}
FLYING = ("embedded", "sitl", "gazebo", "hardware")
ON_BOARD = ("flight_control", "camera", "detector")
TOWN_WIDE = ("coverage_planner", "authority", "coverage_monitor", "mission_manager")


def node_of(what: Stack, full_name: str) -> NodeProcess:
    (found,) = (node for node in what.nodes if node.full_name == full_name)
    return found


def source_of(node: NodeProcess) -> Path:
    folder = ROOT / ("sim" if node.package == "blindspot_sim" else "src")
    return folder / f"{node.module.replace('.', '/')}.py"


def declared(node: NodeProcess) -> dict[str, str]:
    """Parameter: name of the function that declares it, read from the node's source and from the modules that bear its
    name (`camera_source` of `camera`, whose node is the product's in a simulation, too)."""
    path = source_of(replace(node, package="blindspot") if node.executable == "camera" else node)
    found = {}
    for source in (path, *path.parent.rglob(f"{path.stem}_*.py")):
        for call in (n for n in ast.walk(ast.parse(source.read_text())) if isinstance(n, ast.Call)):
            if (
                isinstance(call.func, ast.Name)
                and call.func.id in TYPES
                and not isinstance(call.args[1], ast.JoinedStr)
            ):
                name = call.args[1]
                names = [name.value] if isinstance(name, ast.Constant) else looped(source, name)
                found.update(dict.fromkeys(names, call.func.id))
    return found


def looped(path: Path, variable: ast.expr) -> list[str]:
    """The values of a variable that a comprehension takes from a written tuple of texts."""
    assert isinstance(variable, ast.Name)
    return [
        text.value
        for loop in ast.walk(ast.parse(path.read_text()))
        if isinstance(loop, ast.comprehension) and isinstance(loop.iter, ast.Tuple)
        if isinstance(loop.target, ast.Name) and loop.target.id == variable.id
        for text in loop.iter.elts
        if isinstance(text, ast.Constant)
    ]


def test_a_plan_file_that_was_picked_is_given_to_the_planner_alone(made, tmp_path):
    picked = tmp_path / "pareto-2.json"
    what = made("embedded", plan=picked)
    told = {node.full_name: node.parameters["plan"] for node in what.nodes if "plan" in node.parameters}
    assert told == {"/blindspot/coverage_planner": str(picked)}
    assert not any("plan" in node.parameters for node in made("embedded").nodes)


@pytest.mark.parametrize("mode", FLYING)
def test_the_same_nodes_of_ours_run_in_every_mode(made, mode):
    what = made(mode)
    drones = ["drone1"] if mode == "hardware" else ["drone1", "drone2"]
    expected = [f"/{drone}/{name}" for drone in drones for name in ON_BOARD]
    expected += [f"/blindspot/{name}" for name in TOWN_WIDE]
    stand_ins = {"embedded": ["/simulator"], "sitl": [f"/{drone}/gimbal" for drone in drones],
                 "gazebo": ["/blindspot/clock", *(f"/{drone}/gazebo_gimbal" for drone in drones)]}  # fmt: skip
    assert set(what.watched) == {*expected, *stand_ins.get(mode, [])}
    names = [node.full_name for node in what.nodes]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("mode", ["embedded", "hardware"])
def test_both_parts_together_are_the_whole(made, mode):
    """And they wait for the same nodes, wherever these run."""
    whole, drone, ground = (made(mode, part=part) for part in ("all", "drone", "ground"))
    names = [[node.full_name for node in what.nodes] for what in (whole, drone, ground)]
    assert sorted(names[0]) == sorted(names[1] + names[2])
    managers = [node_of(what, "/blindspot/mission_manager") for what in (whole, ground)]
    assert managers[0].parameters["watched_nodes"] == managers[1].parameters["watched_nodes"]
    assert ground.programs == ()


def test_without_multicast_a_discovery_server_runs_beside_the_nodes(made):
    what = made("embedded", part="drone", peer="10.0.0.2")
    assert what.environment["ROS_DISCOVERY_SERVER"] == "127.0.0.1:11811;10.0.0.2:11811"
    assert [program.name for program in what.programs] == ["discovery_server"]
    assert "ROS_DISCOVERY_SERVER" not in made("embedded", part="drone").environment


def test_parts_talk_in_packets_that_a_radio_may_lose_one_by_one(made):
    for part in ("drone", "ground"):
        what = made("embedded", part=part)
        profiles = {profile_of(node, what) for node in what.nodes}
        assert {path.name for path in profiles} <= {"radio.xml", "radio_pictures.xml"}
        for profile in profiles:
            root = ElementTree.parse(profile).getroot()
            udp = next(one for one in root.iter(f"{DDS}transport_descriptor") if one.find(f"{DDS}type").text == "UDPv4")
            assert int(udp.find(f"{DDS}maxMessageSize").text) <= 1400


@pytest.mark.parametrize("mode", FLYING)
def test_where_all_is_on_one_computer_nothing_is_said_beyond_it(made, mode):
    what = made(mode)
    assert {Transports.of(profile_of(node, what)).addresses for node in what.nodes} == {frozenset({"127.0.0.1"})}


@pytest.mark.parametrize("mode", FLYING)
def test_every_parameter_is_declared_by_its_node_with_that_type(made, mode):
    for node in made(mode).nodes:
        if node.is_ours:
            known = declared(node)
            for name, value in node.parameters.items():
                assert name in known, f"{node.full_name} declares no {name}"
                assert isinstance(value, TYPES[known[name]]), f"{node.full_name}: {name} is {value!r}"


@pytest.mark.parametrize("mode", FLYING)
def test_every_node_of_ours_is_a_module_and_an_installed_executable(made, mode):
    setups = (ROOT / "setup.py").read_text() + (ROOT / "sim" / "setup.py").read_text()
    for node in made(mode).nodes:
        if node.is_ours:
            assert "\ndef main() -> None:" in source_of(node).read_text()
            assert f'"{node.executable}"' in setups or f'"{node.executable} = {node.module}:main"' in setups


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_has_its_overlay_and_its_clock(mode):
    overlay = yaml.safe_load((CONFIG_DIR / "params" / f"{mode}.yaml").read_text())
    on_simulated_time = mode in ("embedded", "gazebo", "replay")
    assert overlay["/**"] == {"ros__parameters": {"use_sim_time": on_simulated_time}}
    # The simulator makes the clock and must not wait for it.
    assert overlay.get("/simulator", {}) == ({"ros__parameters": {"use_sim_time": False}} if mode == "embedded" else {})


DDS = "{http://www.eprosima.com}"


def transports(node, what) -> set[str]:
    return {found.text for found in ElementTree.parse(profile_of(node, what)).iter(f"{DDS}type")}


def profile_of(node, what) -> Path:
    """The one profile of a node, by whichever variable its Fast DDS reads."""
    environment = {**what.environment, **node.environment}
    (profile,) = {environment[variable] for variable in VARIABLES}
    return Path(profile)


@pytest.mark.parametrize("mode", FLYING)
def test_only_those_that_pass_pictures_as_messages_share_memory(made, mode):
    what = made(mode)
    sharing = {node.full_name for node in what.nodes if "SHM" in transports(node, what)}
    names = ("detector", *(("camera", "parameter_bridge") if mode == "gazebo" else ()))
    assert sharing == {f"/{drone.name}/{name}" for drone in what.mission.file.fleet for name in names}
    assert all("UDPv4" in transports(node, what) for node in what.nodes)
    assert what.overlay.is_file()


@pytest.mark.parametrize("mode", FLYING)
def test_a_drone_has_a_recorder_where_the_mission_asks_for_one(made, mission_of, mode, tmp_path):
    """A process that not every run has to pay for. It passes pictures, so it shares memory with who sees."""
    usual = made(mode)
    drones = 1 if mode == "hardware" else 2
    mission = mission_of(drones)
    mission.write_text(mission.read_text() + "record: true\n")
    options = Options(run_dir=tmp_path / "run", camera=str(tmp_path / "video.avi") if mode == "hardware" else "")
    what = stack(mode, mission, options)
    recorders = {f"/drone{number}/recorder" for number in range(1, drones + 1)}
    assert {n.full_name for n in what.nodes} - {n.full_name for n in usual.nodes} == recorders
    assert len(what.nodes) == len(usual.nodes) + drones
    for name in recorders:
        node = node_of(what, name)
        assert "SHM" in transports(node, what)
        known = declared(node)
        assert all(isinstance(value, TYPES[known[key]]) for key, value in node.parameters.items())
        assert (node.starts_again, node.ends) == (False, False)
    assert recorders <= set(node_of(what, "/blindspot/mission_manager").parameters["watched_nodes"])
    assert recorders <= set(what.watched)


@pytest.mark.parametrize("mode", FLYING)
def test_only_simulations_report_to_the_authority_that_they_are(made, mode):
    assert node_of(made(mode), "/blindspot/authority").parameters["simulated"] is (mode != "hardware")


@pytest.mark.parametrize("mode", FLYING)
def test_the_manager_watches_every_other_node_of_ours(made, mode):
    what = made(mode)
    watched = node_of(what, "/blindspot/mission_manager").parameters["watched_nodes"]
    assert {*watched, "/blindspot/mission_manager"} == set(what.watched)


def test_embedded_has_one_simulator_with_seed_and_speed_and_nothing_else(made):
    what = made("embedded", speed_factor=12)
    parameters = node_of(what, "/simulator").parameters
    assert (parameters["seed"], parameters["speed_factor"]) == (5, 12.0)
    assert what.programs == ()
    assert {node.package for node in what.nodes} == {"blindspot", "blindspot_sim"}


def test_a_seed_that_is_not_given_is_the_missions(made):
    assert node_of(made("embedded", seed=None), "/simulator").parameters["seed"] == 1


def test_sitl_has_a_px4_and_a_mavros_for_each_drone_at_its_pad(made):
    what = made("sitl")
    for index, drone in enumerate(("drone1", "drone2")):
        mavros = node_of(what, f"/{drone}/mavros/mavros_node")
        assert mavros.parameters == {
            "fcu_url": f"udp://127.0.0.1:{14540 + index}@127.0.0.1:{14580 + index}", "tgt_system": index + 1,
        }  # fmt: skip
        assert mavros.starts_again
        assert what.programs[index].name == f"px4_{drone}"
        assert what.programs[index].command == ("px4", "-i", str(index), "-d")
    north, south = (float(program.environment["PX4_HOME_LAT"]) for program in what.programs)
    assert (north - south) * 111_320 == pytest.approx(80.0, abs=0.5)


def test_gazebo_bridges_the_clock_and_each_drones_pictures(made, tmp_path, monkeypatch):
    monkeypatch.setenv("GZ_SIM_RESOURCE_PATH", "/px4/models")
    world = tmp_path / "town.sdf"
    world.touch()
    what = made("gazebo", world=str(world))
    assert [program.name for program in what.programs] == ["gazebo", "px4_drone1", "px4_drone2"]
    assert what.programs[0].command == ("gz", "sim", "-s", "-r", "--headless-rendering", str(world))
    assert what.environment["GZ_PARTITION"] == "blindspot_run"
    searched = [Path(folder) for folder in what.environment["GZ_SIM_RESOURCE_PATH"].split(":")]
    assert searched[0] == Path("/px4/models") and (searched[1] / "blindspot_x500" / "model.sdf").is_file()
    assert what.environment["PX4_GZ_MODELS"] == str(searched[1])
    camera = node_of(what, "/drone2/camera").parameters
    assert (camera["source"], camera["address"]) == ("topic", "gazebo/image_raw")
    clock = node_of(what, "/blindspot/parameter_bridge")
    assert clock.arguments == ("/clock@rosgraph_msgs/msg/Clock[gz.msgs.Clock",)
    assert clock.remappings == (("/clock", "/blindspot/gazebo/clock"),)
    for index, drone in enumerate(("drone1", "drone2")):
        started = what.programs[index + 1].environment
        assert (started["PX4_GZ_WORLD"], started["PX4_SYS_AUTOSTART"]) == ("town", "4019")
        assert started["PX4_SIM_MODEL"] == "gz_blindspot_x500"
        bridge = node_of(what, f"/{drone}/parameter_bridge")
        bridged = [argument.split("@")[0] for argument in bridge.arguments]
        assert [source for source, _ in bridge.remappings] == bridged
        assert all(f"/model/blindspot_x500_{index}/" in topic for topic in bridged)
        assert all(topic.startswith("/world/town/") for topic in bridged[:3])
        names = ("image_raw", "camera_info", "gimbal_imu", "gimbal_yaw", "gimbal_roll", "gimbal_pitch")
        assert [target for _, target in bridge.remappings] == [f"/{drone}/gazebo/{name}" for name in names]


def test_hardware_has_mavros_on_the_usual_or_the_given_link(made):
    what = made("hardware")
    assert node_of(what, "/drone1/mavros/mavros_node").parameters["fcu_url"] == "serial:///dev/ttyACM0:921600"
    assert what.programs == ()


def test_a_link_may_be_named(made, mission_of):
    what = made("hardware", mission_of(drones=1), fcu_url="udp://:1@10.0.0.7:2")
    assert node_of(what, "/drone1/mavros/mavros_node").parameters["fcu_url"] == "udp://:1@10.0.0.7:2"


@pytest.mark.parametrize("mode", ["embedded", "sitl", "gazebo"])
@pytest.mark.parametrize("url", ["serial:///dev/ttyACM0:921600", "tcp://127.0.0.1:5760", "udp://:14540@10.0.0.7:14580"])
def test_a_real_link_is_refused_in_a_mode_that_simulates(made, mission_of, mode, url):
    """SIM-ONLY would arm it, and pre-flight would ask for no radio control."""
    with pytest.raises(InputError, match=f"^fcu_url: {url} may lead to a real autopilot"):
        made(mode, mission_of(drones=1), fcu_url=url)


@pytest.mark.parametrize("url", ["", "udp://:14540@127.0.0.1:14580"])
def test_a_simulated_px4_is_heard_on_the_loopback_address_alone(made, mission_of, url):
    what = made("sitl", mission_of(drones=1), fcu_url=url)
    assert node_of(what, "/drone1/mavros/mavros_node").parameters["fcu_url"] == "udp://127.0.0.1:14540@127.0.0.1:14580"


@pytest.mark.parametrize("mode", FLYING)
def test_the_links_decide_which_nodes_are_relaxed_in_simulation(made, mode):
    told = {node.full_name: node.parameters["simulated"] for node in made(mode).nodes if "simulated" in node.parameters}
    assert {"/blindspot/authority", "/drone1/flight_control", "/drone1/detector"} <= set(told)
    assert set(told.values()) == {mode != "hardware"}


@pytest.mark.parametrize(("mode", "url"), [("sitl", "udp://:14540@127.0.0.1:14580"), ("hardware", "")])
def test_two_drones_never_share_a_link(tmp_path, mode, url):
    with pytest.raises(InputError, match="2 drones on one autopilot's link"):
        stack(mode, MISSION, Options(run_dir=tmp_path, fcu_url=url, camera=str(MISSION)))


def test_replay_plays_a_recording_and_refuses_a_folder_without_one(tmp_path):
    with pytest.raises(InputError, match="holds no recording"):
        stack("replay", None, Options(run_dir=tmp_path))
    (tmp_path / "metadata.yaml").touch()
    what = stack("replay", None, Options(run_dir=tmp_path))
    assert [program.command for program in what.programs] == [("ros2", "bag", "play", "--clock", "20", str(tmp_path))]
    assert what.nodes == ()
    (tmp_path / "drone1-1.mcap").touch()
    (player,) = stack("replay", None, Options(run_dir=tmp_path / "drone1-1.mcap")).programs
    assert player.command[-1] == str(tmp_path / "drone1-1.mcap")


def test_an_unknown_mode_and_a_missing_mission_are_reported(tmp_path):
    with pytest.raises(InputError, match="mode: flying is unknown; there are embedded, sitl"):
        stack("flying", MISSION, Options(run_dir=tmp_path))
    with pytest.raises(InputError, match="needs a mission file"):
        stack("sitl", None, Options(run_dir=tmp_path))


def test_a_command_line_keeps_the_working_folder_off_the_path(made):
    what = made("embedded")
    command = node_command(node_of(what, "/drone1/camera"), what.overlay)
    assert command[:4] == (sys.executable, "-P", "-c", "from blindspot_sim.nodes.camera import main; main()")
    assert command[5:7] == ("-r", "__ns:=/drone1")
    assert "source:='renderer'" in command


def test_anothers_node_is_found_as_ros2_run_finds_it(made, monkeypatch, tmp_path):
    what = made("sitl")
    node = node_of(what, "/drone1/mavros/mavros_node")
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{tmp_path / 'nothing'}:{tmp_path}")
    with pytest.raises(DependencyError, match="package mavros: install ros-jazzy-mavros, source the distribution"):
        node_command(node, what.overlay)
    program = tmp_path / "lib" / "mavros" / "mavros_node"
    program.parent.mkdir(parents=True)
    program.touch()
    command = node_command(node, what.overlay)
    assert command[0] == str(program)
    assert "fcu_url:='udp://127.0.0.1:14540@127.0.0.1:14580'" in command


def test_parameter_files_and_log_level_on_a_command_line(made, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("/drone1/camera: {ros__parameters: {binning: 4}}\n")
    what = made("embedded", params_file=own, log_level="warn")
    command = node_command(node_of(what, "/drone1/camera"), *what.parameter_files, log_level=what.log_level)
    files = [after for before, after in pairwise(command) if before == "--params-file"]
    assert files == [str(what.overlay), str(own)]
    assert command[command.index("--log-level") + 1] == "warn"
    assert command.index("--log-level") < command.index("-p")


PLUGIN_OF = {
    "altitude": "altitude", "battery": "sys_status", "cmd": "command", "estimator_status": "sys_status",
    "extended_state": "sys_status", "geofence": "geofence", "gimbal_control": "gimbal_control",
    "global_position": "global_position", "home_position": "home_position", "local_position": "local_position",
    "mission": "waypoint", "param": "param", "rallypoint": "rallypoint", "set_mode": "sys_status",
    "setpoint_position": "setpoint_position", "setpoint_raw": "setpoint_raw", "state": "sys_status",
    "statustext": "sys_status", "sys_status": "sys_status", "time_reference": "sys_time",
    "vehicle_info_get": "sys_status",
}  # fmt: skip
"""Which of MAVROS's plugins serves the names that begin so (read in its source)."""


@pytest.mark.parametrize("mode", ["sitl", "gazebo", "hardware"])
def test_of_mavros_those_plugins_are_loaded_that_are_spoken_to(made, mode):
    """Each of its sixty is a node that reads every tick of the clock. `local_position` has its attitude from `imu`."""
    node = node_of(made(mode), "/drone1/mavros/mavros_node")
    told = yaml.safe_load(node.parameter_file.read_text())["/**/mavros/mavros"]["ros__parameters"]
    spoken = {name.split("/")[0] for name in (*PUBLISHED, *SUBSCRIBED, *SERVICES)}
    assert set(told["plugin_allowlist"]) == {PLUGIN_OF[name] for name in spoken} | {"imu"}


def test_a_users_file_overrides_a_nodes_own_file(made, tmp_path, monkeypatch):
    own = tmp_path / "own.yaml"
    own.write_text("/drone1/mavros/mavros: {ros__parameters: {plugin_allowlist: ['*']}}\n")
    program = tmp_path / "lib" / "mavros" / "mavros_node"
    program.parent.mkdir(parents=True)
    program.touch()
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    what = made("sitl", params_file=own)
    command = node_command(node_of(what, "/drone1/mavros/mavros_node"), *what.parameter_files)
    files = [after for before, after in pairwise(command) if before == "--params-file"]
    assert files == [str(MAVROS), str(what.overlay), str(own)]


@pytest.mark.parametrize("mode", ["embedded", "sitl", "gazebo"])
def test_the_starter_waits_for_all_nodes_and_no_node_waits_for_it(made, mode):
    what = made(mode, autostart=True)
    starter = node_of(what, "/blindspot/mission_starter")
    assert set(starter.parameters["watched_nodes"]) == set(what.watched) == set(made(mode).watched)
    assert {name: declared(starter)[name] for name in starter.parameters} == {
        "mission": "declare_str", "watched_nodes": "declare_names",
    }  # fmt: skip
    assert '"mission_starter"' in (ROOT / "setup.py").read_text()


def test_no_real_flight_starts_by_itself(made):
    with pytest.raises(InputError, match="a real flight is started by a person"):
        made("hardware", autostart=True)


def test_closing_gazebos_window_ends_no_flight(made, monkeypatch):
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    what = made("gazebo", headless=False)
    assert [program.name for program in what.programs] == ["gazebo", "gazebo_window", "px4_drone1", "px4_drone2"]
    assert "-s" in what.programs[0].command


@given(
    st.booleans() | st.integers(-(2**31), 2**31) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(min_codepoint=32, max_codepoint=126)) | st.lists(st.text("az'1 ", min_size=1), min_size=1)
)  # fmt: skip
def test_a_parameter_on_the_command_line_is_read_as_it_was_meant(value: Parameter):
    read = yaml.safe_load(_yaml(value))
    assert read == value
    assert type(read) is type(value)
