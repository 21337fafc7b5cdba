"""The import table: which package may import which. Lazy imports count like any other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOTS = {"blindspot": ROOT / "src", "blindspot_sim": ROOT / "sim", "blindspot_lab": ROOT / "lab"}
CONTRACTS = {"core", "camera", "site", "mission"}
ON_BOARD = CONTRACTS | {"law", "flight", "vision"}
EVERYTHING = ON_BOARD | {"coverage", "planning", "evidence", "commission", "stack", "nodes", "doctor", "setup", "cli"}
MAY_IMPORT = {
    "core": set(),
    "setup": {"core"},
    "camera": {"core"},
    "site": {"core"},
    "mission": {"core", "camera", "site"},
    "coverage": CONTRACTS,
    "planning": CONTRACTS | {"coverage"},
    "law": CONTRACTS,
    "flight": CONTRACTS,
    "vision": CONTRACTS,
    "evidence": CONTRACTS | {"law", "coverage", "planning"},  # a report draws the plan that it judges
    "commission": ON_BOARD,
    "stack": ON_BOARD,
    "doctor": {"core", "setup", "stack"},
    "nodes": ON_BOARD | {"coverage", "planning", "evidence", "stack"},
    "cli": EVERYTHING | {"sim", "lab"},
    "sim": ON_BOARD | {"planning", "evidence", "stack", "nodes"},
    "lab": EVERYTHING | {"sim"},
}
TOWN_WIDE_NODES = {"authority", "coverage_monitor", "coverage_planner", "mission_manager", "mission_starter"}


def module_name(file: Path) -> str:
    for name, folder in ROOTS.items():
        if file.is_relative_to(folder / name):
            parts = file.relative_to(folder).with_suffix("").parts
            return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    raise ValueError(file)


MODULES = {module_name(file): file for name, folder in ROOTS.items() for file in (folder / name).rglob("*.py")}


def package_of(module: str) -> str:
    """`planning` for blindspot.planning.tours.tour, `sim` for the simulator, nothing for `blindspot` itself."""
    first, _, rest = module.partition(".")
    return {"blindspot_sim": "sim", "blindspot_lab": "lab"}.get(first, rest.partition(".")[0])


def imports_of(module: str) -> Iterator[str]:
    """The modules of ours that a module imports, wherever the import stands."""
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{module}: relative imports hide where a name comes from"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.partition(".")[0] in ROOTS:
                yield name if name in MODULES else name.rpartition(".")[0]


IMPORTS = {module: set(imports_of(module)) for module in MODULES}


@pytest.mark.parametrize("package", sorted({package_of(module) for module in MODULES} - {""}))
def test_a_package_imports_only_those_below_it(package):
    beyond = {
        (module, other)
        for module in MODULES if package_of(module) == package
        for other in IMPORTS[module] if package_of(other) not in MAY_IMPORT[package] | {package, ""}
    }  # fmt: skip
    assert not beyond


def test_nodes_on_a_drone_import_neither_coverage_nor_planning():
    """Whatever they reach, module by module: a companion computer need not have these packages."""
    on_board = {f"blindspot.nodes.{name}" for name in ("flight_control", "camera", "detector", "recorder")}
    assert on_board <= MODULES.keys()
    reached, todo = set(), set(on_board)
    while todo:
        module = todo.pop()
        reached.add(module)
        todo |= (IMPORTS[module] | {module.rpartition(".")[0]} & MODULES.keys()) - reached
    assert {package_of(module) for module in reached} & {"coverage", "planning", "sim", "lab"} == set()


def test_no_module_imports_itself_through_others():
    """Depth first; a module that is met again while its imports are followed closes a cycle."""
    done: set[str] = set()

    def follow(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way[way.index(module) :], module))
        if module not in done:
            for other in IMPORTS[module]:
                follow(other, (*way, module))
            done.add(module)

    for module in MODULES:
        follow(module, ())
