"""The open record of one run: what was heard of the run is written at once, and the facts are kept for the summary.

Times of the run are those of the nodes' stamps. Steady times (`wall_s`) only measure how long the run took.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blindspot.evidence.logbook.ordered_runs import OrderedRun
from blindspot.evidence.observed.event_log import EVENTS_FILE, EventLog, RunEvent, read_events
from blindspot.evidence.observed.picture_poses import POSES_FILE
from blindspot.evidence.observed.track import TrackPoint, TrackWriter

SOURCE = "blindspot.logbook"
"""Source of the events that the record itself notes."""
NOTE, GAP = "note", "gap"
"""Kinds of these events: a fact beside the nodes' logs, and a time in which nothing was heard."""
TRACK_FILE = "track.csv"


@dataclass(frozen=True, slots=True)
class EarlierRecord:
    """The record of a run by an earlier process: times of the first and the last event, notes, gaps, and whether the
    cameras had taken pictures."""

    first_s: float
    last_s: float
    notes: tuple[str, ...] = ()
    gaps: tuple[tuple[float, float], ...] = ()
    has_pictures: bool = False

    @classmethod
    def in_folder(cls, folder: Path) -> EarlierRecord | None:
        """None for a run without a record."""
        events = read_events(folder / EVENTS_FILE)
        if events is None:
            return None
        stamps_s = [event.stamp_s for event in events if math.isfinite(event.stamp_s)]
        own = [event for event in events if event.source == SOURCE]
        return cls(
            min(stamps_s, default=math.nan), max(stamps_s, default=math.nan),
            tuple(event.text for event in own if event.kind == NOTE),
            tuple(gap for event in own if event.kind == GAP and (gap := _gap_of(event.data)) is not None),
            _has_pictures(folder),
        )  # fmt: skip


class OpenRecord:
    """Writes the events of a run, and its track if no simulator writes the true one. `close` it at the end.

    A record of an earlier process goes on: the time in which no process listened becomes an event and a fact.

    Parameters
    ----------
    folder
        Folder of the run.
    order
        The order of the run.
    now_s, wall_s
        Time of the run and steady time at which the record begins, s.
    writes_track
        Whether this record writes `track.csv`.
    real_time
        Whether the run has no simulated clock.
    before
        The record of an earlier process, for a run that goes on.
    """

    def __init__(
        self, folder: Path, order: OrderedRun, now_s: float, wall_s: float, *, writes_track: bool, real_time: bool,
        before: EarlierRecord | None = None,
    ) -> None:  # fmt: skip
        self.folder, self.order, self.writes_track = folder, order, writes_track
        self.detections: int | None = 0 if before is None or not before.has_pictures else None
        self.pictures_counted = self.pictures_refused = 0
        self.flown_plans: list[str] = []
        """Ids of the plans that were flown, in their order."""
        self.gaps: list[tuple[float, float]] = list(() if before is None else before.gaps)
        """Times in which no process listened, s of the run."""
        self.notes: list[str] = list(() if before is None else before.notes)
        """Events beside the logs of the nodes, one sentence each."""
        self._began_s, self._began_wall_s, self._real_time = now_s, wall_s, real_time
        self._events = EventLog(folder / EVENTS_FILE)
        self._track = TrackWriter(folder / TRACK_FILE) if writes_track else None
        if before is not None and math.isfinite(before.first_s):
            self._began_s = min(before.first_s, now_s)
            self._goes_on(before.last_s, now_s)

    def keep(self, events: Iterable[RunEvent]) -> None:
        for event in events:
            self._events.write(event)

    def note(self, now_s: float, sentence: str) -> None:
        """Note an event beside the nodes' logs, each sentence once."""
        if sentence not in self.notes:
            self.notes.append(sentence)
            self._events.write(RunEvent(now_s, SOURCE, NOTE, sentence))

    def flown_to(self, point: TrackPoint) -> None:
        """Take a published position; the true track of a simulation is written by the simulator."""
        if self._track is not None:
            self._track.write(point)

    def saw(self, boxes: int) -> None:
        """Count the boxes of a searched picture. Without those of all pictures their number is unknown."""
        if self.detections is not None:
            self.detections += boxes

    def flies(self, plan: str) -> None:
        """Note the id of the plan that is flown now."""
        if plan and plan not in self.flown_plans:
            self.flown_plans.append(plan)

    def close(self) -> None:
        self._events.close()
        if self._track is not None:
            self._track.close()
        elif not (self.folder / TRACK_FILE).exists():  # the run ended before a drone belonged to it
            TrackWriter(self.folder / TRACK_FILE).close()

    def facts(
        self, outcome: tuple[str, str], *, now_s: float, wall_s: float, lost: Sequence[str] = (),
        ends: Mapping[str, tuple[str, str]] | None = None, cleared: Collection[str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """The facts of the run for `conclude`, as a JSON document.

        `outcome` is the outcome and its one reason. `lost` are the nodes that were lost in the run, `ends` are outcome
        and reason of each drone, and `cleared` the hashes of the plans with a lease, None if no lease was verified.
        """
        ends, (word, reason) = ends or {}, outcome
        took_s = wall_s - self._began_wall_s
        whys = [f"{drone}: {why}" for drone, (_, why) in ends.items() if why]
        said = [*map(_about, self.gaps), *self.notes, *whys, *self._troubles]
        return {
            "outcome": word,
            "reason": reason,
            "flown_plans": list(self.flown_plans),
            "cleared_plans": None if cleared is None else sorted(cleared),
            "detections": self.detections,
            "wall_time_s": took_s,
            "sim_time_s": took_s if self._real_time else now_s - self._began_s,
            "extra": {
                "order": {"run": self.folder.resolve().name, "person": self.order.person, "reason": self.order.reason},
                "unaccounted": [drone for drone, end in ends.items() if end[0] == "unaccounted"],
                "lost_nodes": list(lost),
                "chain": [event for event in dict.fromkeys(said) if event != reason],
                "pictures_counted": self.pictures_counted,
                "pictures_refused": self.pictures_refused,
                **({"unheard": [list(gap) for gap in self.gaps]} if self.gaps else {}),
            },
        }

    @property
    def _troubles(self) -> list[str]:
        return [record.trouble for record in (self._events, self._track) if record is not None and record.trouble]

    def _goes_on(self, since_s: float, now_s: float) -> None:
        gap = (round(since_s, 2), round(max(now_s, since_s), 2))
        self.gaps.append(gap)
        self._events.write(RunEvent(now_s, SOURCE, GAP, _about(gap), {"unheard": list(gap)}))


def _about(gap: tuple[float, float]) -> str:
    begin_s, end_s = gap
    return f"the record has a gap of {end_s - begin_s:.1f} s: the logbook did not run, and nothing was heard"


def _has_pictures(folder: Path) -> bool:
    """Whether the run has poses of pictures already, after the heading of their file."""
    with suppress(OSError):
        return (folder / POSES_FILE).read_bytes().count(b"\n") > 1
    return False


def _gap_of(data: Mapping[str, Any]) -> tuple[float, float] | None:
    match data.get("unheard"):
        case [int() | float() as begin_s, int() | float() as end_s]:
            return float(begin_s), float(end_s)
    return None
