"""`blindspot runs ...`: the runs on this computer: listed, shown, exported as one archive, deleted."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindspot.cli.parts import completion
from blindspot.cli.parts.output import AsJson, only_json, print_json, print_result
from blindspot.cli.records.acting import Key, Person, Reason
from blindspot.cli.records.old_journals import purge_journal
from blindspot.core import LONGEST_NAME, InputError, from_here, is_blank, one_line, plain, plain_text

if TYPE_CHECKING:
    from blindspot.cli.records.run_folders import Run, RunFacts
    from blindspot.evidence import Entry
    from blindspot.evidence.acts import Actor

app = typer.Typer(
    no_args_is_help=True,
    help="The runs on this computer: list, show, export and purge. A simulated PX4's log (.ulg) lies in the folder of "
    "the run. A real autopilot keeps the log on a card: fetch the log with QGroundControl, and copy the log into the "
    "run's folder before the export. A drone's own computer holds the drone's recordings, and a separate list.",
)
app.command("purge-journal")(purge_journal)
Out = Annotated[Path, typer.Option(help="Folder of the runs.")]
RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="Folder or name of a run, as `runs list` shows it.", autocompletion=completion.runs
    ),
]
REPORT = "report.html"


@app.command("list")
def list_runs(out: Out = Path("runs"), as_json: AsJson = False) -> None:
    """List all runs, newest first."""
    from blindspot.cli.records.run_folders import facts_of, runs_in

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
    """Show the facts of a run, its files, and its entries in the journal.

    Under an authority it is for its viewers, and the journal records it.
    """
    from blindspot.cli.records.acting import act_on, actor
    from blindspot.cli.records.journals import journal_with
    from blindspot.cli.records.run_folders import SUMMARY, facts_of, find_run, read_json, size_of
    from blindspot.evidence import entries_of_run
    from blindspot.evidence.observed import Summary

    found = find_run(run, out)
    act_on(found, "consultation", "runs show", actor(person, reason, key))
    document, facts = read_json(found.folder / SUMMARY), facts_of(found)
    files = [(file.relative_to(found.folder).as_posix(), size_of(file)) for file in found.files()]
    journal = journal_with(found.stack_dir, found.id, os.environ)
    entries = [] if journal is None else list(entries_of_run(journal, found.id))
    if as_json:
        shown = _as_dict(found, facts) | {
            "folder": str(found.folder), "summary": document,
            "files": [{"name": name, "bytes": size} for name, size in files],
            "journal": None if journal is None else str(journal), "entries": [json.loads(one.line) for one in entries],
        }  # fmt: skip
        print_json(shown)
        return
    summary = Summary.of(document)
    seen = "unknown" if facts.seen is None else f"{_percent(facts.seen)} %"
    minutes = "unknown" if facts.flight_s is None else f"{_minutes(facts.flight_s)} min"
    lines = [
        f"{_kind(facts)} {found.name}: {facts.mission or 'unknown mission'}, {facts.start:%Y-%m-%d %H:%M} UTC",
        " ".join(filter(None, ["outcome:", facts.outcome or "unknown", one_line(summary.reason)])),
        f"seen: {seen}; in the air: {minutes}",
    ]
    broken = summary.violations
    lines += ["broken limits: unknown"] if broken is None else [f"broken limit: {one_line(one)}" for one in broken]
    lines += [f"{size / 1e3:>10.1f} kB  {name}" for name, size in files]
    lines += ["journal: none"] if journal is None else [f"journal: {from_here(journal)}, {len(entries)} entries"]
    lines += [f"  {_sentence(entry)}" for entry in entries]
    if (found.folder / REPORT).is_file():
        lines.append(f"report: xdg-open {shlex.quote(from_here(found.folder / REPORT))}")
    _print(*lines)


@app.command("export")
def export(
    run: RunName,
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="The new archive.")],
    out: Out = Path("runs"),
    person: Person = "",
    reason: Reason = "",
    key: Key = None,
    basis: Annotated[str, typer.Option(help="Ground in the law; ART40 for a recording of a French authority.")] = "",
    second: Annotated[str, typer.Option(help="Name of the second person, for such a recording.")] = "",
    second_key: Annotated[Path | None, typer.Option(help="That person's private key, if one is named.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write all files of a run and its journal entries into one archive, with the SHA-256 of each file.

    Under an authority it is for its extractors, and the journal records it.
    """
    from blindspot.cli.records.acting import act_on, actor, refuse_act
    from blindspot.cli.records.run_archive import MANIFEST, export_run
    from blindspot.cli.records.run_folders import find_run

    found = find_run(run, out)
    who = actor(person, reason, key, basis=basis, second=second, second_key=second_key)
    refuse_act(found, "communication", who)

    def enter(sha256: str) -> None:
        act_on(found, "communication", "runs export", who, archive=file.name, sha256=sha256)

    manifest = export_run(found, file, os.environ, enter)
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
        deleted = _purge_all(runs or [], older_than, out, who, yes=yes)
    if as_json:
        print_json({"deleted": deleted})


def _purge_all(
    names: Sequence[str], older_than: int | None, out: Path, who: Actor, *, yes: bool
) -> list[dict[str, Any]]:
    """Delete the runs, after a question unless `yes`, and list the others in `index.html`. Returns what was deleted."""
    from blindspot.cli.records.run_folders import facts_of
    from blindspot.cli.records.run_index import FILE_NAME, write_index

    chosen = _chosen(names, older_than, out)
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
            deleted.append(_purge(run, out, who))
        except InputError as error:  # the time of the others is over all the same
            _print(f"{run.name} stays: {error}")
            refused = refused or error
    if (out / FILE_NAME).exists() and (problem := write_index(out)):
        _print(problem)
    if refused is not None:
        raise refused
    return deleted


def _text(text: str, option: str) -> str:
    if is_blank(kept := one_line(text, LONGEST_NAME)):
        raise InputError("runs purge", option, "is empty", "give a text")
    return kept


def _chosen(names: Sequence[str], older_than: int | None, out: Path) -> list[Run]:
    """The runs to delete; raises InputError for a named one that must stay. A running stack keeps its old runs."""
    from blindspot.cli.records.run_folders import find_run, runs_in, start_of

    if bool(names) == (older_than is not None):
        raise InputError("runs purge", "RUN", "or --older-than is needed, and only one of them", "give one")
    if older_than is None:
        chosen = list({run.folder.resolve(): run for run in (find_run(name, out) for name in names)}.values())
        for run in chosen:
            _refuse(run, out)
        return chosen
    before = datetime.now(UTC) - timedelta(days=older_than)
    old = [run for run in runs_in(out) if start_of(run.folder) < before]
    stay = {run: why for run in old if (why := run.why_in_progress)}
    for run, why in stay.items():
        _print(f"{run.name} stays: it {why}")
    return [run for run in old if run not in stay]


def _refuse(run: Run, out: Path) -> None:
    folder = run.folder.resolve()
    if run.folder.is_symlink() or not folder.is_relative_to(out.resolve()) or folder == out.resolve():
        raise InputError(run.folder, "", f"leads outside of {out}", "name the folder of its runs with --out")
    if why := run.why_in_progress:
        raise InputError(run.folder, "", why, "stop the stack first; after a crash, put its missions.json aside")


def _purge(run: Run, out: Path, who: Actor) -> dict[str, Any]:
    """Write the entry, then delete. If the entry fails, the run stays. Returns the facts of the deletion."""
    from blindspot.cli.records.acting import act_on
    from blindspot.cli.records.journals import is_journal
    from blindspot.cli.records.run_folders import size_of

    _refuse(run, out)  # its stack may have been started since the question
    files = [file for file in run.files() if not is_journal(file)]
    size = sum(map(size_of, files))
    journal = act_on(run, "purge", "runs purge", who, files=len(files), bytes=size)
    try:
        _delete(run.folder)
    except OSError as error:
        raise InputError(
            error.filename or run.folder, "", f"can't be deleted ({error.strerror})", "delete it"
        ) from error
    recorded = "in the journal" if journal is not None else "its stack has no journal here, so no entry records this"
    _print(f"deleted {run.name}: {len(files)} files, {_mb(size)} MB; {recorded}")
    return {"run": run.name, "files": len(files), "bytes": size, "in_journal": journal is not None}


def _delete(folder: Path) -> None:
    """Delete what a folder holds, and the folder if it is empty then. Journals and the runs inside stay, at any
    depth."""
    from blindspot.cli.records.journals import is_journal
    from blindspot.cli.records.run_folders import PLAN, SUMMARY, is_run

    for child in sorted(folder.iterdir(), key=lambda one: one.name in (PLAN, SUMMARY)):  # the list's files last
        if child.is_symlink() or not child.is_dir():
            if not is_journal(child):
                child.unlink()
        elif _keeps_some(child):
            if not is_run(child):
                _delete(child)
        else:
            shutil.rmtree(child)
    if not any(folder.iterdir()):
        folder.rmdir()


def _keeps_some(folder: Path) -> bool:
    """Whether a folder is a run, or holds a journal or a run at any depth."""
    from blindspot.cli.records.journals import is_journal
    from blindspot.cli.records.run_folders import is_run

    return is_run(folder) or any(
        any(is_journal(Path(where, name)) for name in names) or any(is_run(Path(where, name)) for name in folders)
        for where, folders, names in os.walk(folder)
    )


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
    for title in ("seen %", "min", "MB"):
        table.add_column(title, justify="right")
    table.add_column("recording")
    table.add_column("ulg")
    for run, facts in rows:
        table.add_row(
            run.name, _kind(facts), facts.mission, f"{facts.start:%Y-%m-%d %H:%M}", facts.outcome or "-",
            _percent(facts.seen) or "-", _minutes(facts.flight_s) or "-", _mb(facts.bytes),
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


def _percent(fraction: float | None) -> str:
    return "" if fraction is None else plain_text.percent_of(fraction)


def _minutes(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / 60:.1f}"


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f}"
