"""The launch files, read through a minimal stand-in for `launch` and `launch_ros`, which PyPI does not have.

The stand-in keeps what each action was made with, so that the tests see what a real launch would be asked to start.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from blindspot.core import InputError

ROOT = Path(__file__).parents[4]
FLYING = {"fleet", "mission", "run_dir", "camera", "calibration", "params_file", "log_level", "console"}
MISSION = ROOT / "config" / "missions" / "crossroads.yaml"
FLEET = ROOT / "config" / "fleets" / "crossroads.yaml"
OPERATION = ROOT / "config" / "operations" / "crossroads_evenings.yaml"
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


@pytest.fixture
def outlived() -> list[tuple[str, int]]:
    """The rights of nodes that go on after their launch was killed."""
    return []


@pytest.fixture(autouse=True)
def held(monkeypatch: pytest.MonkeyPatch, outlived: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The rights that a launch holds; other runs of the tests on this computer hold none for it."""
    rights: list[tuple[str, int]] = []

    class Right:
        def __init__(self, *right: Any) -> None:
            if right in outlived:
                raise InputError(right[0], "", "runs already on this computer", "end the other process first")
            rights.append(right)
            self.close = partial(rights.remove, right)

    monkeypatch.setattr("blindspot.stack.enclaves.only_one.OnlyOne", Right)
    return rights


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
    """Everything that a launch file would start with these arguments, from an empty folder; without the console unless
    a test asks for it."""
    monkeypatch.chdir(tmp_path)

    def start(mode: str, **given: str) -> list[Made]:
        made = description(mode)
        known = arguments(made)
        assert given.keys() <= known.keys(), "an argument that the launch file does not declare"
        usual = {**known, "console": "false"} if "console" in known else known
        return made.args[-1].named["function"]({**usual, **given})

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


@pytest.fixture
def own_parameters(tmp_path) -> str:
    (tmp_path / "own.yaml").write_text("/**/flight_control:\n  ros__parameters:\n    computer_hot_c: 75.0\n")
    return "own.yaml"
