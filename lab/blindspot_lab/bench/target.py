"""The result of a benchmark: a goal and the measured figure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """One figure. `met` is None if there is no verdict (reference tool absent, or no goal set)."""

    name: str
    goal: str
    measured: float
    unit: str
    met: bool | None
