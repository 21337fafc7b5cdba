"""The journal of a stack, found by its folder or by the stack's record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FILE = "journal.jsonl"
RUNS = "runs"
"""The folder of a service's stacks, in its state folder."""


def is_journal(path: Path) -> bool:
    """Whether a file is a journal by its name, in use or moved away: it outlives the pictures of its runs."""
    return path.name.startswith("journal") and path.name.endswith((".jsonl", ".jsonl.head"))


def own_journal(stack_dir: Path, environ: Mapping[str, str]) -> Path | None:
    """The journal in a stack's folder, else the one that the latest stack's record names; None if there is none."""
    from blindspot.stack import stack_record

    record = stack_record.latest_stack(environ)
    is_ours = record is not None and record.stack_dir.resolve() == stack_dir.resolve()
    named = [stack_dir / FILE, *([record.journal] if record is not None and is_ours else [])]
    return next((journal for journal in named if journal.is_file()), None)


def journal_of(stack_dir: Path, environ: Mapping[str, str]) -> Path | None:
    """A stack's own journal, else that of this computer's real drones, which all their stacks share; None if there is
    none."""
    shared = shared_journal(environ, stack_dir)
    return own_journal(stack_dir, environ) or (shared if shared.is_file() else None)


def journals_naming(stack_dir: Path, run: str, environ: Mapping[str, str]) -> list[Path]:
    """All journals about the acts on a run of this stack: the journal in use, and older journals in the same folder.
    For a run without a name, only the journals in the stack's own folder, as in `journal_with`."""
    home = (own_journal(stack_dir, environ) or shared_journal(environ, stack_dir)).parent
    folders = {stack_dir.resolve(), home.resolve()} if run else {stack_dir.resolve()}
    files = (file for folder in sorted(folders) for file in sorted(folder.glob("*.jsonl")))
    return [file for file in files if is_journal(file) and file.is_file()]


def journal_with(stack_dir: Path, run: str, environ: Mapping[str, str]) -> Path | None:
    """The journal whose entries of `run` are those of this stack. A run without a name has none outside of its stack's
    folder: each stack may have such a run, and a shared journal holds the entries of all."""
    journal = journal_of(stack_dir, environ)
    return journal if journal is not None and (run or journal.parent.resolve() == stack_dir.resolve()) else None


def latest_journal(environ: Mapping[str, str]) -> Path | None:
    """The journal of the stack that was started last on this computer, by its record; without one, that of real drones:
    `ros2 launch` and the service write no record."""
    from blindspot.stack import stack_record

    record = stack_record.latest_stack(environ)
    if record is not None:
        return record.journal
    return shared_journal(environ) if shared_journal(environ).is_file() else None


def journal_of_duties(environ: Mapping[str, str]) -> Path | None:
    """The journal whose flights an authority counts: that of this computer's real drones. Only without one it is that
    of the latest stack, which is a simulation then: a simulation after a real flight must not hide it."""
    shared = shared_journal(environ)
    return shared if shared.is_file() else latest_journal(environ)


def shared_journal(environ: Mapping[str, str], stack_dir: Path | None = None) -> Path:
    """The journal of this computer, which the first entry makes: also for acts on runs whose stack left none.

    A service keeps the folders of its stacks in its state folder. So `stack_dir` shows which one it is: a person's
    shell may name another, and the runs of an authority would be open to everybody.
    """
    from blindspot.law.clearances import state_folder

    above = None if stack_dir is None else stack_dir.resolve().parent
    if above is not None and above.name == RUNS and (above.parent / FILE).is_file():
        return above.parent / FILE
    return state_folder(environ) / FILE
