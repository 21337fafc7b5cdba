"""`blindspot runs ...`: the runs on this computer: listed, shown, exported as one archive, deleted."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindspot.cli.parts import completion
from blindspot.cli.parts.output import AsJson, only_json, print_json, print_result
from blindspot.cli.records.acting import Basis, Key, Person, Reason, Second, SecondKey
from blindspot.cli.records.marks import flag, hold
from blindspot.cli.records.old_journals import purge_journal
from blindspot.core import LONGEST_NAME, InputError, from_here, is_blank, one_line, plain, plain_text

if TYPE_CHECKING:
    from blindspot.acts import PurgedRun, Run, RunFacts, RunView
    from blindspot.evidence import Entry
    from blindspot.evidence.acts import Actor

app = typer.Typer(
    no_args_is_help=True,
    help="The runs on this computer: list, show, export and purge. A simulated PX4's log (.ulg) lies in the folder of "
    "the run. A real autopilot keeps the log on a card: fetch the log with QGroundControl, and copy the log into the "
    "run's folder before the export. A drone's own computer holds the drone's recordings, and a separate list.",
)
app.command("purge-journal")(purge_journal)
app.command("flag")(flag)
app.command("hold")(hold)
Out = Annotated[Path, typer.Option(help="Folder of the runs.")]
RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="Folder or name of a run, as `runs list` shows it.", autocompletion=completion.runs
    ),
]


@app.command("list")
def list_runs(out: Out = Path("runs"), as_json: AsJson = False) -> None:
    """List all runs, newest first."""
    from blindspot.acts import facts_of, runs_in

    found = [(run, facts_of(run)) for run in runs_in(out)]
    if as_json:
        print_json([_as_dict(run, facts) for run, facts in found])
    elif found:
        _print_table(found)
    else:
        _print(f"{out} holds no run")


@app.command("show")
def show(
    run: RunName, out: Out = Path("runs"), person: Person = "", reason: Reason = "", key: Key = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show the facts of a run, the run's files, and the run's entries in the journal.

    Under an authority it is for its viewers, and the journal records it.
    """
    from blindspot.acts import find_run, view_run
    from blindspot.cli.records.acting import actor

    found = find_run(run, out)
    seen = view_run(found, actor(person, reason, key))
    if not as_json:
        _print(*_lines(found, seen))
        return
    print_json(_as_dict(found, seen.facts) | {
        "folder": str(found.folder), "summary": seen.summary,
        "files": [{"name": name, "bytes": size} for name, size in seen.files],
        "journal": None if seen.journal is None else str(seen.journal),
        "entries": [json.loads(one.line) for one in seen.entries],
    })  # fmt: skip


def _lines(run: Run, it: RunView) -> list[str]:
    from blindspot.evidence.observed import Summary

    facts, summary, journal = it.facts, Summary.of(it.summary), it.journal
    minutes = "unknown" if facts.flight_s is None else f"{_minutes(facts.flight_s)} min"
    lines = [
        f"{_kind(facts)} {run.name}: {facts.mission or 'unknown mission'}, {facts.start:%Y-%m-%d %H:%M} UTC",
        " ".join(filter(None, ["outcome:", facts.outcome or "unknown", one_line(summary.reason)])),
        f"seen: {plain_text.percent(facts.seen)}; in the air: {minutes}",
    ]
    broken = summary.violations
    lines += ["broken limits: unknown"] if broken is None else [f"broken limit: {one_line(one)}" for one in broken]
    lines += [f"{size / 1e3:>10.1f} kB  {name}" for name, size in it.files]
    lines += ["journal: none"] if journal is None else [f"journal: {from_here(journal)}, {len(it.entries)} entries"]
    lines += [f"  {_sentence(entry)}" for entry in it.entries]
    return [*lines, *([f"report: xdg-open {shlex.quote(from_here(it.report))}"] if it.report else [])]


@app.command("export")
def export(
    run: RunName,
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="The new archive.")],
    out: Out = Path("runs"),
    person: Person = "",
    reason: Reason = "",
    key: Key = None,
    basis: Basis = "",
    second: Second = "",
    second_key: SecondKey = None,
    service_key: Annotated[
        Path | None, typer.Option(help="Private recording key of the service, which opens sealed parts.")
    ] = None,
    authority_key: Annotated[
        Path | None, typer.Option(help="Private recording key of the authority, which opens them with the other one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write all files of a run and its journal entries into one archive, with the SHA-256 of each file.

    With the keys of the service and the authority, sealed recordings are in it in clear, too. A recording that is due
    for its erasure is exported no more.

    Under an authority it is for its extractors, and the journal records it.
    """
    from blindspot.acts import export_run, find_run
    from blindspot.cli.records.acting import actor, recording_keys
    from blindspot.evidence.verified import MANIFEST

    who = actor(person, reason, key, basis=basis, second=second, second_key=second_key)
    keys = recording_keys(service=service_key, authority=authority_key)
    manifest = export_run(find_run(run, out), file, who, keys)
    lines = [f"{file}: {len(manifest['files'])} files; their SHA-256 are in its {MANIFEST}"]
    lines.append(f"its own SHA-256, as in the journal: {manifest['archive_sha256']}")
    if missing := manifest.get("missing"):
        lines.append(f"begun by the journal, not erased by it, and not here: {', '.join(missing)}")
    if left_out := manifest["left_out"]:
        lines.append(f"left out, as private keys or odd names: {', '.join(left_out)}")
    if changed := manifest.get("changed"):
        lines.append(f"changed since they were closed, or never closed, by the journal: {', '.join(changed)}")
    if "journal" not in manifest:
        lines.append("its stack has no journal here: the archive has no entries")
    elif not manifest["journal"]["whole"]:
        lines.append("the chain of the journal is broken: see blindspot verify")
    print_result({"file": str(file), **manifest}, *lines, as_json=as_json)


@app.command("purge")
def purge(
    person: Annotated[str, typer.Option(help="Name of the person who orders this.")],
    reason: Annotated[str, typer.Option(help="Reason, for the journal.")],
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="Runs to delete.", show_default=False, autocompletion=completion.runs),
    ] = None,
    older_than: Annotated[
        int | None, typer.Option(metavar="DAYS", min=0, max=36_500, help="All runs older than this.")
    ] = None,
    out: Out = Path("runs"),
    key: Key = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without a question.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete runs, after a question. The journal stays, and an entry in it names the person and the reason.

    Under an authority it is for its admins. The disk may keep the deleted bytes until it needs the space.
    """
    from blindspot.cli.records.acting import actor

    who = actor(_text(person, "--person"), _text(reason, "--reason"), key)
    with only_json(is_asked=as_json):
        deleted = _purge_all(_chosen(runs or [], older_than, out), out, who, yes=yes)
    if as_json:
        print_json({"deleted": [asdict(one) for one in deleted]})


def _text(text: str, option: str) -> str:
    if is_blank(kept := one_line(text, LONGEST_NAME)):
        raise InputError("runs purge", option, "is empty", "give a text")
    return kept


def _chosen(names: Sequence[str], older_than: int | None, out: Path) -> list[Run]:
    """The runs to delete; raises InputError for a named run that must stay. A running stack keeps its old runs."""
    from blindspot.acts import find_run, older_runs, why_not_purged

    if bool(names) == (older_than is not None):
        raise InputError("runs purge", "RUN", "or --older-than is needed, not both", "give one")
    if older_than is None:
        chosen = list({run.folder.resolve(): run for run in (find_run(name, out) for name in names)}.values())
        for why in filter(None, (why_not_purged(run, out) for run in chosen)):
            raise why
        return chosen
    chosen, stay = older_runs(out, datetime.now(UTC) - timedelta(days=older_than))
    for run, reason in stay.items():
        _print(f"{run.name} stays: it {reason}")
    return chosen


def _purge_all(chosen: Sequence[Run], out: Path, who: Actor, *, yes: bool) -> list[PurgedRun]:
    """Delete the runs, after a question unless `yes`, and list the others in `index.html`. Returns what was deleted."""
    from blindspot.acts import facts_of, list_anew, purge_run

    if not chosen:
        _print("there is no such run")
        return []
    _print_table([(run, facts_of(run)) for run in chosen])
    if not yes and not typer.confirm(f"Delete {len(chosen)} run{'s' * (len(chosen) > 1)} for ever?", err=True):
        _print("nothing is deleted")
        raise typer.Exit(1)
    deleted, refused = [], None
    for run in chosen:
        try:
            deleted.append(one := purge_run(run, out, who))
        except InputError as error:  # the time of the others is over all the same
            _print(f"{run.name} stays: {error}")
            refused = refused or error
            continue
        recorded = "in the journal" if one.in_journal else "its stack has no journal here, so no entry records this"
        _print(f"deleted {run.name}: {one.files} files, {_mb(one.bytes)} MB; {recorded}")
    if problem := list_anew(out):
        _print(problem)
    if refused is not None:
        raise refused
    return deleted


def _as_dict(run: Run, facts: RunFacts) -> dict[str, Any]:
    return {
        "run": run.name,
        "mission": facts.mission,
        "start": facts.start.isoformat(),
        "simulated": facts.simulated,
        "outcome": facts.outcome,
        "seen_blind_fraction": facts.seen,
        "flight_time_s": facts.flight_s,
        "bytes": facts.bytes,
        "recording": facts.has_recording,
        "ulg": facts.has_ulg,
    }


def _print(*lines: str) -> None:
    print(plain("\n".join(lines)))


def _print_table(rows: Sequence[tuple[Run, RunFacts]]) -> None:
    from rich.table import Table

    from blindspot.cli.parts.screen import Screen

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("run", "kind", "mission", "start, UTC", "outcome"):
        table.add_column(title, overflow="fold")
    for title in ("seen", "min", "MB"):
        table.add_column(title, justify="right")
    table.add_column("recording")
    table.add_column("ulg")
    for run, facts in rows:
        table.add_row(
            run.name, _kind(facts), facts.mission, f"{facts.start:%Y-%m-%d %H:%M}", facts.outcome or "-",
            plain_text.percent(facts.seen, unknown="-"), _minutes(facts.flight_s) or "-", _mb(facts.bytes),
            "yes" if facts.has_recording else "-", "yes" if facts.has_ulg else "-",
        )  # fmt: skip
    Screen(highlight=False).print(table)


def _kind(facts: RunFacts) -> str:
    return "SIMULATED" if facts.simulated else "real" if facts.simulated is False else "unknown"


def _sentence(entry: Entry) -> str:
    facts = ", ".join(f"{name} {_fact(value)}" for name, value in entry.facts.items() if name != "run")
    return one_line(f"{entry.number} {entry.at:%Y-%m-%d %H:%M:%S} {entry.by}: {entry.act} ({facts})")


def _fact(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _minutes(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / 60:.1f}"


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f}"
