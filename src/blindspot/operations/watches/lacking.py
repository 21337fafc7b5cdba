"""What a watch lacks before anything flies: minutes, slot, drones and packs, each with the number that would do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from blindspot.core import InputError
from blindspot.law import Authorisation, slot_end
from blindspot.mission import Fleet, Mission
from blindspot.operations.watches.turns import Forecast, Turn

HAND_OVER_S = (2, 5)
"""Shortest and longest pause of a hand-over without a spare camera, s."""


def refuse_cameras(mission: Mission, authorisation: Authorisation) -> None:
    """Raise InputError if fewer cameras may look at once than the mission has targets."""
    targets, cameras = len(mission.file.targets), authorisation.file.sensors.max_simultaneous_cameras
    if targets > cameras:
        problem = f"has {targets}, and {authorisation.id} lets {cameras} cameras look at once"
        fix = f"leave targets out, or have sensors.max_simultaneous_cameras {targets} authorised"
        raise InputError(mission.path, "targets", problem, fix)


def hand_over(mission: Mission, authorisation: Authorisation) -> str:
    """How a hand-over goes under an authorisation, in one sentence."""
    spare = authorisation.file.sensors.max_simultaneous_cameras - len(mission.file.targets)
    if spare > 0:
        return f"hand-over without a pause: {authorisation.id} has a spare camera"
    short_s, long_s = HAND_OVER_S
    return f"hand-over with a pause of {short_s} to {long_s} s: {authorisation.id} has no spare camera"


def minutes_by_day(found: Forecast, authorisation: Authorisation) -> dict[date, float]:
    """Minutes of flight that the authorisation must allow on each day of its time zone. A turn counts with its planned
    time when the gate judges the turn, and with its shorter real time after that."""
    zone = ZoneInfo(authorisation.file.window.tz)
    flown_s, needed_s = defaultdict[date, float](float), dict[date, float]()
    for turn in found.turns:
        day = _at(found, turn.takes_off_s).astimezone(zone).date()
        needed_s[day] = max(needed_s.get(day, 0.0), flown_s[day] + turn.planned_s)
        flown_s[day] += turn.flown_s
    return {day: time_s / 60.0 for day, time_s in needed_s.items()}


def shortages(found: Forecast, authorisation: Authorisation, fleet: Fleet | None = None) -> tuple[str, ...]:
    """One sentence for everything that is too small or too few for a watch, with the value that would do."""
    return (
        *_drones(found),
        *_minutes(found, authorisation),
        *_places(found, authorisation),
        *_slot(found, authorisation),
        *([] if fleet is None else _packs(found, fleet)),
    )


def _drones(found: Forecast) -> Iterator[str]:
    for target in found.posts:
        missed_s = sum(gap.ends_s - gap.begins_s for gap in found.gaps if gap.target == target)
        if missed_s <= 0.0:
            continue
        needed, has = found.drones_needed(target), len(found.posts[target])
        way_out = f"{needed} drones would do" if needed is not None else "no number of such drones would do"
        yield f"fleet: nobody looks at {target} for {ceil(missed_s / 60)} min with {has} drones: {way_out}"


def _minutes(found: Forecast, authorisation: Authorisation) -> Iterator[str]:
    most_min = authorisation.file.window.max_flight_min_per_day
    for day, needed_min in minutes_by_day(found, authorisation).items():
        if needed_min > most_min:
            yield (
                f"window.max_flight_min_per_day of {authorisation.id} is {most_min:g}, and the watch needs"
                f" {ceil(needed_min)} min on {day.isoformat()}: {ceil(needed_min)} would do"
            )


def _places(found: Forecast, authorisation: Authorisation) -> Iterator[str]:
    most_min = authorisation.file.window.max_min_per_place_per_week
    needed_min = max(found.looks_s.values(), default=0.0) / 60.0
    if most_min is not None and needed_min > most_min:
        yield (
            f"window.max_min_per_place_per_week of {authorisation.id} is {most_min:g}, and a target is in pictures for"
            f" {ceil(needed_min)} min: {ceil(needed_min)} would do"
        )


def _slot(found: Forecast, authorisation: Authorisation) -> Iterator[str]:
    window = authorisation.file.window
    late = [turn for turn in found.turns if not _is_inside(found, authorisation, turn)]
    if not late:
        return
    zone = ZoneInfo(window.tz)
    first, last = (
        _at(found, time_s).astimezone(zone)
        for time_s in (found.turns[0].takes_off_s, max(turn.lands_s for turn in found.turns))
    )
    yield (
        f"window.daily_slots of {authorisation.id} bars {len(late)} of {len(found.turns)} turns: a slot from"
        f" {first:%H:%M} to {last + timedelta(minutes=1):%H:%M} would do"
    )


def _packs(found: Forecast, fleet: Fleet) -> Iterator[str]:
    for model, more in found.packs_missing(fleet).items():
        own = sum(pack.model == model for pack in fleet.file.packs)
        if more > 0:
            yield f"packs of {fleet.path.name}: {own} packs of {model} are too few for the watch: {own + more} would do"
        else:
            need_wh = max(turn.need_wh for turn in found.turns)
            yield f"packs of {fleet.path.name}: a turn needs {ceil(need_wh)} Wh, more than a new pack of {model} gives"


def _is_inside(found: Forecast, authorisation: Authorisation, turn: Turn) -> bool:
    """Whether a slot holds a turn from the take-off to the landing of its plan."""
    begins = _at(found, turn.takes_off_s)
    end = slot_end(authorisation.file.window, begins)
    return end is not None and begins + timedelta(seconds=turn.planned_s) <= end


def _at(found: Forecast, time_s: float) -> datetime:
    return found.mission.file.start + timedelta(seconds=time_s)
