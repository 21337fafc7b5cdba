"""The folders of runs: which there are, their facts, their files, and the stack that each belongs to.

A run lies in `<out>/<run>`, which is its stack's folder, too, or in `<out>/<stack>/<run>`. Its files may be broken or
hostile: an unreadable fact is unknown.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from blindspot.acts.journals import FILE as JOURNAL
from blindspot.core import InputError, one_line, read_file
from blindspot.evidence.kept import is_recording
from blindspot.evidence.observed import Summary
from blindspot.flight.missions import read_kept, why_unaccounted
from blindspot.stack import Supervised, stack_record

PLAN, SUMMARY, TRACK, POSES, RECORDINGS = "plan.json", "summary.json", "track.csv", "looks.csv", "recording"
SUPERVISED, KEPT = "supervised.json", "missions.json"
_OF_A_STACK = (SUPERVISED, "processes.json", KEPT, JOURNAL)
"""Files of a stack's folder. A stack that `ros2 launch` started may have none of them, but a stack's name."""
_LONGEST_JSON = 50_000_000
_NAME = re.compile(r"(\d{8}T\d{6}Z)-(.+)")


@dataclass(frozen=True, slots=True)
class Run:
    """The folder of a run, and its path below the folder of all runs."""

    folder: Path
    name: str

    @property
    def stack_dir(self) -> Path:
        above = self.folder.resolve().parent
        is_inside = any((above / file).exists() for file in _OF_A_STACK) or _NAME.fullmatch(above.name)
        return above if is_inside else self.folder.resolve()

    @property
    def id(self) -> str:
        """The run's name in messages and entries: "" if it lies in its stack's own folder. A link, or a path with `..`,
        ends in another name."""
        folder = self.folder.resolve()
        return "" if self.stack_dir == folder else folder.name

    @property
    def stack_runs(self) -> bool:
        """Whether its stack runs on this computer: by a supervisor's notes, or by the record of a launch."""
        folders = {self.folder, self.stack_dir}
        by_supervisor = any(Supervised(folder).lives("supervisor") is not None for folder in folders)
        return by_supervisor or any(stack_record.is_launched(os.environ, folder) for folder in folders)

    @property
    def why_in_progress(self) -> str:
        """The reason why it may still be flown or written, in one sentence; empty if it is over. A stack that `ros2
        launch` started has no supervisor here: the file of its missions counts."""
        if self.stack_runs:
            return "belongs to a stack that still runs"
        if any((folder / SUPERVISED).exists() for folder in {self.folder, self.stack_dir}):
            return ""  # its supervisor was killed, and its processes with it
        try:
            runs = [mission.order.run for mission in read_kept(self.stack_dir).missions]
        except InputError as error:
            return f"may be in progress: {error}"
        if lost := why_unaccounted(self.stack_dir):
            return f"may be in progress: {lost}"
        return f"is in progress by {self.stack_dir / KEPT}" if self.id in runs else ""

    def files(self) -> tuple[Path, ...]:
        """Its files in the order of their names, except links and the runs in folders inside."""
        return tuple(sorted(_files(self.folder)))


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The facts of a run. An unknown number is None, and an unknown text is empty.

    `start` is UTC, `seen` is the seen share of the blind ground from 0 to 1, `flight_s` the flight time of all drones
    together, s.
    """

    mission: str
    start: datetime
    outcome: str
    seen: float | None
    flight_s: float | None
    bytes: int
    has_recording: bool
    has_ulg: bool
    simulated: bool | None
    """None for a run without a summary, or with one of an older version."""


def runs_in(out: Path) -> list[Run]:
    """All runs below a folder, newest first. Raises InputError for anything else than a folder."""
    if not out.is_dir():
        raise InputError(out, "", "is no folder", "name the folder of the runs with --out")
    folders = [folder for one in _subfolders(out) for folder in (one, *_subfolders(one)) if is_run(folder)]
    runs = [Run(folder, folder.relative_to(out).as_posix()) for folder in folders]
    return sorted(runs, key=lambda run: (start_of(run.folder), run.name), reverse=True)


def is_run(folder: Path) -> bool:
    """Whether a mission was flown in this folder. A folder that holds only a plan is no run. A drone's own computer
    holds only recordings."""
    return any((folder / file).is_file() for file in (SUMMARY, TRACK, POSES)) or (folder / RECORDINGS).is_dir()


def find_run(text: str, out: Path) -> Run:
    """The run with this path, this path below `out`, or this name; raises InputError unless it is one."""
    for folder in (Path(text), out / text):
        if is_run(folder):
            below = folder.resolve().is_relative_to(out.resolve())
            name = folder.resolve().relative_to(out.resolve()).as_posix() if below else str(folder)
            return Run(folder, name)
    found = [run for run in runs_in(out) if run.folder.name == text]
    if len(found) == 1:
        return found[0]
    problem = f"{one_line(text, 80)!r} is no run" if not found else f"{one_line(text, 80)!r} names {len(found)} runs"
    raise InputError(out, "", problem, "name one as `blindspot runs list` shows it")


def facts_of(run: Run) -> RunFacts:
    summary, plan = Summary.of(read_json(run.folder / SUMMARY)), read_json(run.folder / PLAN)
    named = _NAME.fullmatch(run.folder.name)
    mission = Path(str(plan.get("mission") or "")).stem or (named[2] if named else "")
    flown_s = [time_s for drone in summary.drones if (time_s := drone.flight_time_s) is not None]
    files = run.files()
    return RunFacts(
        mission=one_line(mission, 60),
        start=start_of(run.folder),
        outcome=one_line(summary.outcome, 40),
        seen=summary.coverage.seen_blind_fraction,
        flight_s=sum(flown_s) if flown_s else None,
        bytes=sum(map(size_of, files)),
        has_recording=any(map(is_recording, files)),
        has_ulg=any(file.suffix == ".ulg" for file in files),
        simulated=summary.simulated,
    )


def is_named(folder: Path) -> bool:
    """Whether the name of a folder begins with a time, as those of runs and of their stacks do."""
    return _NAME.fullmatch(folder.name) is not None


def start_of(folder: Path) -> datetime:
    """The time in the folder's name, else the time of its plan or summary, whichever is older."""
    named = _NAME.fullmatch(folder.name)
    with suppress(ValueError):
        if named:
            return datetime.strptime(named[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    times = [file.stat().st_mtime for file in (folder / PLAN, folder / SUMMARY) if file.is_file()]
    return datetime.fromtimestamp(min(times, default=folder.stat().st_mtime), UTC)


def size_of(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def read_json(path: Path) -> Mapping[str, Any]:
    """The object in a file; empty if it is missing, broken or too large. Numbers that JSON does not have are null."""
    try:
        read = json.loads(read_file(path, _LONGEST_JSON), parse_constant=_known, parse_float=_known)
    except (OSError, ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _subfolders(folder: Path) -> list[Path]:
    try:
        return [each for each in folder.iterdir() if each.is_dir() and not each.is_symlink()]
    except OSError:  # of another user
        return []


def _files(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not is_run(Path(where, name))]
        files = (Path(where, name) for name in names)
        yield from (file for file in files if file.is_file() and not file.is_symlink())


def _known(text: str) -> float | None:
    return number if math.isfinite(number := float(text)) else None
