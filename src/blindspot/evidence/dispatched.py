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
INSPECTS = "inspect"
"""Begins the line of a drone that flies an inspection."""


def keep_dispatch(
    run_dir: Path, *, place: Mapping[str, float], drone: str, from_: str, planned_looking_s: float, asked_s: float
) -> None:
    """Keep an order in the folder of its run, for the summary, after earlier ones.

    Parameters
    ----------
    run_dir
        Folder of the run.
    place
        The place, as `lat_deg` and `lon_deg`.
    drone, from_
        The drone, and where it starts: `pad` or `air`.
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
    orders = [*_orders(run_dir), asked | {"planned_looking_s": planned_looking_s}]
    write_whole(run_dir / DISPATCH_FILE, json.dumps(orders, indent=1) + "\n")


def dispatches_of(run_dir: Path, tracks: Mapping[str, Track]) -> list[dict[str, Any]]:
    """The looks that persons ordered in a run, in their order, for the summary; none for most runs. Times count from
    the order, s; None if unknown.

    `judged_s` is how long the gate took for the plan, `wheels_up_s` and `looking_s` the times of the take-off and of
    the first picture, and `looked_s` the time between the first and the last picture. A look from the air has
    `moving_s`, the time at which the drone left for the view, and `ended`, its phase after the look and the reason,
    instead of `judged_s` and `wheels_up_s`.
    """
    orders = _orders(run_dir)
    if not orders:
        return []
    events, (poses, _) = read_events(run_dir / EVENTS_FILE) or (), read_whole(run_dir / POSES_FILE)
    until_s = [*(order["asked"] for order in orders[1:]), math.inf]
    looks = []
    for order, end_s in zip(orders, until_s, strict=True):
        own = [pose.stamp_s for pose in poses or () if pose.drone == order["drone"]]
        if order["from"] == "air":
            found = _from_air(order, [event for event in events if event.stamp_s < end_s], own)
        else:
            found = _from_pad(order, events, own, tracks.get(order["drone"]), run_dir.name)
        looks.append(order | found)
    return looks


def _orders(run_dir: Path) -> list[dict[str, Any]]:
    try:
        orders = json.loads(read_file(run_dir / DISPATCH_FILE))
        return [order | {"asked": float(order["asked"]), "drone": str(order["drone"])} for order in orders]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _from_pad(
    order: Mapping[str, Any], events: Sequence[RunEvent], looks_s: Sequence[float], track: Track | None, run: str
) -> dict[str, Any]:
    up_s = [] if track is None else track.stamp_s[track.in_air].tolist()
    authorising_s, flying_s = (_first_s(events, f"{run}: {phase}") for phase in ("authorising", "flying"))
    return {
        "judged_s": _rounded(flying_s - authorising_s),
        "wheels_up_s": _rounded(min(up_s, default=math.nan) - order["asked"]),
        **_looked(order, looks_s),
    }


def _from_air(order: Mapping[str, Any], events: Sequence[RunEvent], looks_s: Sequence[float]) -> dict[str, Any]:
    """`events` end before the next order. Only a picture of the inspection counts: the drone's own route has others. An
    order to a drone that looks already prolongs the look from the order on."""
    source, asked_s = f"{order['drone']}.flight_control", order["asked"]
    phases = [event for event in events if event.source == source and event.kind == "log"]
    before, since = (event for event in phases if event.stamp_s < asked_s), [e for e in phases if e.stamp_s >= asked_s]
    began = next((event.stamp_s for event in since if event.text.startswith(INSPECTS)), math.nan)
    *_, at_order = None, *before
    if order["planned_looking_s"] == 0.0 and at_order is not None and at_order.text.startswith(INSPECTS):
        began = asked_s
    after = (event for event in since if event.stamp_s >= began and not event.text.startswith(INSPECTS))
    ended = next(after, None)
    end_s = math.inf if ended is None else ended.stamp_s
    return {
        "moving_s": _rounded(began - order["asked"]),
        **_looked(order, [stamp_s for stamp_s in looks_s if began <= stamp_s <= end_s]),
        "ended": None if ended is None else ended.text,
    }


def _looked(order: Mapping[str, Any], looks_s: Sequence[float]) -> dict[str, Any]:
    return {
        "looking_s": _rounded(min(looks_s, default=math.nan) - order["asked"]),
        "looked_s": _rounded(max(looks_s) - min(looks_s)) if looks_s else None,
    }


def _first_s(events: Sequence[RunEvent], text: str) -> float:
    return min((event.stamp_s for event in events if event.source == MANAGER and event.text == text), default=math.nan)


def _rounded(seconds: float) -> float | None:
    return round(seconds, 1) if math.isfinite(seconds) else None
