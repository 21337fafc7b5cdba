"""`blindspot plan --compare BEFORE AFTER`: two plan files of one perimeter, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from blindspot.cli.parts.output import print_json
from blindspot.core import plain_text

SHARES = ("least_battery_left", "seen_share")


def compare_files(before: Path, after: Path, *, as_json: bool) -> None:
    """Print two plan files of one perimeter side by side. Raises InputError."""
    from blindspot.mission import load_plan
    from blindspot.planning.reasons import compare_plans

    change = compare_plans(load_plan(before), load_plan(after), after)
    if as_json:
        print_json(change)
    else:
        _print_change(change)


def _print_change(change: dict[str, Any]) -> None:
    """Print two plans side by side."""
    from rich.table import Table

    from blindspot.cli.parts.screen import Screen
    from blindspot.planning.reasons import LABELS

    table = Table(title="two plans of one perimeter")
    for column in ("", change["before"]["id"], change["after"]["id"], "change"):
        table.add_column(column, justify="right" if column else "left", overflow="fold")
    for name, label in LABELS.items():
        old, new, more = (change[part][name] for part in ("before", "after", "change"))
        if more is None:
            known = ("not measured" if value is None else f"{value:,.10g}" for value in (old, new))
            table.add_row(label, *(text.replace(",", " ") for text in known), "")
        elif name in SHARES:
            table.add_row(
                label,
                plain_text.percent(old, 1),
                plain_text.percent(new, 1),
                f"{100 * more:+.1f} %",
            )
        else:
            texts = (f"{old:,.10g}", f"{new:,.10g}", f"{more:+,.10g}")
            table.add_row(label, *(text.replace(",", " ") for text in texts))
    Screen().print(table)
