"""A mission with town and authorisation, for one command."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from blindspot.law.signatures.authorisation import Authorisation, load_authorisation
from blindspot.mission import Mission, load_mission, site_of
from blindspot.site import Site


@dataclass(frozen=True)
class Loaded:
    """The inputs of one command. Town and authorisation are read once, at the first use: a command without a need for
    the authorisation works beside a damaged authorisation."""

    mission: Mission

    @classmethod
    def of(cls, path: Path) -> Self:
        """Read the mission file. Raises InputError; so does each property for its own files."""
        return cls(load_mission(path))

    @cached_property
    def site(self) -> Site:
        """The town, with the obstacles of the mission's time."""
        return site_of(self.mission)

    @cached_property
    def authorisation(self) -> Authorisation:
        return load_authorisation(self.mission.authorisation_path)

    @property
    def for_simulation(self) -> str:
        """The sentence about a plan whose authorisation is for simulations alone; empty for any other one."""
        own = self.authorisation
        return f"the authorisation {own.id} never arms a real autopilot" if own.only_simulated else ""
