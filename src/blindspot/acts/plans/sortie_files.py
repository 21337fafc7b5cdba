"""The plan files of the sorties of a mission, or of the posts of a watch, which lie in one folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from blindspot.core import writable_or_error
from blindspot.mission import Plan, load_plan


def file_name(plan: Plan) -> str:
    """File name of a sortie's or a post's plan in the folder of the first one."""
    kind, number, _ = _place(plan)
    return "plan.json" if number == 1 else f"{kind}-{number}.json"


def others_beside(taken: Plan, file: Path) -> tuple[Plan, ...]:
    """The other sorties or posts of a plan read from a file, if their files lie beside that file. Raises InputError."""
    kind, _, of = _place(taken)
    names = ["plan.json", *(f"{kind}-{number}.json" for number in range(2, of + 1))] if of > 1 else []
    found = [load_plan(file.parent / name) for name in names if (file.parent / name).is_file()]
    return tuple(plan for plan in found if _place(plan)[::2] == (kind, of) and plan.id != taken.id)


def after(plan: Plan, others: Sequence[Plan]) -> list[Plan]:
    """The sorties or posts with a greater number than the plan's."""
    kind, number, _ = _place(plan)
    return [other for other in others if _place(other)[0] == kind and _place(other)[1] > number]


def _place(plan: Plan) -> tuple[str, int, int]:
    """(first word of the file's name, number of the plan, number of all plans) of a plan in its folder."""
    if plan.watch is not None:
        return "post", plan.watch.number, plan.watch.of
    return ("sortie", plan.sortie.number, plan.sortie.of) if plan.sortie is not None else ("sortie", 1, 1)


def write_later(folder: Path, later: Sequence[Plan]) -> tuple[Path, ...]:
    """Write the plan files of the sorties or posts after the first. Raises InputError."""
    files = tuple(folder / file_name(plan) for plan in later)
    with writable_or_error(folder):
        for file, plan in zip(files, later, strict=True):
            file.write_text(plan.to_json(), encoding="utf-8")
    return files
