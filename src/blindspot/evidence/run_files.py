"""The files of a finished run: judged, written, ready to be read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blindspot.evidence.observed.observed import observed_of
from blindspot.evidence.observed.track import read_tracks
from blindspot.evidence.report import write_report
from blindspot.evidence.story import story_of
from blindspot.evidence.summary import summarise, write_summary
from blindspot.law import load_authorisation
from blindspot.mission import GroundMasks, Mission, Plan, load_ground_masks, load_plan
from blindspot.site import load_site

Mask = NDArray[np.bool_]


def conclude(
    mission: Mission, plan: Plan, facts: Mapping[str, Any], run_dir: Path, *, simulated: bool = False
) -> dict[str, Any]:
    """Write `summary.json` and `report.html` from the folder's `track.csv`, `ground.npz` and, if there, `seen.npz`.
    What was seen is counted from `seen.npz` alone, whatever anybody told of it meanwhile.
    A drone is judged by all the routes that it was given: the plan's, and those of the rests planned in flight.

    `facts` are the other keyword arguments of `summarise`; `simulated`: what flew, and what was in its pictures, was
    simulated. Raises InputError where a file that must be there is not.
    """
    site = load_site(mission.site_dir, mission.file.start)
    masks = load_ground_masks(run_dir / "ground.npz")
    tracks = read_tracks(run_dir / "track.csv")
    rests = tuple(load_plan(path) for path in sorted(run_dir.glob("rest-*.json")))
    known = seen_of(run_dir / "seen.npz", masks)
    auth = load_authorisation(mission.authorisation_path)
    observed = observed_of(run_dir, mission, site, masks, auth)
    summary = summarise(
        plan, mission.file.limits, site.solids, tracks, terrain=site.terrain, rests=rests, observed=observed,
        seen_blind_fraction=share_seen(known, masks), **facts,
    )  # fmt: skip
    write_summary(run_dir / "summary.json", summary)
    seen = np.zeros(masks.grid.shape, np.bool_) if known is None else known
    story = story_of(run_dir, mission, plan, rests, auth, masks, seen, tracks, simulated=simulated)
    write_report(
        run_dir, plan, summary, site=site, masks=masks, seen=seen, tracks=tracks, authorisation_id=auth.id, story=story
    )
    return summary


def seen_of(path: Path, masks: GroundMasks) -> Mask | None:
    """Which cells the coverage monitor's own file says were seen; None where it is missing or not of this ground."""
    try:
        with np.load(path) as data:
            seen = ~np.isnan(data["last_seen_s"])
    except Exception:  # a broken file ends zipfile, zlib and numpy in ten ways, of no common kind
        return None
    return seen if seen.shape == masks.grid.shape else None


def share_seen(seen: Mask | None, masks: GroundMasks) -> float:
    """Share of the blind ground that was seen; NaN where that is not known, 1 where nothing is blind."""
    if seen is None:
        return math.nan
    blind = int(masks.blind.sum())
    return int((seen & masks.blind).sum()) / blind if blind else 1.0
