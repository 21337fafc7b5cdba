"""`blindspot inspect DRONE`: send a drone that flies to the nearest allowed viewpoint of a point."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindspot.cli.operate.orders import Drone, Person, Reason
from blindspot.cli.parts.named_people import Key
from blindspot.cli.parts.output import AsJson
from blindspot.cli.parts.place_options import place_of
from blindspot.core import InputError

if TYPE_CHECKING:
    from blindspot.cli.operate.orders import Given
    from blindspot.flight.control import Inspection
    from blindspot.mission import Plan
    from blindspot.nodes.clients import Operator

COMMAND = "blindspot inspect"
JUDGED_WITHIN_S, JUDGED_WITHIN_WALL_S = 75.0, 150.0
"""Time-outs of the gate's word on the way, in simulated time and on the wall clock: the drone gives it up before."""
STATES = {"accepted": "{drone} stops and holds", "waiting for the gate": "it judges the way, and {drone} holds"}
NOT_FROM = {
    "preflight": ("is not in the air yet", "ask again en_route"),
    "armed": ("is not in the air yet", "ask again en_route"),
    "takeoff": ("climbs", "ask again en_route"),
    "inspect": ("inspects already", "wait until it holds again"),
    "return": ("comes home", "hold it first"),
    "landing": ("lands", "fly a mission with it again"),
    "pilot": ("is in the pilot's hands", "resume it first, if the pilot agrees"),
}
"""By phase: the reason why a drone can't inspect, and the person's next step."""


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
    """Let a drone look at a point beside its route. Exit code 0 it flies there, 3 refused, 4 not confirmed.

    The viewpoint is the nearest one that the plan checker allows. The drone holds while the gate judges it again, then
    it flies there, looks, flies back and holds.
    """
    from blindspot.acts.dispatches import flown_plan
    from blindspot.cli.operate.orders import meet
    from blindspot.cli.operate.viewpoints import viewpoint_for
    from blindspot.cli.parts.named_people import own_key, sign_with
    from blindspot.cli.sessions.the_stack import folder_here, operator_of_the_stack
    from blindspot.flight.control import Inspection
    from blindspot.law.orders import named
    from blindspot.mission import site_of

    by, why = named(person, reason)
    if sum(map(bool, (at, street, metres))) != 1:
        raise InputError(COMMAND, "", "needs one of --at, --street and --metres", "name one point to look at")
    own = own_key(key)
    pair = place_of("--at" if at else "--metres", at or metres, in_metres=not at) if at or metres else None
    with operator_of_the_stack() as operator:
        meet(operator, (drone,))
        sign_with(operator, own)
        run, start = flown_now(operator, drone)
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
        order = Inspection(by, to, aim, seconds, why)
        raise typer.Exit(send_inspection(operator, drone, order, as_json=as_json))


def send_inspection(operator: Operator, drone: str, order: Inspection, *, as_json: bool) -> int:
    """Send an inspection, say the inspection's state until the inspection is flown or refused, and return the exit
    code."""
    from blindspot.cli.operate.orders import printed

    return printed(ordered_inspection(operator, drone, order, err=as_json), as_json=as_json)


def ordered_inspection(operator: Operator, drone: str, order: Inspection, *, err: bool) -> Given:
    """Send an inspection, and say its state until it is flown or refused."""
    from blindspot.cli.operate.orders import Given, OrderLimits, answer_of, state_of_drone, wait_for
    from blindspot.nodes.clients import Confirmation

    assert operator.fleet is not None
    person, why, before = order.person, order.reason, operator.statuses.get(drone)
    is_there = order.then == "return" or (before is not None and before.phase == "inspect")
    success, message = answer_of(
        operator, "inspect", (drone,), person, why, position=order.to, aim=order.aim, seconds=order.seconds,
        then=order.then,
    )  # fmt: skip
    waits, said = Confirmation("inspect", (drone,) if success else (), dict(operator.statuses)), [""]

    def say() -> None:
        status = operator.statuses.get(drone)
        if status is not None and status.inspection != said[-1] and status.inspection in STATES:
            said.append(status.inspection)
            typer.echo(f"{status.inspection}: {STATES[status.inspection].format(drone=drone)}", err=err)

    if success:
        say()
        wait_for(operator, waits, OrderLimits(JUDGED_WITHIN_S, JUDGED_WITHIN_WALL_S), say)
    state = state_of_drone(operator, drone) | {"confirmed": drone in waits.shown and not waits.refused}
    if waits.refused:
        success, message = False, f"{drone} is not sent: {state['reason']}"
    unknown = f"{drone} is not known to inspect: see blindspot status, then hold the drone or call it home"
    ends = {"resume": "resumes its route", "return": "comes home"}
    end = ends.get(order.then, "holds: then resume it, or call it home")
    way = "stays at its viewpoint" if is_there else "flies to the viewpoint"
    back = "" if order.then == "return" else "flies back "
    after = f"{drone} {way}, looks for {order.seconds:.0f} s, {back}and {end}"
    return Given(
        "inspect", person, why, success, message, {drone: state}, bool(operator.fleet.simulated),
        after if state["confirmed"] else unknown,
    )  # fmt: skip


def flown_now(operator: Operator, drone: str) -> tuple[str, Any]:
    """The run of a drone in the air, and the drone's position; raises InputError for a drone that does not fly."""
    from blindspot.mission import Point

    status = operator.statuses.get(drone)
    if status is None:
        raise InputError(COMMAND, drone, "is not heard", "see blindspot status")
    if status.phase not in ("en_route", "hold"):
        problem, fix = NOT_FROM.get(status.phase, ("does not fly", "fly a mission with it first"))
        raise InputError(COMMAND, drone, f"{problem} ({status.phase})", fix)
    place = status.position
    if not all(map(math.isfinite, (place.x, place.y, place.z))):
        raise InputError(COMMAND, drone, "does not know where it is", "wait for its position")
    return status.run, Point(east_m=place.x, north_m=place.y, up_m=place.z)


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
