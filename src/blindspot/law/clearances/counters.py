"""Counters of the law as a pure fold over journal entries: the time for which each place is in pictures, by ISO week,
and the time for which sensors are on, by day.

A place is a cell of about 10 m (exact at 48 deg of latitude). Time is entered before the flight: with a plan's
clearance, for all places in view of the plan. So with an intact journal no crash, restart or second authority makes a
counter smaller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import floor, hypot
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from shapely import MultiPoint
from shapely.geometry.base import BaseGeometry

from blindspot.camera import CameraPose, Lens, unproject
from blindspot.core import InputError
from blindspot.law.clearances.lapse import IDLE_S
from blindspot.law.files.authorisation_file import Window
from blindspot.law.signatures.authorisation import slot_end
from blindspot.mission import Aim, DroneModel, Leg, Plan, Point, Route, View
from blindspot.site import LocalFrame

WATCHED = "watched"
"""The act of the entries."""
FLOWN_BEFORE = "flown_before"
"""The act of the entry in which a person states the minutes of a day before the journal began."""
_HOW_TO_STATE = (
    "start the stack with the BLINDSPOT_STATE of the earlier flights, or state the minutes: blindspot authority flown "
    "AUTHORISATION --minutes N --person NAME --reason TEXT"
)
LAT_DEG, LON_DEG = 9e-5, 1.35e-4
"""Size of a place."""
MARGIN_M = 8.0
"""Half a place's diagonal: a place counts as soon as a part of it is in the picture."""
FAR_M = 500.0
"""Reach of a picture that shows the horizon."""
PER_ENTRY = 700
"""Places in one entry of the journal."""
LONGEST = timedelta(seconds=IDLE_S + 3600.0)
"""Longest time from a clearance to the end of its flight: the longest wait on the ground, and any battery."""

Fact = str | int | float | Sequence[str]
Place = tuple[int, int]
"""Numbers of a cell, northwards and eastwards."""
Seen = Mapping[Place, float]
"""Seconds for which each place is in pictures."""


class Watch(NamedTuple):
    """One drone's pictures: time with the sensor on, s, and the places in view."""

    on_s: float
    seen: Seen


@dataclass(slots=True)
class Counters:
    """Sums of journal entries. Entries are counted once for each clearance, week, plan, drone and part."""

    place_s: dict[tuple[str, Place], float] = field(default_factory=lambda: defaultdict(float))
    """By ISO week and place."""
    day_s: dict[tuple[date, str], float] = field(default_factory=lambda: defaultdict(float))
    """By day and clearance: time for which sensors are on."""
    _known: set[tuple[object, ...]] = field(default_factory=set)

    def add(self, facts: Mapping[str, object]) -> None:
        """Count one entry of the act `watched`; raises InputError if it has another form."""
        try:
            key = tuple(str(facts[name]) for name in ("clearance", "week", "plan", "drone", "part"))
            week, day = str(facts["week"]), date.fromisoformat(str(facts["day"]))
            on_s = float(str(facts["sensor_s"]))
            places = facts["places"]
            if not isinstance(places, Sequence) or isinstance(places, str):
                raise ValueError("places")
            found = [_read(str(each)) for each in places]
            if not (0.0 <= on_s < float("inf") and all(0.0 <= seen_s < float("inf") for _, seen_s in found)):
                raise ValueError("seconds")
        except (KeyError, ValueError) as error:
            fix = "check the journal with blindspot verify; until then nothing is cleared"
            raise InputError("journal", WATCHED, f"is no entry of this act ({error})", fix) from error
        if key in self._known:
            return
        self._known.add(key)
        self.day_s[day, key[0]] += on_s
        for place, seen_s in found:
            self.place_s[week, place] += seen_s

    def has(self, clearance: str, week: str) -> bool:
        """Whether the plan of a clearance was counted in a week."""
        return any(key[:2] == (clearance, week) for key in self._known)

    def knows(self, week: str) -> bool:
        """Whether any plan was counted in a week."""
        return any(key[1] == week for key in self._known)

    def on_s(self, day: date, without: str = "") -> float:
        """Time for which sensors are on in a day, s, over all drones and all clearances but one."""
        return sum(on_s for (each, clearance), on_s in self.day_s.items() if each == day and clearance != without)

    def longest_s(self, week: str, planned: Seen) -> float:
        """Longest time at one place of a plan in a week, s: the time before and the planned time together."""
        return max((seen_s + self.place_s.get((week, place), 0.0) for place, seen_s in planned.items()), default=0.0)


@dataclass(slots=True)
class FlownDays:
    """Flight time by day, as a fold over the entries `withdrawal` of ended clearances, or over the entries
    `flown_before`, in which a person states the minutes of a day before the journal began. So the journal remembers a
    day whose ledger was erased, and no new journal begins a day anew without a named person."""

    day_s: dict[date, float] = field(default_factory=lambda: defaultdict(float))
    entries: int = 0

    def after(self, stated: FlownDays, journal: Path) -> FlownDays:
        """These days, and the days stated by persons. Raises InputError for a journal without a statement: today's
        flights may be in that of another state folder."""
        if not stated.entries:
            problem = "does not say what was flown today before it began: another state folder may hold that"
            raise InputError(journal, FLOWN_BEFORE, problem, _HOW_TO_STATE)
        days = FlownDays(entries=self.entries + stated.entries)
        for each in (self, stated):
            for day, flown_s in each.day_s.items():
                days.day_s[day] += flown_s
        return days

    def of(self, day: date) -> float:
        """Flight time of a day, s."""
        return self.day_s.get(day, 0.0)

    def add(self, facts: Mapping[str, object]) -> None:
        """Count the end of a clearance. An end without a flight time comes from an older version, or ended no
        clearance. Raises InputError for another form."""
        if "flight_s" not in facts:
            return
        try:
            day, flown_s = date.fromisoformat(str(facts["day"])), float(str(facts["flight_s"]))
            if not 0.0 <= flown_s < float("inf"):
                raise ValueError("seconds")
        except (KeyError, ValueError) as error:
            fix = "check the journal with blindspot verify; until then nothing is cleared"
            raise InputError("journal", "withdrawal", f"is no entry of this act ({error})", fix) from error
        self.day_s[day] += flown_s
        self.entries += 1


def week_of(moment: datetime, window: Window) -> str:
    """The ISO week of a moment in the authorisation's time zone, such as 2026-W48."""
    year, week, _ = moment.astimezone(ZoneInfo(window.tz)).isocalendar()
    return f"{year}-W{week:02}"


def weeks_from(moment: datetime, window: Window) -> dict[str, date]:
    """The ISO weeks of a possible flight of a plan cleared at this moment, each with the first such day: a flight
    late on a Sunday takes pictures in the next week, too. No lease outlasts the daily slot."""
    zone, last = ZoneInfo(window.tz), min(moment + LONGEST, slot_end(window, moment) or moment)
    weeks = {week_of(moment, window): moment.astimezone(zone).date()}
    last -= timedelta(microseconds=1)
    if last > moment:
        weeks.setdefault(week_of(last, window), last.astimezone(zone).date())
    return weeks


def days_of(moment: datetime, window: Window) -> tuple[date, ...]:
    """The seven days of that week, Monday first."""
    today = moment.astimezone(ZoneInfo(window.tz)).date()
    return tuple(today + timedelta(days=day - today.weekday()) for day in range(7))


def watched(plan: Plan, models: Mapping[str, DroneModel]) -> dict[str, Watch]:
    """By drone: the places that a plan's views and legs may see on flat ground at its lowest, and for how long.

    Each place of a leg counts with the whole time of the leg. Raises KeyError for a model that is missing.
    """
    return {route.drone: Watch(on_s(route), _seen(plan, route, models[route.model])) for route in plan.routes}


def on_s(route: Route) -> float:
    """Time for which the sensor of a route is on, s."""
    return sum(seconds for _, seconds in _looks(route))


def _looks(route: Route) -> Iterator[tuple[tuple[Point, Point, Aim], float]]:
    """(begin, end, aim) and duration of each view and leg."""
    at = route.start
    for step in route.steps:
        if isinstance(step, View):
            yield (step.to, step.to, step.aim), step.dwell_s
        elif isinstance(step, Leg):
            length_m = hypot(step.to.east_m - at.east_m, step.to.north_m - at.north_m, step.to.up_m - at.up_m)
            yield (at, step.to, step.aim), length_m / step.speed_mps
        at = step.to


def beyond(by_drone: Mapping[str, Watch], counted: Mapping[str, Watch]) -> dict[str, Watch]:
    """Watched time beyond the counted time, for each drone; places that were counted whole have 0 s."""
    more = {}
    for drone, watch in by_drone.items():
        before = counted.get(drone, Watch(0.0, {}))
        seen = {place: max(0.0, seen_s - before.seen.get(place, 0.0)) for place, seen_s in watch.seen.items()}
        more[drone] = Watch(max(0.0, watch.on_s - before.on_s), seen)
    return more


def watching(by_drone: Mapping[str, Watch]) -> dict[str, Watch]:
    """The watching drones, with the watched places."""
    some = {
        drone: Watch(watch.on_s, {place: seen_s for place, seen_s in watch.seen.items() if seen_s > 0.0})
        for drone, watch in by_drone.items()
    }
    return {drone: watch for drone, watch in some.items() if watch.on_s > 0.0 or watch.seen}


def together(by_drone: Mapping[str, Watch]) -> dict[Place, float]:
    """The sum over all drones."""
    total: dict[Place, float] = defaultdict(float)
    for watch in by_drone.values():
        for place, seen_s in watch.seen.items():
            total[place] += seen_s
    return total


def facts_of(
    by_drone: Mapping[str, Watch], week: str, day: date, clearance: str, run: str, plan: str
) -> Iterator[dict[str, Fact]]:
    """The facts of the journal entries for a plan (by hash) under a clearance (by id)."""
    for drone, watch in by_drone.items():
        texts = [f"{north},{east}:{seen_s:.1f}" for (north, east), seen_s in sorted(watch.seen.items())]
        for part, first in enumerate(range(0, max(1, len(texts)), PER_ENTRY)):
            yield {
                "clearance": clearance, "run": run, "plan": plan, "drone": drone, "part": part, "week": week,
                "day": day.isoformat(), "sensor_s": watch.on_s if part == 0 else 0.0,
                "places": texts[first : first + PER_ENTRY],
            }  # fmt: skip


@lru_cache(maxsize=1 << 16)  # every evening watches the same places
def _read(text: str) -> tuple[Place, float]:
    place, _, seconds = text.partition(":")
    north, _, east = place.partition(",")
    return (int(north), int(east)), float(seconds)


def _seen(plan: Plan, route: Route, model: DroneModel) -> Seen:
    camera, frame = model.camera, plan.origin.frame
    lens = Lens(camera.hfov_deg, camera.width_px, camera.height_px)
    seen: dict[Place, float] = defaultdict(float)
    for (begin, end, aim), seconds in _looks(route):
        both = [_picture(lens, place, aim, plan.relief.lowest_m) for place in (begin, end)]
        for place in _places(shapely.union_all(both).convex_hull, frame):
            seen[place] += seconds
    return seen


def _picture(lens: Lens, at: Point, aim: Aim, ground_m: float) -> BaseGeometry:
    """The ground of a picture, m ENU."""
    pose = CameraPose(0.0, at.east_m, at.north_m, at.up_m, aim.heading_deg, aim.pitch_deg)
    width, height = lens.width_px - 0.5, lens.height_px - 0.5
    corners = unproject([(-0.5, -0.5), (width, -0.5), (width, height), (-0.5, height)], pose, lens, ground_m)
    reach_m = np.hypot(corners[:, 0] - at.east_m, corners[:, 1] - at.north_m)
    if not (np.isfinite(corners).all() and (reach_m <= FAR_M).all()):
        return shapely.Point(at.east_m, at.north_m).buffer(FAR_M)
    return MultiPoint(corners).convex_hull


def _places(shape: BaseGeometry, frame: LocalFrame) -> Iterator[Place]:
    wide = shape.buffer(MARGIN_M)
    west_m, south_m, east_m, north_m = wide.bounds
    lon, lat = frame.to_wgs84(
        np.array([west_m, east_m, west_m, east_m]), np.array([south_m, south_m, north_m, north_m])
    )
    north = np.arange(floor(lat.min() / LAT_DEG), floor(lat.max() / LAT_DEG) + 1)
    east = np.arange(floor(lon.min() / LON_DEG), floor(lon.max() / LON_DEG) + 1)
    norths, easts = (each.ravel() for each in np.meshgrid(north, east, indexing="ij"))
    x_m, y_m = frame.to_enu((easts + 0.5) * LON_DEG, (norths + 0.5) * LAT_DEG)
    inside = shapely.contains_xy(wide, x_m, y_m)
    yield from zip(norths[inside].tolist(), easts[inside].tolist(), strict=True)
