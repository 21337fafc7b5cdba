"""The memory of a run over a restart of its mission manager."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RunMemory:
    """The facts of a run that a restarted manager needs, as drone names."""

    ends: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By drone: outcome and reason of its route."""
    lost: tuple[str, ...] = ()
    """Lost to the plan."""
    held: tuple[str, ...] = ()
    """Held by a person."""
    standing_by: tuple[str, ...] = ()
    """Ordered to wait for the rest of the plan."""
    events: tuple[str, ...] = ()
    """In order, each once: the reason of the outcome."""
