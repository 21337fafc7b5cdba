"""Differences between a drone's pictures and the town model, kept in the run's folder for `blindspot site check
--run`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from blindspot.core import InputError, inside, read_file, write_whole
from blindspot.vision.town.map_check import Disagreement

SCHEMA = "blindspot.map_findings/1"
PREFIX = "map_findings."


@dataclass(frozen=True, slots=True)
class MapFindings:
    """Findings of one drone: number of views compared with the town model, number of buildings that were seen often
    enough to be judged, and the buildings that differ. The file holds no pictures and no people."""

    drone: str
    views: int
    judged: int
    disagreements: tuple[Disagreement, ...]

    def save(self, run_dir: Path) -> None:
        """Write the drone's file atomically."""
        path = inside(run_dir, f"{PREFIX}{self.drone}.json")
        write_whole(path, json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1))


def load_map_findings(run_dir: Path) -> tuple[MapFindings, ...]:
    """The findings of all drones of a run; raises InputError if the run has none, or a file is unreadable."""
    found = tuple(_loaded(sorted(run_dir.glob(f"{PREFIX}*.json"))))
    if not found:
        raise InputError(run_dir, "--run", "has no findings on the map", "name the folder of a run with pictures")
    return found


def _loaded(paths: list[Path]) -> Iterator[MapFindings]:
    for path in paths:
        try:
            data = json.loads(read_file(path))
            if data.pop("schema") != SCHEMA:
                raise ValueError
            yield TypeAdapter(MapFindings).validate_python(data)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(path, "schema", f"is not {SCHEMA}", "fly the run again, or name another") from error
