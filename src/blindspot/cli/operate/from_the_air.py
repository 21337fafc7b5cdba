"""The look of a dispatch by a drone that flies already: an inspection with a view of the atlas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from blindspot.cli.operate.inspect import ordered_inspection
from blindspot.cli.operate.orders import NO_ANSWER, meet, printed
from blindspot.cli.parts.named_people import sign_with
from blindspot.cli.sessions.the_stack import folder_here, operator_of_the_stack, run_clock_s

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from blindspot.acts.dispatches import Answer, Offer
    from blindspot.mission import Mission
    from blindspot.planning.atlas import Atlas


def look_from_air(
    offers: Sequence[Offer], found: Answer, mission: Mission, atlas: Atlas, person: str, reason: str,
    key: Ed25519PrivateKey | None, resumes: bool, *, as_json: bool,
) -> None:  # fmt: skip
    """Order the looks one after the other, the soonest first, until a drone takes one; then exit with the code of that
    order. Returns if the drones or the gate refuse them all: a drone that the gate refused a look holds. The journal
    gets each dispatch before its order."""
    from blindspot.acts.dispatches import look_seconds, note_dispatch
    from blindspot.flight.control import Inspection
    from blindspot.mission import run_folder

    views = {view.id: view for view in atlas.views}
    with operator_of_the_stack() as operator:
        assert operator.fleet is not None
        stack_dir = folder_here(operator.fleet.stack_dir)
        meet(operator, sorted({offer.drone for offer in offers}))
        sign_with(operator, key)
        for offer in offers:
            view, status = views[offer.view], operator.statuses.get(offer.drone)
            if status is None or not status.run:
                typer.echo(f"{offer.drone} is not heard: see blindspot status", err=True)
                continue
            now_s = run_clock_s(operator)
            note_dispatch(run_folder(stack_dir, status.run), offer, found, mission, person, reason, now_s)
            order = Inspection(
                person, view.at, view.aim, look_seconds(mission), reason,
                "return" if offer.comes_home else "resume" if resumes else "",
            )  # fmt: skip
            given = ordered_inspection(operator, offer.drone, order, err=as_json)
            if given.success or given.taken or given.message == NO_ANSWER:  # without an answer it may fly there
                raise typer.Exit(printed(given, as_json=as_json))
            typer.echo(f"{offer.drone} does not look from {offer.view}: {given.message}", err=True)
