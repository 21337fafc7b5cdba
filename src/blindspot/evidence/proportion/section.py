"""The section "Private ground in view" of a run's report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blindspot.coverage.maps import NO_BREAK, area_text

UNKNOWN = "unknown"
HEADING = ("Figure", "Flown", "Planned")
NOTES = (
    "One picture of each second of a drone is evaluated, from the recorded pose, by the kernel of the plan's figures.",
    "All open ground that is not public counts as private. Facades are all walls, with windows or without.",
)


@dataclass(frozen=True, slots=True)
class Section:
    """The text of the section: rows of (figure, flown, planned), of (street, flown), and of (means, reason)."""

    rows: tuple[tuple[str, str, str], ...]
    streets: tuple[tuple[str, str], ...]
    alternatives: tuple[tuple[str, str], ...]
    reason: str
    notes: tuple[str, ...] = NOTES


def section_of(entry: Mapping[str, Any]) -> Section:
    """The section from the entry `proportion` of a summary."""
    planned = entry.get("plan") or {}
    rows = tuple((label, text(entry.get(name)), text(planned.get(name))) for label, name, text in _FIGURES)
    streets = tuple((one["street"] or "no street", _time(one["time_s"])) for one in entry.get("streets") or ())
    means = tuple((one["means"], one["why_insufficient"]) for one in entry.get("alternatives") or ())
    return Section(rows, streets, means, str(entry.get("reason") or ""))


def _area(value: float | None) -> str:
    return UNKNOWN if value is None else area_text(value)


def _area_time(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f} m² s".replace(",", NO_BREAK).replace(" ", NO_BREAK)


def _time(value: float | None) -> str:
    return UNKNOWN if value is None else f"{int(value) // 60} min {int(value) % 60:02d} s"


def _density(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.1f} px/m"


_FIGURES = (
    ("Blind ground seen", "seen_m2", _area),
    ("Blind ground in view, times its duration", "seen_m2s", _area_time),
    ("Ground in view that a fixed camera sees as well", "overlap_m2", _area),
    ("Private ground in view, times its duration", "private_m2s", _area_time),
    ("Facades in view, times their duration", "facade_m2s", _area_time),
    ("Highest density of any surface", "highest_px_per_m", _density),
    ("Duration of all pictures", "sensor_s", _time),
)
