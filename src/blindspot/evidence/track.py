"""Where each drone really was: the file `track.csv` of a run, written by the simulator or taken from a recording."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from blindspot.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """One line: positions in m ENU about the site's origin, `up_m` above its datum."""

    stamp_s: float
    drone: str
    east_m: float
    north_m: float
    up_m: float
    battery_fraction: float
    armed: bool
    in_air: bool
    mode: str


COLUMNS = tuple(field.name for field in fields(TrackPoint))


class TrackWriter:
    """Appends points to a track file; what was written stays readable if the process dies."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("w", newline="", buffering=1)
        self._rows = csv.writer(self._file)
        self._rows.writerow(COLUMNS)

    def write(self, point: TrackPoint) -> None:
        self._rows.writerow(
            [
                f"{point.stamp_s:.2f}",
                point.drone,
                f"{point.east_m:.3f}",
                f"{point.north_m:.3f}",
                f"{point.up_m:.3f}",
                f"{point.battery_fraction:.4f}",
                int(point.armed),
                int(point.in_air),
                point.mode,
            ]
        )

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class Track:
    """One drone's points as arrays, ascending in time. `position_m`: (n, 3) ENU."""

    stamp_s: Floats
    position_m: Floats
    battery_fraction: Floats
    armed: NDArray[np.bool_]
    in_air: NDArray[np.bool_]
    mode: NDArray[np.str_]


def read_tracks(path: Path) -> dict[str, Track]:
    """The tracks of a file by drone; raises InputError if it can't be read. A half-written last line is left out."""
    try:
        with path.open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row[COLUMNS[-1]] is not None]
    except (OSError, KeyError) as error:
        raise InputError(path, "", "is missing or no track file") from error
    tracks = {}
    for drone in sorted({row["drone"] for row in rows}):
        own = [row for row in rows if row["drone"] == drone]
        tracks[drone] = Track(
            stamp_s=np.array([float(row["stamp_s"]) for row in own]),
            position_m=np.array([[float(row[axis]) for axis in ("east_m", "north_m", "up_m")] for row in own]),
            battery_fraction=np.array([float(row["battery_fraction"]) for row in own]),
            armed=np.array([row["armed"] == "1" for row in own]),
            in_air=np.array([row["in_air"] == "1" for row in own]),
            mode=np.array([row["mode"] for row in own]),
        )
    return tracks
