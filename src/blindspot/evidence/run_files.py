"""The files of a finished run: judged, written, ready to be read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from blindspot.coverage.ground_masks import load_ground_masks
from blindspot.evidence.observed import observed_of
from blindspot.evidence.report import write_report
from blindspot.evidence.story import story_of
from blindspot.evidence.summary import summarise, write_summary
from blindspot.evidence.track import read_tracks
from blindspot.law.authorisation import load_authorisation
from blindspot.planning.mission import Mission
from blindspot.planning.plan import Plan, load_plan
from blindspot.site.load import load_site


def conclude(
    mission: Mission, plan: Plan, facts: Mapping[str, Any], run_dir: Path, *, simulated: bool = False
) -> dict[str, Any]:
    """Write `summary.json` and `report.html` from the folder's `track.csv`, `ground.npz` and, if there, `seen.npz`.
    A drone is judged by all the routes that it was given: the plan's, and those of the rests planned in flight.

    `facts` are the keyword arguments of `summarise`; `simulated`: what flew, and what was in its pictures, was
    simulated. Raises InputError where a file that must be there is not.
    """
    site = load_site(mission.site_dir, mission.file.start)
    masks = load_ground_masks(run_dir / "ground.npz")
    tracks = read_tracks(run_dir / "track.csv")
    rests = tuple(load_plan(path) for path in sorted(run_dir.glob("rest-*.json")))
    auth = load_authorisation(mission.authorisation_path)
    observed = observed_of(run_dir, mission, site, masks, auth)
    summary = summarise(
        plan, mission.file.limits, site.solids, tracks, terrain=site.terrain, rests=rests, observed=observed, **facts
    )
    write_summary(run_dir / "summary.json", summary)
    seen_file = run_dir / "seen.npz"
    seen = np.zeros(masks.grid.shape, np.bool_)
    if seen_file.is_file():
        with np.load(seen_file) as data:
            seen = ~np.isnan(data["last_seen_s"])
    story = story_of(run_dir, mission, plan, rests, auth, masks, seen, tracks, simulated=simulated)
    write_report(
        run_dir, plan, summary, site=site, masks=masks, seen=seen, tracks=tracks, authorisation_id=auth.id, story=story
    )
    return summary
