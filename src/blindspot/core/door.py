"""The door of a package: the public names, each imported at the first use.

A package's `__init__.py` lists the public names once, as imports for the type checker:

    # mypy: implicit-reexport
    if TYPE_CHECKING:
        from blindspot.mission.plan import Plan
    else:
        __getattr__, __all__ = open_door(__name__)

With the comment, the type checker takes these imports as exported names, in this module alone.

So the import of a package loads no module: a command starts fast, and a drone's node loads only the used modules.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path


def open_door(package: str) -> tuple[Callable[[str], object], list[str]]:
    """`__getattr__` and `__all__` of a package, from the imports under `if TYPE_CHECKING` in its `__init__.py`."""
    homes = names_in_door(Path(str(sys.modules[package].__file__)))

    def get(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    return get, sorted(homes)


def names_in_door(init_file: Path) -> dict[str, str]:
    """Public name -> defining module, for the package with this `__init__.py`."""
    statements = ast.parse(init_file.read_text(encoding="utf-8")).body
    guarded = (line for statement in statements if isinstance(statement, ast.If) for line in statement.body)
    return {
        alias.name: line.module
        for line in guarded if isinstance(line, ast.ImportFrom) and line.module
        for alias in line.names
    }  # fmt: skip
