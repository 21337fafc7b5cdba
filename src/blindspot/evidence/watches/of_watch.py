"""The figures of a watch from the files of its run: poses of pictures, events, and the ground of the targets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import floor
from pathlib import Path
from typing import Any

import numpy as np

from blindspot.camera import Lens
from blindspot.coverage.sight import drone_view
from blindspot.evidence.observed.event_log import EVENTS_FILE, RunEvent, read_events
from blindspot.evidence.observed.picture_poses import POSES_FILE, PicturePose, read_whole
from blindspot.evidence.watches.watch_events import given_reason, span_of
from blindspot.evidence.watches.watched import Exposure, Watched, WatchGap, most_looking, reason_of, watched
from blindspot.mission import GroundMasks, Mission, priorities
from blindspot.site import Site
from blindspot.site.ground import mask_of

EVERY_S = 0.5
"""A picture so soon after a picture of the same drone shows the same targets, s: a post looks from one place."""
FIGURES = ("watch_s", "watched_share", "longest_gap_s", "gaps", "reliefs", "most_looking")


def watch_of(
    run_dir: Path, mission: Mission, site: Site, masks: GroundMasks, span_s: Sequence[float] | None
) -> dict[str, dict[str, Any]]:
    """The entry `watch` of a summary: for each target state, share, gaps, reliefs and cameras.

    Parameters
    ----------
    run_dir
        Folder of the run, with `looks.csv` and `events.jsonl`.
    mission, site, masks
        The overwatch, its town, and the raster of the run.
    span_s
        Begin and end of the watch on the clock of `looks.csv`, s; None: as the events of the run say.

    Returns
    -------
    dict
        By target. Figures that the record does not show are None, and `unknown` says why.
    """
    targets = [target.name for target in mission.file.targets]
    pictures, is_whole = read_whole(run_dir / POSES_FILE)
    events = read_events(run_dir / EVENTS_FILE) or ()
    span_s = span_s or span_of(events)
    if pictures is None or span_s is None or not span_s[1] > span_s[0]:
        why = f"{POSES_FILE} is missing" if pictures is None else "the record has no begin and end of the watch"
        return {target: {**_ENDED, **dict.fromkeys(FIGURES), "unknown": why} for target in targets}
    begins_s, ends_s = span_s
    exposures = tuple(exposures_of(pictures, mission, site, masks))
    # A picture without a pose makes a gap longer, but would hide a camera that looks.
    most = most_looking(exposures) if is_whole else None
    unknown = {} if is_whole else {"unknown": f"most_looking: {POSES_FILE} lacks the poses of some pictures"}
    found = {target: watched(exposures, target, begins_s, ends_s) for target in targets}
    return {
        target: {
            **_ENDED,
            "watch_s": round(ends_s - begins_s, 1),
            **_figures(target, one, events, begins_s),
            "most_looking": most,
            **unknown,
        }
        for target, one in found.items()
    }


_ENDED: Mapping[str, Any] = {"state": "ended", "looking": "", "due_s": None}


def _figures(target: str, one: Watched, events: Sequence[RunEvent], begins_s: float) -> dict[str, Any]:
    def said(drone: str, from_s: float, until_s: float) -> Collection[str]:
        return [
            event.text for event in events
            if event.kind == "log" and event.source.partition(".")[0] == drone and from_s <= event.stamp_s <= until_s
        ]  # fmt: skip

    def why(gap: WatchGap) -> str:
        at_s = begins_s + gap.begins_s
        return given_reason(events, target, at_s, at_s + gap.s) or reason_of(gap, said, begins_s)

    gaps = [{"begins": round(gap.begins_s, 1), "s": round(gap.s, 2), "reason": why(gap)} for gap in one.gaps]
    return {
        "watched_share": floor(1e4 * one.watched_share + 1e-6) / 1e4, "longest_gap_s": round(one.longest_gap_s, 2),
        "gaps": gaps, "reliefs": one.reliefs,
    }  # fmt: skip


def exposures_of(
    pictures: Iterable[PicturePose], mission: Mission, site: Site, masks: GroundMasks
) -> Iterator[Exposure]:
    """The pictures with the targets of whose public ground they show `share` at least, by the coverage kernel."""
    share, areas = mission.file.share or 1.0, priorities.target_areas(mission, site)
    cells = {name: mask_of(masks.grid, [area]) & masks.public for name, area in areas.items()}
    every = np.logical_or.reduce(list(cells.values()))
    cameras = {drone.name: mission.model_of(drone.name).camera for drone in mission.file.fleet}
    lenses = {name: Lens(camera.hfov_deg, camera.width_px, camera.height_px) for name, camera in cameras.items()}
    last: dict[str, Exposure] = {}
    for picture in sorted(pictures, key=lambda one: one.stamp_s):
        before, shown = last.get(picture.drone), frozenset[str]()
        if before is not None and picture.stamp_s - before.stamp_s < EVERY_S:
            yield Exposure(picture.stamp_s, picture.drone, before.targets)
            continue
        if picture.drone in lenses:
            view = drone_view(
                masks.field, lenses[picture.drone], picture.east_m, picture.north_m, picture.up_m,
                picture.heading_deg % 360.0, max(-90.0, picture.pitch_deg), mission.file.band,
                roll_deg=picture.roll_deg, among=every,
            )  # fmt: skip
            shown = frozenset(
                name for name, cell in cells.items()
                if cell.any() and cell.reshape(-1)[view.cells].sum() >= share * cell.sum()
            )  # fmt: skip
        last[picture.drone] = Exposure(picture.stamp_s, picture.drone, shown)
        yield last[picture.drone]
