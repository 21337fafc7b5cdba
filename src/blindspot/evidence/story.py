"""The report's text and tables beside the figures: mission, time, wind, events, battery and causes of unseen ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from blindspot.evidence.battery_chart import Chart, battery_chart
from blindspot.evidence.miss_rate import MissFigure, figure_of, models_logged, published
from blindspot.evidence.observed.event_log import EVENTS_FILE, read_events
from blindspot.evidence.observed.timeline import Line, timeline
from blindspot.evidence.observed.track import Track, first_in_air_s, system_time
from blindspot.evidence.unseen_run import Cause, causes_of
from blindspot.law import Authorisation
from blindspot.mission import GroundMasks, Mission, Plan

LINKS: Mapping[str, str] = {
    "map.html": "map of the plan", "briefing.html": "briefing", "plan.json": "plan", "track.csv": "flown track",
    "looks.csv": "picture poses", EVENTS_FILE: "events", "unseen.geojson": "ground unseen by the plan",
    "summary.json": "summary", "log": "node logs",
}  # fmt: skip
"""Possible files of a run's folder and their names in the report."""


@dataclass(frozen=True, slots=True)
class Story:
    """Text and tables for the page. Empty fields are left out."""

    mission: str = ""
    start: str = ""
    wind: str = ""
    made: str = ""
    missed: MissFigure | None = None
    causes: tuple[Cause, ...] | None = None
    events: tuple[Line, ...] | None = None
    """None if the run has no event log."""
    battery: Chart | None = None
    links: tuple[tuple[str, str], ...] = ()
    """File and name."""


NO_STORY = Story()


def story_of(
    run_dir: Path, mission: Mission, plan: Plan, others: Sequence[Plan], auth: Authorisation, masks: GroundMasks,
    seen: NDArray[np.bool_], tracks: Mapping[str, Track], *, simulated: bool,
) -> Story:  # fmt: skip
    """The story of a run from its folder. `others` are the plans of later sorties and of rests.

    Times are in the authorisation's time zone. A simulation starts at the mission's time, and real drones when the
    first of them took off.
    """
    file, events, up_s = mission.file, read_events(run_dir / EVENTS_FILE), first_in_air_s(tracks)
    start = file.start if simulated else None if up_s is None else system_time(up_s)
    wind = file.wind
    gusts = f", gusts of {wind.gust_mps:g} m/s" if wind.gust_mps else ""
    air = f"{wind.speed_mps:g} m/s from {wind.from_deg:g}°{gusts}" if wind.speed_mps else f"calm{gusts}"
    order = {route.drone: number for number, route in enumerate(plan.routes)}
    return Story(
        mission=file.name,
        start="" if start is None else _date(start, auth.file.window.tz),
        wind=f"{air} ({'simulated' if simulated else 'assumed by the plan'})",
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        missed=figure_of(
            models_logged(events or ()), plan.band, simulated=simulated, rates=published(),
            light="day" if simulated else None,  # as the renderers draw
        ),
        causes=causes_of(plan, others, mission, masks, seen, tracks),
        events=None if events is None else timeline(events, up_s),
        battery=battery_chart(tracks, order),
        links=tuple((file, name) for file, name in LINKS.items() if (run_dir / file).exists()),
    )  # fmt: skip


def _date(start: datetime, tz: str) -> str:
    local = start.astimezone(ZoneInfo(tz))
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({tz})"
