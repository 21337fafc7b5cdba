"""Prints the figures of simulated patrols."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from blindspot.cli.parts.screen import Screen
from blindspot.core import plain_text

if TYPE_CHECKING:
    from blindspot.operations.simulation import Result

LOOKOUT = (
    ("success", "these patrols"),
    ("bound", "no schedule can do better than"),
    ("uniform_success", "any variant at any time"),
    ("timetable_success", "a timetable, revisit time"),
    ("timetable_as_often_success", "a timetable, as often"),
)


def print_result(result: Result) -> None:
    """Print what was kept of the promise, and the lookout's chances by the length of his act."""
    found, console = result.document(), Screen()
    revisit, bits = found["revisit"], found["start_entropy_bits"]
    minutes = revisit["revisit_s"] / 60
    kept, worst = (plain_text.percent(revisit[name], 1) for name in ("kept_fraction", "kept_fraction_worst_evening"))
    console.print(f"{found['evenings']} evenings, passes: {_counts(found['passes'])}")
    console.print(
        f"within {minutes:.0f} min as seen in flight: {kept} of the reachable ground, "
        f"{worst} on the worst evening; "
        f"evenings with a breach that their report does not name: {revisit['unreported_breaches']}",
        soft_wrap=True,
    )
    acts = list(result.acts["success"])
    table = Table(title="best chance of an act that no drone sees")
    for heading in ("", *(f"{act_s / 60:.0f} min" for act_s in acts)):
        table.add_column(heading, justify="right" if heading else "left")
    for name, label in LOOKOUT:
        table.add_row(label, *(f"{result.acts[name][act_s]:.2f}" for act_s in acts))
    console.print(table)
    console.print(
        f"entropy of a start by the minute: first {bits['first']:.1f} bits, next {bits['following']:.1f} bits"
    )
    console.print(f"an act of up to {found['adversary']['safe_s'] / 60:.1f} min succeeds with 95 % at the best place")
    console.print(f"processor time {found['cpu_s'] / 60:.1f} min")


def _counts(passes: dict[str, int]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in passes.items())
