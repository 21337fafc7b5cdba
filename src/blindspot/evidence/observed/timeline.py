"""A run's events as a table for a reader: time, node and text. Repetitions are removed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from blindspot.evidence.observed.event_log import Event
from blindspot.evidence.observed.lease_spans import KIND as LEASE

MOST = 80
QUIET = ("camera", "simulator", "gimbal")
"""Nodes that log every picture's start and every mode; the table shows only their warnings."""


@dataclass(frozen=True, slots=True)
class Line:
    """`when` is the time since the first take-off, or since the first event if every drone stayed on its pad."""

    when: str
    who: str
    what: str
    warns: bool = False


def timeline(events: Sequence[Event], zero_s: float | None = None) -> tuple[Line, ...]:
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


def _counts(event: Event) -> bool:
    if not math.isfinite(event.stamp_s):
        return False
    return event.kind in ("warning", LEASE) or not event.source.endswith(QUIET)


def _line(event: Event, zero_s: float) -> Line:
    who = event.source.removeprefix("blindspot.").replace(".", " ").replace("_", " ")
    return Line(clock(event.stamp_s - zero_s), who, event.text, event.kind == "warning")
