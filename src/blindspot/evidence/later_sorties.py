"""The plans that are flown after the first plan of a mission."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from blindspot.mission import Plan, load_plan


def sorties_after(plan: Plan, folder: Path) -> Sequence[Plan]:
    """Read the plans of the sorties after this plan, flown or not; of a watch the posts of the other drones.

    Parameters
    ----------
    plan
        The first plan of the mission.
    folder
        The folder of the plan files.

    Returns
    -------
    sequence of Plan
        The later plans in the order of flight.

    Raises
    ------
    InputError
        A plan file is unreadable.

    Example
    -------
    >>> [later.sortie.number for later in sorties_after(plan, run_dir)]  # doctest: +SKIP
    [2, 3]
    """
    if plan.sortie is None:
        return plan.posts_beside(folder)
    numbers = range(plan.sortie.number + 1, plan.sortie.of + 1)
    files = [file for number in numbers if (file := folder / f"sortie-{number}.json").is_file()]
    found = [load_plan(file) for file in files]
    return tuple(part for part in found if part.sortie is not None and part.mission == plan.mission)
