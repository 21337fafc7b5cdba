"""Requirement groups: a drone installs only its own.

The environment keeps the names of all installed groups, so that a second start does nothing. `setup drone` on a
companion computer comes before any other command there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from blindspot.core import DependencyError

GROUPS = ("drone", "ground", "simulator", "lab", "developer")
USUAL = ("drone", "ground", "simulator")
"""Groups of a machine that plans and simulates."""
NEEDS = {"test": GROUPS, "bench": (*USUAL, "lab")}
"""Groups of commands that need more than the usual."""
FOLDER = Path("requirements")


def group_file(group: str) -> Path:
    """The requirement file of a group, relative to the repository."""
    return FOLDER / f"{group}.in"


def groups_for(arguments: Sequence[str], installed: Iterable[str]) -> tuple[str, ...]:
    """The groups for a command line, in addition to the installed groups, in the order of GROUPS.

    `setup NAME...` asks for groups by name; raises DependencyError for a name that is not a group.
    """
    command, *named = arguments or [""]
    asked = set(named) if command == "setup" and named else set(NEEDS.get(command, ()))
    if unknown := sorted(asked - set(GROUPS)):
        raise DependencyError(f"setup: {unknown[0]} is not a requirement group: name some of {', '.join(GROUPS)}")
    wanted = set(installed) | asked or set(USUAL)
    return tuple(group for group in GROUPS if group in wanted)


def installed_groups(record: Path) -> tuple[str, ...]:
    """The groups in the record of an environment; empty for a new environment."""
    try:
        names = record.read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return ()
    return tuple(name for name in names if name in GROUPS)
