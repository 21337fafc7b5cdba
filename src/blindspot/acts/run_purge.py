"""Erasure of runs: which one must stay, the entry before, and the files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blindspot.acts.journals import is_journal
from blindspot.acts.run_acts import act_on
from blindspot.acts.run_folders import PLAN, SUMMARY, Run, is_run, runs_in, size_of, start_of
from blindspot.core import InputError
from blindspot.evidence.acts import Actor
from blindspot.evidence.sealed import KEYS, destroy_key


@dataclass(frozen=True, slots=True)
class PurgedRun:
    """Number and size of the files that were deleted, and whether an entry records it."""

    run: str
    files: int
    bytes: int
    in_journal: bool


def older_runs(out: Path, before: datetime) -> tuple[list[Run], dict[Run, str]]:
    """(the runs that began before a time and are over, the others with the reason why each stays)."""
    old = [run for run in runs_in(out) if start_of(run.folder) < before]
    stay = {run: why for run in old if (why := run.why_in_progress)}
    return [run for run in old if run not in stay], stay


def why_not_purged(run: Run, out: Path) -> InputError | None:
    """The reason why a run must stay; None without one."""
    folder = run.folder.resolve()
    if run.folder.is_symlink() or not folder.is_relative_to(out.resolve()) or folder == out.resolve():
        return InputError(run.folder, "", f"leads outside of {out}", "name the folder of the runs with --out")
    if why := run.why_in_progress:
        return InputError(run.folder, "", why, "stop the stack first; after a crash, put its missions.json aside")
    return None


def purge_run(run: Run, out: Path, who: Actor) -> PurgedRun:
    """Write the entry, then delete the keys of sealed parts, and then the rest. If the entry fails, the run stays.
    Raises InputError for a person who may not, and for a run that must stay."""
    if why := why_not_purged(run, out):  # its stack may have been started since the person was asked
        raise why
    files = [file for file in run.files() if not is_journal(file)]
    size = sum(map(size_of, files))
    journal = act_on(run, "purge", "runs purge", who, files=len(files), bytes=size)
    try:
        _destroy_keys(files)
        _delete(run.folder)
    except OSError as error:
        raise InputError(
            error.filename or run.folder, "", f"can't be deleted ({error.strerror})", "delete it"
        ) from error
    return PurgedRun(run.name, len(files), size, journal is not None)


def _destroy_keys(files: Sequence[Path]) -> None:
    """Delete the key files before any part: a power cut between both leaves parts that nobody opens."""
    for file in files:
        if file.suffix == KEYS:
            destroy_key(file)


def _delete(folder: Path) -> None:
    """Delete what a folder holds, and the folder if it is empty then. Journals and the runs inside stay, at any
    depth."""
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
    return is_run(folder) or any(
        any(is_journal(Path(where, name)) for name in names) or any(is_run(Path(where, name)) for name in folders)
        for where, folders, names in os.walk(folder)
    )
