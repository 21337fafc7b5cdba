"""The true tracks of the runs in progress: one file `track.csv` for each run, with the points of the run's drones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from blindspot.core import BlindspotError
from blindspot.evidence.observed import TrackPoint, TrackWriter
from blindspot.mission import run_folder

TRACK_FILE = "track.csv"


class Tracks:
    """Follows the runs of a stack and writes the points of their drones: `drones` names those of the fleet.

    A drone belongs to the last run that named it. A run's file is closed when the run has ended and all of its drones
    are down or belong to another run. `warn` gets the reason, once, if a file can't be written.
    """

    def __init__(self, stack_dir: Path, drones: Collection[str], warn: Callable[[str], object]) -> None:
        self._stack_dir, self._drones, self._warn = stack_dir, frozenset(drones), warn
        self._in_progress: set[str] = set()
        self.run_of: dict[str, str] = {}
        self.writers: dict[str, TrackWriter | None] = {}

    def runs_are(self, runs: Mapping[str, Iterable[str]]) -> None:
        """Take all runs in progress, each with the names of its drones. Those of another fleet are ignored."""
        self._in_progress = set(runs)
        for run, drones in runs.items():
            own = self._drones.intersection(drones)
            self.run_of |= dict.fromkeys(own, run)
            if own and run not in self.writers:
                self.writers[run] = self._open(run)

    def write(self, points: Iterable[TrackPoint]) -> None:
        """Append the points of one moment, one for each drone of the fleet. Drones without a run are left out."""
        for point in points:
            run = self.run_of.get(point.drone)
            if run is None:
                continue
            if writer := self.writers[run]:
                writer.write(point)
            if run not in self._in_progress and not point.armed and not point.in_air:
                del self.run_of[point.drone]
        for run in self.writers.keys() - self._in_progress - set(self.run_of.values()):
            self._close(run)

    def _open(self, run: str) -> TrackWriter | None:
        try:
            folder = run_folder(self._stack_dir, run)
            folder.mkdir(parents=True, exist_ok=True)
            return TrackWriter(folder / TRACK_FILE)
        except (BlindspotError, OSError) as error:
            self._warn(f"the track of run {run[:40]!r} is not written: {error}")
            return None

    def _close(self, run: str) -> None:
        writer = self.writers.pop(run)
        if writer is None:
            return
        writer.close()
        if writer.trouble:
            self._warn(f"the track of run {run!r}: {writer.trouble}")
