"""What the code imports is what the requirement files, the lock and package.xml name."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from blindspot.setup.groups import GROUPS

ROOT = Path(__file__).parents[2]
# Import name -> name on PyPI, where they differ.
ON_PYPI = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "paho": "paho-mqtt",
    "pydantic_core": "pydantic",
    "rfc3161_client": "rfc3161-client",
    "yaml": "pyyaml",
}
# Import name -> rosdep key; the others have none, and ./blindspot brings them.
ROSDEP = {
    "PIL": "python3-pil",
    "cv2": "python3-opencv",
    "onnxruntime": "python3-onnxruntime-pip",
    "pydantic_core": "python3-pydantic",
    "yaml": "python3-yaml",
}
NO_ROSDEP_KEY = {
    "astral",
    "distributed",
    "highspy",
    "ijson",
    "lap",
    "mcap",
    "mcap_ros2",
    "osmium",
    "paho",
    "pyogrio",
    "pyulog",
    "rasterio",
    "rfc3161_client",
    "starlette",
    "uvicorn",
}
"""Or one of too old a package."""
OURS = {"blindspot", "blindspot_sim", "blindspot_lab"}
ON_REQUEST = {"torch", "libreyolo", "rfdetr", "yolox"}
"""Needed by those alone who train a network or record exports. Each script says how to get them: 860 MB and more."""


@cache
def imports_of(folder: Path) -> frozenset[str]:
    """Every outside module that the Python files under `folder` import."""
    return frozenset(_imported(folder))


def _imported(folder: Path) -> Iterator[str]:
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield node.module.partition(".")[0]


def outside(folder: Path) -> set[str]:
    return imports_of(folder) - set(sys.stdlib_module_names) - OURS - ON_REQUEST


def dependencies(manifest: Path) -> set[str]:
    return {str(element.text) for element in ElementTree.parse(manifest).getroot().iter("exec_depend")}


def is_ros(module: str) -> bool:
    brought = {"rclpy", "launch", "launch_ros", "ament_index_python", "cv_bridge"}
    return module in brought or module.endswith(("_msgs", "_interfaces", "_srvs")) or module.startswith("rosidl_")


def named(file: str) -> set[str]:
    lines = (ROOT / "requirements" / file).read_text().splitlines()
    return {found[0].lower() for line in lines if (found := re.match(r"[A-Za-z][A-Za-z0-9._-]*", line))}


@pytest.mark.parametrize(
    ("folder", "groups"),
    [
        ("src/blindspot", ("drone", "ground")),
        ("sim/blindspot_sim", ("drone", "ground", "simulator")),
        ("lab/blindspot_lab", ("drone", "ground", "simulator", "lab")),
    ],
)
def test_every_import_is_a_requirement_of_its_groups(folder: str, groups: tuple[str, ...]) -> None:
    needed = {ON_PYPI.get(module, module) for module in outside(ROOT / folder) if not is_ros(module)}
    assert needed <= set().union(*(named(f"{group}.in") for group in groups))


@pytest.mark.parametrize("node", ["flight_control", "camera", "detector", "recorder"])
def test_a_node_on_a_drone_imports_only_what_a_drone_installs(node: str) -> None:
    """Module by module, whatever it reaches: in a process of its own, with the modules of other groups hidden."""
    others = {
        "rfc3161_client",
        "numba",
        "highspy",
        "osmium",
        "paho",
        "ijson",
        "pyogrio",
        "distributed",
        "pyulog",
        "PIL",
        "jinja2",
        "pyvrp",
    }
    assert {ON_PYPI.get(name, name).lower() for name in others} <= named("ground.in") | named("lab.in")
    code = f"import sys; sys.modules.update(dict.fromkeys({sorted(others)})); import blindspot.nodes.{node}"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_every_requirement_is_locked() -> None:
    wanted = set().union(*(named(f"{group}.in") for group in (*GROUPS, "ros", "tools")))
    assert {name.replace("_", "-") for name in wanted} <= named("lock.txt")


def test_no_opencv_that_needs_a_graphics_library() -> None:
    assert "opencv-python" not in named("lock.txt")


def test_no_registry_is_named() -> None:
    for file in (ROOT / "requirements").iterdir():
        assert "://" not in file.read_text(), file


@pytest.mark.parametrize(
    ("manifest", "folder"), [("package.xml", "src/blindspot"), ("sim/package.xml", "sim/blindspot_sim")]
)
def test_every_import_is_in_the_manifest(manifest: str, folder: str) -> None:
    modules = outside(ROOT / folder)
    ros = {module for module in modules if is_ros(module) and not module.startswith("rosidl_")}
    plain = {module for module in modules if not is_ros(module)} - NO_ROSDEP_KEY
    others = {ROSDEP.get(module, f"python3-{module}") for module in plain}
    assert ros | others <= dependencies(ROOT / manifest)


def test_the_manifest_names_what_the_modes_run() -> None:
    run = {"mavros", "mavros_extras", "cv_bridge", "launch_ros", "ros_gz_bridge", "ros_gz_image"}
    assert run <= dependencies(ROOT / "package.xml")
