"""The sorties of a mission, a battery each: their plan files in the run's folder, and the outcome of all. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from blindspot.core import InputError
from blindspot.flight.outcomes import WORST_FIRST, Outcome, known_outcome
from blindspot.mission import Plan, load_plan


def sortie_file(number: int) -> str:
    """File name of the plan of a sortie; the first is number 1."""
    return "plan.json" if number == 1 else f"sortie-{number}.json"


def is_last(plan: Plan) -> bool:
    """Whether no sortie follows this plan."""
    return plan.sortie is None or plan.sortie.number >= plan.sortie.of


def next_sortie(folder: Path, plan: Plan) -> Plan | None:
    """The plan of the next sortie, from the run's folder; None for a missing file.

    Raises InputError for an unreadable file, and for a plan of another mission or another place in the row.
    """
    assert plan.sortie is not None
    path = folder / sortie_file(plan.sortie.number + 1)
    if not path.is_file():
        return None
    found = load_plan(path)
    due = plan.sortie.number + 1, plan.sortie.of
    if found.sortie is None or (found.sortie.number, found.sortie.of) != due:
        raise InputError(path, "sortie", f"is not number {due[0]} of {due[1]}", "make the plans of the mission again")
    if (found.mission, found.site) != (plan.mission, plan.site):
        raise InputError(path, "mission", "is another than that of the first sortie", "make the plans again")
    return found


def outcome_of_all(ends: Sequence[tuple[str, str]]) -> tuple[Outcome, str]:
    """(worst outcome, reason) of successive sorties; for several sorties, the reason names the first sortie with this
    outcome."""
    worst = min((known_outcome(outcome) for outcome, _ in ends), key=WORST_FIRST.index)
    if len(ends) == 1:
        return worst, ends[0][1]
    reasons = (f"sortie {k}: {why}" for k, (end, why) in enumerate(ends, 1) if known_outcome(end) == worst and why)
    return worst, next(reasons, "")
