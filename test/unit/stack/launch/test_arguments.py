"""The arguments of the launch files."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from test.unit.stack.launch.conftest import (
    FLEET,
    FLYING,
    MISSION,
    OPERATION,
    ROOT,
    TOWN,
    arguments,
    description,
    node,
    parameter,
    started,
)

from blindspot.core.errors import InputError
from blindspot.law.leases.lease_key import (
    load_lease_key,
    load_public_lease_key,
    make_lease_key,
    own_lease_key,
    public_half,
)
from blindspot.stack.programs.launch_table import MODES


def test_each_mode_declares_its_own_arguments():
    assert {mode: set(arguments(description(mode))) for mode in MODES} == {
        "embedded": {*FLYING, "autostart", "part", "drone", "peer", "speed_factor", "lease_key"},
        "sitl": {*FLYING, "autostart", "fcu_url"},
        "gazebo": {*FLYING, "autostart", "fcu_url", "world", "headless"},
        "hardware": {*FLYING, "fcu_url", "part", "drone", "peer", "lease_key", "operation", "library"},
    }


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


def test_operation_and_library(launch, tmp_path):
    """On hardware alone, and on the ground station: each pass waits there for a pilot."""
    (tmp_path / "film.avi").touch()
    (tmp_path / "library").mkdir()
    given = {"fleet": str(FLEET), "part": "ground"}
    actions = launch("hardware", **given, operation=str(OPERATION), library="library")
    scheduler = node(actions, "scheduler", TOWN)
    assert parameter(scheduler, "operation") == str(OPERATION)
    assert parameter(scheduler, "library") == str(tmp_path / "library")
    assert parameter(scheduler, "simulated") is False
    assert "scheduler" not in {made.named["executable"] for made in started(launch("hardware", **given), "Node")}
    with pytest.raises(InputError, match="library: is missing; make it: blindspot operation plan"):
        launch("hardware", **given, operation=str(OPERATION))
    with pytest.raises(InputError, match=r"library: \S*/none is no folder; make it"):
        launch("hardware", **given, operation=str(OPERATION), library="none")
    with pytest.raises(InputError, match="library: goes with operation"):
        launch("hardware", **given, library="library")
    on_board = {**given, "part": "drone", "drone": "drone1", "camera": "film.avi"}
    with pytest.raises(InputError, match="operation: is for the ground station"):
        launch("hardware", **on_board, operation=str(OPERATION), library="library")


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


@pytest.mark.parametrize(("part", "holds"), [("all", True), ("ground", True), ("drone", False)])
def test_a_launch_with_a_mission_manager_is_the_only_stack_of_its_domain(
    launch, one_drone, held, monkeypatch, part, holds
):
    """Beside another stack, `up` included, two mission managers would answer each order."""
    monkeypatch.setenv("ROS_DOMAIN_ID", "7")
    launch("embedded", mission=one_drone, part=part)
    assert held == [("/blindspot/stack", 7)] * holds


@pytest.mark.parametrize(("part", "left"), [("ground", "/blindspot/authority"), ("drone", "/drone1/detector")])
def test_a_launch_does_not_run_beside_nodes_that_outlived_a_killed_one(
    launch, one_drone, outlived, monkeypatch, part, left
):
    monkeypatch.setenv("ROS_DOMAIN_ID", "7")
    outlived.append((left, 7))
    with pytest.raises(InputError, match=f"{left}: runs already"):
        launch("embedded", mission=one_drone, part=part)
    outlived[:] = [("/drone3/detector", 7), (left, 8)]
    launch("embedded", mission=one_drone, part=part)


def test_the_public_half_of_a_given_key_lies_where_the_clients_of_a_launched_stack_look(launch, tmp_path, one_drone):
    """Otherwise `fly` recorded no lease of such a stack, and its report judged none."""
    given, run_dir = tmp_path / "keys" / "my.key", tmp_path / "run"
    make_lease_key(given)
    found = public_half(own_lease_key(run_dir))
    for _ in range(2):
        launch("embedded", mission=one_drone, part="ground", lease_key=str(given), run_dir=str(run_dir))
        assert load_public_lease_key(found) == load_lease_key(given).public_key()
        assert not own_lease_key(run_dir).exists(), "the private half stays where it is"
    launch("embedded", mission=one_drone, part="ground", lease_key=str(own_lease_key(run_dir)), run_dir=str(run_dir))
    assert load_public_lease_key(found) == load_lease_key(given).public_key(), "it is that file itself"
    launch("embedded", mission=one_drone, part="ground", lease_key="another.key", run_dir=str(run_dir))
    assert not found.exists(), "it would be the wrong one"


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


@pytest.mark.parametrize("part", ["all", "ground"])
def test_console(launch, part):
    """The console is for the ground station, and starts again."""
    actions = launch("embedded", fleet=str(FLEET), part=part, console="true")
    assert [made.named["name"] for made in started(actions, "ExecuteProcess")] == ["console"]
    assert arguments(description("embedded"))["console"] == "true"
    with pytest.raises(InputError, match="console: maybe is neither true nor false"):
        launch("embedded", fleet=str(FLEET), console="maybe")


def test_a_drone_s_own_computer_serves_no_console(launch, one_drone, tmp_path):
    (tmp_path / "film.avi").touch()
    made = launch("hardware", mission=one_drone, camera="film.avi", part="drone", console="true")
    assert started(made, "ExecuteProcess") == []


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


def test_no_argument_is_left_untried():
    tests = Path(__file__).read_text()
    for name in {name for mode in MODES for name in arguments(description(mode))}:
        assert re.search(rf"\blaunch\([^\n]*\b{name}=", tests), f"{name} is tried by no test"


def test_a_fleet_that_is_not_named_is_reported(launch):
    with pytest.raises(InputError, match="mode embedded needs a fleet file"):
        launch("embedded")
