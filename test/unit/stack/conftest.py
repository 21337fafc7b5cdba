"""What the tests of stacks look up in one: a node, its parameters as its source declares them, its DDS profile."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from blindspot.stack.bringup import stack
from blindspot.stack.programs.dds import VARIABLES
from blindspot.stack.programs.processes import NodeProcess, Options, Stack

ROOT = Path(__file__).parents[3]
DDS = "{http://www.eprosima.com}"
TYPES: dict[str, type | tuple[type, ...]] = {
    "declare_str": str,
    "declare_float": float,
    "declare_int": int,
    "declare_bool": bool,
    "declare_names": (list, tuple),
}
DECLARED_BY = {
    "declare_fleet": "fleet", "declare_journal": "journal", "declare_computer_key": "computer_key",
    "Leases": "lease_key",
}  # fmt: skip
"""Texts that a call declares which does not name them."""


def _node_of(what: Stack, full_name: str) -> NodeProcess:
    (found,) = (node for node in what.nodes if node.full_name == full_name)
    return found


def _source_of(node: NodeProcess) -> Path:
    folder = ROOT / ("sim" if node.package == "blindspot_sim" else "src")
    return folder / f"{node.module.replace('.', '/')}.py"


def _declared(node: NodeProcess) -> dict[str, str]:
    """Parameter: name of the function that declares it, read from the node's source and from the modules that bear its
    name (`camera_source` of `camera`, whose node is the product's in a simulation, too)."""
    path = _source_of(replace(node, package="blindspot") if node.executable == "camera" else node)
    found = {}
    for source in (path, *path.parent.rglob(f"{path.stem}_*.py")):
        for call in (n for n in ast.walk(ast.parse(source.read_text())) if isinstance(n, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in DECLARED_BY:
                found[DECLARED_BY[call.func.id]] = "declare_str"
            if (
                isinstance(call.func, ast.Name)
                and call.func.id in TYPES
                and not isinstance(call.args[1], ast.JoinedStr)
            ):
                name = call.args[1]
                names = [name.value] if isinstance(name, ast.Constant) else _looped(source, name)
                found.update(dict.fromkeys(names, call.func.id))
    return found


def _looped(path: Path, variable: ast.expr) -> list[str]:
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


def _transports(node: NodeProcess, what: Stack) -> set[str]:
    return {found.text for found in ElementTree.parse(_profile_of(node, what)).iter(f"{DDS}type")}


def _profile_of(node: NodeProcess, what: Stack) -> Path:
    """The one profile of a node, by whichever variable its Fast DDS reads."""
    environment = {**what.environment, **node.environment}
    (profile,) = {environment[variable] for variable in VARIABLES}
    return Path(profile)


@pytest.fixture
def node_of() -> Callable[[Stack, str], NodeProcess]:
    """The node of a stack with a full name."""
    return _node_of


@pytest.fixture
def source_of() -> Callable[[NodeProcess], Path]:
    """The source file of a node of ours."""
    return _source_of


@pytest.fixture
def undeclared() -> Callable[[NodeProcess], list[str]]:
    """The parameters of a node that its source does not declare with their type."""

    def find(node: NodeProcess) -> list[str]:
        known = _declared(node)
        return [n for n, v in node.parameters.items() if n not in known or not isinstance(v, TYPES[known[n]])]

    return find


@pytest.fixture
def profile_of() -> Callable[[NodeProcess, Stack], Path]:
    """The DDS profile of a node."""
    return _profile_of


@pytest.fixture
def transports() -> Callable[[NodeProcess, Stack], set[str]]:
    """The kinds of transport of a node's DDS profile."""
    return _transports


@pytest.fixture
def fleet_of(tmp_path: Path) -> Callable[..., Path]:
    """Writes a fleet of the crossroads with its drones' entries changed, e.g. `fleet_of(drone2={"mav_sys_id": 7})`.

    A drone whose change is None is left out.
    """

    def make(**changes: dict[str, object] | None) -> Path:
        data = yaml.safe_load((ROOT / "config" / "fleets" / "crossroads.yaml").read_text())
        data["site"] = str(ROOT / "config" / "sites" / "crossroads")
        data["drones"] = [
            drone | (changes.get(drone["name"]) or {}) for drone in data["drones"]
            if changes.get(drone["name"], {}) is not None
        ]  # fmt: skip
        (tmp_path / "fleets").mkdir(exist_ok=True)
        if not (tmp_path / "drones").exists():
            (tmp_path / "drones").symlink_to(ROOT / "config" / "drones")
        (tmp_path / "fleets" / "own.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
        return tmp_path / "fleets" / "own.yaml"

    return make


@pytest.fixture
def hardware(tmp_path: Path) -> Callable[..., Stack]:
    """The hardware stack of a fleet, with a video as its camera."""

    def make(fleet: Path, **options: object) -> Stack:
        (tmp_path / "film.avi").touch()
        return stack("hardware", fleet, Options(tmp_path / "run", camera=str(tmp_path / "film.avi"), **options))

    return make
