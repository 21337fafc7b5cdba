"""The import table: which package may import which, and only through its door. Lazy imports count like any other."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from blindspot.core.door import names_in_door

ROOT = Path(__file__).parents[2]
ROOTS = {"blindspot": ROOT / "src", "blindspot_sim": ROOT / "sim", "blindspot_lab": ROOT / "lab"}
CONTRACTS = {"core", "camera", "site", "mission"}
ON_BOARD = CONTRACTS | {"law", "flight", "vision"}
EVERYTHING = ON_BOARD | {
    "coverage", "planning", "evidence", "operations", "commission", "stack", "acts", "nodes", "doctor", "setup", "cli",
    "console",
}  # fmt: skip
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
    "operations": CONTRACTS | {"law", "coverage", "planning"},
    "console": CONTRACTS | {"coverage", "law", "evidence", "operations"},
    "commission": ON_BOARD,
    "stack": ON_BOARD,
    "acts": ON_BOARD | {"coverage", "planning", "evidence", "operations", "stack"},
    "doctor": {"core", "setup", "stack"},
    "nodes": ON_BOARD | {"coverage", "planning", "evidence", "operations", "stack", "console"},
    "cli": EVERYTHING | {"sim", "lab"},
    "sim": ON_BOARD | {"planning", "evidence", "operations", "stack", "nodes"},
    "lab": EVERYTHING | {"sim"},
}
MOST_NAMES = 20
"""Of a door. A package over it is a toolbox or a set of contracts, whose parts are small and used alone."""
WIDE_DOORS = {
    "blindspot.core": 42,
    "blindspot.mission": 37,
}


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


PACKAGES = {module for module, file in MODULES.items() if file.name == "__init__.py"}
DOORS = {package: names_in_door(MODULES[package]) for package in PACKAGES}


def named_imports(module: str) -> Iterator[str]:
    """The names of ours that a module imports, as written: `blindspot.mission.Plan`."""
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{module}: relative imports hide where a name comes from"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name for name in names if name.partition(".")[0] in ROOTS)


def module_behind(name: str) -> str:
    """The module that an imported name comes from; through a door, the one that defines it."""
    package, _, last = name.rpartition(".")
    return name if name in MODULES else DOORS.get(package, {}).get(last, package)


@cache
def named() -> dict[str, set[str]]:
    """What each module imports, as written. Read by the first test and not here: every process of a run loads this."""
    return {module: set(named_imports(module)) for module in MODULES.keys() - PACKAGES}


@cache
def imports() -> dict[str, set[str]]:
    """The modules behind those names."""
    return {module: {module_behind(name) for name in names} for module, names in named().items()}


@pytest.mark.parametrize("package", sorted({package_of(module) for module in MODULES} - {""}))
def test_a_package_imports_only_those_below_it(package):
    beyond = {
        (module, other)
        for module in imports() if package_of(module) == package
        for other in imports()[module] if package_of(other) not in MAY_IMPORT[package] | {package, ""}
    }  # fmt: skip
    assert not beyond


def reached_from(start: set[str]) -> set[str]:
    """These modules, and all that they import, module by module, lazy imports included."""
    assert start and start <= MODULES.keys()
    reached, todo = set(), set(start)
    while todo:
        module = todo.pop()
        reached.add(module)
        todo |= imports().get(module, set()) - reached
    return reached


def test_nodes_on_a_drone_import_no_package_of_the_ground():
    """Whatever they reach: a companion computer need not have these packages."""
    on_board = {f"blindspot.nodes.{name}" for name in ("flight_control", "camera", "detector", "recorder")}
    reached = {package_of(module) for module in reached_from(on_board)}
    assert reached & {"coverage", "planning", "console", "sim", "lab"} == set()


def test_nothing_in_flight_imports_the_simulation_of_weeks():
    """Nor the search for the best schedule, which needs a solver: a library of variants is made before."""
    in_flight = {module for module in MODULES if package_of(module) in ("nodes", "flight", "vision", "law", "stack")}
    beyond = {
        f"blindspot.operations.{name}" for name in ("simulation.weeks", "simulation.lookout", "patrols.best_schedule")
    }
    assert beyond <= MODULES.keys()
    assert reached_from(in_flight) & beyond == set()


def assert_no_circle(imports: Mapping[str, set[str]]) -> None:
    """Depth first; a place that is met again while its imports are followed closes a circle."""
    done: set[str] = set()

    def follow(place: str, way: tuple[str, ...]) -> None:
        assert place not in way, " -> ".join((*way[way.index(place) :], place))
        if place not in done:
            for other in sorted(imports.get(place, ())):
                follow(other, (*way, place))
            done.add(place)

    for place in sorted(imports):
        follow(place, ())


def test_no_module_imports_itself_through_others():
    assert_no_circle(imports())


def test_no_folder_imports_itself_through_others():
    """A package's own modules count as a folder, too: they lie above its folders, or below them."""
    folders: dict[str, set[str]] = defaultdict(set)
    for module, others in imports().items():
        folder = module.rpartition(".")[0]
        folders[folder] |= {other.rpartition(".")[0] for other in others} - {folder}
    assert_no_circle(folders)


def test_no_file_name_stands_three_times():
    names = Counter(module.rpartition(".")[2] for module in imports())
    assert {name for name, count in names.items() if count > 2} <= {"__main__"}


def test_no_name_in_a_door_is_the_name_of_a_module_of_its_package():
    """Once such a module is loaded, the door would give the module in place of the name."""
    twice = {(package, name) for package in PACKAGES for name in DOORS[package] if f"{package}.{name}" in MODULES}
    assert not twice


def test_no_class_name_stands_three_times():
    """Private classes count, too: a reader who searches for a name meets at most two classes."""
    names = Counter(
        node.name
        for module in imports()
        for node in ast.parse(MODULES[module].read_text()).body if isinstance(node, ast.ClassDef)
    )  # fmt: skip
    assert not {name for name, count in names.items() if count > 2}


def test_another_package_is_imported_through_its_door_alone():
    """Or one of its modules as a whole, by the package's name: `from blindspot.nodes.graph import qos`."""
    past = {
        (module, name)
        for module, names in named().items() if package_of(module) not in ("lab", "")
        for name in names if package_of(name) not in (package_of(module), "", "lab")
        if name not in MODULES and name.rpartition(".")[0] not in PACKAGES
    }  # fmt: skip
    assert not past - {(module, name) for module, name in past if name.startswith("blindspot.core.door.")}


def test_each_package_says_what_it_is_for_and_opens_only_what_others_use():
    used = {
        module_behind(name) + "." + name.rpartition(".")[2]
        for module, names in named().items() for name in names
        if package_of(module) != package_of(name)
    }  # fmt: skip
    for package in PACKAGES - {"blindspot"}:
        assert ast.get_docstring(ast.parse(MODULES[package].read_text())), package
        unused = {name for name, home in DOORS[package].items() if f"{home}.{name}" not in used}
        assert not unused, f"{package}: no other package uses {unused}"
        assert len(DOORS[package]) <= WIDE_DOORS.get(package, MOST_NAMES), package


def test_folders_stay_small():
    """Of Python files, without `__init__.py`; the reasons are in docs/architecture.md."""
    sizes = {package: sum(other.rpartition(".")[0] == package for other in imports()) for package in PACKAGES}
    assert max(sizes.values()) <= 16
