"""Checks of MAVROS, MAVROS's geoid, PX4, Gazebo and the bridge between ROS and Gazebo. PyPI has none of these."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from blindspot.core import folders
from blindspot.doctor.findings import Finding
from blindspot.doctor.machine import Machine
from blindspot.doctor.ros import distribution, from_apt, prefixes, probe, version_of
from blindspot.setup import SUPPORTED

OLDEST_GAZEBO = 8
"""Harmonic."""
GAZEBO_MODEL = "x500"
"""PX4's model, which our drone model extends with a camera."""
_ASKED_WITHIN_S = 15.0


def program_of(machine: Machine, package: str, executable: str) -> Path | None:
    """Path of a node's program, searched as `ros2 run` does."""
    programs = (prefix / "lib" / package / executable for prefix in prefixes(machine))
    return next((program for program in programs if machine.is_file(program)), None)


def _lacks_libraries(machine: Machine, program: Path) -> str:
    """Names of missing shared libraries of a program."""
    ran = machine.run(["ldd", str(program)], _ASKED_WITHIN_S)
    return ", ".join(re.findall(r"(\S+) => not found", ran.out))


def _of_ros(machine: Machine, package: str, executable: str, *others: str) -> Finding:
    fix = from_apt(machine, package, *others)
    program = program_of(machine, package, executable)
    if program is None:
        if not distribution(machine):
            for distro in SUPPORTED:
                if machine.is_file(Path(f"/opt/ros/{distro}/lib/{package}/{executable}")):
                    problem = f"ROS 2 {distro} has it, and is not sourced"
                    return Finding("missing", problem, f"source /opt/ros/{distro}/setup.bash")
            return Finding("missing", "comes with a ROS 2 distribution, not from PyPI", fix)
        return Finding("missing", f"ROS 2 {distribution(machine)} has no package {package}", fix)
    if lacking := _lacks_libraries(machine, program):
        return Finding("broken", f"{program} lacks {lacking}", fix)
    if absent := [other for other in others if not version_of(machine, other)]:
        return Finding("missing", f"{package} is here, {' and '.join(absent)} not", from_apt(machine, *absent))
    return Finding("ok", f"{version_of(machine, package) or 'of unknown version'}, {program}")


def mavros(machine: Machine) -> Finding:
    """MAVROS with its extras, which hold the gimbal's services."""
    return _of_ros(machine, "mavros", "mavros_node", "mavros_extras")


def geoid(machine: Machine) -> Finding:
    """The geoid in the folders that GeographicLib searches. MAVROS needs the geoid to start."""
    searched = folders.of_geoids(machine.environ)
    bring = "sudo apt-get install geographiclib-tools && sudo geographiclib-get-geoids egm96-5"
    file = next((folder / folders.GEOID for folder in searched if machine.is_file(folder / folders.GEOID)), None)
    if file is None:
        return Finding("missing", f"no {folders.GEOID} in {' or '.join(map(str, searched))}", bring)
    if machine.size(file) <= folders.GEOID_BYTES:
        problem = f"{file} has {machine.size(file)} bytes: its download was cut off"
        return Finding("broken", problem, f"sudo rm {file} && {bring.partition(' && ')[2]}")
    if hashlib.sha256(machine.read(file)).hexdigest() != folders.GEOID_SHA256:
        problem = f"{file} is not the published grid: its SHA-256 differs"
        return Finding("broken", problem, f"sudo rm {file} && {bring.partition(' && ')[2]}")
    return Finding("ok", str(file))


def px4(machine: Machine) -> Finding:
    program = machine.which("px4")
    if program is None:
        return Finding("missing", "no program px4 on the path", "sudo apt-get install px4")
    if lacking := _lacks_libraries(machine, program):
        return Finding("broken", f"{program} lacks {lacking}", "sudo apt-get install --reinstall px4")
    return Finding("ok", f"{_debian_version(machine, 'px4') or 'of unknown version'}, {program}")


def px4_gazebo(machine: Machine) -> Finding:
    """The drone model that PX4 spawns in the world."""
    if version := _debian_version(machine, "px4-gazebo"):
        return Finding("ok", version)
    for folder in filter(None, machine.environ.get("GZ_SIM_RESOURCE_PATH", "").split(os.pathsep)):
        model = Path(folder) / GAZEBO_MODEL / "model.sdf"
        if machine.is_file(model):
            return Finding("ok", str(model))
    problem = f"no package px4-gazebo, and no {GAZEBO_MODEL} in GZ_SIM_RESOURCE_PATH"
    return Finding("missing", problem, "sudo apt-get install px4-gazebo")


def _debian_version(machine: Machine, package: str) -> str:
    if machine.which("dpkg-query") is None:
        return ""
    ran = machine.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", package], _ASKED_WITHIN_S)
    status, _, version = ran.out.partition(" ")
    return version.strip() if ran.code == 0 and status == "installed" else ""


def gazebo(machine: Machine) -> Finding:
    program, bring = machine.which("gz"), "sudo apt-get install gz-harmonic"
    if program is None:
        return Finding("missing", "no program gz on the path", bring)
    ran = machine.run([str(program), "sim", "--versions"], _ASKED_WITHIN_S)
    found = re.search(r"^(\d+)\.\d+\S*", ran.out, re.MULTILINE)
    if found is None:
        return Finding("broken", f"{program} prints no version: {ran.why}", bring)
    if int(found[1]) < OLDEST_GAZEBO:
        return Finding("broken", f"{found[0]} is older than Harmonic ({OLDEST_GAZEBO})", bring)
    return Finding("ok", f"{found[0]}, {program}")


def gazebo_bridge(machine: Machine) -> Finding:
    return _of_ros(machine, "ros_gz_bridge", "parameter_bridge")


def launch(machine: Machine) -> Finding:
    """`ros2 launch`. PyPI has another package of this name, which would hide ROS's package."""
    if machine.which("ros2") is None:
        fix = from_apt(machine, "ros2launch", "launch_ros")
        return Finding("missing", "no program ros2 on the path", fix)
    ran, problems = probe(machine, "modules", "launch.actions", "launch_ros.actions")
    bad = [f"{name}: {problem}" for name, problem in problems.items() if problem] or ([] if problems else [ran.why])
    if bad:
        return Finding("broken", bad[0], from_apt(machine, "ros2launch", "launch_ros"))
    return Finding("ok", f"launch_ros {version_of(machine, 'launch_ros') or 'of unknown version'}")
