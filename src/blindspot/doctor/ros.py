"""Checks of Python, its packages against the lock, ROS 2 and the interfaces."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from blindspot.doctor.findings import Finding, State
from blindspot.doctor.machine import Machine, Ran
from blindspot.setup import (
    HELD_BY_DISTRIBUTION,
    LOCK,
    STAND_IN_NAMES,
    SUPPORTED,
    USUAL,
    group_file,
    locked_of,
    read_lock,
)  # fmt: skip
from blindspot.stack import discovery_port
from blindspot.stack.enclaves import LAST_DOMAIN, has_security

OLDEST_PYTHON, NEWEST_WHEELS = (3, 11), (3, 14)
LIBRARIES = {
    "drone": ("numpy", "cv2", "shapely", "pyproj", "rasterio", "pydantic", "yaml", "onnxruntime", "psutil", "mcap"),
    "ground": ("numba", "highspy", "osmium", "pyogrio", "jinja2"),
    "simulator": ("astral",),
}
"""The modules that each requirement group imports."""
OURS = ("blindspot_msgs",)
INTERFACES = (*OURS, *STAND_IN_NAMES, "action_msgs", "builtin_interfaces", "diagnostic_msgs", "geometry_msgs",
              "lifecycle_msgs", "nav_msgs", "rcl_interfaces", "rosgraph_msgs", "sensor_msgs", "std_msgs", "std_srvs",
              "visualization_msgs")  # fmt: skip
MIDDLEWARE = "rmw_fastrtps_cpp"
CHANCE_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
SET_UP = "./blindspot setup"
AFRESH = "rm -rf {venv} && ./blindspot setup"
PROBE_WITHIN_S = 60.0


def distribution(machine: Machine) -> str:
    """Name of the ROS 2 distribution that the shell has sourced, otherwise empty."""
    return machine.environ.get("ROS_DISTRO", "") if sourced_prefixes(machine) else ""


def sourced_prefixes(machine: Machine) -> list[Path]:
    """Install prefixes of the sourced distribution and its overlays."""
    return [prefix for prefix in prefixes(machine) if not prefix.name.startswith(".venv")]


def prefixes(machine: Machine) -> list[Path]:
    return [Path(prefix) for prefix in machine.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix]


def version_of(machine: Machine, package: str) -> str:
    """Version of a ROS 2 package from its manifest. Empty if it is missing."""
    for prefix in prefixes(machine):
        found = re.search(rb"<version>\s*([^<\s]+)", machine.read(prefix / "share" / package / "package.xml"))
        if found:
            return found[1].decode(errors="replace")
    return ""


def from_apt(machine: Machine, *packages: str) -> str:
    """The command that installs ROS 2 packages of the sourced distribution, otherwise of the reference distribution."""
    named = distribution(machine)
    distro = named if named in SUPPORTED else SUPPORTED[0]
    names = " ".join(f"ros-{distro}-{package.replace('_', '-')}" for package in packages)
    source = "" if named == distro else f" && source /opt/ros/{distro}/setup.bash"
    return f"sudo apt-get install {names}{source}"


def probe(machine: Machine, *words: str) -> tuple[Ran, dict[str, str]]:
    """Run `probe`. The result maps each module to the reason of a failed import, empty after a successful import."""
    ran = machine.run([machine.python, "-P", "-m", "blindspot.doctor.probe", *words], PROBE_WITHIN_S)
    try:
        return ran, dict(json.loads(ran.out.splitlines()[-1]))
    except (ValueError, IndexError):
        return ran, {}


def venv_name(machine: Machine) -> str:
    return f".venv{'-' if distribution(machine) else ''}{distribution(machine)}"


def afresh(machine: Machine) -> str:
    """The command that makes the environment anew, with the present groups."""
    groups = _groups(machine)
    return " ".join([AFRESH.format(venv=venv_name(machine)), *(groups if groups != list(USUAL) else ())])


def python(machine: Machine) -> Finding:
    found = ".".join(map(str, machine.python_version))
    if machine.python_version < OLDEST_PYTHON:
        return Finding("broken", f"{found}, but 3.11 is the oldest supported", "PYTHON=python3.12 ./blindspot setup")
    if not distribution(machine):
        if machine.architecture != "Linux x86_64":
            problem = f"{found} on {machine.architecture}: ROS 2 wheels exist for Linux x86_64 alone"
            return Finding("broken", problem, f"source /opt/ros/{SUPPORTED[0]}/setup.bash && {SET_UP}")
        if machine.python_version > NEWEST_WHEELS:
            problem = f"{found}: ROS 2 wheels exist up to {'.'.join(map(str, NEWEST_WHEELS))}"
            return Finding("broken", problem, "PYTHON=python3.12 ./blindspot setup")
    return Finding("ok", f"{found}, {machine.python}")


def packages(machine: Machine) -> Finding:
    """Compare the packages of our environment with the lock. Packages of a distribution are left to it."""
    if machine.root is None:
        return Finding("ok", "installed without a checkout: there is no lock file to compare with")
    lock = {one.name: one.version for one in read_lock(_lock_text(machine))}
    installed = machine.packages()
    other = [
        f"{name} {installed[name].version}, pinned {pinned}"
        for name, pinned in lock.items()
        if name in installed and installed[name].ours and installed[name].version != pinned
        and not (distribution(machine) and name in HELD_BY_DISTRIBUTION)
    ]  # fmt: skip
    absent = [name for name in _wanted(machine) if name not in installed]
    if absent:
        return Finding("missing", f"{len(absent)} of {len(lock)}: {_some(absent)}", afresh(machine))
    if other:
        return Finding("broken", f"{len(other)} of {len(lock)} differ: {_some(other)}", afresh(machine))
    return Finding("ok", f"{len(lock)} pins of {LOCK}, none differs")


def _lock_text(machine: Machine) -> str:
    return machine.read((machine.root or Path()) / LOCK).decode(errors="replace")


def _groups(machine: Machine) -> list[str]:
    folder = venv_name(machine)
    record = machine.read((machine.root or Path()) / folder / "share" / "blindspot" / "groups").decode(errors="replace")
    return record.split() or list(USUAL)


def _wanted(machine: Machine) -> list[str]:
    """The packages of the lock for every machine and these groups; beside a distribution only the groups' own
    packages."""
    groups = _groups(machine)
    if not distribution(machine):
        return [one.name for one in locked_of(_lock_text(machine), (*groups, "ros")) if not one.marker]
    direct = {f"-r {group_file(group)}" for group in groups}
    locked = locked_of(_lock_text(machine), groups)
    asked = (one.name for one in locked if direct & set(one.wanted_by) and not one.marker)
    return [name for name in asked if name not in HELD_BY_DISTRIBUTION]


def libraries(machine: Machine) -> Finding:
    modules = [name for group in _groups(machine) for name in LIBRARIES.get(group, ())]
    ran, problems = probe(machine, "modules", *modules)
    if not problems:
        return Finding("broken", f"they can't be tried: {ran.why}", afresh(machine))
    bad = [f"{name} ({problem})" for name, problem in problems.items() if problem]
    if bad:
        return Finding("broken", f"{len(bad)} of {len(problems)} don't load: {_some(bad)}", afresh(machine))
    return Finding("ok", f"all {len(problems)} load")


def ros(machine: Machine) -> Finding:
    named = distribution(machine)
    if named and named not in SUPPORTED:
        problem = f"{named} is sourced, but only {' and '.join(SUPPORTED)} are supported"
        return Finding("broken", problem, f"source /opt/ros/{SUPPORTED[0]}/setup.bash && {SET_UP}")
    middleware = machine.environ.get("RMW_IMPLEMENTATION") or MIDDLEWARE
    if middleware != MIDDLEWARE:
        problem = f"over {middleware}, which does not read our profiles: pictures would not arrive"
        return Finding("broken", problem, f"export RMW_IMPLEMENTATION={MIDDLEWARE}")
    if (unsound := _unsound_domain(machine)) is not None:
        return unsound
    ran, found = probe(machine, "middleware")
    if not found or "" in found:
        why = found.get("", ran.why)
        state: State = "missing" if "No module named 'rclpy'" in why else "broken"
        return Finding(state, f"rclpy: {why}", from_apt(machine, "rclpy") if named else afresh(machine))
    if MIDDLEWARE not in found:
        problem = f"over {next(iter(found))}, which does not read our profiles: pictures would not arrive"
        fix = from_apt(machine, MIDDLEWARE) if named else afresh(machine)
        return Finding("broken", problem, fix)
    if named:
        version, where = version_of(machine, "rclpy"), f"{sourced_prefixes(machine)[-1]}"
    else:
        package = next((p for name, p in machine.packages().items() if name.endswith("-rclpy")), None)
        named, where = SUPPORTED[0], "PyPI"
        version = package.version if package else "of unknown version"
    secures = {True: ", with security", False: ", without security (SROS 2)", None: ""}[has_security(machine.environ)]
    return Finding("ok", f"{named} from {where}, rclpy {version}, {middleware}{secures}")


def _unsound_domain(machine: Machine) -> Finding | None:
    """A finding if the kernel may give the domain's discovery port to another socket: the domain's nodes then receive
    nothing, and report no error."""
    domain = machine.environ.get("ROS_DOMAIN_ID") or "0"
    if not (domain.isdecimal() and int(domain) <= LAST_DOMAIN):
        return Finding("broken", f"ROS_DOMAIN_ID is {domain}, domains are 0 to {LAST_DOMAIN}", "unset ROS_DOMAIN_ID")
    port, chance = discovery_port(int(domain)), machine.read(CHANCE_PORTS).split()
    if len(chance) == 2 and int(chance[0]) <= port <= int(chance[1]):
        problem = f"ROS_DOMAIN_ID is {domain}, whose port {port} another program may get: no node is found then"
        return Finding("broken", problem, "export ROS_DOMAIN_ID=42   # or another of 1 to 101")
    return None


def interfaces(machine: Machine) -> Finding:
    ran, problems = probe(machine, "interfaces", *INTERFACES)
    if not problems:
        return Finding("broken", f"they can't be tried: {ran.why}", afresh(machine))
    bad = {name: problem for name, problem in problems.items() if problem}
    if not bad:
        return Finding("ok", f"all {len(problems)} packages load, with their compiled halves")
    absent = [name for name, problem in bad.items() if problem == f"No module named '{name}'"]
    failures = f"{len(bad)} of {len(problems)}: " + _some([f"{name} ({problem})" for name, problem in bad.items()])
    return Finding("missing" if len(absent) == len(bad) else "broken", failures, _bring(machine, list(bad)))


def _bring(machine: Machine, names: list[str]) -> str:
    """The command that installs interfaces. Set-up builds our own and the stand-ins, ROS 2 has the others."""
    built = [name for name in names if name in (*OURS, *STAND_IN_NAMES)]
    if len(built) < len(names):
        others = [name for name in names if name not in built]
        return from_apt(machine, *others) if distribution(machine) else afresh(machine)
    if machine.root is None:
        return "colcon build && source install/setup.bash"
    venv = afresh(machine).split()[2]
    return f"rm -rf {venv}/share/blindspot/stamps && {SET_UP}"


def _some(names: list[str]) -> str:
    """The first few."""
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
