"""Missions that a page wants planned and flown, between the server's thread and the owner of the graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from blindspot.law.orders import FLY, Ordered
from blindspot.mission import MissionRef


@dataclass(frozen=True, slots=True)
class AskedPlan:
    """A mission that a page wants planned. The folder of the run exists; `ref` names the mission in an order."""

    name: str
    mission: Path
    ref: MissionRef
    run_dir: Path


@dataclass(frozen=True, slots=True)
class PlannedFlight:
    """A plan that a person may order: the message for the mission manager, and the hash of each sortie."""

    asked: AskedPlan
    message: Any
    plans: tuple[str, ...]
    drones: tuple[str, ...]

    def ordered(self, person: str, reason: str) -> Ordered:
        """The order to fly, as a person signs it."""
        ref = self.asked.ref
        return Ordered(FLY, person, reason, (), (ref.file, ref.sha256, self.asked.run_dir.name, *self.plans))


class PageFlights(Protocol):
    """The owner of the graph, as another thread may ask."""

    @property
    def is_busy(self) -> bool:
        """Whether a plan is being made."""

    def ask(self, plan: AskedPlan) -> None:
        """Let a mission be planned."""

    def planned(self, run: str) -> PlannedFlight | None:
        """The plan of a run that waits for an order; None for another run."""
