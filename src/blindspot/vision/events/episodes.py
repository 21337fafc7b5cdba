"""Turns findings of single pictures into events that begin, continue and end."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from blindspot.vision.events.settings import EventLimits
from blindspot.vision.events.tracking import LONGEST_GAP_S

Floats = NDArray[np.float64]


class Stage(Enum):
    NEW = "new"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True)
class Held:
    """A finding in one picture: place (ENU m, (2, 2) covariance m2), track numbers, zone and number of objects."""

    east_m: float
    north_m: float
    covariance_m2: Floats
    tracks: tuple[int, ...]
    zone: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Event:
    """An ongoing or ended event: its begin, the time of its last confirmation, and the finding at that time."""

    number: int
    kind: str
    stage: Stage
    held: Held
    began_s: float
    seen_s: float


@dataclass(slots=True)
class _Episode:
    """A series of findings that may become an event."""

    began_s: float
    seen_s: float
    held: Held
    pictures: int = 1
    event: Event | None = None


class Episodes:
    """The events of one kind; call `update` with rising times."""

    def __init__(self, kind: str, rule: EventLimits, next_number: Callable[[], int]) -> None:
        self._kind, self._rule, self._next_number = kind, rule, next_number
        self._episodes: dict[Hashable, _Episode] = {}

    def update(self, stamp_s: float, held: Mapping[Hashable, Held], refuted: set[Hashable]) -> list[Event]:
        """The events that begin, continue or end with a picture.

        `held` are the findings that hold in the picture, by key; `refuted` are the keys that certainly do not hold. All
        other keys are undecided: their episodes wait. An episode before its event is dropped when it is refuted, or
        unconfirmed for the cooling time. A long pause between pictures, or a clock that was set back, ends all
        episodes, because their continuity is unknown.
        """
        events = []
        for key, episode in list(self._episodes.items()):
            unseen_s = stamp_s - episode.seen_s
            is_old, is_over = unseen_s > self._rule.cooling_s, key in refuted and episode.event is None
            is_gap = not 0 <= unseen_s <= max(self._rule.cooling_s, LONGEST_GAP_S)
            if is_gap or (key not in held and (is_old or is_over)):
                del self._episodes[key]
                if episode.event is not None:
                    events.append(replace(episode.event, stage=Stage.END))
        for key, what in held.items():
            known = self._episodes.get(key)
            if known is None:
                known = self._episodes[key] = _Episode(stamp_s, stamp_s, what)
            else:
                known.seen_s, known.held, known.pictures = stamp_s, what, known.pictures + 1
            if (event := self._event(known)) is not None:
                events.append(event)
        return events

    def _event(self, episode: _Episode) -> Event | None:
        """The event of a currently held episode, if the episode is long enough."""
        rule = self._rule
        if episode.event is None:
            if episode.seen_s - episode.began_s < rule.inertia_s or episode.pictures < rule.inertia_pictures:
                return None
            number, stage = self._next_number(), Stage.NEW
        else:
            number, stage = episode.event.number, Stage.UPDATE
        episode.event = Event(number, self._kind, stage, episode.held, episode.began_s, episode.seen_s)
        return episode.event
