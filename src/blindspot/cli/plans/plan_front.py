"""`blindspot plan MISSION --pareto`: a few plans to pick from, each in a file of its own."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from blindspot.cli.parts.exit_codes import STOPPED
from blindspot.core import plain_text

if TYPE_CHECKING:
    from blindspot.law import Loaded
    from blindspot.planning import Front, Offer

COLUMNS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "flight_min": ("min", lambda value: f"{value:.1f}"),
    "longest_flight_min": ("longest", lambda value: f"{value:.1f}"),
    "energy_wh": ("Wh", lambda value: f"{value:.1f}"),
    "private_m2s": ("private", lambda value: _rounded(value)),
    "facade_m2s": ("facades", lambda value: _rounded(value)),
    "highest_px_per_m": ("px/m", lambda value: f"{value:.1f}"),
    "seen_share": ("seen", lambda value: plain_text.percent(value, 1)),
}


def plan_front(folder: Path, asked: Loaded) -> None:
    """Plan a mission in several ways, write the best plans into a folder, and print the savings of each. Ctrl-C keeps
    the finished plans, and the exit code is then that of an interrupted command."""
    from blindspot.cli.parts.screen import Screen
    from blindspot.core import moved, output_folder, writable_or_error

    console = Screen()
    with output_folder(folder) as part:
        found = _planned(asked)
        files = tuple(part / f"pareto-{number}.json" for number in range(1, len(found.offers) + 1))
        with writable_or_error(folder):
            for file, offer in zip(files, found.offers, strict=True):
                file.write_text(offer.plan.to_json(), encoding="utf-8")
    written = moved(files, folder)
    for earlier in set(folder.glob("pareto-*.json")) - set(written):
        earlier.unlink()  # a plan of an earlier, longer front
    _print_offers(console, found.offers)
    for name, why in found.left_out.items():
        console.print(f"left out: {name}: {why}", markup=False, soft_wrap=True)
    for file in written:
        console.print(f"wrote {file}: checked, no violation", soft_wrap=True)
    mission, picked = (shlex.quote(str(path)) for path in (asked.mission.path, folder / "pareto-1.json"))
    console.print(
        "pick a plan, here the first; the papers, the pre-flight list, the flight in simulation:", soft_wrap=True
    )
    for words in (f"plan {mission} --take", f"preflight {mission} --plan", f"sim {mission} --plan"):
        console.print(f"  ./blindspot {words} {picked}", soft_wrap=True)
    if found.is_interrupted:
        raise typer.Exit(STOPPED)


def _planned(asked: Loaded) -> Front:
    from blindspot.core import progress_of
    from blindspot.planning import MOST_PLANS, front

    with progress_of("planning") as progress:
        numbers = count(1)

        def started(name: str) -> Callable[[str, float], None]:
            number = next(numbers)
            plan = f"plan {number} of at most {MOST_PLANS}, {name}"
            return lambda stage, done: progress(f"{plan}: {stage}", done, 1.0)

        return front(asked.mission, asked.site, started)


def _print_offers(console: Any, offers: Sequence[Offer]) -> None:
    """A line an offer, with what it has more or less than the fastest below."""
    from rich.table import Table

    table = Table(
        title=f"{len(offers)} plans to pick from; below: against the fastest",
        caption="min: all drones together; private ground and facades: m2 s in view",
        show_lines=True,
    )
    table.add_column("")
    table.add_column("asked for", overflow="fold")
    for heading, _ in COLUMNS.values():
        table.add_column(heading, justify="right", overflow="fold")
    fastest = offers[0].costs
    for number, offer in enumerate(offers, 1):
        cells = []
        for name, (_, text_of) in COLUMNS.items():
            value = getattr(offer.costs, name)
            cells.append(
                text_of(value) if number == 1 else f"{text_of(value)}\n{_change(name, value, getattr(fastest, name))}"
            )
        table.add_row(str(number), offer.name, *cells)
    console.print(table)


def _change(name: str, value: float, fastest: float) -> str:
    """In per cent of the fastest plan's; a share in points."""
    if name == "seen_share":
        return f"{100 * (value - fastest):+.1f}"
    return f"{100 * (value / fastest - 1):+.0f} %" if fastest else ""


def _rounded(value: float) -> str:
    from blindspot.planning import shown

    return f"{shown(value):,.0f}".replace(",", " ")
