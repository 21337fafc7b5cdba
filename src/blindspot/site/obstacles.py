"""Obstacles with dates: temporary objects such as an event tent or a crane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any

from shapely.geometry import Polygon

from blindspot.core import InputError
from blindspot.site.ground.terrain import Terrain
from blindspot.site.places import named_areas
from blindspot.site.relief.grounding import stand
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import number
from blindspot.site.town.model import Building, Finding

KNOWN_KEYS = frozenset({"name", "note", "invented", "height_m", "min_height_m", "from", "until"})
WAY_OUT = "give a day as 2026-11-06 or a moment with its zone as 2026-11-06T20:00+01:00"
AHEAD = timedelta(days=1)
"""An obstacle counts from this time before its date on, because it is built in advance and a flight takes time."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """An obstacle that stands from `begins` until `ends`. Each is a whole day, a moment, or None for no limit."""

    name: str
    footprint: Polygon
    height_m: float
    min_height_m: float
    begins: date | datetime | None
    ends: date | datetime | None

    def stands(self, at: datetime, until: datetime | None = None, lon_deg: float = 0.0) -> bool:
        """Whether the obstacle counts at a moment (with time zone), or at any time from this moment `until` another
        moment. A day is over when the day is over in the moment's time zone and by the sun at the place: a moment in
        UTC is no moment of the town."""
        is_up = self.begins is None or _start(self.begins, at.tzinfo) <= (until or at) + AHEAD
        sun = timezone(timedelta(hours=lon_deg / 15.0))
        return is_up and (self.ends is None or any(at <= _end(self.ends, zone) for zone in (at.tzinfo, sun)))

    @property
    def period(self) -> str:
        said = [f"{word} {day.isoformat()}" for word, day in (("from", self.begins), ("until", self.ends)) if day]
        return f"stands {' '.join(said)}" if said else "has no dates"


def standing(
    path: Path, frame: LocalFrame, terrain: Terrain, at: datetime | None, until: datetime | None = None
) -> tuple[tuple[Building, ...], tuple[Finding, ...]]:
    """The obstacles of a file that stand at a moment, or at any time from this moment `until` another moment, as
    buildings `obstacle/NAME`.

    If `at` is None, all of them stand: unknown counts as standing. Raises InputError for invalid data.
    """
    obstacles = read_obstacles(path, frame)
    stands = [at is None or obstacle.stands(at, until, frame.lon_deg) for obstacle in obstacles]
    buildings = tuple(
        Building(
            f"obstacle/{o.name}", o.footprint, 0.0, o.height_m, assumed=False, ridge_m=o.height_m,
            min_height_m=o.min_height_m,
        )
        for o, is_up in zip(obstacles, stands, strict=True)
        if is_up
    )  # fmt: skip
    if buildings and not terrain.is_flat:
        buildings, _ = stand(buildings, terrain, path)
    findings = tuple(
        Finding(path.name, o.name, o.period, "assumed", f"as a building, {o.height_m:g} m high")
        if is_up
        else Finding(path.name, o.name, o.period, "left out", f"not there on {at:%Y-%m-%d %H:%M %z}")
        for o, is_up in zip(obstacles, stands, strict=True)
    )
    return buildings, findings


def read_obstacles(path: Path, frame: LocalFrame) -> tuple[Obstacle, ...]:
    """Every obstacle of a file, in file order."""
    return tuple(_obstacle(path, *area) for area in named_areas(path, frame, KNOWN_KEYS))


def _obstacle(path: Path, name: str, properties: Mapping[str, Any], footprint: Polygon) -> Obstacle:
    height_m, min_height_m = number(properties, "height_m"), number(properties, "min_height_m")
    if height_m is None or not 0 < height_m <= 500:
        raise InputError(path, name, f"has height_m {properties.get('height_m')!r}", "give metres above the ground")
    if properties.get("min_height_m") is not None and (min_height_m is None or not 0 <= min_height_m < height_m):
        raise InputError(path, name, f"has min_height_m {properties['min_height_m']!r}", "put it below height_m")
    begins, ends = (_dated(path, name, key, properties.get(key)) for key in ("from", "until"))
    if begins is not None and ends is not None and _end(ends, UTC) < _start(begins, UTC):
        raise InputError(path, name, f"ends {ends.isoformat()}, before it begins", "give until after from")
    return Obstacle(name, footprint, height_m, min_height_m or 0.0, begins, ends)


def read_moment(text: str, option: str) -> datetime:
    """Read a moment from a user's text. A day means its noon, UTC. Raises InputError."""
    day = _day_or_moment(text)
    if day is None:
        raise InputError(option, "", f"is {text!r}", WAY_OUT)
    return day if isinstance(day, datetime) else datetime.combine(day, time(12), UTC)


def _dated(path: Path, name: str, key: str, text: object) -> date | datetime | None:
    day = _day_or_moment(text)
    if day is None and text is not None:
        raise InputError(path, name, f"has {key} {text!r}", WAY_OUT)
    return day


def _day_or_moment(text: object) -> date | datetime | None:
    """An ISO 8601 day, or a moment with a time zone; None for any other text."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    if len(str(text)) <= len("2026-11-06"):
        return moment.date()
    return moment if moment.tzinfo is not None else None


def _start(day: date | datetime, zone: tzinfo | None) -> datetime:
    return day if isinstance(day, datetime) else datetime.combine(day, time.min, zone)


def _end(day: date | datetime, zone: tzinfo | None) -> datetime:
    if day == date.max:  # often written for "for ever"
        return datetime.combine(day, time.max, zone)
    return day if isinstance(day, datetime) else datetime.combine(day + timedelta(days=1), time.min, zone)
