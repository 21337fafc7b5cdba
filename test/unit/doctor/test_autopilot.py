"""MAVROS, the geoid, PX4, Gazebo, its bridge and launch: each working, missing and broken."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from blindspot.core import folders
from blindspot.doctor import autopilot
from blindspot.doctor.machine import Ran
from blindspot.stack.programs.node_command import node_command
from blindspot.stack.programs.processes import NodeProcess

ROOT = Path(__file__).parents[3]
GEOID = "/usr/share/GeographicLib/geoids/egm96-5.pgm"


@pytest.mark.parametrize(
    ("look", "package", "fix"),
    [
        (autopilot.mavros, "mavros", "ros-jazzy-mavros ros-jazzy-mavros-extras"),
        (autopilot.gazebo_bridge, "ros_gz_bridge", "ros-jazzy-ros-gz-bridge"),
    ],
)
def test_a_node_of_the_distribution(machine, with_ros, look, package, fix):
    (program,) = [path for path in with_ros.files if f"/lib/{package}/" in path]
    assert look(with_ros).message == f"2.12.0, {program}"
    with_ros.answers["ldd"] = Ran(0, "\tlibGeographic.so.19 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x1)\n")
    found = look(with_ros)
    assert (found.state, found.message) == ("broken", f"{program} lacks libGeographic.so.19")
    assert found.fix == f"sudo apt-get install {fix}"
    del with_ros.files[program]
    assert look(with_ros).state == "missing"


def test_a_distribution_that_is_not_sourced(machine):
    assert autopilot.mavros(machine).fix == (
        "sudo apt-get install ros-jazzy-mavros ros-jazzy-mavros-extras && source /opt/ros/jazzy/setup.bash"
    )
    machine.files["/opt/ros/kilted/lib/mavros/mavros_node"] = 1
    found = autopilot.mavros(machine)
    assert (found.state, found.fix) == ("missing", "source /opt/ros/kilted/setup.bash")


def test_mavros_without_its_extras_has_no_gimbal(with_ros):
    del with_ros.files["/opt/ros/jazzy/share/mavros_extras/package.xml"]
    found = autopilot.mavros(with_ros)
    assert (found.state, found.fix) == ("missing", "sudo apt-get install ros-jazzy-mavros-extras")


def test_mavros_is_found_where_bringup_finds_it(tmp_path, monkeypatch, with_ros):
    program = tmp_path / "lib" / "mavros" / "mavros_node"
    program.parent.mkdir(parents=True)
    program.touch()
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/nowhere:{tmp_path}")
    node = NodeProcess("mavros", "mavros_node", "/drone1/mavros")
    assert node_command(node, tmp_path)[0] == str(program)
    with_ros.environ["AMENT_PREFIX_PATH"] = f"/nowhere:{tmp_path}"
    with_ros.files[str(program)] = 1
    assert autopilot.program_of(with_ros, "mavros", "mavros_node") == program


WHOLE = bytes(18_671_448)


@pytest.fixture
def known_grid(monkeypatch):
    """A published grid that the tests can make."""
    monkeypatch.setattr(folders, "GEOID_SHA256", hashlib.sha256(WHOLE).hexdigest())


def test_the_geoid(machine, known_grid):
    missing = autopilot.geoid(machine)
    assert (missing.state, missing.fix.split()[-3:]) == ("missing", ["sudo", "geographiclib-get-geoids", "egm96-5"])
    machine.files[GEOID] = 9_000_000
    assert autopilot.geoid(machine).state == "broken"
    assert f"sudo rm {GEOID}" in autopilot.geoid(machine).fix
    machine.files[GEOID] = WHOLE[:-1] + b"1"
    assert (autopilot.geoid(machine).state, "its SHA-256 differs" in autopilot.geoid(machine).message) == (
        "broken",
        True,
    )
    machine.files[GEOID] = WHOLE
    assert autopilot.geoid(machine).message == GEOID


@pytest.mark.parametrize(
    ("name", "folder"), [("GEOGRAPHICLIB_GEOID_PATH", "/own"), ("GEOGRAPHICLIB_DATA", "/own/geoids")]
)
def test_the_geoid_where_the_environment_says(machine, known_grid, name, folder):
    machine.environ[name] = "/own"
    machine.files[GEOID] = WHOLE  # GeographicLib looks there no more
    assert autopilot.geoid(machine).state == "missing"
    machine.files[f"{folder}/egm96-5.pgm"] = WHOLE
    assert autopilot.geoid(machine).state == "ok"


def test_px4(machine):
    assert (autopilot.px4(machine).state, autopilot.px4(machine).fix) == ("missing", "sudo apt-get install px4")
    machine.programs |= {"px4"}
    assert autopilot.px4(machine).message == "of unknown version, /usr/bin/px4"
    machine.programs |= {"dpkg-query"}
    machine.answers["dpkg-query"] = Ran(0, "installed 1.16.0")
    assert autopilot.px4(machine).message == "1.16.0, /usr/bin/px4"
    machine.answers["ldd"] = Ran(0, "libfoo.so => not found")
    assert autopilot.px4(machine).state == "broken"


def test_px4s_models_come_as_a_package_or_from_a_folder(machine):
    machine.programs |= {"dpkg-query"}
    machine.answers["dpkg-query"] = Ran(0, "config-files 1.16.0")  # removed, its settings are left
    assert autopilot.px4_gazebo(machine).fix == "sudo apt-get install px4-gazebo"
    machine.environ["GZ_SIM_RESOURCE_PATH"] = ":/models"
    machine.files["/models/x500/model.sdf"] = 1
    assert autopilot.px4_gazebo(machine).message == "/models/x500/model.sdf"
    machine.answers["dpkg-query"] = Ran(0, "installed 1.16.0")
    assert autopilot.px4_gazebo(machine).message == "1.16.0"
    ours = Path(__file__).parents[3] / "sim" / "gazebo" / "models" / "blindspot_x500" / "model.sdf"
    assert f"<uri>model://{autopilot.GAZEBO_MODEL}</uri>" in ours.read_text()


@pytest.mark.parametrize(
    ("ran", "state"),
    [(Ran(0, "8.14.0\n"), "ok"), (Ran(0, "7.9.0\n"), "broken"), (Ran(0, "9.1.0~pre1\n8.2.0\n"), "ok"),
     (Ran(None, timed_out=True), "broken"), (Ran(1, error="undefined method"), "broken")],
)  # fmt: skip
def test_gazebo(machine, ran, state):
    assert autopilot.gazebo(machine).state == "missing"
    machine.programs |= {"gz"}
    machine.answers["gz sim --versions"] = ran
    found = autopilot.gazebo(machine)
    assert found.state == state
    assert found.fix == ("" if state == "ok" else "sudo apt-get install gz-harmonic")


def test_launch(with_ros):
    assert autopilot.launch(with_ros).state == "missing"
    with_ros.programs |= {"ros2"}
    probe = "python -P -m blindspot.doctor.probe modules launch"
    names = ("launch.actions", "launch_ros.actions")
    with_ros.answers[probe] = Ran(0, json.dumps(dict.fromkeys(names, "")))
    assert autopilot.launch(with_ros).state == "ok"
    with_ros.answers[probe] = Ran(0, json.dumps({names[0]: "No module named 'launch.actions'", names[1]: ""}))
    found = autopilot.launch(with_ros)
    assert (found.state, found.message) == ("broken", "launch.actions: No module named 'launch.actions'")
    with_ros.answers[probe] = Ran(None, timed_out=True)
    assert autopilot.launch(with_ros).message == "no answer in time"


def test_the_install_commands_bring_the_packages_of_the_manifest():
    named = {str(element.text) for element in ElementTree.parse(ROOT / "package.xml").iter("exec_depend")}
    assert {"mavros", "mavros_extras", "ros_gz_bridge", "ros2launch", "launch_ros"} <= named
