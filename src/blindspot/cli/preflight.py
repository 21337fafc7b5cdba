"""`blindspot preflight MISSION`: the pre-flight list of each drone, in the order in which the crew reads it aloud."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindspot.cli.parts import completion
from blindspot.cli.parts.named_people import Key
from blindspot.cli.parts.output import AsJson, only_json, print_json
from blindspot.core import BlindspotError, InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from rich.console import Console

    from blindspot.flight.preflight import Line
    from blindspot.law import Loaded
    from blindspot.mission import Mission, Plan
    from blindspot.nodes.clients import PreflightReader


def preflight(
    mission: Annotated[
        Path,
        typer.Argument(help="Mission file, e.g. config/missions/crossroads.yaml.", autocompletion=completion.missions),
    ],
    drone: Annotated[str | None, typer.Option(help="Only this drone of the fleet; all of them by default.")] = None,
    fix: Annotated[bool, typer.Option("--set", help="Set the autopilot's parameters that are wrong.")] = False,
    embedded: Annotated[
        bool, typer.Option("--embedded", help="Start the embedded simulator and read its list, for practice.")
    ] = False,
    plan_file: Annotated[
        Path | None, typer.Option("--plan", help="Plan file; runs/plan-MISSION/plan.json by default, made if absent.")
    ] = None,
    person: Annotated[
        str, typer.Option(help="Name of the person who asks; the system's user by default.", show_default=False)
    ] = "",
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Read the pre-flight list of drones on their pads: a running stack, or the simulator. Exit code 0 if all is well.

    The drones stay disarmed. Fence, rally points, mission and the plan's parameters are set and read back.
    """
    from blindspot.cli.parts.named_people import own_key
    from blindspot.cli.parts.screen import Screen
    from blindspot.law import Loaded

    asked, own = Loaded.of(mission), own_key(key)
    with only_json(is_asked=as_json):
        plan = _plan_of(asked, plan_file)
    drones = [route.drone for route in plan.routes if drone in (None, route.drone)]
    if not drones:
        known = ", ".join(route.drone for route in plan.routes)
        raise InputError(mission, "--drone", f"the plan has no route for {drone}", f"it has {known}")
    console = Screen(highlight=False, stderr=as_json)
    with _reader(asked.mission, plan, drones, person, own, embedded=embedded) as reader:
        cleared, by_drone = _read(console, reader, drones, fix=fix)
    published = _published(asked, plan, simulated=all(reader.simulated[drone] for drone in drones))
    for line in published:
        _print_line(console, line)
    lines = [cleared, *published, *(line for own in by_drone.values() for line in own)]
    _conclude(console, lines)
    is_well = all(line.ok for line in lines)
    if as_json:
        drones_read = {name: [_as_dict(line) for line in own] for name, own in by_drone.items()}
        print_json(
            {
                "ok": is_well,
                "plan": plan.sha256,
                "clearance": _as_dict(cleared),
                "pictures": [line.value for line in published],
                "drones": drones_read,
            }
        )
    raise typer.Exit(0 if is_well else 1)


def _published(asked: Loaded, plan: Plan, *, simulated: bool) -> list[Line]:
    """The density of the published pictures, as far as it is known before the flight."""
    from datetime import UTC, datetime

    from blindspot.acts.papers import published_lines
    from blindspot.flight.preflight import Line

    start = asked.mission.file.start if simulated else datetime.now(UTC)
    said = published_lines(asked.mission, asked.authorisation, plan, start, simulated=simulated)
    return [Line("masked pictures", line) for line in said]


def _as_dict(line: Line) -> dict[str, Any]:
    return {"check": line.check, "ok": line.ok, "value": line.value, "todo": line.todo, "remark": line.remark}


def _plan_of(asked: Loaded, plan_file: Path | None) -> Plan:
    """The plan of the given file, otherwise the plan written by `blindspot plan`. A missing plan is made now. Raises
    BlindspotError if the independent checker refuses the plan."""
    from blindspot.acts.plans import plan_folder
    from blindspot.cli.plans.plan import plan_into
    from blindspot.mission import load_plan
    from blindspot.planning.checker import check_plan

    mission = asked.mission.path
    folder = plan_folder(mission)
    file = plan_file or folder / "plan.json"
    again = f"make it again with: blindspot plan {shlex.quote(str(mission))}"
    if plan_file is None and not file.is_file():
        plan, broken = plan_into(folder, asked, papers=True)
    else:
        try:
            plan = load_plan(file)
        except InputError as error:
            raise InputError(file, error.field, error.problem, again) from error
        broken = check_plan(plan, asked.mission, asked.site)
        print(f"{file}: plan {plan.id}, checked again")
    if broken:
        raise InputError(file, "", f"the plan breaks {len(broken)} rules, the first: {broken[0]}", again)
    return plan


@contextmanager
def _reader(
    mission: Mission, plan: Plan, drones: list[str], person: str, key: Ed25519PrivateKey | None, *, embedded: bool
) -> Iterator[PreflightReader]:
    """A reader in the running graph, or in an embedded graph that starts and ends with the reader."""
    from blindspot.cli.parts.named_people import signer_here
    from blindspot.cli.sessions.the_stack import lease_key_here
    from blindspot.nodes.clients import PreflightReader

    if not embedded:
        made = PreflightReader(
            mission, plan, drones, Path(), lease_key=lease_key_here(), person=person, signer=signer_here(key)
        )
        with made as reader:
            yield reader
        return
    from blindspot.cli.sessions.sim_run import new_run_dir
    from blindspot.cli.sessions.sim_session import only_stack
    from blindspot.stack import LOOPBACK, Options, Supervisor, stack

    with ExitStack() as open_now:
        open_now.enter_context(only_stack(os.environ))
        run_dir = open_now.enter_context(new_run_dir(Path("runs"), mission.path))
        what = stack("embedded", mission.path, Options(run_dir=run_dir, speed_factor=1.0))
        _refuse_beside_a_stack(what.watched, run_dir)
        supervisor = open_now.enter_context(Supervisor(what, run_dir))
        reader = open_now.enter_context(
            PreflightReader(mission, plan, drones, run_dir, LOOPBACK, lease_key=what.public_key)
        )

        def fail_if_ended() -> None:
            for ended in supervisor.ended():
                raise BlindspotError(f"{ended}; its log is in {run_dir / 'log'}")

        reader.wait_until_alive(what.watched, fail_if_ended)
        yield reader


def _refuse_beside_a_stack(watched: Sequence[str], run_dir: Path) -> None:
    """Raise StartError if a stack runs in this ROS domain: the stack's drones would hear the clock, the gate and the
    orders of the simulated stack."""
    from blindspot.cli.sessions.sim_session import refuse_second_stack
    from blindspot.nodes.clients import Operator

    with Operator() as operator:
        operator.watch(watched, run_dir)
        refuse_second_stack(operator.others(), os.environ)


def _read(
    console: Console, reader: PreflightReader, drones: list[str], *, fix: bool
) -> tuple[Line, dict[str, Sequence[Line]]]:
    """(the line about the clearance, the lines of each drone)."""
    from rich.text import Text

    lines: dict[str, Sequence[Line]] = {}
    try:  # from the request on: the authority may grant it after a Ctrl-C or a time-out, too
        cleared = reader.meet()
        _print_line(console, cleared)
        for drone in drones:
            kind = "a simulated autopilot" if reader.simulated[drone] else "a real autopilot"
            console.print(Text.assemble("\n", (drone, "bold"), f", {kind}"))
            lines[drone] = reader.read(drone, fix=fix, report=lambda line: _print_line(console, line))
    finally:
        reader.give_clearance_back()
    return cleared, lines


def _print_line(console: Console, line: Line) -> None:
    from rich.text import Text

    well = Text(f"ok, but {line.remark}", style="yellow") if line.remark else Text("ok", style="green")
    verdict = well if line.ok else Text(line.todo, style="bold red")
    console.print(Text(f"  {line.check:<17} {line.value:<50} "), verdict, sep="", soft_wrap=True)


def _conclude(console: Console, lines: list[Line]) -> None:
    from blindspot.flight.preflight import NOT_REPORTED

    console.print("\nNot reported through MAVROS; check these yourself:")
    for what in NOT_REPORTED:
        console.print(f"  {what}")
    wrong = sum(not line.ok for line in lines)
    if wrong:
        console.print(f"\n{wrong} of {len(lines)} are not well: do not fly", style="bold red")
    else:
        console.print(f"\nall {len(lines)} are well", style="bold green")
