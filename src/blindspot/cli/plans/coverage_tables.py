"""Printed output of `blindspot coverage`: figures, the largest blind spots, the written files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from blindspot.cli.parts.screen import Screen
from blindspot.core import plain_text
from blindspot.coverage.ground import BlindSpot
from blindspot.coverage.sight import FixedCoverage


def print_figures(summary: dict[str, Any]) -> None:
    public_m2 = summary["public_area_m2"]
    table = Table(title=f"{summary['site']}: coverage at {summary['min_px_per_m']:g} px/m", show_header=False)
    rows = [("public ground", public_m2), ("seen by fixed cameras", summary["fixed_area_m2"])]
    rows += [("blind", summary["blind_area_m2"])]
    rows += [(f"  {why}", area_m2) for why, area_m2 in summary["blind_area_by_reason_m2"].items()]
    rows += [
        (f"seen at {name} ({level['min_px_per_m']:g} px/m)", level["area_m2"])
        for name, level in summary["public_area_by_level_m2"].items()
    ]
    rows += [(f"cameras that see it: {n}", area_m2) for n, area_m2 in summary["public_area_by_cameras_m2"].items()]
    if "time_share" in summary:
        rows += [(f"share of the time: {k}", m2) for k, m2 in summary["time_share"]["public_area_m2"].items() if m2]
    if "could_see" in summary:
        rows += [("at most, were cameras turned to it", summary["could_see"]["public_area_m2"])]
    if "uncertainty" in summary:
        rows += [("seen at worst, by what is not known", summary["uncertainty"]["pessimistic_area_m2"])]
        rows += [("seen at best", summary["uncertainty"]["optimistic_area_m2"])]
    for label, area_m2 in rows:
        share = plain_text.percent(area_m2 / public_m2, 1) if public_m2 else ""
        table.add_row(label, f"{_spaced(area_m2)} m2", share)
    Screen().print(table)


def print_blind_spots(spots: Sequence[BlindSpot], number: int = 5) -> None:
    """The largest of them."""
    if not spots:
        return
    table = Table(title="largest blind spots")
    for column in ("m2", "street", "reason", "nearest camera"):
        table.add_column(column, justify="right" if column == "m2" else "left")
    for spot in spots[:number]:
        camera = f"{spot.camera} ({spot.camera_distance_m:.0f} m)" if spot.camera else ""
        table.add_row(_spaced(spot.area_m2), spot.street, spot.cause, camera)
    Screen().print(table)


def print_change(summary: dict[str, Any]) -> None:
    """Two camera networks side by side."""
    before, after = summary["before"], summary["after"]
    table = Table(title=f"{after['site']}: two camera networks at {summary['min_px_per_m']:g} px/m")
    for column in ("m2", "before", "after", "change"):
        table.add_column(column, justify="left" if column == "m2" else "right")
    rows = [("public ground", "public_area_m2"), ("seen by fixed cameras", "fixed_area_m2"), ("blind", "blind_area_m2")]
    pairs = [(label, before[key], after[key]) for label, key in rows]
    levels = "public_area_by_level_m2"
    pairs += [(f"seen at {name}", before[levels][name], area_m2) for name, area_m2 in after[levels].items()]
    for label, old_m2, new_m2 in pairs:
        table.add_row(label, _spaced(old_m2), _spaced(new_m2), _spaced(new_m2 - old_m2, "+"))
    table.add_section()
    table.add_row("gained", "", "", _spaced(summary["gained_area_m2"], "+"))
    table.add_row("lost", "", "", _spaced(-summary["lost_area_m2"], "+"))
    Screen().print(table)


def print_cameras(summary: dict[str, Any], fixed: FixedCoverage, blind_spots: int) -> None:
    console = Screen()
    looking = sum(area_m2 > 0 for area_m2 in fixed.area_m2.values())
    in_all = len(fixed.area_m2) + len(fixed.left_out)
    if not summary["public_area_m2"]:
        problem = "no public ground here, so nothing is seen and nothing is blind"
        fix = "give roads that are public, or name squares in site.yaml"
        console.print(f"{problem}; {fix}", style="yellow", soft_wrap=True)
        return
    if not in_all:
        console.print("no fixed camera: everything is blind; name a file of cameras in site.yaml to see what they see")
        return
    console.print(f"{blind_spots} blind spots; {looking} of {in_all} cameras see something here")
    for reason, count in sorted(summary["cameras"]["left_out"].items()):
        console.print(f"  {count} not counted: {reason}")


def print_files(files: Iterable[Path]) -> None:
    for file in files:
        Screen().print(f"wrote {file}", soft_wrap=True)


def _spaced(area_m2: float, sign: str = "") -> str:
    """Whole square metres, by thousands."""
    return f"{round(area_m2):{sign},}".replace(",", " ")
