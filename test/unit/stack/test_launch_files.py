"""The launch files, read through a minimal stand-in for `launch` and `launch_ros`, which PyPI does not have.

The stand-in keeps what each action was made with, so that the tests see what a real launch would be asked to start.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from blindspot.cli.law.enclaves import Secured, enclaves
from blindspot.core.errors import InputError
from blindspot.law.leases.lease_key import load_lease_key, load_public_lease_key, public_half
from blindspot.stack.bringup import stack
from blindspot.stack.processes import MODES, Options
from blindspot.stack.supervisor import RESTARTS

ROOT = Path(__file__).parents[3]
FLYING = {"fleet", "mission", "run_dir", "camera", "calibration", "params_file", "log_level"}
MISSION = ROOT / "config" / "missions" / "crossroads.yaml"
FLEET = ROOT / "config" / "fleets" / "crossroads.yaml"
TOWN = "/blindspot"


@dataclass
class Made:
    """Any action, substitution or value: its positional and named arguments."""

    args: tuple[Any, ...]
    named: dict[str, Any] = field(default_factory=dict)


class LaunchDescription(Made):
    def __init__(self, entities: list[Any]) -> None:
        super().__init__(tuple(entities))


def action(name: str) -> type:
    return type(name, (Made,), {"__init__": lambda self, *args, **named: Made.__init__(self, args, named)})


LaunchConfiguration = type(
    "LaunchConfiguration",
    (Made,),
    {
        "__init__": lambda self, name: Made.__init__(self, (name,)),
        "perform": lambda self, context: context[self.args[0]],
    },
)
STAND_IN: dict[str, dict[str, Any]] = {
    "launch": {"LaunchDescription": LaunchDescription},
    "launch.actions": {
        name: action(name)
        for name in (
            "DeclareLaunchArgument",
            "ExecuteProcess",
            "OpaqueFunction",
            "SetEnvironmentVariable",
            "Shutdown",
            "TimerAction",
        )
    },
    "launch.substitutions": {"LaunchConfiguration": LaunchConfiguration},
    "launch_ros": {},
    "launch_ros.actions": {"Node": action("Node")},
    "launch_ros.parameter_descriptions": {"ParameterValue": action("ParameterValue")},
}

Launch = Callable[..., list[Made]]


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in in the place of the real modules, and our own module made anew on top of it."""
    for name, content in STAND_IN.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "blindspot.stack.launch_description", raising=False)


def description(mode: str) -> LaunchDescription:
    path = ROOT / "launch" / f"{mode}.launch.py"
    spec = importlib.util.spec_from_file_location(f"{mode}_launch", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.generate_launch_description()


def arguments(made: LaunchDescription) -> dict[str, str]:
    """Declared arguments with their defaults."""
    declared = [entity for entity in made.args if type(entity).__name__ == "DeclareLaunchArgument"]
    assert all(entity.named["description"] for entity in declared)
    return {entity.args[0]: entity.named["default_value"] for entity in declared}


@pytest.fixture
def launch(tmp_path, monkeypatch) -> Launch:
    """Everything that a launch file would start with these arguments, from an empty folder."""
    monkeypatch.chdir(tmp_path)

    def start(mode: str, **given: str) -> list[Made]:
        made = description(mode)
        known = arguments(made)
        assert given.keys() <= known.keys(), "an argument that the launch file does not declare"
        return made.args[-1].named["function"]({**known, **given})

    return start


def started(actions: list[Made], kind: str) -> list[Made]:
    """The actions of a kind, also those that start later."""
    later = [one for made in actions if type(made).__name__ == "TimerAction" for one in made.named["actions"]]
    return [made for made in [*actions, *later] if type(made).__name__ == kind]


def node(actions: list[Made], executable: str, namespace: str) -> Made:
    (found,) = (
        made for made in started(actions, "Node")
        if (made.named["executable"], made.named["namespace"]) == (executable, namespace)
    )  # fmt: skip
    return found


def parameter(made: Made, name: str) -> Any:
    value = made.named["parameters"][-1][name]
    return value.args[0] if isinstance(value, Made) else value


@pytest.fixture
def one_drone(tmp_path) -> str:
    """The crossroads' mission with a single drone."""
    config = tmp_path / "own"
    (config / "missions").mkdir(parents=True)
    for name in ("drones", "sites", "authorisations"):
        (config / name).symlink_to(ROOT / "config" / name)
    text = MISSION.read_text().replace("  - {name: drone2, model: reference, pad: south}\n", "")
    (config / "missions" / "own.yaml").write_text(text)
    (config / "missions" / "crossroads_perimeter.geojson").symlink_to(MISSION.with_name("crossroads_perimeter.geojson"))
    return str(config / "missions" / "own.yaml")


def test_there_is_a_launch_file_for_every_mode_and_no_other():
    assert {path.name for path in (ROOT / "launch").iterdir() if path.is_file()} == {
        f"{mode}.launch.py" for mode in MODES
    }


def test_each_mode_declares_its_own_arguments():
    assert {mode: set(arguments(description(mode))) for mode in MODES} == {
        "embedded": {*FLYING, "autostart", "part", "drone", "peer", "speed_factor", "lease_key"},
        "sitl": {*FLYING, "autostart", "fcu_url"},
        "gazebo": {*FLYING, "autostart", "fcu_url", "world", "headless"},
        "hardware": {*FLYING, "fcu_url", "part", "drone", "peer", "lease_key"},
        "replay": {"recording"},
    }


@pytest.mark.parametrize("mode", ["embedded", "sitl", "gazebo"])
def test_it_starts_the_processes_of_bringup(launch, tmp_path, mode):
    actions = launch(mode, mission=str(MISSION), run_dir=str(tmp_path / "run"))
    what = stack(mode, MISSION, Options(run_dir=tmp_path / "run"))
    commands = [made.named["cmd"] for made in started(actions, "ExecuteProcess")]
    assert commands == [list(program.command) for program in what.programs]
    assert {made.args for made in started(actions, "SetEnvironmentVariable")} == set(what.environment.items())
    at_once_first = sorted(what.nodes, key=lambda one: one.after_s)
    for made, expected in zip(started(actions, "Node"), at_once_first, strict=True):
        for name in ("package", "executable", "namespace"):
            assert made.named[name] == getattr(expected, name)
        *files, parameters = made.named["parameters"]
        assert files == [str(file) for file in (expected.parameter_file, what.overlay) if file is not None]
        assert parameters.keys() == expected.parameters.keys()
        assert made.named["arguments"] == list(expected.arguments)
        assert made.named["remappings"] == list(expected.remappings)
        assert made.named["additional_env"] == expected.environment


def test_the_environment_is_set_before_anything_starts(launch):
    kinds = [type(made).__name__ for made in launch("gazebo", mission=str(MISSION))]
    assert kinds.index("Node") > max(i for i, kind in enumerate(kinds) if kind == "SetEnvironmentVariable")


def test_texts_and_lists_of_names_keep_their_type(launch):
    actions = launch("embedded", mission=str(MISSION))
    source = node(actions, "camera", "/drone1").named["parameters"][1]["source"]
    labels = node(actions, "detector", "/drone1").named["parameters"][1]["labels"]
    assert (source.args[0], source.named["value_type"]) == ("renderer", str)
    assert (labels.args[0][0], labels.named["value_type"]) == ("person", list[str])
    assert parameter(node(actions, "authority", "/blindspot"), "simulated") is True


def test_fleet_and_run_dir(launch, tmp_path):
    actions = launch("embedded", fleet=str(FLEET), run_dir="here")
    planner = node(actions, "coverage_planner", "/blindspot")
    assert parameter(planner, "run_dir") == str(tmp_path / "here")
    assert (tmp_path / "here").is_dir()
    assert parameter(node(actions, "authority", "/blindspot"), "fleet") == str(FLEET)


def test_a_mission_stands_for_its_own_fleet_and_is_else_for_autostart(launch):
    own = launch("embedded", mission=str(MISSION))
    assert parameter(node(own, "authority", "/blindspot"), "fleet") == str(MISSION)
    actions = launch("embedded", fleet=str(FLEET), mission=str(MISSION), autostart="true")
    flown = node(actions, "mission_starter", TOWN)
    assert (parameter(flown, "fleet"), parameter(flown, "mission")) == (str(FLEET), str(MISSION))
    with pytest.raises(
        InputError, match=r"mission: crossroads\.yaml is not flown by the start of a fleet; leave it out"
    ):
        launch("embedded", fleet=str(FLEET), mission=str(MISSION))


def test_drone(launch, tmp_path):
    (tmp_path / "film.avi").touch()
    given = {"fleet": str(FLEET), "camera": "film.avi", "part": "drone"}
    nodes = started(launch("hardware", **given, drone="drone2"), "Node")
    assert {made.named["namespace"] for made in nodes} == {"/drone2", "/drone2/mavros"}
    with pytest.raises(InputError, match="drone: is missing, and the fleet has drone1, drone2"):
        launch("hardware", **given)


def test_a_run_dir_is_made_where_none_is_named_and_reported_where_it_cannot_be(launch, tmp_path):
    launch("embedded", mission=str(MISSION))
    (made,) = (tmp_path / "runs").iterdir()
    assert made.name.endswith("Z-crossroads")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="run_dir: can't be made"):
        launch("embedded", mission=str(MISSION), run_dir="file/run")


def test_speed_factor(launch):
    assert parameter(node(launch("embedded", mission=str(MISSION)), "simulator", "/"), "speed_factor") == 8.0
    actions = launch("embedded", mission=str(MISSION), speed_factor="14")
    assert parameter(node(actions, "simulator", "/"), "speed_factor") == 14.0
    for wrong, reported in (("fast", "is no number"), ("0", "can't be asked for"), ("nan", "can't be asked for")):
        with pytest.raises(InputError, match=f"speed_factor: {wrong} {reported}"):
            launch("embedded", mission=str(MISSION), speed_factor=wrong)


def test_lease_key(launch, tmp_path, one_drone):
    """The private half for who signs, the public one for who verifies; a simulation makes its own at the start."""
    actions = launch("embedded", mission=one_drone, run_dir=str(tmp_path / "run"))
    own = tmp_path / "run" / "lease" / "lease.key"
    assert parameter(node(actions, "authority", "/blindspot"), "lease_key") == str(own)
    assert parameter(node(actions, "flight_control", "/drone1"), "lease_key") == f"{own}.pub"
    assert load_lease_key(own).public_key() == load_public_lease_key(public_half(own))
    (tmp_path / "film.avi").touch()
    given = {"mission": one_drone, "camera": "film.avi"}
    for part, key, public in (("all", "my.key", "my.key.pub"), ("ground", "my.key", ""), ("drone", "", "my.key")):
        actions = launch("hardware", **given, part=part, lease_key="my.key")
        if key:
            assert parameter(node(actions, "authority", "/blindspot"), "lease_key") == str(Path(key).absolute())
        for name in ("flight_control", "camera", "detector") if public else ():
            assert parameter(node(actions, name, "/drone1"), "lease_key") == str(Path(public).absolute())


@pytest.mark.parametrize("mode", ["sitl", "gazebo", "hardware"])
def test_fcu_url(launch, tmp_path, one_drone, mode):
    (tmp_path / "film.avi").touch()
    named = "tcp://10.0.0.7:5760" if mode == "hardware" else "udp://127.0.0.1:14540@127.0.0.1:14580"
    actions = launch(mode, mission=one_drone, fcu_url=named, camera="film.avi")
    assert parameter(node(actions, "mavros_node", "/drone1/mavros"), "fcu_url") == named
    if mode != "hardware":
        with pytest.raises(InputError, match="may lead to a real autopilot"):
            launch(mode, mission=one_drone, fcu_url="tcp://10.0.0.7:5760", camera="film.avi")
    with pytest.raises(InputError, match="fcu_url: COM3 is no link that MAVROS knows"):
        launch(mode, mission=one_drone, fcu_url="COM3", camera="film.avi")


@pytest.mark.parametrize("mode", ["embedded", "sitl", "gazebo", "hardware"])
def test_camera(launch, tmp_path, one_drone, mode):
    (tmp_path / "film.avi").touch()
    camera = node(launch(mode, mission=one_drone, camera="film.avi"), "camera", "/drone1")
    assert (parameter(camera, "source"), parameter(camera, "address")) == ("video", str(tmp_path / "film.avi"))


def test_hardware_asks_which_camera_flies(launch, one_drone):
    with pytest.raises(InputError, match="camera: is missing; name renderer, a video file, /dev/videoN"):
        launch("hardware", mission=one_drone)


def test_calibration(launch, tmp_path, one_drone):
    actions = launch("hardware", mission=one_drone, camera="/dev/video0", calibration="camera.yaml")
    assert parameter(node(actions, "camera", "/drone1"), "calibration") == str(tmp_path / "camera.yaml")


def test_world(launch):
    gazebo = started(launch("gazebo", mission=str(MISSION), world="town.sdf"), "ExecuteProcess")[0]
    assert gazebo.named["cmd"][-1] == "town.sdf"
    with pytest.raises(InputError, match="world: worlds/town is no file"):
        launch("gazebo", mission=str(MISSION), world="worlds/town")


@pytest.mark.parametrize("mode", ["embedded", "sitl", "gazebo"])
def test_autostart(launch, mode):
    waiting = started(launch(mode, mission=str(MISSION)), "Node")
    assert "mission_starter" not in {made.named["executable"] for made in waiting}
    actions = launch(mode, mission=str(MISSION), autostart="true")
    starter = node(actions, "mission_starter", "/blindspot")
    assert parameter(starter, "mission") == str(MISSION)
    assert "/blindspot/mission_manager" in parameter(starter, "watched_nodes")
    with pytest.raises(InputError, match="autostart: yes is neither true nor false"):
        launch(mode, mission=str(MISSION), autostart="yes")


@pytest.mark.parametrize("mode", ["embedded", "hardware"])
def test_part(launch, tmp_path, one_drone, mode):
    (tmp_path / "film.avi").touch()
    drone = started(launch(mode, mission=one_drone, camera="film.avi", part="drone"), "Node")
    ground = started(launch(mode, mission=one_drone, part="ground"), "Node")
    assert {made.named["namespace"] for made in ground} == {"/blindspot"}
    assert "/blindspot" not in {made.named["namespace"] for made in drone}
    with pytest.raises(InputError, match="part: air is unknown; there are all, drone, ground"):
        launch(mode, mission=one_drone, camera="film.avi", part="air")


@pytest.mark.parametrize("mode", ["embedded", "hardware"])
def test_peer(launch, one_drone, mode):
    actions = launch(mode, mission=one_drone, part="ground", peer="192.168.10.1")
    reported = {made.args[0]: made.args[1] for made in started(actions, "SetEnvironmentVariable")}
    assert reported["ROS_DISCOVERY_SERVER"] == "192.168.10.1:11811;127.0.0.1:11811"
    assert [made.named["name"] for made in started(actions, "ExecuteProcess")] == ["discovery_server"]
    with pytest.raises(InputError, match=r"peer: 192\.168\.10\.1 has no part of the stack"):
        launch(mode, mission=one_drone, camera="/dev/video0", peer="192.168.10.1")


def test_headless(launch, monkeypatch):
    commands = [made.named["cmd"] for made in started(launch("gazebo", mission=str(MISSION)), "ExecuteProcess")]
    assert ["gz", "sim", "-g"] not in commands
    monkeypatch.setenv("DISPLAY", ":0")
    actions = launch("gazebo", mission=str(MISSION), headless="false")
    assert started(actions, "ExecuteProcess")[1].named["cmd"] == ["gz", "sim", "-g"]
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(InputError, match="headless: false needs a display"):
        launch("gazebo", mission=str(MISSION), headless="false")


@pytest.fixture
def own_parameters(tmp_path) -> str:
    (tmp_path / "own.yaml").write_text("/**/flight_control:\n  ros__parameters:\n    computer_hot_c: 75.0\n")
    return "own.yaml"


@pytest.mark.parametrize("mode", ["embedded", "sitl", "gazebo", "hardware"])
def test_params_file(launch, tmp_path, one_drone, own_parameters, mode):
    (tmp_path / "film.avi").touch()
    actions = launch(mode, mission=one_drone, camera="film.avi", params_file=own_parameters)
    for made in started(actions, "Node"):
        *_, overlay, own, _ = made.named["parameters"]
        assert (Path(overlay).name, own) == (f"{mode}.yaml", str(tmp_path / "own.yaml"))


def test_the_guides_params_file(launch, tmp_path):
    guide = (ROOT / "docs" / "guide" / "launch.md").read_text()
    block = re.search(r"\n    # own.yaml.*?\n\n", guide, re.DOTALL)
    assert block is not None
    (tmp_path / "guide.yaml").write_text(textwrap.dedent(block[0]))
    launch("sitl", mission=str(MISSION), params_file="guide.yaml")


@pytest.mark.parametrize("mode", ["embedded", "sitl", "gazebo", "hardware"])
def test_log_level(launch, tmp_path, one_drone, mode):
    (tmp_path / "film.avi").touch()
    quiet = launch(mode, mission=one_drone, camera="film.avi")
    assert all(made.named["ros_arguments"] == [] for made in started(quiet, "Node"))
    loud = launch(mode, mission=one_drone, camera="film.avi", log_level="debug")
    assert all(made.named["ros_arguments"] == ["--log-level", "debug"] for made in started(loud, "Node"))
    with pytest.raises(InputError, match="log_level: loud is unknown; there are debug, info, warn, error, fatal"):
        launch(mode, mission=one_drone, camera="film.avi", log_level="loud")


def test_with_a_keystore_each_node_starts_in_its_own_enclave(launch, tmp_path, monkeypatch):
    (tmp_path / "libfastrtps.so").write_bytes(b"DDS:Auth:PKI-DH")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    monkeypatch.delenv("RMW_IMPLEMENTATION", raising=False)
    enclaves(FLEET, tmp_path / "keystore", Secured.embedded)
    monkeypatch.setenv("ROS_SECURITY_KEYSTORE", str(tmp_path / "keystore"))
    made = launch("embedded", fleet=FLEET)
    for node in started(made, "Node"):
        name = f"{node.named['namespace'].rstrip('/')}/{node.named['executable']}"
        assert node.named["ros_arguments"] == ["--enclave", name]
    assert ("ROS_SECURITY_STRATEGY", "Enforce") in [one.args for one in started(made, "SetEnvironmentVariable")]


def test_no_argument_is_left_untried_or_unexplained():
    tests = Path(__file__).read_text()
    guide = (ROOT / "docs" / "guide" / "launch.md").read_text()
    for name in {name for mode in MODES for name in arguments(description(mode))}:
        assert re.search(rf"\blaunch\([^\n]*\b{name}=", tests), f"{name} is tried by no test"
        assert f"| `{name}` |" in guide


def test_recording(launch, tmp_path):
    with pytest.raises(InputError, match="holds no recording"):
        launch("replay")
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / "metadata.yaml").touch()
    (player,) = started(launch("replay", recording="bag"), "ExecuteProcess")
    assert player.named["cmd"] == ["ros2", "bag", "play", "--clock", "20", "bag"]


def test_a_fleet_that_is_not_named_is_reported(launch):
    with pytest.raises(InputError, match="mode embedded needs a fleet file"):
        launch("embedded")


def after(made: Made, code: int, *, is_shutdown: bool = False) -> list[Made]:
    """The actions that follow the end of a node's process."""
    return made.named["on_exit"](SimpleNamespace(returncode=code), SimpleNamespace(is_shutdown=is_shutdown))


@pytest.mark.parametrize("name", ["flight_control", "detector", "mavros_node", "authority"])
def test_a_node_that_dies_starts_again_as_often_as_under_the_supervisor(launch, name):
    made = next(made for made in started(launch("sitl", fleet=str(FLEET)), "Node") if made.named["executable"] == name)
    for _ in range(RESTARTS):
        (again,) = after(made, -9)
        assert {**again.named, "on_exit": 0} == {**made.named, "on_exit": 0}
        made = again
    assert after(made, -9) == []


@pytest.mark.parametrize("code", [0, 2])
def test_a_node_that_ends_by_itself_or_by_a_mistake_stays_down(launch, code):
    """Launch's own respawn would repeat a start with wrong parameters without an end."""
    assert after(node(launch("sitl", fleet=str(FLEET)), "authority", TOWN), code) == []


def test_the_end_of_the_simulator_ends_the_launch_and_the_end_of_the_launch_restarts_nothing(launch):
    actions = launch("embedded", fleet=str(FLEET))
    simulator = node(actions, "simulator", "/")
    (end,) = after(simulator, -9)
    assert type(end).__name__ == "Shutdown" and "/simulator has ended" in end.named["reason"]
    for made in started(actions, "Node"):
        assert after(made, -2, is_shutdown=True) == []
    gazebo, px4, _ = started(launch("gazebo", fleet=str(FLEET)), "ExecuteProcess")
    assert "gazebo has ended" in gazebo.named["on_exit"][0].named["reason"] and "on_exit" not in px4.named


def test_each_mavros_starts_after_the_one_before(launch):
    (later,) = (made for made in launch("sitl", fleet=str(FLEET)) if type(made).__name__ == "TimerAction")
    assert later.named["period"] == 8.0
    assert [made.named["namespace"] for made in later.named["actions"]] == ["/drone2/mavros"]
