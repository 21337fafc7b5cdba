"""`blindspot console`: one page in a browser that shows the running stack of this computer."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindspot.cli.parts.console_page import DrawnTown, address_file, page_scripts, print_address
from blindspot.cli.parts.output import AsJson

if TYPE_CHECKING:
    from blindspot.console import Address
    from blindspot.console.beyond import Beyond
    from blindspot.mission import Fleet
    from blindspot.stack import stack_record

HERE = "127.0.0.1"
TURN_S, TURN_OF_ORDER_S = 0.2, 0.05
"""Of the graph, without and with an open order. An order of a page wakes the graph."""
NICENESS = 5
"""Of the console as a program of a stack."""


def console(
    address: Annotated[
        bool, typer.Option("--address", help="Print the address of the console that runs, and end.")
    ] = False,
    host: Annotated[
        str, typer.Option(help="Address to serve at. Other computers need TLS and keys of operators.")
    ] = HERE,
    certificate: Annotated[
        Path | None, typer.Option(help="Folder made by authority console-certificate, for a --host of other computers.")
    ] = None,
    operation: Annotated[
        Path | None, typer.Option(help="Operation file, for a stack that flies one: the page shows its evening.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve a page that shows the stack of this computer: missions, drones, nodes, map. Ctrl-C ends only the page.

    The page is for this computer alone. Anybody with the address stops drones; an order that lets a drone fly needs a
    named person. The key in the address is new at each start of the stack. With --host and --certificate people of
    other computers log in with their keys.
    """
    if address:
        print_address(_running(), as_json=as_json)
        return
    from blindspot.core import BlindspotError

    own_host = _host_of(host, certificate)
    with suppress(KeyboardInterrupt):
        _serve(_stack_here(), operation, lambda own: print_address(own, as_json=as_json), own_host, certificate)
        raise BlindspotError("the console's server ended: start it again with blindspot console")


def _host_of(host: str, certificate: Path | None) -> str:
    """The address to serve at, as a browser writes it. Raises InputError for another text, and for a certificate too
    many or too few."""
    from blindspot.console.beyond import certified_host
    from blindspot.core import InputError

    where = "blindspot console"
    if host in (HERE, "localhost"):
        if certificate is not None:
            raise InputError(where, "--certificate", "serves other computers alone", "leave it out, or give --host")
        return HERE
    named = certified_host(host, where)
    if certificate is None:
        fix = f"make one: blindspot authority console-certificate --host {named} --out DIR"
        raise InputError(where, "--certificate", f"is missing, and other computers open {named}", fix)
    return named


def _beyond(fleet: Fleet, host: str, folder: Path, refuse: Callable[[str, str, str], object]) -> Beyond:
    """The certificate and the logins for pages of other computers. Raises InputError without either."""
    from datetime import UTC, datetime

    from blindspot.console.beyond import Beyond, Logins, read_certificate
    from blindspot.core import InputError

    if not fleet.has_keys:
        problem, fix = "names no key, and people log in with keys", "make each: blindspot authority operator-key"
        raise InputError(fleet.path, "operators", problem, fix)
    os.nice(NICENESS)  # whatever the network sends, flights come first
    return Beyond(host, read_certificate(folder, host, datetime.now(UTC)), Logins(fleet, refuse))


def serve_again() -> None:
    """The console as a program of a stack: prints no address, since a log is no place for a key, and gives way to
    flights on a busy computer. The operation file, if the stack flies one, is the only argument of the process. Exit
    code 2 for a mistake, 1 for an end that a new start repairs."""
    from blindspot.core import BlindspotError

    os.nice(NICENESS)
    try:
        _serve(_stack_here(), next(map(Path, sys.argv[1:]), None), lambda _: None)
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


def _serve(
    record: stack_record.StackRecord, operation: Path | None, on_served: Callable[[Address], object], host: str = HERE,
    certificate: Path | None = None,
) -> None:  # fmt: skip
    """Serve until the server ends or a signal comes; at a host of other computers with its certificate."""
    from threading import Lock

    from blindspot.cli.crew.crew_acts import crew_acts
    from blindspot.cli.operate.console_news import ConsoleNews, answers
    from blindspot.cli.operate.orders import OrderLimits
    from blindspot.cli.sessions.sim_run import system_user
    from blindspot.console import ConsoleServer, LiveGround, PageOrders, View, write_address
    from blindspot.console.crew import RefusedAttempts
    from blindspot.console.outputs import MaskedStreams, OutputNews
    from blindspot.console.pictures import LiveLooks, PageLooks, PictureBox
    from blindspot.mission import load_fleet
    from blindspot.nodes.clients import ConsoleFeed, ConsoleOrders, ConsoleRecords
    from blindspot.site import load_frame

    fleet, view, lock, file = load_fleet(record.fleet), View(), Lock(), address_file()
    attempts = RefusedAttempts(record.journal)
    beyond = None if certificate is None else _beyond(fleet, host, certificate, attempts.note)
    own, opened = _own_address(file, f"{record.pid} {record.started}", host)
    town = DrawnTown(fleet.site_dir)
    orders, frame = PageOrders(fleet.names, system_user()), load_frame(fleet.site_dir)
    records = ConsoleRecords(view, lock, fleet, frame, record.watched, record.stack_dir, record.mode, system_user())
    ground = LiveGround(frame)
    documents = {"town.json": town.layers, "ground.json": lambda: ground.document(records.stack_s)}
    box, rights = PictureBox(), LiveLooks(record.journal, records.run_of, attempts.note)
    asked = fleet.file.console.outputs.masked_mjpeg
    token_file = None if asked is None or beyond is not None else fleet.path.parent / asked.token_file
    streams = None if token_file is None else MaskedStreams(token_file, fleet.names, rights, box)
    key, simulated = record.public_key, bool(record.simulated)
    with ExitStack() as ends:
        ends.callback(lambda: file.unlink(missing_ok=True))
        ends.callback(town.stop)
        heard = ConsoleFeed(records, fleet.names, ground, box, lease_key=key, simulated=simulated)
        feed = ends.enter_context(heard)
        outputs = ends.enter_context(OutputNews(fleet, file.with_name(f"{file.stem}-outbox"), view, lock))

        def take(said: Mapping[str, Any]) -> bool:
            return feed.ladders.want(said["ladder"]) if "ladder" in said else orders.ask(said.get("stop"))

        acts = {**crew_acts(record, fleet, orders, feed.flights, attempts, operation), **answers(record)}
        server = ConsoleServer(
            view, lock, own.key, page_scripts(), documents, take, acts, looks=lambda: PageLooks(rights, box),
            stream=None if streams is None else streams.answer, beyond=beyond,
        )  # fmt: skip
        ends.callback(server.stop)
        news = ConsoleNews(record, view, lock, records, feed, operation)
        orders.on_waiting = feed.wake
        given = ConsoleOrders(orders, records, feed.orders, feed.flights, OrderLimits)
        server.start(opened)
        write_address(file, own)
        on_served(own)
        while server.is_alive:
            feed.spin(TURN_OF_ORDER_S if given.is_open else TURN_S)
            given.step()
            news.step()
            outputs.step()


def _own_address(file: Path, stack: str, host: str) -> tuple[Address, socket.socket]:
    """The address of this process and its bound socket. Raises BlindspotError if a console runs already."""
    from blindspot.console import Address, free_socket, last_address, new_key, read_address
    from blindspot.core import BlindspotError

    if read_address(file) is not None:
        raise BlindspotError("a console runs already: open the address that blindspot console --address prints")
    before = last_address(file)
    again = before if before is not None and (before.stack, before.host) == (stack, host) else None
    opened = free_socket(host=host) if again is None else free_socket(again.port, host)
    key = new_key() if again is None else again.key
    return Address(opened.getsockname()[1], key, os.getpid(), stack, host), opened


def _running() -> Address:
    from blindspot.console import read_address
    from blindspot.core import BlindspotError

    found = read_address(address_file())
    if found is None:
        raise BlindspotError("no console runs on this computer in this ROS domain: start one with blindspot console")
    return found
