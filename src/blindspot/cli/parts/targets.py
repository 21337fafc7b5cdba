"""The targets of a watch on a terminal: their states, who looks, and when the next relief starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table


def targets_table(watches: Iterable[Mapping[str, Mapping[str, Any]]]) -> Table:
    """A row for each target of these watches, each as in `status --json`."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("target", "state", "looking", "relief due", "reliefs", "why"):
        table.add_column(column, justify="right" if column in ("relief due", "reliefs") else "left")
    for watch in watches:
        for target, now in watch.items():
            table.add_row(
                target, state_of(now), now["looking"] or "-", _due(now["due_s"]), str(now["reliefs"]), now["reason"]
            )
    return table


def state_of(target: Mapping[str, Any]) -> str:
    """The state of a target in words."""
    gap_s = target["gap_s"] or 0.0
    if target["state"] == "gap":
        return f"gap for {gap_s:.0f} s"
    state = str(target["state"].replace("_", " "))
    return f"{state}: a gap in {gap_s:.0f} s" if state == "short" or (state == "before" and target["reason"]) else state


def _due(due_s: float | None) -> str:
    if due_s is None:
        return "-"
    return f"in {due_s:.0f} s" if due_s >= 0.0 else f"{-due_s:.0f} s late"
