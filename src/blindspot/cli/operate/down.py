"""`blindspot down`: bring the drones home, and end the running stack of this computer and domain."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_json

if TYPE_CHECKING:
    from blindspot.nodes.clients import Operator

ENDS_WITHIN_S = 150.0
"""Wall time in which a stack ends that waits for nothing new. Its reports alone may take two minutes."""


def down(
    person: Annotated[
        str, typer.Option(help="Name of the person who ends it; required while drones fly.", show_default=False)
    ] = "",
    reason: Annotated[str, typer.Option(help="The reason; required while drones fly.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """End the stack that `blindspot up` started. While drones fly, the command first brings the drones home, in a
    person's name. For a launched stack the command only brings the drones home: Ctrl-C ends the launch, or systemctl
    stop, which calls this command first.
    """
    from blindspot.cli.sessions.the_stack import running_record

    record = running_record()
    called = bring_home(person, reason, is_known=record is not None)
    if record is not None:
        _end(record.pid)
        ended = f"the stack of {record.fleet} has ended"
    else:
        home = f"{', '.join(called)} came home" if called else "no drone is out"
        ended = f"{home}; end the launched stack by Ctrl-C or systemctl stop"
    if as_json:
        state = {"ended": record is not None, "brought_home": called}
        where = {} if record is None else {"fleet": str(record.fleet), "stack_dir": str(record.stack_dir)}
        print_json(state | where)
    else:
        typer.echo(ended)


def bring_home(person: str, reason: str, *, is_known: bool) -> list[str]:
    """Call the drones that fly home and wait until they are down; their names.

    A stack that is known to run here and whose mission manager is silent may have drones in the air. Raises InputError
    if the person or the reason is missing then, and NoStackError if no stack is known or heard. Raises RefusedError
    once only drones are out whose order is refused: until then the others come home. A drone that lands on the spot,
    as after an abort, takes no call home, and is waited for.
    """
    from blindspot.cli.operate.orders import meet
    from blindspot.cli.sessions.the_stack import NoStackError, domain, operator_of_the_stack
    from blindspot.core import InputError
    from blindspot.law.orders import named

    try:
        with operator_of_the_stack() as operator:
            meet(operator, ())
            return _until_all_are_down(operator, person, reason)
    except NoStackError as error:
        if not is_known:
            where = f"on ROS_DOMAIN_ID {domain(os.environ)}"
            problem = f"no stack is heard {where}: nothing to end, or export the stack's ROS_DOMAIN_ID"
            raise NoStackError(problem) from error
        try:  # `up` itself waits for its drones
            named(person, reason)
        except InputError as error:
            problem = "is missing, and the stack is not heard: a drone may be in the air"
            raise InputError(error.file, "", problem, error.fix) from error
        return []


def _until_all_are_down(operator: Operator, person: str, reason: str) -> list[str]:
    """Call home each drone that is out, and wait for the drone; the names of the drones that took the order."""
    from blindspot.core import RefusedError

    called: dict[str, str] = {}
    """By drone: the reason why it refused, else ""."""
    lands: list[str] = []
    while out := out_now(operator):
        stopped = [drone for drone in lands if not _lands(operator, drone)]
        if new := [drone for drone in out if drone not in called or drone in stopped]:  # a mission may still begin
            called |= dict.fromkeys(new, "") | _call_home(operator, new, person, reason)
        before, lands = lands, [drone for drone in out if called[drone] and _lands(operator, drone)]
        for drone in (drone for drone in lands if drone not in before):
            waits = "since the drone lands on the spot: waiting for the landing"
            typer.echo(f"{drone} is not called home, {waits}", err=True)
        if all(called[drone] and drone not in lands for drone in out):
            raise RefusedError(tuple(dict.fromkeys(called[drone] for drone in out)))
        operator.spin(0.2)
    return [drone for drone, refusal in called.items() if not refusal]


def _lands(operator: Operator, drone: str) -> bool:
    status = operator.statuses.get(drone)
    return status is not None and status.phase == "landing"


def _end(pid: int) -> None:
    """End `blindspot up`, and wait until its stack has ended. The way home may take minutes: if the stack has ended
    meanwhile, the process id may belong to another process."""
    from blindspot.cli.sessions.the_stack import NoStackError, running_record

    record = running_record()
    if record is None or record.pid != pid:
        return
    try:
        if not record.waits_for:  # a second signal ends the command at once: another person has ended the stack already
            os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:  # it ended by itself meanwhile
        pass
    except PermissionError as error:
        raise NoStackError(f"process {pid} belongs to another user: end it as that user") from error
    _wait_until_it_ended()


def _call_home(operator: Operator, drones: list[str], person: str, reason: str) -> dict[str, str]:
    """Order drones home; by drone, the reason of a refusal. A refusal of several does not say which drone is
    concerned, so each drone is then ordered alone."""
    from blindspot.cli.operate.orders import answer_of
    from blindspot.core import InputError
    from blindspot.law.orders import named

    try:
        by, why = named(person, reason)
    except InputError as error:
        raise InputError(error.file, "", f"is missing, and {_are(drones)} out", error.fix) from error
    success, message = answer_of(operator, "return_home", drones, by, why)
    if not success and len(drones) > 1:
        alone = [_call_home(operator, [drone], person, reason) for drone in drones]
        return {drone: problem for one in alone for drone, problem in one.items()}
    if not success:
        return {drones[0]: message}
    typer.echo(f"{by} calls home: {', '.join(drones)}; {why}", err=True)
    return {}


def out_now(operator: Operator) -> list[str]:
    """Drones of the fleet that have a flight in progress, or may be in the air.

    The mission manager's word counts for a drone whose own flight_control is not heard. An unheard drone may be in
    the air while the mission flies: a restarted manager goes on with missions of silent drones.
    """
    from blindspot.nodes.clients import FLIES, is_out

    fleet = operator.fleet
    known = {} if fleet is None else {status.drone: status for status in fleet.drones}
    missions = () if fleet is None else fleet.missions
    heard = known | operator.statuses
    flown = [name for mission in missions if mission.phase in FLIES for name in mission.drones]
    unheard = [name for name in dict.fromkeys(flown) if name not in heard]
    return [*(name for name, status in heard.items() if is_out(status)), *unheard]


def _are(drones: list[str]) -> str:
    return f"{drones[0]} is" if len(drones) == 1 else f"{' and '.join(drones)} are"


def _wait_until_it_ended() -> None:
    from blindspot.cli.sessions.the_stack import NoStackError, running_record

    deadline_s, waits_for = time.monotonic() + ENDS_WITHIN_S, ""
    while (record := running_record()) is not None:
        if record.waits_for != waits_for:
            deadline_s, waits_for = time.monotonic() + ENDS_WITHIN_S, record.waits_for
            typer.echo(f"the stack waits for {waits_for}", err=True)
        if time.monotonic() > deadline_s:
            raise NoStackError(f"the stack still ends: it waits for {waits_for or 'its own shut-down'}")
        time.sleep(0.1)
