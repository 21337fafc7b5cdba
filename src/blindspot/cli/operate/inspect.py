"""`blindspot inspect DRONE`: send a drone that flies to the nearest allowed viewpoint of a point."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindspot.cli.operate.orders import Drone, Person, Reason
from blindspot.cli.operate.people import Key
from blindspot.cli.parts.output import AsJson
from blindspot.cli.parts.places import place_of
from blindspot.core import InputError

if TYPE_CHECKING:
    from blindspot.mission import Mission, Plan
    from blindspot.nodes.clients import Operator

COMMAND = "blindspot inspect"


def inspect(
    drone: Drone,
    at: Annotated[str, typer.Option(help="The point to look at: LAT,LON in degrees.", show_default=False)] = "",
    street: Annotated[
        str, typer.Option(help="Or a street or square of the site: its point nearest to the drone.", show_default=False)
    ] = "",
    metres: Annotated[
        str, typer.Option(help="Or EAST,NORTH in metres about the site's origin.", show_default=False)
    ] = "",
    seconds: Annotated[float, typer.Option(min=1.0, max=60.0, help="Time of the look, s.")] = 30.0,
    person: Person = "",
    reason: Reason = "",
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Let a drone look at a point beside its route. Exit code 0 confirmed, 3 refused, 4 not confirmed.

    The viewpoint is the nearest one that the plan checker allows. The gate judges it again before the drone moves.
    """
    from blindspot.cli.operate.orders import give_by, meet
    from blindspot.cli.operate.people import named, own_key, sign_with
    from blindspot.cli.operate.the_stack import folder_here, operator_of_the_stack
    from blindspot.cli.operate.viewpoints import viewpoint_for
    from blindspot.mission import site_of

    by, why = named(person, reason)
    if sum(map(bool, (at, street, metres))) != 1:
        raise InputError(COMMAND, "", "needs one of --at, --street and --metres", "name one point to look at")
    own = own_key(key)
    pair = place_of("--at" if at else "--metres", at or metres, in_metres=not at) if at or metres else None
    with operator_of_the_stack() as operator:
        meet(operator, (drone,))
        sign_with(operator, own)
        run, start = _flown(operator, drone)
        assert operator.fleet is not None
        now = next((mission.plan for mission in operator.fleet.missions if mission.run == run), "")
        stack_dir, fleet_file = folder_here(operator.fleet.stack_dir), Path(operator.fleet.fleet)
        plan, mission = flown_plan(stack_dir, run, drone, fleet_file, now)
        site = site_of(mission)
        target = _target(site, plan, start, street, pair, is_degrees=bool(at))
        view = viewpoint_for(target, start, drone, plan, mission, site, seconds)
        to, aim = view.at, view.aim
        typer.echo(
            f"viewpoint: {to.east_m:.0f} m east, {to.north_m:.0f} m north, {to.up_m:.0f} m up, looking "
            f"{aim.heading_deg:.0f} deg, {-aim.pitch_deg:.0f} deg down",
            err=as_json,
        )
        raise typer.Exit(
            give_by(
                operator, "inspect", (drone,), by, why, as_json=as_json, position=to, aim=aim, seconds=seconds
            )
        )  # fmt: skip


def _flown(operator: Operator, drone: str) -> tuple[str, Any]:
    """The run of a drone in the air, and its position; raises InputError for a drone that does not fly."""
    from blindspot.mission import Point

    status = operator.statuses.get(drone)
    if status is None or status.phase not in ("en_route", "hold"):
        state = "not heard" if status is None else status.phase
        raise InputError(COMMAND, drone, f"flies no route now ({state})", "wait until it is en_route or holds")
    place = status.position
    if not all(map(math.isfinite, (place.x, place.y, place.z))):
        raise InputError(COMMAND, drone, "does not know where it is", "wait for its position")
    return status.run, Point(east_m=place.x, north_m=place.y, up_m=place.z)


def flown_plan(stack_dir: Path, run: str, drone: str, fleet_file: Path, plan_id: str = "") -> tuple[Plan, Mission]:
    """The plan of a run with the rests that were planned in flight, and its mission. `plan_id` is the plan of the
    sortie in progress; without it the first."""
    from blindspot.mission import load_mission, load_plan, run_folder

    folder = run_folder(stack_dir, run)
    plan = load_plan(folder / "plan.json")
    if plan.sortie is not None and plan.id != plan_id:
        sorties = map(load_plan, sorted(folder.glob("sortie-*.json")))
        plan = next((sortie for sortie in sorties if sortie.id == plan_id), plan)
    rests = sorted(folder.glob("rest-*.json"), key=lambda path: (len(path.name), path.name))
    for rest in map(load_plan, rests):
        plan = plan.with_routes(rest.routes)
    if plan.route_of(drone) is None:
        raise InputError(folder / "plan.json", "routes", f"has no route for {drone}", "name a drone of this run")
    named = Path(plan.mission)
    found = [path for path in (*(folder / named for folder in fleet_file.parents), named) if path.is_file()]
    if not found:
        raise InputError(folder / "plan.json", "mission", f"{plan.mission} is not here", "run this where it lies")
    return plan, load_mission(found[0])


def _target(
    site: Any, plan: Plan, start: Any, street: str, pair: tuple[float, float] | None, *, is_degrees: bool
) -> Any:  # fmt: skip
    """The point of the ground to look at."""
    from shapely.geometry import Polygon

    from blindspot.cli.operate.viewpoints import ground_at, on_street

    if pair is None:
        return on_street(site, street, Polygon(plan.perimeter), start)
    east_m, north_m = site.frame.to_enu(pair[1], pair[0]) if is_degrees else pair
    return ground_at(site, float(east_m), float(north_m))
