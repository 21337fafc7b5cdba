"""`blindspot swapped DRONE`: a named person confirms that the drone has another battery pack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.operate.orders import REFUSED, Drone, Person, Reason, answer_of, meet, state_of_drone
from blindspot.cli.parts.named_people import Key
from blindspot.cli.parts.output import AsJson, print_json
from blindspot.core import InputError

if TYPE_CHECKING:
    from blindspot.mission import Fleet

COMMAND = "blindspot swapped"


def swapped(
    drone: Drone,
    person: Person = "",
    reason: Reason = "",
    key: Key = None,
    pack: Annotated[
        str, typer.Option(help="Id of the new pack; required if the fleet file lists packs.", show_default=False)
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Confirm that a drone between two sorties has a fresh battery pack. Exit code 0 confirmed, 3 refused."""
    from blindspot.cli.parts.named_people import own_key, sign_with
    from blindspot.cli.sessions.the_stack import operator_of_the_stack
    from blindspot.law.orders import named
    from blindspot.mission import load_fleet

    by, why = named(person, reason)
    own = own_key(key)
    with operator_of_the_stack() as operator:
        meet(operator, (drone,))
        sign_with(operator, own)
        assert operator.fleet is not None
        chosen = pack_of(load_fleet(Path(operator.fleet.fleet)), drone, pack)
        said = f"pack {chosen}: {why}" if chosen else why
        success, message = answer_of(operator, "swapped", (drone,), by, said)
        state = state_of_drone(operator, drone) | {"confirmed": success}
    if as_json:
        document = {"order": "swapped", "person": by, "reason": why, "pack": chosen, "success": success}
        more = {"message": message, "confirmed": success, "drones": {drone: state}}
        print_json(document | more)
    elif success:
        typer.echo(f"{by} confirms the new pack of {drone}: {said}")
    else:
        typer.echo(f"refused: {message}", err=True)
    raise typer.Exit(0 if success else REFUSED)


def pack_of(fleet: Fleet, drone: str, pack: str) -> str:
    """The pack of this drone's model; "" if the fleet file lists none. Raises InputError for a pack that is missing, or
    that the drone can't carry."""
    if not fleet.file.packs:
        if pack:
            raise InputError(COMMAND, "--pack", f"is {pack[:40]}, and the fleet file lists no packs", "leave it out")
        return ""
    model = fleet.member(drone).model
    fit = [each.id for each in fleet.file.packs if each.model == model]
    if pack in fit:
        return pack
    problem = f"{pack[:40]} is no pack of model {model}" if pack else "is missing"
    raise InputError(COMMAND, "--pack", problem, f"the fleet file lists {', '.join(fit) or 'none for it'}")
