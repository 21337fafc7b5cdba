"""The reasons why a mission is not planned, or a plan file is not taken, before a search or a flight begins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from blindspot.core import InputError, RefusedError
from blindspot.law import Loaded, judge_start
from blindspot.mission import load_plan

if TYPE_CHECKING:
    from blindspot.planning.checker import Violation


def refuse_start(asked: Loaded) -> None:
    """Raise RefusedError if the authorisation is invalid at the mission's start, and InputError if an overwatch has
    more targets than cameras may look at once. This needs no plan."""
    if asked.mission.file.kind == "overwatch":
        from blindspot.operations.watches import refuse_cameras  # other missions never load it

        refuse_cameras(asked.mission, asked.authorisation)
    if verdicts := judge_start(asked.authorisation, asked.mission.file.start):
        raise RefusedError(tuple(map(str, verdicts)))


def refuse_foreign(taken: Path, asked: Loaded) -> None:
    """Raise InputError for a plan file of another mission."""
    from blindspot.planning.checker import of_another_mission  # a flight without a plan file never loads the checker

    refuse_others(taken, tuple(of_another_mission(load_plan(taken), asked.mission, asked.site)))


def refuse_others(taken: Path, violations: Sequence[Violation]) -> None:
    """Raise InputError for a plan of another mission: this mission's rules can't judge it."""
    other = next((violation for violation in violations if violation.rule == "mission"), None)
    if other is not None:
        raise InputError(taken, "", f"is no plan of this mission: {other}", "take a plan of this mission")
