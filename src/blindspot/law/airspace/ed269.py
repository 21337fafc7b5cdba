"""UAS geographical zones of an ED-269 or ED-318 file, as prohibitions over a site's ground plan.

Unknown values count against the flight. An unreadable schedule counts as active. A restriction that the
standard does not know prohibits flights. An unknown unit, height reference or shape makes the whole file
impossible to judge.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import cos, inf, isfinite, radians
from typing import Any

import numpy as np
import shapely
from shapely import Polygon

from blindspot.core import BlindspotError
from blindspot.law.airspace.ed318 import as_ed269, is_ed318
from blindspot.law.files.authorisation_file import DAYS
from blindspot.site import LocalFrame

PERMITTED = "NO_RESTRICTION"
"""The one restriction that permits a flight by itself."""
BY_CONSENT = frozenset({"REQ_AUTHORISATION", "CONDITIONAL"})
"""Restrictions that permit a flight with the consent of the zone's authority."""
EMERGENCY = "EMERGENCY"
"""Reason of a zone in both standards."""
M_PER_UNIT = {"M": 1.0, "FT": 0.3048}
NEAR_M = 111_000.0
"""A zone is ignored if its outline is further than this from the site's origin; a reader may name a shorter reach."""
M_PER_DEG = 111_000.0
CORNERS = 64


class ZonesError(BlindspotError):
    """The file can't be judged; the message states the reason."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One end of an altitude band, m: above mean sea level if `amsl`, else above ground; infinite for an open end."""

    metres: float
    amsl: bool


@dataclass(frozen=True, slots=True)
class AirZone:
    """A zone that prohibits, m ENU."""

    id: str
    name: str
    polygon: Polygon
    lower: Limit
    upper: Limit
    applicability: tuple[Mapping[str, Any], ...]
    is_emergency: bool = False
    """An emergency response is its reason."""
    by_consent: str = ""
    """The zone's whole identifier, if the consent of the zone's authority opens the zone; "" otherwise."""

    def meets(self, bottom_m: float, top_m: float, datum_amsl_m: float, lowest_m: float) -> bool:
        """Whether heights above the datum from `bottom_m` to `top_m` touch the band. `lowest_m` is the lowest ground:
        there the height above ground is largest."""
        top = top_m + datum_amsl_m if self.lower.amsl else top_m - lowest_m
        bottom = bottom_m + datum_amsl_m if self.upper.amsl else 0.0
        return top >= self.lower.metres and bottom <= self.upper.metres

    def may_be_active(self, begins: datetime, ends: datetime) -> bool:
        """Whether the zone may be active at any moment of a flight; an unreadable schedule counts as active."""
        return not self.applicability or any(_applies(entry, begins, ends) for entry in self.applicability)


def read_zones(
    content: bytes, frame: LocalFrame, near_m: float = NEAR_M, *, noticed: bool = False
) -> tuple[AirZone, ...]:  # fmt: skip
    """The prohibiting zones whose outline comes near the origin. In `noticed` zones, of notices to airmen, an emergency
    response prohibits with any restriction. Raises ZonesError if any part of the file can't be judged."""
    try:
        root = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ZonesError("is no JSON") from error
    features = root.get("features") if isinstance(root, dict) else root
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise ZonesError("is no list of ED-269 or ED-318 zones")
    return tuple(
        zone for number, feature in enumerate(features) for zone in _zones(feature, number, frame, near_m, noticed)
    )


def _zones(
    feature: Mapping[str, Any], number: int, frame: LocalFrame, near_m: float, noticed: bool
) -> Iterator[AirZone]:  # fmt: skip
    if is_ed318(feature):
        try:
            feature = as_ed269(feature, frame.geoid_m)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            raise ZonesError(f"zone {number} has a geometry that can't be read") from error
    zone_id = str(feature.get("identifier") or f"zone {number}")[:40]
    restriction, volumes = feature.get("restriction"), feature.get("geometry")
    reason, given = feature.get("reason"), feature.get("applicability")
    is_emergency = EMERGENCY in (reason if isinstance(reason, list) else [reason])
    if restriction == PERMITTED and not (noticed and is_emergency):
        return
    if not isinstance(restriction, str) or not isinstance(volumes, list) or not volumes:
        raise ZonesError(f"{zone_id} is no ED-269 zone: it lacks restriction or geometry")
    named = feature.get("identifier")
    by_consent = named if restriction in BY_CONSENT and isinstance(named, str) and not is_emergency else ""
    entries = given if isinstance(given, list) and all(isinstance(entry, dict) for entry in given) else []
    for volume in volumes:
        try:
            polygon = _outline(volume, frame, near_m)
            lower, upper = _limit(volume, "lower", -inf), _limit(volume, "upper", inf)
            if lower.amsl == upper.amsl and lower.metres > upper.metres:  # neither counts
                lower, upper = Limit(-inf, amsl=True), Limit(inf, amsl=True)
        except ZonesError as error:
            raise ZonesError(f"{zone_id}: {error}") from error
        except (
            KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, shapely.errors.ShapelyError
        ) as error:  # fmt: skip
            raise ZonesError(f"{zone_id} has a geometry that can't be read") from error
        if polygon is not None:
            name = str(feature.get("name") or "")[:60]
            yield AirZone(zone_id, name, polygon, lower, upper, tuple(entries), is_emergency, by_consent)


def _limit(volume: Mapping[str, Any], end: str, none: float) -> Limit:
    value = volume.get(f"{end}Limit")
    if value is None:
        return Limit(none, amsl=True)
    reference = volume.get(f"{end}VerticalReference")
    if reference not in ("AGL", "AMSL"):
        raise ZonesError(f"its {end} limit counts from {str(reference)[:20]!r}, which is neither AGL nor AMSL")
    metres = float(value) * _unit_m(volume)
    if not isfinite(metres):
        raise ZonesError(f"its {end} limit is no number")
    return Limit(metres, amsl=reference == "AMSL")


def _unit_m(volume: Mapping[str, Any]) -> float:
    unit = volume.get("uomDimensions")
    if unit not in M_PER_UNIT:
        raise ZonesError(f"its unit {str(unit)[:20]!r} is neither M nor FT")
    return M_PER_UNIT[unit]


def _outline(volume: Mapping[str, Any], frame: LocalFrame, near_m: float) -> Polygon | None:
    """The outline in the ground plan, m ENU; `None` if it is far away."""
    shape = volume["horizontalProjection"]
    kind = shape["type"]
    if kind == "Circle":
        lon_deg, lat_deg = (float(value) for value in shape["center"])
        radius_m = float(shape["radius"]) * _unit_m(volume)
        if not (_in_degrees([(lon_deg, lat_deg)]) and 0 < radius_m < inf):
            raise ZonesError("its circle is invalid")
        if not _is_near([(lon_deg, lat_deg)], frame, near_m + radius_m):
            return None
        # The factor makes the polygon contain the whole circle.
        return shapely.Point(*frame.to_enu(lon_deg, lat_deg)).buffer(radius_m * 1.002, CORNERS)
    if kind != "Polygon":
        raise ZonesError(f"its shape {str(kind)[:20]!r} is neither Circle nor Polygon")
    rings = [[(float(lon), float(lat)) for lon, lat, *_ in ring] for ring in shape["coordinates"]]
    if not rings or not all(_in_degrees(ring) for ring in rings):
        raise ZonesError("its outline is not in degrees")
    if not _is_near(rings[0], frame, near_m):
        return None
    east_north = [np.column_stack(frame.to_enu(*np.array(ring).T)) for ring in rings]
    polygon = Polygon(east_north[0], east_north[1:])
    if not np.isfinite(polygon.bounds).all() or not polygon.area > 0.0:
        raise ZonesError("its outline encloses nothing")
    return polygon if polygon.is_valid else polygon.convex_hull


def _in_degrees(ring: Sequence[tuple[float, float]]) -> bool:
    return all(abs(lon) <= 180.0 and abs(lat) <= 90.0 for lon, lat in ring)


def _is_near(ring: Sequence[tuple[float, float]], frame: LocalFrame, reach_m: float) -> bool:
    """Whether the bounding box of an outline comes near the origin, across the 180th meridian, too."""
    lon, lat = zip(*ring, strict=True)
    lat_deg = reach_m / M_PER_DEG
    lon_deg = lat_deg / max(0.05, cos(radians(frame.lat_deg)))
    across = min(lat) - lat_deg <= frame.lat_deg <= max(lat) + lat_deg
    west_deg, east_deg = min(lon) - lon_deg, max(lon) + lon_deg
    return across and any(west_deg <= frame.lon_deg + turn_deg <= east_deg for turn_deg in (-360.0, 0.0, 360.0))


def _applies(entry: Mapping[str, Any], begins: datetime, ends: datetime) -> bool:
    if entry.get("permanent") == "YES":
        return True
    first, last = _moment(entry.get("startDateTime")), _moment(entry.get("endDateTime"))
    if first is not None and last is not None and last < first:
        return True
    if (first is not None and ends < first) or (last is not None and begins > last):
        return False
    schedule = entry.get("schedule")
    if not isinstance(schedule, list) or not schedule:
        return True
    return any(_on(slot, begins, ends) for slot in schedule)


def _on(slot: object, begins: datetime, ends: datetime) -> bool:
    """Whether a daily slot (UTC) overlaps a flight; an unreadable slot does."""
    if not isinstance(slot, dict):
        return True
    days, start, end = slot.get("day"), _clock(slot.get("startTime")), _clock(slot.get("endTime"))
    named = [days] if isinstance(days, str) else days
    is_known = isinstance(named, list) and bool(named) and {*DAYS, "ANY"}.issuperset(map(str, named))
    if start is None or end is None or not isinstance(named, list) or not is_known:
        return True
    day = begins.astimezone(UTC).date() - timedelta(days=1)
    while day <= ends.astimezone(UTC).date():
        opens = datetime.combine(day, start, UTC)
        closes = datetime.combine(day + timedelta(days=end <= start), end, UTC)
        if ("ANY" in named or DAYS[day.weekday()] in named) and opens <= ends and closes >= begins:
            return True
        day += timedelta(days=1)
    return False


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _clock(text: object) -> time | None:
    """`hh:mmZ`, `hh:mm:ssZ` or `00:00:00.00Z`; `None` for any other text, local times included."""
    found = re.fullmatch(r"(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?Z", str(text))
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return time(hour, minute, second)
    except ValueError:
        return None
