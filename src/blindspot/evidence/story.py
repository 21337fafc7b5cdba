"""The report's text and tables beside the figures: mission, time, wind, events, battery and causes of unseen ground."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from blindspot.core import one_line
from blindspot.coverage.maps import line_chart
from blindspot.evidence.battery_chart import battery_chart
from blindspot.evidence.masks.miss_rate import MissFigure, figure_of, models_logged, published, seen_by
from blindspot.evidence.masks.publication import Publication, publications_logged
from blindspot.evidence.observed.event_log import EVENTS_FILE, RunEvent, read_events
from blindspot.evidence.observed.lease_spans import KIND as LEASE
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
MOST = 80
"""Lines of the table of events, of which the middle may be left out."""
QUIET = ("camera", "simulator", "gimbal")
"""Nodes that log every picture's start and every mode; the table shows only their warnings."""


@dataclass(frozen=True, slots=True)
class Line:
    """`when` is the time since the first take-off, or since the first event if every drone stayed on its pad."""

    when: str
    who: str
    what: str
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """Text and tables for the page. Empty fields are left out."""

    about: tuple[tuple[str, str], ...] = ()
    """The first screen: the order, the authorisation and the recordings, as (name, text)."""
    mission: str = ""
    start: str = ""
    wind: str = ""
    made: str = ""
    missed: MissFigure | None = None
    published: tuple[Publication, ...] = ()
    """The density of the published pictures; empty if the log names none."""
    causes: tuple[Cause, ...] | None = None
    events: tuple[Line, ...] | None = None
    """None if the run has no event log."""
    times: str = "Time since the first take-off; negative before it."
    """A note on the times of the events."""
    battery: line_chart.Chart | None = None
    links: tuple[tuple[str, str], ...] = ()
    """File and name."""


NO_STORY = Story()


def story_of(
    run_dir: Path, mission: Mission, plan: Plan, others: Sequence[Plan], auth: Authorisation, masks: GroundMasks,
    seen: NDArray[np.bool_] | None, tracks: Mapping[str, Track], *, simulated: bool,
) -> Story:  # fmt: skip
    """The story of a run from its folder. `others` are the plans of later sorties and of rests. Without the ground that
    was really seen, no cause of unseen ground is known.

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
            seen=seen_by(
                (mission.model_of(route.drone).camera.sensor for route in plan.routes), plan.origin,
                () if start is None else (start, start + timedelta(seconds=_in_air_s(tracks))),
            ),
        ),
        published=publications_logged(events or ()),
        causes=None if seen is None else causes_of(plan, others, mission, masks, seen, tracks),
        events=None if events is None else timeline(events, up_s),
        times=NO_STORY.times if up_s is not None else "Time since the first event: no take-off is known.",
        battery=battery_chart(tracks, order),
        links=tuple((file, name) for file, name in LINKS.items() if (run_dir / file).exists()),
    )  # fmt: skip


def _in_air_s(tracks: Mapping[str, Track]) -> float:
    """Time from the first take-off to the last landing, s; 0 if no drone flew."""
    flown = [track.stamp_s[track.in_air] for track in tracks.values() if track.in_air.any()]
    return max(float(each[-1]) for each in flown) - min(float(each[0]) for each in flown) if flown else 0.0


def with_chain(story: Story, chain: Sequence[str]) -> Story:
    """The story with events that the command noted beside the nodes' logs, at the end of its table."""
    lines = tuple(Line("", "command", one_line(event, 600), warns=True) for event in chain)
    return replace(story, events=(*(story.events or ()), *lines)) if lines else story


def _date(start: datetime, tz: str) -> str:
    local = start.astimezone(ZoneInfo(tz))
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({tz})"


def timeline(events: Sequence[RunEvent], zero_s: float | None = None) -> tuple[Line, ...]:
    """The relevant events in order of time. Of more than `MOST` lines the middle keeps its warnings alone, at most
    `MOST`; one line says so."""
    chosen = [event for event in events if _counts(event)]
    chosen.sort(key=lambda event: event.stamp_s)
    zero_s = zero_s if zero_s is not None else (chosen[0].stamp_s if chosen else 0.0)
    lines = list(dict.fromkeys(_line(event, zero_s) for event in chosen))
    if len(lines) > MOST:
        middle = lines[MOST // 2 : -(MOST // 2)]
        warnings = [line for line in middle if line.warns][:MOST]
        left = Line("", "", f"{len(middle) - len(warnings)} more events in events.jsonl")
        lines = [*lines[: MOST // 2], *warnings, left, *lines[-(MOST // 2) :]]
    return tuple(lines)


def clock(seconds: float) -> str:
    """-1:05 or 12:30."""
    minutes, rest = divmod(abs(round(seconds)), 60)
    return f"{'−' if round(seconds) < 0 else ''}{minutes}:{rest:02d}"


def _counts(event: RunEvent) -> bool:
    if not math.isfinite(event.stamp_s):
        return False
    return event.kind in ("warning", LEASE) or not event.source.endswith(QUIET)


def _line(event: RunEvent, zero_s: float) -> Line:
    who = event.source.removeprefix("blindspot.").replace(".", " ").replace("_", " ")
    return Line(clock(event.stamp_s - zero_s), who, event.text, event.kind == "warning")
