"""How a run ends, from worst to best."""

from __future__ import annotations

from typing import Literal

Outcome = Literal["completed", "degraded", "returned", "aborted", "refused", "failed", "unaccounted"]
"""How a run ends. Degraded: every route was flown, but a node is lost or a later sortie has no plan. Unaccounted: the
place of a drone is unknown."""

WORST_FIRST: tuple[Outcome, ...] = (
    "unaccounted", "failed", "aborted", "refused", "returned", "degraded", "completed",
)  # fmt: skip
"""A run has the outcome of its worst drone."""


def known_outcome(name: str) -> Outcome:
    """The outcome of this name; an unknown name counts as failed."""
    return next((outcome for outcome in WORST_FIRST if outcome == name), "failed")
