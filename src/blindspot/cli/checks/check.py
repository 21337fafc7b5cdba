"""`blindspot check MISSION PLAN`: the independent checker alone, on any plan file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_json
from blindspot.core import print_plain


def check(
    mission: Annotated[Path, typer.Argument(help="The mission file, e.g. config/missions/crossroads.yaml.")],
    plan: Annotated[Path, typer.Argument(help="The plan file, e.g. runs/plan-crossroads/plan.json.")],
    flown: Annotated[
        Path | None, typer.Option(help="The flown plan file, if PLAN replaces the rest of it.", show_default=False)
    ] = None,
    down: Annotated[
        list[str] | None, typer.Option(help="A drone of the flown plan that stays on the ground for good.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge a plan by the independent checker. If a rule is broken, print each broken rule and exit with code 1."""
    from blindspot.mission import load_mission, load_plan, site_of
    from blindspot.planning.checker import check_plan, check_rest, claimed

    asked, judged = load_mission(mission), load_plan(plan)
    site = site_of(asked)
    if flown is None:
        broken = check_plan(judged, asked, site)
    else:
        before = load_plan(flown)
        broken = check_rest(judged, before, claimed(judged, before, down or ()), asked, site)
    if as_json:
        print_json({"plan": judged.sha256, "violations": [str(violation) for violation in broken]})
    else:
        for violation in broken:
            print_plain(violation, err=True)
    if broken:
        raise typer.Exit(1)
    if not as_json:
        typer.echo(f"checked {judged.sha256}: no violation")
