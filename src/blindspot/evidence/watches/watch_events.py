"""The states of a watch's targets as events of its run: one event for each change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite

from blindspot.evidence.observed.event_log import RunEvent

WATCH = "watch"
"""Kind of these events; `data` holds target, state, looking and reason."""
SOURCE = "blindspot.mission_manager"
BEFORE, ENDED = "before", "ended"
EXPLAINS_AFTER_S = 10.0
"""The state `gap` with its reason comes at most so long after the begin of a gap, s."""


class WatchEvents:
    """Turns the states of the targets into events: `changes` returns those since its last call."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}

    def changes(self, now_s: float, targets: Iterable[tuple[str, str, str, str]]) -> list[RunEvent]:
        """The events of now, from (target, state, looking, reason) of each target."""
        events = []
        for target, state, looking, reason in targets:
            if self._states.get(target) == state:
                continue
            self._states[target] = state
            text = f"{target}: {state.replace('_', ' ')}" + (f": {reason}" if reason else "")
            data = {"target": target, "state": state, "looking": looking, "reason": reason}
            events.append(RunEvent(now_s, SOURCE, WATCH, text, data))
        return events


def span_of(events: Iterable[RunEvent]) -> tuple[float, float] | None:
    """Begin and end of a watch on the run's clock, s; None without both.

    The watch begins when no target is `before` its begin any more. A watch without an end state ends with its record.
    """
    begins_s: float | None = None
    ended_s: dict[str, float] = {}
    states: dict[str, str] = {}
    last_s = float("nan")
    for event in events:
        if not isfinite(event.stamp_s):
            continue
        last_s = event.stamp_s
        if event.kind != WATCH:
            continue
        target, state = str(event.data.get("target")), str(event.data.get("state"))
        states[target] = state
        if begins_s is None and BEFORE not in states.values():
            begins_s = event.stamp_s
        if state == ENDED:
            ended_s.setdefault(target, event.stamp_s)
    if begins_s is None:
        return None
    ends_s = max(ended_s.values()) if ended_s and ended_s.keys() == states.keys() else last_s
    return (begins_s, ends_s) if ends_s > begins_s else None


def given_reason(events: Sequence[RunEvent], target: str, from_s: float, until_s: float) -> str:
    """The reason that the relay gave for a gap in this time; empty if it gave none."""
    reasons = [
        str(event.data.get("reason") or "") for event in events
        if event.kind == WATCH and event.data.get("target") == target and event.data.get("state") == "gap"
        and from_s <= event.stamp_s <= max(until_s, from_s + EXPLAINS_AFTER_S)
    ]  # fmt: skip
    return next(filter(None, reasons), "")
