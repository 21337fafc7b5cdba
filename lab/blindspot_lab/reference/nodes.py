"""Parameters of the nodes, from their declarations, and the tables of topics, services and actions."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from blindspot.flight.route.settings import thresholds
from blindspot.nodes.autopilot.mavros_interface import PUBLISHED, SERVICES, SUBSCRIBED
from blindspot.nodes.graph import parameters, qos
from blindspot.nodes.graph.topics import INTERFACES, INTERNAL, TOPICS, Topic
from blindspot_lab.reference.markdown import code, page, sentence, table

NODES: Mapping[str, tuple[str, ...]] = {
    "coverage_planner": ("nodes.coverage_planner",),
    "authority": ("nodes.authority",),
    "mission_manager": ("nodes.mission_manager",),
    "logbook": ("nodes.logbook",),
    "mission_starter": ("nodes.mission_starter",),
    "coverage_monitor": ("nodes.coverage_monitor",),
    "scheduler": ("nodes.scheduler",),
    "flight_control": ("nodes.flight_control", "nodes.judging.leases"),
    "camera": (
        "nodes.camera", "nodes.judging.leases", "nodes.cameras.camera_source", "nodes.cameras.camera_pose",
        "nodes.cameras.camera_clear",
    ),
    "detector": ("nodes.detector", "nodes.judging.leases"),
    "recorder": ("nodes.recorder", "nodes.judging.leases"),
    "simulator": ("nodes.simulator",),
}  # fmt: skip
"""By node: the modules that declare its parameters."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter; `default` and `bounds` as text."""

    name: str
    default: str
    bounds: str
    about: str


def declared(node: str) -> tuple[Parameter, ...]:
    """The parameters of a node, in the order of their declaration."""
    found = [each for module in NODES[node] for each in _of_module(module, node)]
    return tuple({each.name: each for each in found}.values())


def _of_module(name: str, node: str) -> Iterator[Parameter]:
    package = "blindspot_sim" if node == "simulator" else "blindspot"
    module = import_module(f"{package}.{name}")
    tree = ast.parse(Path(str(module.__file__)).read_text())
    for function in (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)):
        scope = _scope(function, vars(module))
        for call in sorted((each for each in ast.walk(function) if isinstance(each, ast.Call)), key=_place):
            yield from _of_call(call, scope)


def _place(call: ast.Call) -> tuple[int, int]:
    return call.lineno, call.col_offset


def _of_call(call: ast.Call, scope: dict[str, Any]) -> Iterator[Parameter]:
    kind = call.func.id if isinstance(call.func, ast.Name) else ""
    if kind in ("declare_fleet", "declare_journal", "declare_computer_key"):
        yield from _inside(getattr(parameters, kind))
    elif kind == "declare_thresholds":
        for each in thresholds():
            yield Parameter(each.name, f"{each.default:g}", f"{each.low:g} to {each.high:g}", each.describe)
    elif kind.startswith("declare_") and len(call.args) >= 2 and isinstance(call.args[1], ast.Constant):
        named = {each.arg: _text(each.value, scope) for each in call.keywords}
        default = _text(call.args[2], scope) if len(call.args) > 2 else ""
        bounds = f"{named['low']} to {named['high']}" if "low" in named else ""
        yield Parameter(str(call.args[1].value), default, bounds, named["describe"])


def _inside(helper: Any) -> Iterator[Parameter]:
    """The parameters that a helper of `parameters` declares."""
    tree = ast.parse(Path(parameters.__file__).read_text())
    function = next(x for x in ast.walk(tree) if isinstance(x, ast.FunctionDef) and x.name == helper.__name__)
    for call in (each for each in ast.walk(function) if isinstance(each, ast.Call)):
        yield from _of_call(call, vars(parameters))


def _scope(function: ast.FunctionDef, module: dict[str, Any]) -> dict[str, Any]:
    """The names of a module, and the local names of a function whose values need nothing else."""
    scope = dict(module)
    for each in function.body:
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
            try:
                scope[each.targets[0].id] = _eval(each.value, module)
            except Exception:  # it needs the node itself
                continue
    return scope


def _eval(node: ast.expr, scope: dict[str, Any]) -> Any:
    if any(isinstance(each, ast.Name) and each.id in ("self", "node") for each in ast.walk(node)):
        raise NameError(ast.unparse(node))
    return eval(compile(ast.Expression(node), "declaration", "eval"), {**vars(builtins), **scope})


def _text(node: ast.expr, scope: dict[str, Any]) -> str:
    """The value of an expression as the reference shows it; "by the model" for a value of the drone's model."""
    try:
        value = _eval(node, scope)
    except NameError:
        return "by the drone's model"
    if isinstance(value, bool):
        return str(value).lower()
    if str(value).startswith("/"):  # a path of this installation
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def node_page() -> str:
    """The page of the nodes' parameters."""
    about = (
        "`ros2 param describe` prints the same texts. All parameters are read-only and checked at start. A wrong or "
        "unknown one ends the node with one line and exit code 2. `config/params/MODE.yaml` is the overlay of a mode."
    )
    parts = []
    for node in NODES:
        rows = [(code(x.name), code(x.default), x.bounds, x.about) for x in declared(node)]
        parts += [f"## `{node}`", table(("Parameter", "Default", "Range", "Meaning"), rows)]
    return page("Parameters of the nodes", about, *parts)


def topic_page() -> str:
    """The page of topics, services and actions."""
    about = (
        "`<drone>` is the drone's name in the fleet file. All positions are metres in frame `map`. A message with a "
        "header carries the time of the stack's clock. Unmasked pictures stay off the graph by design."
    )
    interfaces = ((code(x.name), x.kind, code(x.type), code(x.node), x.about) for x in INTERFACES)
    used = {each.qos for each in (*TOPICS, *INTERNAL)}
    meanings = ((name.lower(), about) for name, about in _profiles().items() if name.lower() in used)
    return page(
        "Topics, services and actions", about,
        _topics(TOPICS), "## Topics of the stack itself", _topics(INTERNAL),
        "## Quality of service", table(("QoS", "Profile"), meanings),
        "## Services and actions", table(("Name", "Kind", "Type", "Node", "Meaning"), interfaces),
        "## MAVROS", "The part of MAVROS that a drone's nodes use, below `/<drone>/mavros/`.",
        table(("Topic or service", "Kind", "Type"), _mavros()),
    )  # fmt: skip


def _topics(topics: tuple[Topic, ...]) -> str:
    rows = (
        (code(x.name), code(x.type), x.qos, x.rate, code(x.frame), x.node if " " in x.node else code(x.node))
        for x in topics
    )
    return table(("Topic", "Type", "QoS", "Rate", "Frame", "Node"), rows)


def _mavros() -> Iterator[tuple[str, str, str]]:
    for kind, topics in (("read", PUBLISHED), ("sent", SUBSCRIBED)):
        for name, (message, _) in topics.items():
            yield code(name), kind, code(_type(message))
    for name, service in SERVICES.items():
        yield code(name), "service", code(_type(service))


def _type(message: Any) -> str:
    return f"{message.__module__.partition('.')[0]}/{message.__name__}"


def _profiles() -> dict[str, str]:
    """The profiles of `qos` with the text behind each."""
    body = ast.parse(Path(qos.__file__).read_text()).body
    return {
        first.targets[0].id: sentence(str(second.value.value))
        for first, second in pairwise(body)
        if isinstance(first, ast.Assign) and isinstance(first.targets[0], ast.Name)
        if isinstance(second, ast.Expr) and isinstance(second.value, ast.Constant)
    }
