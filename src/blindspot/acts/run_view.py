"""A run as a person sees it: its facts, files and entries, after the entry that this person looked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blindspot.acts.journals import journal_with
from blindspot.acts.run_acts import act_on
from blindspot.acts.run_folders import SUMMARY, Run, RunFacts, facts_of, read_json, size_of
from blindspot.evidence.acts import Actor
from blindspot.evidence.journals import Entry, entries_of_run

REPORT = "report.html"


@dataclass(frozen=True, slots=True)
class RunView:
    """`files` holds name and size in bytes. `journal` and `report` are None if there is none."""

    facts: RunFacts
    summary: Mapping[str, Any]
    files: tuple[tuple[str, int], ...]
    journal: Path | None
    entries: tuple[Entry, ...]
    report: Path | None


def view_run(run: Run, who: Actor, by: str = "runs show") -> RunView:
    """Write the entry of the consultation, which names the command `by`, then read the run.

    Raises InputError for a person who may not see it.
    """
    act_on(run, "consultation", by, who)
    journal = journal_with(run.stack_dir, run.id, os.environ)
    return RunView(
        facts_of(run), read_json(run.folder / SUMMARY),
        tuple((file.relative_to(run.folder).as_posix(), size_of(file)) for file in run.files()),
        journal, () if journal is None else tuple(entries_of_run(journal, run.id)),
        run.folder / REPORT if (run.folder / REPORT).is_file() else None,
    )  # fmt: skip
