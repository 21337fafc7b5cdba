"""The checker's verdict in the words of the papers: the proven part, and the refused stretches."""

from __future__ import annotations

from collections.abc import Sequence

from blindspot.planning.checker.check_flight import Violation
from blindspot.planning.papers.outcome import Outcome

PROVEN = "proven from every second"


def proof_of(it: Outcome, violations: Sequence[Violation]) -> tuple[str, str]:
    """(verdict in a few words, its subject); both fit beside a map."""
    if violations:
        drawn = len(stretches_of(violations))
        about = f"stretches of flights drawn red: {drawn}" if drawn else "none of them is about a stretch of a flight"
        return f"not proven: {len(violations)} violation{'s' if len(violations) > 1 else ''}", about
    onto_roofs_s = sum(it.over_roofs_s.values())
    if onto_roofs_s:
        return PROVEN, f"hold, return; landing except for {onto_roofs_s:.0f} s over roofs"
    return PROVEN, "hold, return, landing: clear and affordable"


def stretches_of(violations: Sequence[Violation]) -> list[Violation]:
    """The violations that have a way on the ground, so that a map can show them."""
    return [violation for violation in violations if violation.way]
