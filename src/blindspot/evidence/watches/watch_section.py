"""The section "Watch" of a run's report: for each target a bar of the watched time, the figures and the gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HEADING = ("Begin", "Length", "Reason")
UNKNOWN = "unknown"
MOST_GAPS = 20
"""Gaps of a target in the page; `summary.json` has all."""
LEAST_BAR = 0.3
"""A gap is drawn at least so wide, per cent of the bar."""


@dataclass(frozen=True, slots=True)
class WatchBar:
    """One target: (name, text) of each figure, (left, width) of each gap in per cent of the watch, and the gaps."""

    target: str
    unknown: str
    figures: tuple[tuple[str, str], ...]
    gaps: tuple[tuple[float, float], ...]
    rows: tuple[tuple[str, str, str], ...]
    left_out: int

    @property
    def known(self) -> bool:
        """Whether the gaps are known, so that the bar can be drawn."""
        return self.figures[0][1] != UNKNOWN


def bars_of(entry: Mapping[str, Mapping[str, Any]]) -> tuple[WatchBar, ...]:
    """The section from the entry `watch` of a summary."""
    return tuple(_bar(target, one) for target, one in entry.items())


def _bar(target: str, one: Mapping[str, Any]) -> WatchBar:
    share, gaps = one.get("watched_share"), one.get("gaps") or ()
    watch_s = one.get("watch_s")
    figures = (
        ("Watched", UNKNOWN if share is None else f"{100.0 * share:.2f} %"),
        ("Longest gap", UNKNOWN if one.get("longest_gap_s") is None else _time(one["longest_gap_s"])),
        ("Reliefs", _count(one.get("reliefs"))),
        ("Most cameras at once", _count(one.get("most_looking"))),
    )
    bars = [(100.0 * gap["begins"] / watch_s, max(LEAST_BAR, 100.0 * gap["s"] / watch_s)) for gap in gaps if watch_s]
    rows = tuple((_time(gap["begins"]), _time(gap["s"]), gap["reason"]) for gap in gaps[:MOST_GAPS])
    return WatchBar(target, str(one.get("unknown") or ""), figures, tuple(bars), rows, max(0, len(gaps) - MOST_GAPS))


def _count(value: int | None) -> str:
    return UNKNOWN if value is None else str(value)


def _time(value_s: float) -> str:
    if value_s < 60.0:
        return f"{value_s:.1f} s"
    minutes, seconds = divmod(round(value_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min {seconds:02d} s" if hours else f"{minutes} min {seconds:02d} s"
