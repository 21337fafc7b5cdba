"""The flight's data as tables of the guide: the phases, the failsafe ladder and its thresholds, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite

from blindspot.flight.ladder import rows
from blindspot.flight.phases import PHASES
from blindspot.flight.settings import FlightSettings, thresholds


def ladder_table(settings: FlightSettings) -> str:
    """Every row with the thresholds of these settings."""
    return _table(
        ("Trigger", "Threshold", "Action", "Told as", "Test"),
        ((row.name, row.threshold, row.action, row.reason, f"`{row.test}`") for row in rows(settings)),
    )


def threshold_table() -> str:
    """Every parameter of the ladder."""
    return _table(
        ("Parameter of `flight_control`", "Default, range", "Meaning"),
        ((f"`{x.name}`", f"{x.default:g}, {x.low:g} to {x.high:g}", x.describe) for x in thresholds()),
    )


def phase_table() -> str:
    """Every phase: what is asked on entry, which modes are ours, and where a time-out leads."""
    return _table(
        ("Phase", "Asked on entry", "Our modes", "Ends by itself after", "and then", "Refused"),
        (
            (name, phase.command or "", ", ".join(sorted(phase.modes)), _seconds(phase.timeout_s, phase.told),
             f"{phase.on_timeout}: {phase.told}" if phase.told else "", phase.on_refused if phase.command else "")
            for name, phase in PHASES.items()
        ),
    )  # fmt: skip


def _seconds(limit_s: float, told: str) -> str:
    if isfinite(limit_s):
        return f"{limit_s:g} s"
    return "worked out in flight" if told else ""


def _table(heading: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    table = [heading, ["---"] * len(heading), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in table)
