"""The library of a patrol: checked variants of its plan, and after which of them which may follow when.

A variant is a plan for the whole fleet. All of them see the same promised ground, in other orders and at other times.
The matrix `gap_s` sums up what the revisit promise needs: after variant i, variant j may start at any time up to
`revisit_s - SLACK_S - gap_s[i, j]` after i's start. Then every promised place is seen again in time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from blindspot.core import PlanningError
from blindspot.coverage.ground import BlindSpots
from blindspot.mission import GroundMasks, Mission, Plan
from blindspot.operations.patrols.adversary import Choice, Places
from blindspot.operations.patrols.bound import Turn, best_choices, worth_flying
from blindspot.operations.patrols.sights import Sights, sights_of
from blindspot.planning import make_variants
from blindspot.planning.checker import check_plan, ground_of
from blindspot.planning.reasons import Surroundings, intrusion_of, surroundings_of
from blindspot.site import Site, load_site

VARIANTS = 12
SLACK_S = 60.0
"""Time kept for differences between flown and planned times, s: a start, and looks that come sooner or later."""
WORKERS = 2

Progress = Callable[[str, float], None]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Variant:
    """A checked plan of the fleet, with its looks at the blind cells; `flight_s` is its longest flight."""

    id: str
    plan: Plan
    sights: Sights

    def measured(self, mission: Mission, around: Surroundings) -> Variant:
        """The same with the plan's intrusion figures, which the gate judges and the report sums up."""
        figures = {"intrusion": intrusion_of(self.plan, mission, around)}
        return replace(self, plan=self.plan.model_copy(update=figures))

    @property
    def flight_s(self) -> float:
        return max(route.expected.flight_time_s for route in self.plan.routes)


@dataclass(frozen=True, slots=True)
class Library:
    """The variants of a mission's patrol.

    `seen` is the blind ground (flat mask) that any variant sees, `promised` the part that every variant sees, and
    `reachable_m2` the area that a legal view can see. `choices[i]` are the possible passes after variant i.
    `gap_s[i, j]` is the largest time over all promised cells from j's take-off to its first look, less the time from
    i's take-off to its last look.
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
        """A variant by its id."""
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


def build_library(
    mission: Mission, count: int = VARIANTS, *, site: Site | None = None, progress: Progress | None = None
) -> Library:
    """Make, check and time the variants of a patrol.

    Parameters
    ----------
    mission
        A mission of kind patrol.
    count
        Number of variants to make. Some may be left out: a rule refuses them, they keep the others from a
        larger promise, or they take so long that a lookout gains by them.
    site
        The town. Default: loaded from the mission's site folder.
    progress
        Called with the name of a stage and the share of it that is done, 0..1.

    Returns
    -------
    Library
        At least two variants, and the choices that are best against a lookout.

    Raises
    ------
    PlanningError
        The mission has no plan, all variants together see too little, or the time to be unpredictable is missing.
    InputError
        A file of the mission is missing or wrong.

    Example
    -------
    >>> library = build_library(load_mission(Path("config/missions/nantes_patrol.yaml")))  # doctest: +SKIP
    >>> library.gap_s.shape  # doctest: +SKIP
    (12, 12)
    """
    report: Progress = progress or (lambda stage, fraction: None)
    revisit_s, share = mission.file.revisit_s, mission.file.share
    if revisit_s is None or share is None:
        raise PlanningError(f"{mission.path.name} is no patrol: a library needs its revisit_s and share")
    site = site or load_site(mission.site_dir, mission.file.start)
    plans = make_variants(mission, count, site=site, progress=report)
    spots = ground_of(plans[0], site)
    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(lambda number: _checked(number, plans[number], mission, site, spots), range(len(plans))))
    report("checked", 1.0)
    around = surroundings_of(spots.perimeter, mission, site)
    good = [variant.measured(mission, around) for variant in found if variant is not None]
    if len(good) < 2:
        raise PlanningError(f"{len(good)} of {len(plans)} orders of the tour pass the checker: two at least are needed")
    reachable_m2 = max(variant.plan.coverage.reachable_area_m2 for variant in good)
    variants = _common(good, share * reachable_m2 / spots.field.grid.cell_area_m2)
    kept = worth_flying(*_game(variants, revisit_s, mission.file.swap_s))
    variants = tuple(variant for variant, is_kept in zip(variants, kept, strict=True) if is_kept)
    seen = np.logical_or.reduce([variant.sights.seen for variant in variants])
    promised = _promised(variants)
    choices = best_choices(*_game(variants, revisit_s, mission.file.swap_s))
    report("choices", 1.0)
    return Library(
        hash_of(mission), revisit_s, mission.file.swap_s, variants, spots.masks, seen, promised, reachable_m2,
        gaps_s(variants, promised), choices,
    )  # fmt: skip


def _promised(variants: Sequence[Variant]) -> Mask:
    """The ground that all of them see."""
    return np.asarray(np.logical_and.reduce([variant.sights.seen for variant in variants]))


def _game(variants: Sequence[Variant], revisit_s: float, swap_s: float) -> tuple[Turn, Places]:
    """The game with these variants against the lookout."""
    promised = _promised(variants)
    turn = turn_of(variants, gaps_s(variants, promised), revisit_s, swap_s)
    return turn, Places.of([variant.sights for variant in variants], promised)


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
    site_files = sorted(path for path in mission.site_dir.rglob("*") if path.is_file())
    areas = [mission.path.parent / one.area for one in mission.file.priorities if one.is_file]
    for path in (mission.path, mission.perimeter_path, *mission.model_paths, *areas, *site_files):
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _checked(number: int, plan: Plan, mission: Mission, site: Site, spots: BlindSpots) -> Variant | None:
    """The variant; None if the checker refuses it."""
    if check_plan(plan, mission, site, spots):
        return None
    return Variant(f"v{number + 1:02d}", plan, sights_of(plan, mission, spots))


def _common(variants: Sequence[Variant], cells: float) -> tuple[Variant, ...]:
    """The most variants that see so many cells in common. The one that misses the most by itself is left out first."""
    kept = list(variants)
    while len(kept) >= 2:
        seen = np.stack([variant.sights.seen for variant in kept])
        if seen.all(axis=0).sum() >= cells:
            return tuple(kept)
        alone_missed = (~seen & (seen.sum(axis=0) == len(kept) - 1)).sum(axis=1)
        kept.pop(int(np.argmax(alone_missed)))
    raise PlanningError("no two variants see the promised share of the ground in common: promise a smaller share")
