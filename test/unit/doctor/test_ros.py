"""Python, packages, libraries, ROS 2 and interfaces: each working, missing and broken."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from blindspot.doctor import ros
from blindspot.doctor.machine import Package, Ran

ROOT = Path(__file__).parents[3]
PROBE = "python -P -m blindspot.doctor.probe"
MIDDLEWARE = {"rmw_fastrtps_cpp": ""}


def prints(content: object) -> Ran:
    return Ran(0, json.dumps(content) + "\n")


@pytest.mark.parametrize(
    ("version", "architecture", "state"),
    [((3, 12), "Linux x86_64", "ok"), ((3, 10), "Linux x86_64", "broken"), ((3, 15), "Linux x86_64", "broken"),
     ((3, 12), "Linux aarch64", "broken")],
)  # fmt: skip
def test_python_must_fit_the_wheels(machine, version, architecture, state):
    machine.python_version, machine.architecture = version, architecture
    found = ros.python(machine)
    assert found.state == state
    assert bool(found.fix) is (state != "ok")


def test_beside_a_distribution_there_are_no_wheels_to_fit(with_ros):
    with_ros.python_version, with_ros.architecture = (3, 15), "Linux aarch64"
    assert ros.python(with_ros).state == "ok"


def test_packages_as_pinned(machine):
    assert ros.packages(machine).message == "3 pins of requirements/lock.txt, none differs"


def test_a_package_that_is_not_there_and_one_that_is_another(machine):
    machine.installed["alpha"] = Package("1.1")
    found = ros.packages(machine)
    assert (found.state, found.fix) == ("broken", "rm -rf .venv && ./blindspot setup")
    assert "alpha 1.1, pinned 1.0" in found.message
    del machine.installed["alpha"]
    assert ros.packages(machine).state == "missing"
    machine.installed["beta"] = Package("0.1")  # of another platform: need not be there, but if so as pinned
    machine.installed["alpha"] = Package("1.0")
    assert "beta 0.1, pinned 2.5" in ros.packages(machine).message


def test_what_a_distribution_brings_is_its_own_affair(with_ros):
    gamma = b"gamma==3 \\\n    --hash=sha256:03\n    # via -r requirements/ground.in\n"
    with_ros.files["/clone/requirements/lock.txt"] += gamma
    with_ros.installed |= {"alpha": Package("0.9", ours=False), "numpy": Package("1.26")}
    found = ros.packages(with_ros)
    assert (found.state, found.fix) == ("missing", "rm -rf .venv-jazzy && ./blindspot setup")
    assert found.message == "1 of 4: gamma"
    with_ros.installed["gamma"] = Package("3")
    assert ros.packages(with_ros).state == "ok"


def test_a_drone_lacks_nothing_that_its_groups_do_not_name(machine):
    gamma = b"gamma==3 \\\n    --hash=sha256:03\n    # via -r requirements/ground.in\n"
    machine.files["/clone/requirements/lock.txt"] += gamma
    assert ros.packages(machine).message == "1 of 4: gamma"
    machine.files["/clone/.venv/share/blindspot/groups"] = b"drone"
    assert ros.packages(machine).state == "ok"
    del machine.installed["alpha"]
    assert ros.packages(machine).fix == "rm -rf .venv && ./blindspot setup drone"


def test_without_a_checkout_nothing_is_compared(machine):
    machine.root = None
    assert ros.packages(machine).state == "ok"


def test_libraries_that_load_and_one_that_does_not(machine):
    modules = [name for names in ros.LIBRARIES.values() for name in names]
    machine.answers[PROBE] = prints(dict.fromkeys(modules, ""))
    assert ros.libraries(machine).message == f"all {len(modules)} load"
    assert any("numba" in line for line, _ in machine.asked)
    machine.answers[PROBE] = prints({"numpy": "", "cv2": "libGL.so.1: cannot open"})
    found = ros.libraries(machine)
    assert (found.state, found.message) == ("broken", "1 of 2 don't load: cv2 (libGL.so.1: cannot open)")


@pytest.mark.parametrize(
    ("ran", "why"),
    [(Ran(-11), "killed by signal 11"), (Ran(None, timed_out=True), "no answer in time"),
     (Ran(1, error="Traceback\nImportError: no\n"), "ImportError: no"), (Ran(0, "words\n"), "words"),
     (Ran(7), "ended with code 7")],
)  # fmt: skip
@pytest.mark.parametrize("look", [ros.libraries, ros.interfaces, ros.ros])
def test_a_process_that_dies_of_an_import_is_reported(machine, look, ran, why):
    machine.answers[PROBE] = ran
    found = look(machine)
    assert found.state == "broken"
    assert why in found.message
    assert found.fix


def test_ros_from_pypi(machine):
    machine.answers[PROBE] = prints(MIDDLEWARE)
    assert ros.ros(machine).message == "jazzy from PyPI, rclpy 7.1.6, rmw_fastrtps_cpp"


def test_ros_of_a_distribution(with_ros):
    with_ros.answers[PROBE] = prints(MIDDLEWARE)
    with_ros.files["/opt/ros/jazzy/share/rclpy/package.xml"] = b"<version>7.1.4</version>"
    assert ros.ros(with_ros).message == "jazzy from /opt/ros/jazzy, rclpy 7.1.4, rmw_fastrtps_cpp"


def test_a_distribution_that_is_too_old(with_ros):
    with_ros.environ["ROS_DISTRO"] = "humble"
    found = ros.ros(with_ros)
    assert (found.state, found.fix) == ("broken", "source /opt/ros/jazzy/setup.bash && ./blindspot setup")


def test_ros_that_is_not_there_and_ros_that_is_broken(machine, with_ros):
    machine.environ.clear()
    machine.answers[PROBE] = Ran(1, error="ModuleNotFoundError: No module named 'rclpy'")
    assert ros.ros(machine).state == "missing"
    machine.answers[PROBE] = prints({"": "librmw_fastrtps_cpp.so: cannot open"})
    found = ros.ros(machine)
    assert (found.state, found.fix) == ("broken", "rm -rf .venv && ./blindspot setup")
    assert "librmw_fastrtps_cpp.so" in found.message


def test_another_middleware_would_lose_pictures(machine):
    machine.environ["RMW_IMPLEMENTATION"] = "rmw_cyclonedds_cpp"
    found = ros.ros(machine)
    assert (found.state, found.fix) == ("broken", "export RMW_IMPLEMENTATION=rmw_fastrtps_cpp")
    del machine.environ["RMW_IMPLEMENTATION"]
    machine.answers[PROBE] = prints({"rmw_cyclonedds_cpp": ""})
    assert ros.ros(machine).state == "broken"


@pytest.mark.parametrize("domain", ["233", "-1", "seven"])
def test_a_domain_that_there_is_not(machine, domain):
    machine.environ["ROS_DOMAIN_ID"] = domain
    found = ros.ros(machine)
    assert (found.state, found.fix) == ("broken", "unset ROS_DOMAIN_ID")


@pytest.mark.parametrize(("domain", "state"), [("101", "ok"), ("102", "broken"), ("214", "broken"), ("215", "ok")])
def test_a_domain_whose_port_any_socket_may_get(machine, domain, state):
    machine.environ["ROS_DOMAIN_ID"] = domain
    machine.files["/proc/sys/net/ipv4/ip_local_port_range"] = b"32768\t60999\n"
    machine.answers[PROBE] = prints(MIDDLEWARE)
    found = ros.ros(machine)
    assert found.state == state
    assert state == "ok" or found.fix.startswith("export ROS_DOMAIN_ID=42")


def test_interfaces(machine):
    machine.answers[PROBE] = prints(dict.fromkeys(ros.INTERFACES, ""))
    assert ros.interfaces(machine).state == "ok"


@pytest.mark.parametrize(
    ("name", "distribution", "fix"),
    [
        ("blindspot_msgs", False, "rm -rf .venv/share/blindspot/stamps && ./blindspot setup"),
        ("mavros_msgs", True, "rm -rf .venv-jazzy/share/blindspot/stamps && ./blindspot setup"),
        ("nav_msgs", False, "rm -rf .venv && ./blindspot setup"),
        ("nav_msgs", True, "sudo apt-get install ros-jazzy-nav-msgs"),
    ],
)
def test_interfaces_that_do_not_load(machine, name, distribution, fix):
    if distribution:
        machine.environ |= {"ROS_DISTRO": "jazzy", "AMENT_PREFIX_PATH": "/opt/ros/jazzy"}
    machine.answers[PROBE] = prints({"std_msgs": "", name: f"No module named '{name}'"})
    assert (ros.interfaces(machine).state, ros.interfaces(machine).fix) == ("missing", fix)
    machine.answers[PROBE] = prints({"std_msgs": "", name: "lib.so: undefined symbol"})
    assert (ros.interfaces(machine).state, ros.interfaces(machine).fix) == ("broken", fix)


def test_installed_without_a_checkout_interfaces_come_from_colcon(machine):
    machine.root = None
    machine.answers[PROBE] = prints({"blindspot_msgs": "No module named 'blindspot_msgs'"})
    assert ros.interfaces(machine).fix == "colcon build && source install/setup.bash"


def test_every_interface_of_the_manifest_is_tried():
    manifest = ElementTree.parse(ROOT / "package.xml").getroot()
    named = {str(element.text) for element in manifest.iter("exec_depend")}
    assert {name for name in named if re.search(r"_(msgs|interfaces|srvs)$", name)} == set(ros.INTERFACES)
