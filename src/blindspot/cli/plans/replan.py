"""`blindspot replan MISSION PLAN SITUATION`: checked routes for the rest of a flown plan, for hovering drones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts import completion
from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import PlanningError, print_plain, writable_or_error, write_whole


def replan(
    mission: Annotated[Path, typer.Argument(help="The mission file of the plan.", autocompletion=completion.missions)],
    plan: Annotated[Path, typer.Argument(help="The flown plan file.")],
    situation: Annotated[Path, typer.Argument(help="Where each drone stands: blindspot.situation/1, JSON or YAML.")],
    out: Annotated[Path, typer.Option(help="File for the new routes.")] = Path("rest.json"),
    as_json: AsJson = False,
) -> None:
    """Plan the rest of a plan from where the drones hover, after the loss of a drone or around a new no-fly zone."""
    from blindspot.law import Loaded
    from blindspot.mission import load_plan
    from blindspot.mission.in_flight import load_situation
    from blindspot.planning import make_rest
    from blindspot.planning.checker import check_rest

    asked, flown, standing = Loaded.of(mission), load_plan(plan), load_situation(situation)
    rest = make_rest(flown, standing, asked.mission, asked.site)
    broken = check_rest(rest.plan, flown, standing, asked.mission, asked.site)
    if broken:
        raise PlanningError(f"the new routes break {len(broken)} rules and are not flown; the first: {broken[0]}")
    with writable_or_error(out, "--out", ""):
        write_whole(out, rest.plan.to_json())
    for drone, why in rest.without.items():
        print_plain(f"{drone} gets no route: {why}", err=True)
    document = {
        "file": str(out), "plan": rest.plan.sha256, "without_route": dict(rest.without),
        "drones": {
            route.drone: {"steps": len(route.steps), "flight_time_s": route.expected.flight_time_s}
            for route in rest.plan.routes
        },
    }  # fmt: skip
    lines = (
        f"{route.drone}: {len(route.steps)} steps, {route.expected.flight_time_s / 60:.1f} min"
        for route in rest.plan.routes
    )
    print_result(document, *lines, f"wrote {out}: checked, no violation", as_json=as_json)
