"""Makes the library of a patrol: plans, checks, times and chooses the variants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from blindspot.core import PlanningError, workers
from blindspot.coverage.ground import BlindSpots
from blindspot.mission import Mission, Plan, site_of
from blindspot.operations.patrols.best_schedule import best_choices, worth_flying
from blindspot.operations.patrols.choices import Places, Turn
from blindspot.operations.patrols.library import Library, Mask, Variant, gaps_s, hash_of, turn_of
from blindspot.operations.patrols.planned_sights import sights_of
from blindspot.planning import make_variants
from blindspot.planning.checker import check_plan, ground_of
from blindspot.planning.reasons import Surroundings, intrusion_of, surroundings_of
from blindspot.site import Site

VARIANTS = 12

Progress = Callable[[str, float], None]


def build_library(
    mission: Mission, count: int = VARIANTS, *, site: Site | None = None, progress: Progress | None = None
) -> Library:
    """Make, check and time the variants of a patrol.

    Parameters
    ----------
    mission
        A mission of kind patrol.
    count
        Number of variants to make. A variant may be left out: a rule refuses the variant, the variant keeps the
        others from a larger promise, or a lookout gains by the variant's long flight.
    site
        The town. Default: loaded from the mission's site folder.
    progress
        Called with the name of a stage and the finished share of the stage, 0..1.

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
    (7, 7)
    """
    report: Progress = progress or (lambda stage, fraction: None)
    revisit_s, share = mission.file.revisit_s, mission.file.share
    if revisit_s is None or share is None:
        raise PlanningError(f"{mission.path.name} is no patrol: a library needs its revisit_s and share")
    site = site or site_of(mission)
    plans = make_variants(mission, count, site=site, progress=report)
    spots = ground_of(plans[0], site)
    with ThreadPoolExecutor(workers()) as pool:
        found = list(pool.map(lambda number: _checked(number, plans[number], mission, site, spots), range(len(plans))))
    report("checked", 1.0)
    around = surroundings_of(spots.perimeter, mission, site)
    good = [_measured(variant, mission, around) for variant in found if variant is not None]
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
    """The ground seen by all variants."""
    return np.asarray(np.logical_and.reduce([variant.sights.seen for variant in variants]))


def _game(variants: Sequence[Variant], revisit_s: float, swap_s: float) -> tuple[Turn, Places]:
    """The game with these variants against the lookout."""
    promised = _promised(variants)
    turn = turn_of(variants, gaps_s(variants, promised), revisit_s, swap_s)
    return turn, Places.of([variant.sights for variant in variants], promised)


def _checked(number: int, plan: Plan, mission: Mission, site: Site, spots: BlindSpots) -> Variant | None:
    """The variant; None if the checker refuses it."""
    if check_plan(plan, mission, site, spots):
        return None
    return Variant(f"v{number + 1:02d}", plan, sights_of(plan, mission, spots))


def _common(variants: Sequence[Variant], cells: float) -> tuple[Variant, ...]:
    """The most variants that see so many cells in common. The variant that misses the most by itself is left out
    first."""
    kept = list(variants)
    while len(kept) >= 2:
        seen = np.stack([variant.sights.seen for variant in kept])
        if seen.all(axis=0).sum() >= cells:
            return tuple(kept)
        alone_missed = (~seen & (seen.sum(axis=0) == len(kept) - 1)).sum(axis=1)
        kept.pop(int(np.argmax(alone_missed)))
    raise PlanningError("no two variants see the promised share of the ground in common: promise a smaller share")


def _measured(variant: Variant, mission: Mission, around: Surroundings) -> Variant:
    """The variant with its plan's intrusion figures, which the gate judges and the report sums up."""
    figures = {"intrusion": intrusion_of(variant.plan, mission, around)}
    return replace(variant, plan=variant.plan.model_copy(update=figures))
