"""The possible ends of a word that a shell asks for: drones, missions and runs. Fast, and silent on any error: a person
is typing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

MISSIONS = "config/missions"
MOST = 200
_PILOTED = "flight_control"
"""Each drone has one."""


def drones(incomplete: str) -> list[str]:
    """The drones of the stack of this computer, by its record."""
    return _ends(incomplete, _drones)


def missions(incomplete: str) -> list[str]:
    """The mission files of this folder, and the files and folders at a path that is being typed."""
    return _ends(incomplete, lambda: _files(incomplete))


def runs(incomplete: str) -> list[str]:
    """The runs of the stack of this computer, of the present or the latest stack, and the runs in the usual folder."""
    return _ends(incomplete, _runs)


def _ends(incomplete: str, known: Callable[[], Iterable[str]]) -> list[str]:
    try:
        return sorted({word for word in known() if word.startswith(incomplete)})[:MOST]
    except Exception:  # an error would be printed into the line that is being typed
        return []


def _drones() -> Iterable[str]:
    from blindspot.stack import stack_record

    record = stack_record.read_stack_record(os.environ)
    nodes = () if record is None or not record.is_running else record.watched
    return (drone for drone, _, node in (name.strip("/").partition("/") for name in nodes) if node == _PILOTED)


def _files(incomplete: str) -> list[str]:
    usual = [] if incomplete else [path.as_posix() for path in Path(MISSIONS).glob("*.yaml")]
    typed = incomplete.rpartition("/")[0]
    folder = f"{typed}/" if "/" in incomplete else ""
    entries = [entry for entry in Path(folder or ".").iterdir() if not entry.name.startswith(".")]
    return usual or [
        f"{folder}{entry.name}{'/' * entry.is_dir()}" for entry in entries if entry.is_dir() or entry.suffix == ".yaml"
    ]


def _runs() -> Iterable[str]:
    from blindspot.stack import stack_record

    record = stack_record.read_stack_record(os.environ)
    for stack_dir in [] if record is None else [record.stack_dir]:
        yield from (plan.parent.name for plan in stack_dir.glob("*/plan.json"))
    for plan in (*Path("runs").glob("*/plan.json"), *Path("runs").glob("*/*/plan.json")):
        yield plan.parent.relative_to("runs").as_posix()
