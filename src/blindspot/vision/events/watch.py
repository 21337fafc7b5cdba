"""The watch for all events of one drone, from the tracks of each picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from blindspot.site import LocalFrame
from blindspot.vision.events.episodes import Episodes, Event
from blindspot.vision.events.rules import (
    EventRule,
    GoesTheWrongWay,
    ObjectIsAbandoned,
    PeopleCrowd,
    PersonLies,
    VehicleHasStopped,
    ZoneIsEntered,
)
from blindspot.vision.events.settings import EventLimits, EventSettings
from blindspot.vision.events.tracking import Track
from blindspot.vision.events.zones import load_lanes, load_zones


class EventWatch:
    """Watches for events. Call `update` with rising times and the tracks of each picture."""

    def __init__(self, rules: Sequence[tuple[str, EventLimits, EventRule]]) -> None:
        """`rules` holds (kind, timing, rule) of each event."""
        numbers = count(1)
        self._rules = [(Episodes(kind, rule, lambda: next(numbers)), looks) for kind, rule, looks in rules]

    def update(self, stamp_s: float, tracks: Sequence[Track]) -> list[Event]:
        """The events that begin, continue or end with the tracks of a picture."""
        return [event for episodes, looks in self._rules for event in episodes.update(stamp_s, *looks(tracks))]


def event_watch(settings: EventSettings, folder: Path, frame: LocalFrame) -> EventWatch:
    """The watch for an events file; zones lie relative to `folder`. Raises InputError for unreadable zones."""
    return EventWatch(list(_rules(settings, folder, frame)))


def _rules(settings: EventSettings, folder: Path, frame: LocalFrame) -> Iterator[tuple[str, EventLimits, EventRule]]:
    if (entered := settings.zone_entered) is not None:
        yield "zone_entered", entered, ZoneIsEntered(entered, load_zones(folder / entered.zones, frame))
    if (stopped := settings.vehicle_stopped) is not None:
        zones = None if stopped.zones is None else load_zones(folder / stopped.zones, frame)
        yield "vehicle_stopped", stopped, VehicleHasStopped(zones, stopped.certainty)
    if (wrong := settings.wrong_way) is not None:
        yield "wrong_way", wrong, GoesTheWrongWay(wrong, load_lanes(folder / wrong.lanes, frame))
    if (crowd := settings.crowd_density) is not None:
        yield "crowd_density", crowd, PeopleCrowd(crowd)
    if (lying := settings.person_on_ground) is not None:
        yield "person_on_ground", lying, PersonLies(lying)
    if (left := settings.abandoned_object) is not None:
        yield "abandoned_object", left, ObjectIsAbandoned(left)
