"""`blindspot replay RUN`: the console's page on a finished run."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.console_page import DrawnTown, page_scripts, print_address
from blindspot.cli.parts.output import AsJson
from blindspot.cli.records.acting import Key, Person, Reason
from blindspot.cli.records.runs import Out, RunName

if TYPE_CHECKING:
    from blindspot.acts import Run

TURN_S = 0.2
Speed = Annotated[float, typer.Option(min=1.0, max=20.0, help="Seconds of the run in a second.")]


def replay(
    run: RunName, out: Out = Path("runs"), speed: Speed = 1.0, person: Person = "", reason: Reason = "",
    key: Key = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Serve the console's page on a finished run: drones and seen ground in time, with a slider. Ctrl-C ends the page.

    Under an authority it is for the viewers of the authorisation, and the journal records the consultation first.
    """
    from blindspot.acts import find_run, view_run
    from blindspot.cli.records.acting import actor

    found = find_run(run, out)
    view_run(found, actor(person, reason, key), by="replay")
    with suppress(KeyboardInterrupt):
        _serve(found, speed, as_json=as_json)


def _serve(run: Run, speed: float, *, as_json: bool) -> None:
    from threading import Lock

    from blindspot.console import Address, ConsoleServer, FlownRun, ReplayClock, View, free_socket, new_key
    from blindspot.core import BlindspotError

    flown, view, lock = FlownRun(run.folder), View(), Lock()
    clock, opened = ReplayClock(flown, view, lock, speed), free_socket()
    address = Address(opened.getsockname()[1], new_key(), os.getpid())
    town, ground = DrawnTown(flown.site_dir), flown.ground()
    documents = {"town.json": town.layers, "ground.json": lambda: ground}
    server = ConsoleServer(view, lock, address.key, page_scripts(), documents, clock.take)
    try:
        server.start(opened)
        print_address(address, as_json=as_json)
        last_s = time.monotonic()
        while server.is_alive:
            time.sleep(TURN_S)
            now_s = time.monotonic()
            clock.step(now_s - last_s)
            last_s = now_s
        raise BlindspotError("the page's server ended: start the page again with blindspot replay")
    finally:
        server.stop()
        town.stop()
