"""Tests use public names: the number of accesses to private names of the product stays small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
MOST = 9
"""The rest are faults that a test builds into an inner step, and numeric kernels that are compared with slow code."""


def is_private(name: str) -> bool:
    return name.startswith("_") and name != "_" and not name.endswith("__")


def accesses(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of each private attribute, import or patched name that the source itself does not define."""
    nodes = list(ast.walk(ast.parse(source)))
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    own |= {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name) and node.value.id == "self"}  # fmt: skip
    own.add("_exit")  # of the module os
    for node in nodes:
        if isinstance(node, ast.Attribute):
            found = [node.attr]
        elif isinstance(node, ast.ImportFrom):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("setattr", "getattr"):
            texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
            found = [text.rpartition(".")[2] for text in texts if isinstance(text, str)]
        else:
            continue
        yield from ((node.lineno, ast.unparse(node)) for name in found if is_private(name) and name not in own)


def test_private_names_of_the_product_are_rarely_used():
    found = [
        f"{file.relative_to(TESTS)}:{line}: {text}"
        for file in sorted(TESTS.rglob("*.py"))
        for line, text in accesses(file.read_text())
    ]
    assert len(found) <= MOST, "\n".join(found)


def test_each_kind_of_access_is_found():
    source = (
        "from a import _b\nc._d\nsetattr(c, '_e', 1)\npatch.setattr('a.b._f', 1)\nself._own = 1\nself._own\nos._exit(0)"
    )
    assert [line for line, _ in accesses(source)] == [1, 2, 3, 4]
