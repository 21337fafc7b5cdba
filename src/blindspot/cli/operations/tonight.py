"""`blindspot operation tonight`: one list of everything that an evening needs under its authorisation."""

from __future__ import annotations

import os
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_json
from blindspot.core import InputError, from_here, one_line, print_plain

if TYPE_CHECKING:
    from blindspot.law import Authorisation
    from blindspot.law.drafts import Paper
    from blindspot.operations import Operation, calendar, feasible
    from blindspot.operations.mandates import tonight as evening_list

MISSING = 3
DAY_S, HOUR_S = 86_400.0, 3600.0


def tonight(
    operation: Annotated[Path, typer.Argument(metavar="OPERATION", help="Operation file.")],
    library: Annotated[
        Path | None, typer.Option("--library", help="Folder of the mission's library. Default: that of `plan`.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List everything that the next evening needs: each with its state, its age and the command that brings it.

    Papers are judged as of the beginning of the evening, or as of now inside it. Exit code 0 if nothing is missing, 3
    if something is.
    """
    from blindspot.cli.sessions.the_operation import state_dir
    from blindspot.law import load_authorisation
    from blindspot.operations import load_operation
    from blindspot.operations.mandates import tonight as evening_list

    now = datetime.now(UTC)
    asked = load_operation(operation).seen_from(now)
    auth = load_authorisation(asked.mission.authorisation_path)
    evening = _next_evening(asked, now)
    at, folder = max(now, evening.slot_from), state_dir(asked, to_fly=True)
    found = evening_list.needs(
        asked, evening, _papers(auth, at), _faults(asked, auth, library), _mandated(asked, folder, evening, at),
        _awaiting(folder, evening), _commands(asked, auth, evening),
    )  # fmt: skip
    missing = [one for one in found if one.state == "missing"]
    if as_json:
        print_json({
            "evening": evening.id, "at": at.isoformat(timespec="seconds"), "missing": len(missing),
            "needs": [_document(one, now) for one in found],
        })  # fmt: skip
    else:
        print_plain(f"{evening.id}, judged as of {asked.local(at):%a %d %b %H:%M}")
        for one in found:
            for line in _lines(one, now):
                print_plain(line)
        print_plain(f"{len(missing)} missing" if missing else "nothing is missing")
    raise typer.Exit(MISSING if missing else 0)


def _document(one: evening_list.Need, now: datetime) -> dict[str, object]:
    since = one.since.isoformat(timespec="seconds") if one.since is not None else None
    age_s = None if one.since is None else round((now - one.since).total_seconds())
    return {"name": one.name, "state": one.state, "note": one.note, "since": since, "age_s": age_s,
            "command": one.command}  # fmt: skip


def _lines(one: evening_list.Need, now: datetime) -> list[str]:
    age = "" if one.since is None else f", {_age((now - one.since).total_seconds())} old"
    note = f": {one_line(one.note)}" if one.note else ""
    shown = [f"{one.state:<10}  {one.name}{age}{note}"]
    return [*shown, f"            {one.command}"] if one.command and one.state in ("missing", "later") else shown


def _age(seconds: float) -> str:
    if seconds >= DAY_S:
        return f"{seconds / DAY_S:.1f} days"
    return f"{seconds / HOUR_S:.1f} h" if seconds >= HOUR_S else f"{max(0.0, seconds) / 60.0:.0f} min"


def _next_evening(asked: Operation, now: datetime) -> calendar.Occurrence:
    from blindspot.operations import occurrences
    from blindspot.operations.mandates import latest_start

    found = next((one for one in occurrences(asked) if latest_start(one, 0.0) >= now), None)
    if found is None:
        raise InputError(asked.path, "recurrence", "has no evening left", "see blindspot operation next")
    return found


def _papers(auth: Authorisation, at: datetime) -> tuple[Paper, ...]:
    """The papers by the journal of this computer's real drones; before its first entry the register is complete."""
    from blindspot.acts import journals
    from blindspot.evidence.acts import open_runs, register_sent
    from blindspot.law.drafts import judge_papers

    journal, protection = journals.shared_journal(os.environ), auth.file.data_protection
    minutes = _minutes(auth, journal)
    if not journal.is_file():
        return (*judge_papers(auth, at, None, register_complete=True), minutes)
    recipient = one_line(protection.register_recipient, 200) if protection is not None else ""
    sent, is_complete = register_sent(journal, recipient), not open_runs(journal)
    return (*judge_papers(auth, at, sent, register_complete=is_complete), minutes)


def _minutes(auth: Authorisation, journal: Path) -> Paper:
    """A person's statement of the minutes of the day on which the journal began, without which no real drone flies."""
    from blindspot.evidence import FoldedAct
    from blindspot.law import load_profile
    from blindspot.law.clearances import FLOWN_BEFORE, FlownDays
    from blindspot.law.drafts import Paper

    name, needed = "minutes of the day", load_profile(auth.file.profile).level > 0
    try:
        FlownDays().after(FoldedAct(journal, FLOWN_BEFORE, FlownDays, FlownDays.add).read(), journal)
    except InputError as error:
        return Paper(name, needed, f"{error.file}: {error.problem}", error.fix)
    return Paper(name, needed)


def _faults(asked: Operation, auth: Authorisation, library: Path | None) -> tuple[feasible.Problem, ...]:
    from blindspot.cli.sessions.the_operation import ready_library
    from blindspot.operations import feasible, problems, tours_of

    try:
        known = ready_library(asked, library)
    except InputError:
        return (feasible.Problem("library", "none of this mission is there", "make it"),)
    return problems(asked, tours_of(known, asked.mission.models), auth)


def _mandated(asked: Operation, folder: Path, evening: calendar.Occurrence, at: datetime) -> tuple[str, ...]:
    """The pilots whose mandate for the evening is signed by the key that the fleet file names."""
    from blindspot.cli.sessions.the_operation import is_simulated
    from blindspot.law.orders import OrderVerifier, mandated
    from blindspot.operations.mandates import mandate_of

    if not asked.fleet.has_keys:
        return ()
    verifier = OrderVerifier(asked.fleet, simulated=is_simulated(folder), now_ns=lambda: int(at.timestamp() * 1e9))
    found = ((pilot, mandate_of(folder, asked, evening.id, pilot)) for pilot in asked.file.crew.pilots)
    return tuple(
        pilot for pilot, one in found if one is not None and not verifier.why_not_signed(mandated(one), one.signature)
    )


def _awaiting(folder: Path, evening: calendar.Occurrence) -> tuple[str, ...]:
    """The passes of the evening that wait for a person."""
    from blindspot.operations import read_ledger

    rows = [row for row in read_ledger(folder) if row.id == evening.id]
    return tuple(
        f"{one.occurrence}/{one.number}" for row in rows for one in row.passes if one.state == "awaiting_person"
    )


def _commands(asked: Operation, auth: Authorisation, evening: calendar.Occurrence) -> dict[str, str]:
    """By need: the command for that need, with the files named by the authorisation."""
    file, of_date = _typed(asked.mission.authorisation_path), "/".join(evening.id.split("/")[1:])
    folder = asked.mission.authorisation_path.parent
    notices = _typed(auth.notices_path or folder / "notices.yaml")
    stated = _typed(auth.separation_path or folder / "separation.yaml")
    listed = _typed(auth.revocations_path or folder / "revocations.yaml")
    recipient = auth.file.data_protection.register_recipient if auth.file.data_protection is not None else "RECIPIENT"
    by = "--person NAME --key KEY"
    return {
        "authorisation": f"blindspot authority check {file}",
        "zones": f"blindspot authority check {file}",
        "revocation list": f"blindspot authority revoke --list {listed} --key KEY",
        "notices to airmen": f"blindspot authority notices {notices} --zones ZONES --source SOURCE {by}",
        "statement of separation": f'blindspot authority separation {stated} --looked-at "..." {by}',
        "register": f"blindspot authority register NEW.csv --person NAME --recipient {shlex.quote(recipient)}",
        "minutes of the day": f'blindspot authority flown {file} --minutes N --person NAME --reason "..."',
        "mandate": f'blindspot operation mandate {_typed(asked.path)} {of_date} --reason "..." {by}',
        "wind": f'blindspot operation confirm {_typed(asked.path)} {of_date}/1 --wind M_S --person NAME --reason "..."',
        "library": f"blindspot operation plan {_typed(asked.path)}",
        "packs and hands": f"blindspot operation check {_typed(asked.path)}",
    }


def _typed(path: Path) -> str:
    """A path as a shell takes it from here."""
    return shlex.quote(from_here(path))
