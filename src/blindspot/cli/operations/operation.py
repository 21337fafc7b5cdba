"""`blindspot operation ...`: one mission over weeks: its calendar, its crew, its passes."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.operations.mandate import mandate
from blindspot.cli.operations.tonight import tonight
from blindspot.cli.parts.output import AsJson, only_json, print_json
from blindspot.cli.parts.stack_options import Attended, NoConsole, Speed
from blindspot.core import from_here, one_line, writable_or_error, write_whole

if TYPE_CHECKING:
    from blindspot.acts.evenings import PassOrder
    from blindspot.operations import Operation

app = typer.Typer(no_args_is_help=True)
app.command("mandate")(mandate)
app.command("tonight")(tonight)
IMPOSSIBLE = 2
OperationPath = Annotated[
    Path, typer.Argument(metavar="OPERATION", help="Operation file, e.g. config/operations/nantes_evenings.yaml.")
]
LibraryPath = Annotated[
    Path | None, typer.Option("--library", help="Folder of the mission's library. Default: that of `plan`.")
]
FlownPath = Annotated[
    Path | None, typer.Option("--library", help="Folder of the mission's library. Default: the scheduler's.")
]
Which = Annotated[
    str, typer.Argument(metavar="PASS", help="Pass or occurrence, as `next` and `status` name it: DATE/SLOT/NUMBER.")
]
Person = Annotated[str, typer.Option(help="Name of the pilot who orders it. Required.", show_default=False)]
Reason = Annotated[str, typer.Option(help="The reason, in one sentence. Required.", show_default=False)]


@app.callback()
def operation() -> None:
    """One mission over weeks: its calendar, its crew, its passes."""


@app.command()
def check(operation: OperationPath, library: LibraryPath = None, as_json: AsJson = False) -> None:
    """Check that packs, crew and authorisation suffice for every evening. Exit code 0 possible, 2 impossible."""
    from blindspot.operations import load_operation

    _check(load_operation(operation), library, as_json=as_json)


def _check(asked: Operation, library: Path | None, *, as_json: bool) -> None:
    from blindspot.acts.evenings import check_operation

    found = check_operation(asked.seen_from(datetime.now(UTC)), library)
    tours, number = found.tours, len(found.evenings)
    if as_json:
        print_json({
            "possible": not found.problems, "occurrences": number, "flight_s": round(tours.flight_s, 1),
            "soonest_s": round(tours.soonest_s, 1), "latest_s": round(tours.latest_s, 1),
            "problems": [{"subject": one.subject, "problem": one.problem, "fix": one.fix} for one in found.problems],
        })  # fmt: skip
    else:
        for one in found.problems:
            typer.echo(str(one))
        is_open = asked.file.recurrence.until is None
        days = f"{number} evening{'s' * (number != 1)}{' in a year' * is_open}, tours of up to "
        days += (
            f"{tours.flight_s / 60:.0f} min, starts {tours.soonest_s / 60:.0f} to {tours.latest_s / 60:.0f} min apart"
        )
        typer.echo(f"{'impossible' if found.problems else 'possible'}: {days}")
    raise typer.Exit(IMPOSSIBLE if found.problems else 0)


@app.command()
def plan(operation: OperationPath, library: LibraryPath = None, as_json: AsJson = False) -> None:
    """Make the library of checked variants that the evenings are drawn from, if there is none, and check the operation.

    The command takes minutes, and shows progress. Exit code 0 possible, 2 impossible.
    """
    from blindspot.acts.plans import library_folder, library_of
    from blindspot.cli.parts.screen import say, warn
    from blindspot.operations import load_operation

    asked = load_operation(operation)
    with only_json(is_asked=as_json):
        library_of(asked.mission, library or library_folder(asked.mission), say, warn)
    _check(asked, library, as_json=as_json)


@app.command()
def run(
    operation: OperationPath,
    mode: Annotated[str, typer.Option(help="embedded, sitl or hardware.")] = "embedded",
    speed: Speed = 1.0,
    person: Annotated[
        str, typer.Option(help="Name of the person who starts it; the system's user by default.", show_default=False)
    ] = "",
    library: LibraryPath = None,
    out: Annotated[Path, typer.Option(help="Folder that holds one folder for each stack.")] = Path("runs"),
    no_console: NoConsole = False,
    attended: Attended = False,
) -> None:
    """Start the stack of the operation's fleet, and fly its passes at their times until the stack is shut down.

    It is `blindspot up FLEET --operation OPERATION`. A simulation flies unattended, from the first evening on. On
    hardware, and with --attended, each pass waits for `blindspot operation confirm` or the console.
    """
    from blindspot.cli.operate.up import up
    from blindspot.operations import load_operation

    asked = load_operation(operation)
    up(
        asked.fleet.path, mode=mode, speed=speed, out=out, operation=operation, library=library, person=person,
        no_console=no_console, attended=attended,
    )  # fmt: skip


@app.command()
def status(
    operation: OperationPath,
    last: Annotated[int, typer.Option(min=1, max=1000, help="Number of evenings to show, the latest ones.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Show the passes of the latest evenings, and those skipped ahead: their states, with the reasons."""
    from blindspot.acts.evenings import evenings_so_far
    from blindspot.operations import load_operation, occurrence_document

    asked = load_operation(operation)
    found = evenings_so_far(asked)
    shown = [*found.begun[-last:], *found.ahead]
    if as_json:
        print_json({
            "operation": asked.id, "state_dir": str(found.state_dir), "scheduled": found.scheduled,
            "waits": found.waits, "occurrences": Counter(row.state for row in found.rows),
            "latest": [occurrence_document(row, row) for row in shown],
        })  # fmt: skip
        return
    if found.simulated:
        typer.echo(f"Simulated, in {from_here(found.state_dir.parents[1])}.")
    if found.why_not_now:
        typer.echo(found.why_not_now)
    if not found.begun:
        typer.echo("no evening has begun")
    for row in shown:
        typer.echo(one_line(f"{row.id}: {row.state}" + (f" ({row.reason})" if row.reason else "")))
        for one in row.passes:
            start = "later" if one.state == "drawn" else f"{asked.local(one.start):%H:%M:%S}"
            words = [f"pass {one.number}, {start}: {one.state}", one.person and f"by {one.person}", one.reason]
            typer.echo("  " + one_line(", ".join(word for word in words if word)))
        for refusal in row.refusals:
            typer.echo(f"  refused: {one_line(refusal)}")


@app.command()
def report(
    operation: OperationPath,
    library: FlownPath = None,
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("operation.html"),
    as_json: AsJson = False,
) -> None:
    """Write the report: flown passes, broken promises with the reasons, ages of places by street."""
    from blindspot.acts.evenings import figures_of, state_dir
    from blindspot.operations import load_operation, page

    asked, now = load_operation(operation), datetime.now(UTC)
    document, drawn = figures_of(asked, library, now)
    with writable_or_error(out, "--out", "name another file"):
        write_whole(out, page(document, now, drawn, out.absolute().parent))
    if as_json:
        print_json(document | {"page": str(out)})
        return
    kept, broken = document["evenings_kept"], document["evenings_broken"]
    passes = f"{document['passes_flown']} of {document['passes_asked']} passes flown"
    typer.echo(f"{passes}, promise kept on {kept} evening{'s' * (kept != 1)} and broken on {broken}: {out}")
    typer.echo(f"as noted in {state_dir(asked)}")  # a simulation's evenings are hidden once another stack was started


@app.command()
def confirm(
    operation: OperationPath,
    which: Which,
    wind: Annotated[
        float | None, typer.Option(min=0, max=60, help="Mean wind measured at the pad, m/s. Required.")
    ] = None,
    person: Person = "",
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Confirm that a pass may start: the crew stands ready, and each drone has the pack that `confirm` prints.

    After an interrupted pass the command prints no packs: take packs that have rested and are charged.
    """
    from blindspot.acts.evenings import order_pass
    from blindspot.operations import load_operation

    asked = load_operation(operation)
    _print_order(order_pass(asked, "confirm", which, person, reason, datetime.now(UTC), wind_mps=wind), as_json=as_json)


@app.command()
def skip(
    operation: OperationPath, which: Which, person: Person = "", reason: Reason = "", as_json: AsJson = False
) -> None:
    """Leave out a pass, or the whole of an occurrence: DATE/SLOT."""
    from blindspot.acts.evenings import order_pass
    from blindspot.operations import load_operation

    asked = load_operation(operation)
    _print_order(order_pass(asked, "skip", which, person, reason, datetime.now(UTC)), as_json=as_json)


def _print_order(left: PassOrder, *, as_json: bool) -> None:
    if as_json:
        print_json({
            "order": left.what, "addressee": left.addressee, "person": left.person, "reason": left.reason,
            "packs": left.packs, "scheduled": left.scheduled,
        })  # fmt: skip
        return
    carried = ", ".join(f"{drone} carries {pack}" for drone, pack in left.packs.items())
    typer.echo(f"{left.what} of {left.addressee} is left for the scheduler" + (f": {carried}" if carried else ""))
    if left.what == "confirm" and not left.packs:
        typer.echo("no pack is named: take packs that have rested and are charged", err=True)
    if left.why_not_now:
        typer.echo(left.why_not_now, err=True)


@app.command("next")
def next_ones(
    operation: OperationPath,
    count: Annotated[int, typer.Option(min=1, max=1000, help="Number of occurrences to show.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show the next occurrences. The start of a pass is secret until it is due."""
    from blindspot.acts.evenings import coming_evenings
    from blindspot.operations import load_operation, occurrence_document

    asked = load_operation(operation)
    found = coming_evenings(asked, datetime.now(UTC))
    shown = [(one, found.known.get(one.id)) for one in found.evenings[:count]]
    if as_json:
        print_json([occurrence_document(one, row) for one, row in shown])
        return
    for one, row in shown:
        span = f"{asked.local(one.slot_from):%a %d %b %Y %H:%M} to {asked.local(one.slot_until):%H:%M}"
        typer.echo(f"{one.id}: first start from {span}, {one.slot.passes} passes, {row.state if row else 'planned'}")
    if not shown:
        typer.echo(f"no occurrence is left: the last was {found.last.id}; a simulation flies all the same")


@app.command()
def simulate(
    operation: OperationPath,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days from the first one of the recurrence on.")] = 21,
    library: Annotated[
        Path | None, typer.Option(help="Folder of the mission's library; made if missing. Default: that of `plan`.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw and fly weeks of patrols in process, and measure ages of places and a lookout's chances."""
    from blindspot.acts.plans import library_folder, library_of
    from blindspot.cli.operations.figures import print_result
    from blindspot.cli.operations.flights import fly_all
    from blindspot.cli.parts.screen import say, warn
    from blindspot.core import progress_of
    from blindspot.operations import load_operation
    from blindspot.operations.simulation import simulate as simulated

    asked = load_operation(operation)
    with only_json(is_asked=as_json):
        known = library_of(asked.mission, library or library_folder(asked.mission), say, warn)
        with progress_of("flying") as progress:
            result = simulated(
                asked, known, lambda flights: fly_all(known.masks, flights), days,
                lambda stage, share: progress(stage, share, 1.0),
            )  # fmt: skip
    if as_json:
        print_json(result.document())
    else:
        print_result(result)
