"""The journals and runs behind a public page: each flight under an authorisation, and the summary of its run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from blindspot.acts.journals import is_journal, shared_journal
from blindspot.acts.run_folders import SUMMARY, Run, read_json, runs_in
from blindspot.core import InputError
from blindspot.evidence import entries_of_act
from blindspot.evidence.acts import register


def journals_of(runs: Path) -> list[Path]:
    """The journals in and below a folder of runs, and those of this computer's real drones. Raises InputError without
    one: a publication needs its entry."""
    if not runs.is_dir():
        raise InputError(runs, "--runs", "is no folder", "name the folder of the runs")
    shared = shared_journal(os.environ).parent
    files = (*sorted(runs.glob("*/*.jsonl")), *sorted(runs.glob("*.jsonl")), *sorted(shared.glob("*.jsonl")))
    found = {file.resolve(): None for file in files if is_journal(file) and file.is_file() and not file.is_symlink()}
    if not found:
        raise InputError(runs, "--runs", "holds no journal", "name the folder of a stack's runs: nodes write a journal")
    return list(found)


def uses_in(
    journals: Iterable[Path], authorisation: str, drone_journals: Sequence[Path]
) -> list[tuple[register.Use, Path]]:
    """All runs under the authorisation with their journals, the oldest first. A run in a copy of a journal counts
    once, by the copy that has its end."""
    found: dict[tuple[str, datetime], tuple[register.Use, Path]] = {}
    for journal in journals:
        for use in register.uses_under(journal, authorisation, drone_journals):
            key = use.run, use.begun
            if key not in found or found[key][0].ended is None:
                found[key] = use, journal
    return [found[key] for key in sorted(found, key=lambda key: (key[1], key[0]))]


def refuse_other_runs(runs: Path, journals: Iterable[Path], authorisation: str) -> None:
    grants = (entry for journal in journals for entry in entries_of_act(journal, "clearance"))
    others = {str(entry.facts.get("authorisation")) for entry in grants if entry.facts.get("granted") is True}
    if others:
        named = ", ".join(sorted(others)[:3])
        raise InputError(
            runs, "--runs", f"holds no flight under {authorisation}, and flights under {named}",
            "name the runs or the authorisation of these flights",
        )  # fmt: skip


def refuse_unnamed(runs: Path, journals: Iterable[Path], folders: Mapping[Path, Mapping[str, Run]]) -> int:
    """The number of simulations in one process, which no journal names. Raises InputError for another run without an
    entry: its journal is elsewhere, or its entries were cut off."""
    named: set[Path] = set()
    for journal in journals:
        names = {str(entry.facts.get("run")) for entry in entries_of_act(journal, register.BEGUN, "clearance")}
        named |= {run.folder.resolve() for name, run in folders[journal].items() if name in names}
    in_process = 0
    for run in runs_in(runs):
        if (run.folder / SUMMARY).is_file() and run.folder.resolve() not in named:
            if summary_of(run).get("in_process") is not True:
                raise InputError(
                    run.folder,
                    "",
                    "is a run that no journal here names",
                    "restore the journal, or ask why it is shorter",
                )
            in_process += 1
    return in_process


def summary_of(run: Run | None) -> Mapping[str, Any]:
    """The summary of a run; empty for a deleted run, and for a run without a summary. Raises InputError for a summary
    that can't be read."""
    if run is None or not (run.folder / SUMMARY).exists():
        return {}
    if not (found := read_json(run.folder / SUMMARY)):
        raise InputError(run.folder / SUMMARY, "", "can't be read", "restore the file of the run")
    return found
