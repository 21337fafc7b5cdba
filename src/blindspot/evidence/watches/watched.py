"""The watched time of each target, and its gaps, from the times of the exposures alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

ON_WITHIN_S = 1.0
"""A camera is on for this long after an exposure; a longer time between two exposures of a target is a gap."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """A picture: its time on the run's clock, s, its drone, and the targets that it shows."""

    stamp_s: float
    drone: str
    targets: frozenset[str]


@dataclass(frozen=True, slots=True)
class WatchGap:
    """A time without a picture of a target: from the last exposure before it to the first exposure after it.

    `begins_s` counts from the begin of the watch. `before` and `after` are the drones of both exposures, empty at the
    begin and at the end of the watch.
    """

    begins_s: float
    s: float
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Watched:
    """The figures of one target. `watched_share` is 0 to 1 of the watch, `reliefs` counts changes of the drone."""

    watched_share: float
    longest_gap_s: float
    gaps: tuple[WatchGap, ...]
    reliefs: int


def watched(exposures: Iterable[Exposure], target: str, begins_s: float, ends_s: float) -> Watched:
    """The watched time of a target in a watch from `begins_s` to `ends_s`, on the clock of the exposures.

    Raises
    ------
    ValueError
        The watch ends before it begins.

    Example
    -------
    >>> seen = [Exposure(t / 2, "drone1", frozenset({"stage"})) for t in range(16)]
    >>> watched(seen, "stage", 0.0, 10.0).longest_gap_s
    2.5
    """
    if not ends_s > begins_s:
        raise ValueError("the watch ends before it begins")
    shows = sorted((each.stamp_s, each.drone) for each in exposures
                   if target in each.targets and begins_s <= each.stamp_s <= ends_s)  # fmt: skip
    marks = [(begins_s, ""), *shows, (ends_s, "")]
    gaps = tuple(
        WatchGap(before_s - begins_s, after_s - before_s, before, after)
        for (before_s, before), (after_s, after) in pairwise(marks) if after_s - before_s > ON_WITHIN_S
    )  # fmt: skip
    share = 1.0 - sum(gap.s for gap in gaps) / (ends_s - begins_s)
    return Watched(max(0.0, share), max((gap.s for gap in gaps), default=0.0), gaps, _reliefs(shows))


def most_looking(exposures: Iterable[Exposure]) -> int:
    """The highest number of cameras that were on at any exposure, whatever their pictures show."""
    last_s: dict[str, float] = {}
    most = 0
    for each in sorted(exposures, key=lambda each: each.stamp_s):
        last_s[each.drone] = each.stamp_s
        most = max(most, sum(each.stamp_s - at_s <= ON_WITHIN_S for at_s in last_s.values()))
    return most


def _reliefs(shows: Sequence[tuple[float, str]]) -> int:
    """Changes of the drone. In an overlap of two drones the first one counts until its camera is off."""
    reliefs, looking, last_s = 0, "", -inf
    for stamp_s, drone in shows:
        if drone != looking and stamp_s - last_s <= ON_WITHIN_S:
            continue
        reliefs += looking not in ("", drone)
        looking, last_s = drone, stamp_s
    return reliefs


def reason_of(gap: WatchGap, said: Callable[[str, float, float], Collection[str]], begins_s: float) -> str:
    """The reason of a gap in one sentence, from the events of the drone that looked last.

    `said(drone, from_s, until_s)` returns the texts of a drone's events in a time of the run's clock. `begins_s` is the
    begin of the watch on this clock.
    """
    at_s = begins_s + gap.begins_s
    if not gap.before:
        return "no drone was on post at the begin" if gap.after else "no picture shows the target"
    texts = [text for text in said(gap.before, at_s - BEFORE_S, at_s + gap.s) if text]
    why = f"{gap.before}: {texts[0]}" if texts else f"{gap.before} made no further picture"
    if gap.after not in ("", gap.before):
        return f"{why}; {gap.after} went on"
    return f"{why}; no drone went on" if not gap.after else why


BEFORE_S = 3.0
"""Events so long before a gap may be its cause, s: a camera is inhibited before the report of the reason."""
