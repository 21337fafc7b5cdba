"""Who may know whom: what a room of the package imports of the others. Nothing points back."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "blindspot"
KNOWS = {
    "site": set(),
    "coverage": {"site"},
    "planning": {"coverage", "site"},
    "law": {"planning", "site"},
    "flight": {"planning", "site"},
    "vision": {"coverage", "planning", "site"},
    "evidence": {"coverage", "law", "planning", "site"},
    "commission": {"flight", "law", "vision"},
    "doctor": {"setup"},
    "nodes": {"coverage", "evidence", "flight", "law", "planning", "site", "vision"},
}


@pytest.mark.parametrize("room", KNOWS)
def test_a_room_knows_only_those_it_may(room):
    rooms, known = {path.name for path in PACKAGE.iterdir() if path.is_dir()}, set()
    for file in (PACKAGE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("blindspot."):
                known.add(node.module.split(".")[1])
    assert known & rooms - {room} <= KNOWS[room]
