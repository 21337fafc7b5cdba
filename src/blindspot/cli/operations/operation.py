"""`blindspot operation ...`: one mission over weeks: its calendar, its crew, its passes."""

from __future__ import annotations

import shlex
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from blindspot.cli.operations.mandate import mandate
from blindspot.cli.operations.tonight import tonight
from blindspot.cli.parts.output import AsJson, only_json, print_json
from blindspot.core import InputError, from_here, one_line, writable_or_error, write_whole

if TYPE_CHECKING:
    from blindspot.operations import Operation, PassRow

app = typer.Typer(no_args_is_help=True)
app.command("mandate")(mandate)
app.command("tonight")(tonight)
IMPOSSIBLE = 2
UNSCHEDULED = "no scheduler runs now: no pass starts, and each evening that goes by is missed"
OperationPath = Annotated[
    Path, typer.Argument(metavar="OPERATION", help="Operation file, e.g. config/operations/nantes_evenings.yaml.")
]
LibraryPath = Annotated[
    Path | None, typer.Option("--library", help="Folder of the mission's library. Default: that of `plan`.")
]
FlownPath = Annotated[
    Path | None, typer.Option("--library", help="Folder of the mission's library. Default: that of its scheduler.")
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
    from blindspot.cli.sessions.the_operation import ready_library
    from blindspot.law import load_authorisation
    from blindspot.operations import load_operation, occurrences, problems, tours_of

    asked = load_operation(operation).seen_from(datetime.now(UTC))
    tours = tours_of(ready_library(asked, library), asked.mission.models)
    found = problems(asked, tours, load_authorisation(asked.mission.authorisation_path))
    if as_json:
        print_json({
            "possible": not found, "occurrences": len(occurrences(asked)), "flight_s": round(tours.flight_s, 1),
            "soonest_s": round(tours.soonest_s, 1), "latest_s": round(tours.latest_s, 1),
            "problems": [{"subject": one.subject, "problem": one.problem, "fix": one.fix} for one in found],
        })  # fmt: skip
    else:
        for one in found:
            typer.echo(str(one))
        number, is_open = len(occurrences(asked)), asked.file.recurrence.until is None
        days = f"{number} evening{'s' * (number != 1)}{' in a year' * is_open}, tours of up to "
        days += (
            f"{tours.flight_s / 60:.0f} min, starts {tours.soonest_s / 60:.0f} to {tours.latest_s / 60:.0f} min apart"
        )
        typer.echo(f"{'impossible' if found else 'possible'}: {days}")
    raise typer.Exit(IMPOSSIBLE if found else 0)


@app.command()
def plan(operation: OperationPath, library: LibraryPath = None, as_json: AsJson = False) -> None:
    """Make the library of checked variants that the evenings are drawn from, if there is none, and check the operation.

    The command takes minutes, and shows progress. Exit code 0 possible, 2 impossible.
    """
    from blindspot.acts.plans import library_folder
    from blindspot.cli.plans.library import library_of
    from blindspot.operations import load_operation

    asked = load_operation(operation)
    with only_json(is_asked=as_json):
        library_of(asked.mission, library or library_folder(asked.mission))
    check(operation, library, as_json)


@app.command()
def run(
    operation: OperationPath,
    mode: Annotated[str, typer.Option(help="embedded, sitl or hardware.")] = "embedded",
    speed: Annotated[
        float, typer.Option(min=0.1, max=100, help="Target speed of a simulation, simulated seconds per second.")
    ] = 1.0,
    person: Annotated[
        str, typer.Option(help="Name of the person who starts it; the system's user by default.", show_default=False)
    ] = "",
    library: LibraryPath = None,
    out: Annotated[Path, typer.Option(help="Folder that holds one folder for each stack.")] = Path("runs"),
) -> None:
    """Start the stack of the operation's fleet, and fly its passes at their times until the stack is shut down.

    It is `blindspot up FLEET --operation OPERATION`. A simulation flies unattended, from the first evening on. On
    hardware each pass waits for `blindspot operation confirm`.
    """
    from blindspot.cli.operate.up import up
    from blindspot.operations import load_operation

    asked = load_operation(operation)
    up(asked.fleet.path, mode=mode, speed=speed, out=out, operation=operation, library=library, person=person)


@app.command()
def status(
    operation: OperationPath,
    last: Annotated[int, typer.Option(min=1, max=1000, help="Number of evenings to show, the latest ones.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Show the passes of the latest evenings, and those skipped ahead: their states, with the reasons."""
    from blindspot.cli.sessions.the_operation import evenings_of, is_simulated, state_dir
    from blindspot.operations import is_scheduled, load_operation, occurrence_document, read_ledger, scheduler_lock

    asked = load_operation(operation)
    folder = state_dir(asked)
    rows, scheduled = read_ledger(folder), is_scheduled(folder)
    begun, ahead = evenings_of(rows)
    shown = [*begun[-last:], *ahead]
    if as_json:
        counts: dict[str, int] = {}
        for row in rows:
            counts[row.state] = counts.get(row.state, 0) + 1
        print_json({
            "operation": asked.id, "state_dir": str(folder), "scheduled": scheduled,
            "waits": scheduler_lock.SchedulerNews.of(folder).waits,
            "occurrences": counts, "latest": [occurrence_document(row, row) for row in shown],
        })  # fmt: skip
        return
    if is_simulated(folder):
        typer.echo(f"Simulated, in {from_here(folder.parents[1])}.")
    if problem := _why_nothing_starts(folder):
        typer.echo(problem)
    if not begun:
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
    from blindspot.cli.sessions.the_operation import figures_of, state_dir
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
    from blindspot.operations import load_operation

    asked = load_operation(operation)
    if wind is None:
        raise InputError("blindspot operation confirm", "--wind", "is missing", "measure the mean wind at the pad, m/s")
    _order(asked, "confirm", which, person, reason, wind, as_json=as_json)


@app.command()
def skip(
    operation: OperationPath, which: Which, person: Person = "", reason: Reason = "", as_json: AsJson = False
) -> None:
    """Leave out a pass, or the whole of an occurrence: DATE/SLOT."""
    from blindspot.operations import load_operation

    _order(load_operation(operation), "skip", which, person, reason, None, as_json=as_json)


def _order(
    asked: Operation, what: Literal["confirm", "skip"], which: str, person: str, reason: str, wind_mps: float | None, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Leave the order of a person in the ledger. The scheduler carries it out within a second."""
    from blindspot.cli.sessions.the_operation import named_crew, state_dir
    from blindspot.operations import Ledger, is_scheduled, read_ledger, why_not_ordered

    by, why = named_crew(asked, person, reason)
    folder = state_dir(asked, to_fly=True)
    rows = read_ledger(folder)
    if not rows:
        raise InputError(folder, "", "there is no ledger yet", f"start it: blindspot operation run {_typed(asked)}")
    name, number = _named(asked, which)
    # A second confirmation of too strong a wind is left all the same: it ends the pass.
    is_warning = wind_mps is not None and wind_mps > asked.file.weather.max_wind_mps
    problem = why_not_ordered(rows, what, name, number)
    if problem and not (is_warning and problem == "is cleared"):
        raise InputError("blindspot operation", which, problem, "see blindspot operation status")
    if what == "confirm" and not problem:
        [row] = [one for evening in rows if evening.id == name for one in evening.passes if one.number == number]
        _refuse_unflown(asked, folder, row, which, by)
    scheduled = is_scheduled(folder)
    with closing(Ledger(folder)) as ledger:
        ledger.order(datetime.now(UTC), name, number, what, by, why, wind_mps)
    packs = _packs(asked, folder, name, number) if what == "confirm" else {}
    document: dict[str, Any] = {
        "order": what, "addressee": which, "person": by, "reason": why, "packs": packs, "scheduled": scheduled,
    }  # fmt: skip
    if as_json:
        print_json(document)
        return
    carried = ", ".join(f"{drone} carries {pack}" for drone, pack in packs.items())
    typer.echo(f"{what} of {which} is left for the scheduler" + (f": {carried}" if carried else ""))
    if what == "confirm" and not packs:
        typer.echo("no pack is named: take packs that have rested and are charged", err=True)
    if problem := _why_nothing_starts(folder):
        typer.echo(problem, err=True)


def _refuse_unflown(asked: Operation, folder: Path, row: PassRow, which: str, person: str) -> None:
    """Raise InputError for a pass that would not fly by a confirmation of now: the pass's time or the mandate is
    over."""
    from blindspot.cli.operations.mandate import why_not_by_mandate, why_other_file
    from blindspot.cli.sessions.the_operation import is_simulated

    simulated, now = is_simulated(folder), datetime.now(UTC)
    if not simulated and now > row.latest:
        problem = f"had to start by {asked.local(row.latest):%H:%M}, and its time is over"
        raise InputError("blindspot operation", which, problem, "order a later flight by itself: blindspot fly")
    if asked.fleet.has_keys and (problem := why_other_file(asked, folder)):
        raise InputError("blindspot operation", which, problem, "start the stack again, then sign the evening")
    at = now if simulated else max(now, row.start)
    if problem := why_not_by_mandate(asked, folder, row, person, at, simulated=simulated):
        fix = f"sign one: blindspot operation mandate {_typed(asked)} {'/'.join(row.occurrence.split('/')[1:])}"
        raise InputError("blindspot operation", which, problem, fix)


def _why_nothing_starts(folder: Path) -> str:
    """The sentence on a scheduler that is missing or waits; empty while one works."""
    from blindspot.operations import is_scheduled, scheduler_lock

    if not is_scheduled(folder):
        return UNSCHEDULED
    waits = scheduler_lock.SchedulerNews.of(folder).waits
    return f"the scheduler waits: {one_line(waits)}" if waits else ""


def _typed(asked: Operation) -> str:
    """Path of the operation file, as a shell takes it from here."""
    return shlex.quote(from_here(asked.path))


def _named(asked: Operation, which: str) -> tuple[str, int]:
    """Name of the occurrence, and number of the pass or 0, of `[OPERATION/]DATE/SLOT[/NUMBER]`."""
    parts = which.split("/")
    parts = parts[1:] if parts[0] == asked.id else parts
    is_pass = len(parts) == 3 and parts[2].isdecimal() and int(parts[2]) > 0
    if len(parts) != 2 and not is_pass:
        raise InputError("blindspot operation", which[:60], "names no pass", "write DATE/SLOT/NUMBER, or DATE/SLOT")
    return "/".join((asked.id, *parts[:2])), int(parts[2]) if is_pass else 0


def _packs(asked: Operation, folder: Path, name: str, number: int) -> dict[str, str]:
    """The pack of each drone of a pass, by the rota; empty without a library, and after an interrupted pass."""
    from blindspot.cli.sessions.the_operation import flown_library
    from blindspot.operations import Ledger, packs_of_pass

    try:
        library = flown_library(asked, None, folder)
    except InputError:
        return {}
    with closing(Ledger(folder)) as ledger:
        row = ledger.occurrence(name)
        used = ledger.packs_used(row.passes[number - 1].start)
    return dict(packs_of_pass(asked, library, row, number, used))


@app.command("next")
def next_ones(
    operation: OperationPath,
    count: Annotated[int, typer.Option(min=1, max=1000, help="Number of occurrences to show.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show the next occurrences. The start of a pass is secret until it is due."""
    from blindspot.cli.sessions.the_operation import is_simulated, state_dir
    from blindspot.operations import load_operation, occurrence_document, occurrences, read_ledger

    asked, now = load_operation(operation), datetime.now(UTC)
    folder = state_dir(asked, to_fly=True)
    known = {row.id: row for row in read_ledger(folder)}
    is_over = {name for name, row in known.items() if row.state not in ("planned", "drawn")}
    if not is_simulated(folder):
        asked = asked.seen_from(now)
        ends = {name: max([row.slot_until, *(one.latest for one in row.passes)]) for name, row in known.items()}
        is_over |= {one.id for one in occurrences(asked) if ends.get(one.id, one.slot_until) < now}
    found = [one for one in occurrences(asked) if one.id not in is_over]
    if as_json:
        print_json([occurrence_document(one, known.get(one.id)) for one in found[:count]])
        return
    for one in found[:count]:
        span = f"{asked.local(one.slot_from):%a %d %b %Y %H:%M} to {asked.local(one.slot_until):%H:%M}"
        row = known.get(one.id)
        typer.echo(f"{one.id}: first start from {span}, {one.slot.passes} passes, {row.state if row else 'planned'}")
    if not found:
        *_, last = occurrences(asked)
        typer.echo(f"no occurrence is left: the last one was {last.id}; a simulation flies them all the same")


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
    from blindspot.acts.plans import library_folder
    from blindspot.cli.operations.figures import print_result
    from blindspot.cli.operations.flights import fly_all
    from blindspot.cli.plans.library import library_of
    from blindspot.core import progress_of
    from blindspot.operations import load_operation
    from blindspot.operations.simulation import simulate as simulated

    asked = load_operation(operation)
    with only_json(is_asked=as_json):
        known = library_of(asked.mission, library or library_folder(asked.mission))
        with progress_of("flying") as progress:
            result = simulated(
                asked, known, lambda flights: fly_all(known.masks, flights), days,
                lambda stage, share: progress(stage, share, 1.0),
            )  # fmt: skip
    if as_json:
        print_json(result.document())
    else:
        print_result(result)
