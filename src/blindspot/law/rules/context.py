"""The question to a rule: an authorisation, the profile, a moment, and the known facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from shapely import Polygon

from blindspot.law.files.authorisation_file import AuthorisationFile
from blindspot.law.files.profiles import Profile
from blindspot.law.rules.facts import Book, Flying, Kept, Phase, Ready, Recorded
from blindspot.law.signatures.authorisation import Authorisation
from blindspot.mission import DroneModel, Mission, Plan

OUTLINE_TOLERANCE_M = 0.05
"""Rounding of coordinates between a GeoJSON file and a plan, m."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A question to the rules. Facts that are `None` are unknown."""

    phase: Phase = "PL"
    auth: Authorisation | None
    profile: Profile | None
    now_utc: datetime
    simulated: bool
    problem: str = ""
    """Why there is no authorisation, no profile or no area."""
    plan: Plan | None = None
    mission: Mission | None = None
    area: Polygon | None = None
    """The authorised area, m ENU around the plan's origin."""
    models: Mapping[str, DroneModel] | None = None
    """The drone models of the routes, by name."""
    flown_s: float | None = None
    """Flight time of all drones on this day so far, s."""
    place_s: float | None = None
    """Longest time for which one place is in pictures in this ISO week, the plan included, s."""
    cameras_beside: int | None = None
    """Cameras of other cleared plans."""
    ready: Ready | None = None
    flying: Flying | None = None
    recorded: Recorded | None = None
    kept: Kept | None = None
    book: Book | None = None

    def fact(self, name: str) -> Any:
        """A fact of the phase: of the drones before take-off, in flight, of the recording or of what is kept. `None` is
        unknown. Raises KeyError in planning, which has no facts, and AttributeError for an unknown name: both refuse.
        """
        of_phase = {"PF": self.ready, "IF": self.flying, "RC": self.recorded, "RT": self.kept}[self.phase]
        return getattr(of_phase, name) if of_phase is not None else None

    def noted(self, name: str) -> Any:
        """A fact of the journal and the register; `None` is unknown."""
        return getattr(self.book, name) if self.book is not None else None

    @property
    def given(self) -> Authorisation:
        if self.auth is None:
            raise ValueError("there is no authorisation")
        return self.auth

    @property
    def file(self) -> AuthorisationFile:
        return self.given.file

    @property
    def under(self) -> Profile:
        if self.profile is None:
            raise ValueError("there is no profile")
        return self.profile

    @property
    def planned(self) -> Plan:
        if self.plan is None:
            raise ValueError("there is no plan")
        return self.plan

    @property
    def allowed(self) -> Polygon:
        """The authorised area with the tolerance of its rounding."""
        if self.area is None:
            raise ValueError("there is no authorised area")
        return _widened(self.area)


@lru_cache(maxsize=16)
def _widened(area: Polygon) -> Polygon:
    """The area with the tolerance of its rounding; each lease in flight asks for the same one."""
    return area.buffer(OUTLINE_TOLERANCE_M)
