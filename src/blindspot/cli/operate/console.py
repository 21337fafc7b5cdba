"""`blindspot console`: one page in a browser that shows the running stack of this computer."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.console_address import address_file
from blindspot.cli.parts.output import AsJson, print_json

if TYPE_CHECKING:
    from blindspot.console import Address
    from blindspot.stack import stack_record

TURN_S = 0.05
NICENESS = 5
"""Of the console as a program of a stack."""


def console(
    address: Annotated[
        bool, typer.Option("--address", help="Print the address of the console that runs, and end.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Serve a page that shows the stack of this computer: missions, drones, nodes, map. Ctrl-C ends only the page.

    The page is for this computer alone, and stops drones: hold, return, abort. The key in the address is new at each
    start of the stack.
    """
    if address:
        _print(_running(), as_json=as_json)
        return
    from blindspot.core import BlindspotError

    with suppress(KeyboardInterrupt):
        _serve(_stack_here(), lambda own: _print(own, as_json=as_json))
        raise BlindspotError("the console's server ended: start it again with blindspot console")


def serve_again() -> None:
    """The console as a program of a stack: prints no address, since a log is no place for a key, and gives way to
    flights on a busy computer. Exit code 2 for a mistake, 1 for an end that a new start repairs."""
    from blindspot.core import BlindspotError

    os.nice(NICENESS)
    try:
        _serve(_stack_here(), lambda _: None)
    except KeyboardInterrupt:
        return
    except BlindspotError as error:
        print(f"blindspot: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(1)


def _stack_here() -> stack_record.StackRecord:
    from blindspot.cli.sessions.the_stack import NoStackError, domain
    from blindspot.stack import stack_record

    record = stack_record.stack_here(os.environ)
    if record is None:
        where = f"ROS_DOMAIN_ID {domain(os.environ)}"
        raise NoStackError(f"no stack runs on this computer on {where}: start one with blindspot up FLEET")
    return record


def _serve(record: stack_record.StackRecord, on_served: Callable[[Address], object]) -> None:
    """Serve until the server ends or a signal comes."""
    from threading import Lock

    from blindspot.cli.operate.orders import OrderLimits
    from blindspot.cli.sessions.sim_run import system_user
    from blindspot.console import ConsoleServer, StopOrders, View, write_address
    from blindspot.mission import load_fleet
    from blindspot.nodes.clients import ConsoleFeed, ConsoleOrders, ConsoleRecords
    from blindspot.site import load_frame

    fleet, view, lock, file = load_fleet(record.fleet), View(), Lock(), address_file()
    own, opened = _own_address(file, f"{record.pid} {record.started}")
    town = _Town(fleet.site_dir)
    stops = StopOrders(fleet.names, system_user())
    server = ConsoleServer(view, lock, own.key, _libraries(), town.file, stops.ask)
    frame = load_frame(fleet.site_dir)
    records = ConsoleRecords(view, lock, fleet, frame, record.watched, record.stack_dir, record.mode, system_user())
    try:
        with ConsoleFeed(records, fleet.names) as feed:
            given = ConsoleOrders(stops, records, feed.orders, OrderLimits)
            server.start(opened)
            write_address(file, own)
            on_served(own)
            while server.is_alive:
                feed.spin(TURN_S)
                given.step()
    finally:
        server.stop()
        town.stop()
        with suppress(OSError):
            file.unlink(missing_ok=True)


def _own_address(file: Path, stack: str) -> tuple[Address, socket.socket]:
    """The address of this process and its bound socket. Raises BlindspotError if a console runs already."""
    from blindspot.console import Address, free_socket, last_address, new_key, read_address
    from blindspot.core import BlindspotError

    if read_address(file) is not None:
        raise BlindspotError("a console runs already: open the address that blindspot console --address prints")
    before = last_address(file)
    again = before if before is not None and before.stack == stack else None
    opened = free_socket() if again is None else free_socket(again.port)
    key = new_key() if again is None else again.key
    return Address(opened.getsockname()[1], key, os.getpid(), stack), opened


def _libraries() -> Mapping[str, bytes]:
    """The scripts of the page. Without MapLibre GL the page has lists and no map."""
    from blindspot.core import DependencyError, folders
    from blindspot.coverage.maps import map_library

    found = map_library.load_page_scripts(folders.WEB_DIR)
    scripts = {f"{name.replace('/', '-')}.mjs": script for name, script in found.items()}
    with suppress(DependencyError):
        library = map_library.load_library(folders.WEB_DIR)
        scripts |= {"maplibre-gl.js": library.script.encode(), "maplibre-gl.css": library.style.encode()}
    return scripts


class _Town:
    """A process that draws the town when the first page asks, and ends; its file."""

    def __init__(self, site_dir: Path) -> None:
        from blindspot.law.clearances import state_folder

        folder = state_folder(os.environ) / "towns"
        self._command = [sys.executable, "-P", "-m", "blindspot.console.drawn_town", str(site_dir), str(folder)]
        self._process: subprocess.Popen[str] | None = None
        self._file: Path | None = None

    def file(self) -> Path | None:
        if self._process is None:
            self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        if self._file is None and self._process.poll() == 0 and self._process.stdout is not None:
            self._file = Path(self._process.stdout.read().strip())
        return self._file

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _running() -> Address:
    from blindspot.console import read_address
    from blindspot.core import BlindspotError

    found = read_address(address_file())
    if found is None:
        raise BlindspotError("no console runs on this computer in this ROS domain: start one with blindspot console")
    return found


def _print(address: Address, *, as_json: bool) -> None:
    if as_json:
        print_json({"address": address.url, "port": address.port, "pid": address.pid})
    else:
        typer.echo(f"console: {address.url}")
