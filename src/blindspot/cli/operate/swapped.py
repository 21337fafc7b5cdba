"""`blindspot swapped DRONE`: a named person confirms that the drone has another battery pack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.operate.orders import REFUSED, Drone, Person, Reason, answer_of, meet, state_of_drone
from blindspot.cli.parts.named_people import Key
from blindspot.cli.parts.output import AsJson, print_json


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
    from blindspot.acts.orders import pack_of
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
