"""What a benchmark says: a goal and what was measured against it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """One figure. `met` is None where the goal can't be judged here (reference tool absent, no goal set)."""

    name: str
    goal: str
    measured: float
    unit: str
    met: bool | None
