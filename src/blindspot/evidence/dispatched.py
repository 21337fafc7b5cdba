"""The look of a dispatch in the summary of its run: who was asked for it where, and how soon the drone looked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from blindspot.core import read_file, write_whole
from blindspot.evidence.observed.event_log import EVENTS_FILE, RunEvent, read_events
from blindspot.evidence.observed.picture_poses import POSES_FILE, read_whole
from blindspot.evidence.observed.track import Track

DISPATCH_FILE = "dispatch.json"
MANAGER = "blindspot.mission_manager"


def keep_dispatch(
    run_dir: Path, *, place: Mapping[str, float], drone: str, from_: str, planned_looking_s: float, asked_s: float
) -> None:
    """Keep an order in the folder of its run, for the summary.

    Parameters
    ----------
    run_dir
        Folder of the run.
    place
        The place, as `lat_deg` and `lon_deg`.
    drone, from_
        The drone, and where it starts: `pad`.
    planned_looking_s
        Offered time from the order to the look, s.
    asked_s
        Time of the order on the clock of the run, s.

    Raises
    ------
    OSError
        The disk refuses.

    Example
    -------
    >>> place = {"lat_deg": 47.2, "lon_deg": -1.5}  # doctest: +SKIP
    >>> order = {"drone": "drone1", "from_": "pad", "planned_looking_s": 72.0, "asked_s": 8.0}  # doctest: +SKIP
    >>> keep_dispatch(run_dir, place=place, **order)  # doctest: +SKIP
    """
    asked = {"place": place, "drone": drone, "from": from_, "asked": round(asked_s, 2)}
    write_whole(run_dir / DISPATCH_FILE, json.dumps(asked | {"planned_looking_s": planned_looking_s}, indent=1) + "\n")


def dispatch_of(run_dir: Path, tracks: Mapping[str, Track]) -> dict[str, Any] | None:
    """The entry `dispatch` of a summary; None for another run. Times count from the order, s; None if unknown.

    `judged_s` is how long the gate took for the plan, `wheels_up_s` and `looking_s` the times of the take-off and of
    the first picture, and `looked_s` the time between the first and the last picture.
    """
    try:
        asked = json.loads(read_file(run_dir / DISPATCH_FILE))
        began_s, drone = float(asked["asked"]), str(asked["drone"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    track, events = tracks.get(drone), read_events(run_dir / EVENTS_FILE) or ()
    up_s = [] if track is None else track.stamp_s[track.in_air].tolist()
    poses, _ = read_whole(run_dir / POSES_FILE)
    looks_s = [pose.stamp_s for pose in poses or () if pose.drone == drone]
    authorising_s, flying_s = (_first_s(events, f"{run_dir.name}: {phase}") for phase in ("authorising", "flying"))
    found: dict[str, Any] = asked | {
        "judged_s": _rounded(flying_s - authorising_s),
        "wheels_up_s": _rounded(min(up_s, default=math.nan) - began_s),
        "looking_s": _rounded(min(looks_s, default=math.nan) - began_s),
        "looked_s": _rounded(max(looks_s) - min(looks_s)) if looks_s else None,
    }
    return found


def _first_s(events: Sequence[RunEvent], text: str) -> float:
    return min((event.stamp_s for event in events if event.source == MANAGER and event.text == text), default=math.nan)


def _rounded(seconds: float) -> float | None:
    return round(seconds, 1) if math.isfinite(seconds) else None
