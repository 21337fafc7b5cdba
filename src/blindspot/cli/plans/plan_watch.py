"""The printed posts and turns of a watch, and everything that the watch lacks."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from blindspot.cli.parts.output import only_json, print_json
from blindspot.core import RefusedError, print_plain

if TYPE_CHECKING:
    from blindspot.acts.plans import PlannedMission, PlannedWatch
    from blindspot.law import Loaded

LACKING = 2
"""Exit code of a watch whose minutes, slot, drones or packs are too few."""


def finish_watch(made: PlannedMission, asked: Loaded, folder: Path, fleet: Path | None, *, as_json: bool) -> None:
    """Print the turns of planned posts. Raises RefusedError if the authorisation refuses a post, and Exit with code 1
    for a post that breaks a rule, and with code 2 for a watch that lacks something."""
    from blindspot.acts.plans import judge_posts, plan_watch
    from blindspot.cli.plans.plan_sorties import document_of
    from blindspot.mission import load_fleet

    watch = plan_watch(made, asked, folder, None if fleet is None else load_fleet(fleet))
    with only_json(is_asked=as_json):
        _print(watch, fleet)
    if as_json:
        document = document_of(made.plan, folder, made.violations) | {"for_simulation": bool(asked.for_simulation)}
        print_json(document | {"watch": watch.document})
    if made.violations:
        raise typer.Exit(1)
    for line in watch.lacks:
        typer.echo(line, err=True)
    if watch.lacks:
        raise typer.Exit(LACKING)
    if verdicts := judge_posts(watch, asked):
        raise RefusedError(tuple(map(str, verdicts)))


def _print(watch: PlannedWatch, fleet: Path | None) -> None:
    from rich.table import Table

    from blindspot.acts.plans import file_name
    from blindspot.cli.parts.screen import Screen

    table = Table(title=f"{len(watch.posts)} posts, a plan each")
    for heading in ("file", "target", "drone", "pad", "min on post", "way, s", "share in view"):
        is_name = heading in ("file", "target", "drone", "pad")
        table.add_column(heading, justify="left" if is_name else "right", no_wrap=is_name)
    for plan, post in watch.with_figures:
        (route,), seen = plan.routes, plan.watch
        share = f"{100 * seen.seen_m2 / seen.target_m2:.0f} %" if seen is not None else ""
        table.add_row(
            file_name(plan), post.target, route.drone, route.pad, f"{post.dwell_s / 60:.1f}", f"{post.way_s:.0f}", share
        )
    Screen().print(table)
    turns = watch.turns
    packs = ", ".join(f"{count} {model}" for model, count in watch.packs.items())
    print_plain(f"{len(turns.turns)} turns; a relief starts {turns.lead_s:.0f} s before the post before it ends")
    print_plain(f"packs needed: {packs}{'' if fleet is None else f' ({fleet.name})'}")
    people = "even one at each pad is too slow: give more drones" if turns.people is None else f"{turns.people}"
    print_plain(f"people who change packs: {people}")
    print_plain(f"flight minutes a day: {math.ceil(watch.minutes_a_day)}")
    print_plain(watch.in_wind)
    print_plain(watch.hand_over)
    print_plain(f"wrote {watch.file}")
