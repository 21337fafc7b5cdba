"""Everything that the next evening of an operation needs under its authorisation, as files and journals show it."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blindspot.acts import journals
from blindspot.acts.evenings.operation_state import ready_library, state_dir, typed
from blindspot.acts.evenings.signed_evening import mandated_pilots
from blindspot.core import InputError, one_line
from blindspot.evidence import FoldedAct
from blindspot.evidence.acts import open_runs, register_sent
from blindspot.law import Authorisation, load_authorisation, load_profile
from blindspot.law.clearances import FLOWN_BEFORE, FlownDays
from blindspot.law.drafts import Paper, judge_papers
from blindspot.operations import Operation, calendar, feasible, occurrences, problems, read_ledger, tours_of
from blindspot.operations.mandates import latest_start, tonight


@dataclass(frozen=True, slots=True)
class EveningNeeds:
    """The needs of the next evening, judged as of the moment `at`."""

    evening: calendar.Occurrence
    at: datetime
    needs: tuple[tonight.Need, ...]

    @property
    def missing(self) -> int:
        return sum(one.state == "missing" for one in self.needs)


def needs_of_evening(asked: Operation, library: Path | None, now: datetime) -> EveningNeeds:
    """The needs of the next evening. Papers are judged as of the beginning of the evening, or as of now inside it.
    `asked` is the operation as seen from now. Raises InputError for an operation without a further evening."""
    auth = load_authorisation(asked.mission.authorisation_path)
    evening = _next_evening(asked, now)
    at, folder = max(now, evening.slot_from), state_dir(asked, to_fly=True)
    found = tonight.needs(
        asked, evening, _papers(auth, at), _faults(asked, auth, library),
        mandated_pilots(asked, folder, evening.id, at), _awaiting(folder, evening), _commands(asked, auth, evening),
    )  # fmt: skip
    return EveningNeeds(evening, at, found)


def _next_evening(asked: Operation, now: datetime) -> calendar.Occurrence:

    found = next((one for one in occurrences(asked) if latest_start(one, 0.0) >= now), None)
    if found is None:
        raise InputError(asked.path, "recurrence", "has no evening left", "see blindspot operation next")
    return found


def _papers(auth: Authorisation, at: datetime) -> tuple[Paper, ...]:
    """The papers by the journal of this computer's real drones; before its first entry the register is complete."""
    journal, protection = journals.shared_journal(os.environ), auth.file.data_protection
    minutes = _minutes(auth, journal)
    if not journal.is_file():
        return (*judge_papers(auth, at, None, register_complete=True), minutes)
    recipient = one_line(protection.register_recipient, 200) if protection is not None else ""
    sent, is_complete = register_sent(journal, recipient), not open_runs(journal)
    return (*judge_papers(auth, at, sent, register_complete=is_complete), minutes)


def _minutes(auth: Authorisation, journal: Path) -> Paper:
    """A person's statement of the minutes of the day on which the journal began, without which no real drone flies."""
    name, needed = "minutes of the day", load_profile(auth.file.profile).level > 0
    try:
        FlownDays().after(FoldedAct(journal, FLOWN_BEFORE, FlownDays, FlownDays.add).read(), journal)
    except InputError as error:
        return Paper(name, needed, f"{error.file}: {error.problem}", error.fix)
    return Paper(name, needed)


def _faults(asked: Operation, auth: Authorisation, library: Path | None) -> tuple[feasible.Problem, ...]:

    try:
        known = ready_library(asked, library)
    except InputError:
        return (feasible.Problem("library", "none of this mission is there", "make it"),)
    return problems(asked, tours_of(known, asked.mission.models), auth)


def _awaiting(folder: Path, evening: calendar.Occurrence) -> tuple[str, ...]:
    """The passes of the evening that wait for a person."""
    rows = [row for row in read_ledger(folder) if row.id == evening.id]
    return tuple(
        f"{one.occurrence}/{one.number}" for row in rows for one in row.passes if one.state == "awaiting_person"
    )


def _commands(asked: Operation, auth: Authorisation, evening: calendar.Occurrence) -> dict[str, str]:
    """By need: the command for that need, with the files named by the authorisation."""
    file, of_date = typed(asked.mission.authorisation_path), "/".join(evening.id.split("/")[1:])
    folder = asked.mission.authorisation_path.parent
    notices = typed(auth.notices_path or folder / "notices.yaml")
    stated = typed(auth.separation_path or folder / "separation.yaml")
    listed = typed(auth.revocations_path or folder / "revocations.yaml")
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
        "mandate": f'blindspot operation mandate {typed(asked.path)} {of_date} --reason "..." {by}',
        "wind": f'blindspot operation confirm {typed(asked.path)} {of_date}/1 --wind M_S --person NAME --reason "..."',
        "library": f"blindspot operation plan {typed(asked.path)}",
        "packs and hands": f"blindspot operation check {typed(asked.path)}",
    }
