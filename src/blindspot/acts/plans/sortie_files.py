"""The plan files of the sorties of a mission, which lie in one folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from blindspot.core import writable_or_error
from blindspot.mission import Plan, load_plan


def file_name(plan: Plan) -> str:
    """File name of a sortie's plan in the folder of the first one."""
    return "plan.json" if plan.sortie is None or plan.sortie.number == 1 else f"sortie-{plan.sortie.number}.json"


def others_beside(taken: Plan, file: Path) -> tuple[Plan, ...]:
    """The other sorties of a plan read from a file, if the sorties' files lie beside that file. Raises InputError."""
    if taken.sortie is None:
        return ()
    names = ["plan.json", *(f"sortie-{number}.json" for number in range(2, taken.sortie.of + 1))]
    found = [load_plan(file.parent / name) for name in names if (file.parent / name).is_file()]
    return tuple(p for p in found if p.sortie and p.sortie.of == taken.sortie.of and p.id != taken.id)


def after(plan: Plan, others: Sequence[Plan]) -> list[Plan]:
    """The sorties that are flown after the plan."""
    return [p for p in others if p.sortie and plan.sortie and p.sortie.number > plan.sortie.number]


def write_later(folder: Path, later: Sequence[Plan]) -> tuple[Path, ...]:
    """Write the plan files of the sorties after the first. Raises InputError."""
    files = tuple(folder / file_name(plan) for plan in later)
    with writable_or_error(folder):
        for file, plan in zip(files, later, strict=True):
            file.write_text(plan.to_json(), encoding="utf-8")
    return files
