"""`blindspot coverage SITE --improve`: prints the few camera changes that close most blind ground."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from blindspot.acts.towns import NO_FLIGHT, SCOPES, ImprovementRequest, recommended
from blindspot.core import escape_codes, plain_text

Figures = dict[str, Any]


def improve_into(folder: Path, *, asked: ImprovementRequest, as_json: bool) -> tuple[Path, ...]:
    """Find, write and print the best sets of changes, and return the files."""
    from blindspot.acts.towns import find_improvements
    from blindspot.core import progress_of
    from blindspot.coverage import as_text

    with progress_of("improving") as progress:
        document, files = find_improvements(folder, asked, progress)
    if as_json:
        print(escape_codes(as_text(document)))
    else:
        print_improvements(document)
    return files


def print_improvements(document: Figures) -> None:
    """Print a table for each scope, then each change of the recommended set and of the largest set."""
    from blindspot.cli.parts.screen import Screen

    console, assumed = Screen(), document["assumed"]
    today = document.get("flight_today")
    blind = plain_text.square_metres(document["blind_area_m2"])
    console.print(f"{document['site']}: {blind} blind at {document['min_px_per_m']:g} px/m")
    if today:
        console.print(f"flight today: {_flight(today)}" + (" min" if not today["why_none"] else ""))
    for scope, title in SCOPES.items():
        steps = [step for step in document["sets"] if step["scope"] == scope]
        if not steps:
            console.print(f"{title}: no change closes ground")
            continue
        console.print(_table(title, steps, today))
        picked = recommended(steps)
        for step, why in ((picked, "recommended"), (steps[-1], "all")):
            if why == "recommended" or step is not picked:
                console.print(_spelled_out(step, why), soft_wrap=True, highlight=False)
    lens = assumed["new_camera"]
    for line in (
        "closed: blind ground that is seen then; outside: public ground beyond the perimeter, seen no more; "
        "private: open private ground that comes into view",
        f"{assumed['poles']}; a new camera has {lens['width_px']} x {lens['height_px']} px over {lens['hfov_deg']:g} "
        f"deg; no mast is raised above {assumed['highest_mast_m']:g} m",
    ):
        console.print(line, soft_wrap=True, highlight=False)


def _spelled_out(step: Figures, why: str) -> str:
    number = len(step["changes"])
    lines = [f"{why}, {number} change{'s' if number > 1 else ''} for {_signed(step['closed_m2'])} m2:"]
    lines += [f"  {change['what']}: {_signed(change['adds_m2'])} m2" for change in step["changes"]]
    return "\n".join(lines)


def _table(title: str, steps: Sequence[Figures], today: Figures | None) -> object:
    from rich.table import Table

    table = Table(title=title)
    for heading in ("changes", "closed m2", "of blind", "outside m2", "private m2", "optimum"):
        table.add_column(heading, justify="right")
    if today:
        table.add_column("flight min", justify="right")
        table.add_column("saved min", justify="right")
    for step in steps:
        proof = "proven" if step["gap"] == 0 else f"within {100 * step['gap']:.1f} %"
        closed = plain_text.percent(step["closed_fraction"], 1)
        row = [
            str(len(step["changes"])), _signed(step["closed_m2"]), closed,
            _signed(step["elsewhere_m2"]), _signed(step["private_m2"]), proof,
        ]  # fmt: skip
        if today:
            row += [_flight(step["flight"]), _saved(today, step["flight"])]
        table.add_row(*row)
    return table


def _flight(flight: Figures) -> str:
    return str(flight["why_none"] or f"{flight['min']:.1f}")


def _saved(today: Figures, flight: Figures) -> str:
    """Saved minutes. Empty if one of the two flights has no plan."""
    if today["why_none"] or flight["why_none"] not in (None, NO_FLIGHT):
        return ""
    return f"{round(today['min'] - flight['min'], 1) + 0.0:.1f}"  # never -0.0


def _signed(area_m2: float) -> str:
    return f"{round(area_m2):+,}".replace(",", " ")
