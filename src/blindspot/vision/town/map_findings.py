"""What a drone's pictures said of the town model, kept in its run's folder for `blindspot site check --run`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from blindspot.core import InputError, inside
from blindspot.vision.town.map_check import Disagreement

SCHEMA = "blindspot.map_findings/1"
PREFIX = "map_findings."


@dataclass(frozen=True, slots=True)
class MapFindings:
    """Of one drone: in how many views its pictures were compared with the town model, how many buildings were seen
    often enough to be judged, and which of them are otherwise. No pictures, no people."""

    drone: str
    views: int
    judged: int
    disagreements: tuple[Disagreement, ...]

    def save(self, run_dir: Path) -> None:
        """Write the drone's file; replaced as a whole, never half written."""
        path = inside(run_dir, f"{PREFIX}{self.drone}.json")
        partial = path.with_suffix(".part")
        partial.write_text(json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1), encoding="utf-8")
        partial.replace(path)


def load_map_findings(run_dir: Path) -> tuple[MapFindings, ...]:
    """Of all drones of a run; raises InputError where no picture was compared, or a file is none."""
    found = tuple(_loaded(sorted(run_dir.glob(f"{PREFIX}*.json"))))
    if not found:
        raise InputError(run_dir, "--run", "has no findings on the map", "name the folder of a run with pictures")
    return found


def _loaded(paths: list[Path]) -> Iterator[MapFindings]:
    for path in paths:
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data.pop("schema") != SCHEMA:
                raise ValueError
            yield TypeAdapter(MapFindings).validate_python(data)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(path, "schema", f"is not {SCHEMA}", "fly the run again, or name another") from error
