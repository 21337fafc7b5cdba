"""The final files of a run: `summary.json` with the verdict on the limits, and the report."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blindspot.core import InputError, write_whole
from blindspot.evidence.about_run import about_run
from blindspot.evidence.dispatched import dispatches_of
from blindspot.evidence.later_sorties import sorties_after
from blindspot.evidence.masks.publication import picture_facts
from blindspot.evidence.observed.observed import observed_of
from blindspot.evidence.observed.summary_file import Summary
from blindspot.evidence.observed.track import read_tracks
from blindspot.evidence.proportion.flown import proportion_of
from blindspot.evidence.report import write_report
from blindspot.evidence.story import story_of, with_chain
from blindspot.evidence.summary import planned_m2, summarise
from blindspot.evidence.watches.of_watch import watch_of
from blindspot.law import load_authorisation
from blindspot.mission import GroundMasks, Mission, Plan, load_plan, site_of

Mask = NDArray[np.bool_]
NOT_OF_SUMMARISE = frozenset({"flown_plans", "cleared_plans", "watch_span_s"})


def conclude(
    mission: Mission, plan: Plan, facts: Mapping[str, Any], run_dir: Path, *, simulated: bool = False
) -> Summary:
    """Write `summary.json` and `report.html` from `track.csv`, `ground.npz` and, if present, `seen.npz`.

    The seen share is counted from `seen.npz` alone. A drone is judged by all its routes: the plan's, those of later
    sorties, and those of the rests that were planned in flight.

    Parameters
    ----------
    mission, plan
        The mission and the flown plan, of several sorties the first.
    facts
        The other keyword arguments of `summarise`, and as `flown_plans` the ids of all flown plans. `cleared_plans`
        holds the hashes of the plans with a lease; without it the plans of later sorties are not compared.
        `watch_span_s` holds begin and end of an overwatch on the clock of `looks.csv`, s.
    run_dir
        Folder of the run. Both files are written there.
    simulated
        True if the aircraft and the contents of their pictures were simulated.

    Returns
    -------
    Summary
        The facts of the run, as they were written.

    Raises
    ------
    InputError
        If a required file is missing or unreadable, or if a later sortie's plan is not the cleared one.

    Example
    -------
    >>> conclude(mission, plan, {"outcome": "completed"}, run_dir, simulated=True).outcome  # doctest: +SKIP
    'completed'
    """
    site = site_of(mission)
    masks = GroundMasks.load(run_dir / "ground.npz")
    tracks = read_tracks(run_dir / "track.csv")
    rests = tuple(load_plan(path) for path in sorted(run_dir.glob("rest-*.json")))
    sorties = sorties_after(plan, run_dir)
    cleared = None if (leased := facts.get("cleared_plans")) is None else with_ordered(leased, run_dir)
    later = flown_later(plan, sorties, facts.get("flown_plans", ()), cleared)
    span_s = facts.get("watch_span_s")
    facts = {name: value for name, value in facts.items() if name not in NOT_OF_SUMMARISE}
    known = seen_of(run_dir / "seen.npz", masks)
    if looks := dispatches_of(run_dir, tracks):
        several = {"dispatches": looks} if len(looks) > 1 else {}
        facts["extra"] = {**facts.get("extra", {}), "dispatch": looks[-1], **several}
    auth = load_authorisation(mission.authorisation_path)
    observed = observed_of(run_dir, mission, site, masks, auth, tracks, simulated=simulated)
    summary = summarise(
        plan, mission.file.limits, site.solids, tracks, terrain=site.terrain, later=later, rests=rests,
        observed=observed, seen_blind_fraction=share_seen(known, masks), simulated=simulated, **facts,
    )  # fmt: skip
    write_whole(run_dir / "summary.json", summary.to_json())  # first: the verdict outlives a fault of the rest
    is_tracked = all(drone.flight_time_s is not None for drone in summary.drones)
    explained = known if is_tracked else None  # without a track, nobody knows which views were flown
    story = story_of(run_dir, mission, plan, (*sorties, *rests), auth, masks, explained, tracks, simulated=simulated)
    story = with_chain(story, summary.chain or ())
    seen_m2 = None if known is None else float((masks.blind & known).sum()) * masks.grid.cell_area_m2
    missed = None if story.missed is None else story.missed.as_dict()
    proportion = proportion_of(
        mission, (plan, *later), site, masks, observed, summary.drones, seen_m2, planned_m2(plan), auth, missed
    )
    watch = watch_of(run_dir, mission, site, masks, span_s) if mission.file.targets else None
    pictures = picture_facts(story.published, story.missed)
    summary = replace(summary, proportion=proportion.as_dict(), watch=watch, pictures=pictures)
    write_whole(run_dir / "summary.json", summary.to_json())
    about = about_run(run_dir, auth, summary.order, start=story.start, asked=mission.file.record, simulated=simulated)
    write_report(
        run_dir, plan, summary, site=site, masks=masks, seen=known, tracks=tracks, authorisation_id=auth.id,
        story=replace(story, about=about), later=later,
    )  # fmt: skip
    return summary


def with_ordered(cleared: Collection[str], folder: Path) -> frozenset[str]:
    """The hashes of cleared plans, and those of the ordered posts whose shorter turns are among them.

    The shorter turns are in the run's folder. Raises InputError for an unreadable one.
    """
    turns = map(load_plan, sorted(folder.glob("turn-*.json")))
    return frozenset(cleared) | {turn.ordered_sha256 for turn in turns if turn.sha256 in cleared}


def flown_later(
    plan: Plan, sorties: Iterable[Plan], flown: Collection[str], cleared: Collection[str] | None = None
) -> tuple[Plan, ...]:
    """Those of the `sorties` after this plan whose ids are among the `flown` ones. Raises InputError if the plan of one
    is missing, or its hash is not among the `cleared` ones: the flight would be judged by another plan."""
    later = {part.id: part for part in sorties if part.id in flown}
    for name in (name for name in flown if name not in ("", plan.id)):
        problem = "is missing" if name not in later else f"has the SHA-256 {later[name].sha256}: it was not cleared"
        if name not in later or (cleared is not None and later[name].sha256 not in cleared):
            raise InputError("plan of a sortie", name, problem, "put the cleared plan back into the run's folder")
    return tuple(later.values())


def seen_of(path: Path, masks: GroundMasks) -> Mask | None:
    """The seen cells in the coverage monitor's file; None if it is missing, broken or has another grid."""
    try:
        with np.load(path) as data:
            seen = ~np.isnan(data["last_seen_s"])
    except Exception:  # zipfile, zlib and numpy raise unrelated types for a broken file
        return None
    return seen if seen.shape == masks.grid.shape else None


def share_seen(seen: Mask | None, masks: GroundMasks) -> float:
    """Seen share of the blind ground; NaN if it is unknown, 1 if the mission has no blind ground."""
    if seen is None:
        return math.nan
    blind = int(masks.blind.sum())
    return int((seen & masks.blind).sum()) / blind if blind else 1.0
