"""Functions behind the packages' doors are documented in full, and the examples of all docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOORS = ("coverage", "planning", "site", "mission", "law", "evidence")
OF_CORE = (
    "inside", "open_file", "output_folder", "read_file", "read_mapping", "read_yaml", "workers", "write_private",
)  # fmt: skip
NOT_FIRST = {"evidence.entries_of_act", "evidence.entries_of_run", "evidence.entries_with"}
"""Readers of single entries, for code that has a journal already: a sentence each says what they take."""
WITH_EXAMPLES = sorted(path for path in (ROOT / "src/blindspot").rglob("*.py") if ">>> " in path.read_text())


def functions() -> Iterator[tuple[str, FunctionType]]:
    """The functions of the doors, and the functions of `core` that read and write files."""
    for package in DOORS:
        door = importlib.import_module(f"blindspot.{package}")
        yield from ((f"{package}.{name}", getattr(door, name)) for name in door.__all__)
    core = importlib.import_module("blindspot.core")
    yield from ((f"core.{name}", getattr(core, name)) for name in OF_CORE)


FIRST = {name: of for name, of in functions() if inspect.isfunction(of) and name not in NOT_FIRST}


@pytest.mark.parametrize("name", FIRST)
def test_a_function_behind_a_door_says_what_it_takes_and_gives(name):
    signature, text = inspect.signature(FIRST[name]), inspect.getdoc(FIRST[name]) or ""
    assert not signature.parameters or "\nParameters\n---" in text, "name the parameters"
    gives = signature.return_annotation not in (None, "None")
    assert not gives or "\nReturns\n---" in text or "\nYields\n---" in text, "name the result"
    assert "\n>>> " in text, "add an example"


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(ROOT / "src/blindspot")))
def test_examples_are_true(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    module = importlib.import_module(".".join(path.relative_to(ROOT / "src").with_suffix("").parts))
    assert doctest.testmod(module).failed == 0
