"""The library of a patrol: checked variants of the patrol's plan, and for each variant the possible next variants with
times.

A variant is a plan for the whole fleet. All of them see the same promised ground, in other orders and at other times.
The matrix `gap_s` sums up what the revisit promise needs: after variant i, variant j may start at any time up to
`revisit_s - SLACK_S - gap_s[i, j]` after i's start. Then every promised place is seen again in time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.core import read_file
from blindspot.mission import GroundMasks, Mission, Plan
from blindspot.operations.patrols.choices import Choice, Places, Turn
from blindspot.operations.patrols.sights import Sights
from blindspot.site import site_files

SLACK_S = 60.0
"""Time kept for differences between flown and planned times, s: a start, and views that come sooner or later."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Variant:
    """A checked plan of the fleet, with the views of the blind cells; `flight_s` is the longest flight."""

    id: str
    plan: Plan
    sights: Sights

    @property
    def flight_s(self) -> float:
        return max(route.expected.flight_time_s for route in self.plan.routes)


@dataclass(frozen=True, slots=True)
class Library:
    """The variants of a mission's patrol.

    `seen` is the blind ground (flat mask) seen by any variant, `promised` the part seen by every variant, and
    `reachable_m2` the area in reach of a legal view. `choices[i]` are the possible passes after variant i.
    `gap_s[i, j]` is the largest time over all promised cells from j's take-off to j's first view, less the time from
    i's take-off to i's last view.
    """

    mission_sha256: str
    revisit_s: float
    swap_s: float
    variants: tuple[Variant, ...]
    masks: GroundMasks
    seen: Mask
    promised: Mask
    reachable_m2: float
    gap_s: NDArray[np.float64]
    choices: tuple[tuple[Choice, ...], ...]

    @property
    def promised_share(self) -> float:
        """Share of the reachable ground for which the revisit time is promised, 0..1."""
        return float(self.promised.sum()) * self.masks.grid.cell_area_m2 / self.reachable_m2

    def variant(self, name: str) -> Variant:
        return next(variant for variant in self.variants if variant.id == name)

    @property
    def turn(self) -> Turn:
        return turn_of(self.variants, self.gap_s, self.revisit_s, self.swap_s)

    @property
    def places(self) -> Places:
        """The promised places, as the lookout sees them."""
        return Places.of([variant.sights for variant in self.variants], self.promised)

    def latest_s(self, now: int, following: int) -> float:
        """Latest start of the variant `following` after the start of `now`, s, that keeps the promise."""
        return self.revisit_s - SLACK_S - float(self.gap_s[now, following])


def gaps_s(variants: Sequence[Variant], promised: Mask) -> NDArray[np.float64]:
    """The matrix `Library.gap_s`."""
    first_s = np.stack([variant.sights.first_s[promised] for variant in variants]).astype(np.float64)
    last_s = np.stack([variant.sights.last_s[promised] for variant in variants]).astype(np.float64)
    return np.array([[float((first - last).max()) for first in first_s] for last in last_s])


def turn_of(variants: Sequence[Variant], gap_s: NDArray[np.float64], revisit_s: float, swap_s: float) -> Turn:
    """Least and most time from a start to the next."""
    return Turn(np.array([variant.flight_s + swap_s for variant in variants]), revisit_s - SLACK_S - gap_s)


def hash_of(mission: Mission) -> str:
    """Hash of everything that a library depends on: the mission's files and the site's. Another one voids it."""
    digest = hashlib.sha256()
    named = (mission.perimeter_path, *mission.model_paths, *mission.area_paths)
    for path in (mission.path, *named, *site_files(mission.site_dir)):
        content = read_file(path)
        digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
