"""The independent checker alone, which the gate runs: `blindspot check` on any plan file, and `check-inspection` on a
way off its route to view one point.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts import completion
from blindspot.cli.parts.output import AsJson, print_json
from blindspot.cli.plans.kept_town import town_of
from blindspot.core import print_plain

Place = tuple[float, float, float]


def check(
    mission: Annotated[
        Path,
        typer.Argument(
            help="The mission file, e.g. config/missions/crossroads.yaml.", autocompletion=completion.missions
        ),
    ],
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
    from blindspot.mission import load_plan
    from blindspot.planning.checker import check_plan, check_rest, claimed

    town, judged = town_of(mission), load_plan(plan)
    if flown is None:
        broken = check_plan(judged, town.mission, town.site, town.ground)
    else:
        before = load_plan(flown)
        situation = claimed(judged, before, down or ())
        broken = check_rest(judged, before, situation, town.mission, town.site, town.ground)
    if as_json:
        print_json({"plan": judged.sha256, "violations": [str(violation) for violation in broken]})
    else:
        for violation in broken:
            print_plain(violation, err=True)
    if broken:
        raise typer.Exit(1)
    if not as_json:
        typer.echo(f"checked {judged.sha256}: no violation")


def check_inspection(
    mission: Annotated[
        Path,
        typer.Argument(
            help="The mission file, e.g. config/missions/nantes_evening.yaml.", autocompletion=completion.missions
        ),
    ],
    plan: Annotated[Path, typer.Argument(help="The flown plan file, e.g. runs/plan-nantes_evening/plan.json.")],
    drone: Annotated[str, typer.Option(help="Name of the drone.")],
    start: Annotated[Place, typer.Option("--from", help="Point where the drone leaves the route: EAST NORTH UP, m.")],
    to: Annotated[Place, typer.Option(help="Viewpoint: EAST NORTH UP, m.")],
    aim: Annotated[tuple[float, float], typer.Option(help="Aim of the camera: HEADING PITCH, deg.")],
    seconds: Annotated[float, typer.Option(help="Longest time at the viewpoint, s.", min=1.0, max=120.0)] = 30.0,
    speed: Annotated[float, typer.Option(help="Flight speed, m/s.", min=0.1, max=25.0)] = 3.0,
    as_json: AsJson = False,
) -> None:
    """Judge an inspection by the rules of the plan checker. Exit code 1 and the first broken rule if it is refused."""
    from pydantic import ValidationError

    from blindspot.core import InputError, plainly
    from blindspot.mission import Aim, Point, load_plan
    from blindspot.mission.in_flight import Detour
    from blindspot.planning.checker import detour_problem

    town, flown = town_of(mission), load_plan(plan)
    try:
        places = [Point(east_m=place[0], north_m=place[1], up_m=place[2]) for place in (start, to)]
        looks = Aim(heading_deg=aim[0], pitch_deg=aim[1])
    except ValidationError as error:
        raise InputError("--from, --to, --aim", "", plainly(error)) from error
    detour = Detour(drone, places[0], places[1], looks, seconds, speed)
    problem = detour_problem(flown, town.mission, town.site, detour, town.ground)
    if as_json:
        print_json({"violation": problem or None})
    elif problem:
        print_plain(problem, err=True)
    else:
        print("checked: no violation")
    if problem:
        raise typer.Exit(1)
