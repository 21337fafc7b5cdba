"""The real positions of each drone: the file `track.csv` of a run, from the simulator or from a recording."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from blindspot.core import InputError, open_file

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
    """Appends points to a track file, which stays readable if the process dies. A full disk ends the track only; the
    process goes on. A file of an earlier process is continued."""

    def __init__(self, path: Path) -> None:
        self.trouble = ""
        """Reason why the track ended early; empty while it is written."""
        cut_torn_line(path)
        self._file: TextIO = path.open("a", newline="", buffering=1)
        self._rows = csv.writer(self._file)
        if self._file.tell() == 0:
            self._rows.writerow(COLUMNS)

    def write(self, point: TrackPoint) -> None:
        """Append a point; a point at an impossible place is skipped."""
        if self.trouble or not is_place(point.east_m, point.north_m, point.up_m):
            return
        row = [
            f"{point.stamp_s:.2f}", point.drone, f"{point.east_m:.3f}", f"{point.north_m:.3f}", f"{point.up_m:.3f}",
            f"{point.battery_fraction:.4f}", int(point.armed), int(point.in_air), point.mode,
        ]  # fmt: skip
        try:
            self._rows.writerow(row)
        except OSError as error:
            self.trouble = f"the track ends here: {error.strerror or error}"

    def close(self) -> None:
        with suppress(OSError):  # on a full disk the rest is lost already
            self._file.close()


def cut_torn_line(path: Path) -> None:
    """Cut the last line of a file that another process left unfinished; a missing file stays missing."""
    with suppress(FileNotFoundError), path.open("rb+") as file:
        whole = file.read().rpartition(b"\n")
        file.truncate(len(whole[0]) + len(whole[1]))


@dataclass(frozen=True, slots=True)
class Track:
    """One drone's points as arrays, ascending in time. `position_m`: (n, 3) ENU."""

    stamp_s: Floats
    position_m: Floats
    battery_fraction: Floats
    armed: NDArray[np.bool_]
    in_air: NDArray[np.bool_]
    mode: NDArray[np.str_]

    def ways_m(self, longest_s: float = math.inf) -> Floats:
        """(n, 2, 3): the straight ways between neighbouring positions in the air that are at most `longest_s` apart."""
        both = self.in_air[:-1] & self.in_air[1:] & (np.diff(self.stamp_s) <= longest_s)
        return np.stack([self.position_m[:-1][both], self.position_m[1:][both]], axis=1)

    def flights_m(self) -> Floats:
        """(n, 3): the positions in the air, with a row of NaN between two flights."""
        in_air = np.flatnonzero(self.in_air)
        begins = np.flatnonzero(np.diff(in_air) > 1) + 1
        return np.insert(self.position_m[in_air].astype(float), begins, np.nan, axis=0)


HOLE_S = 5.0
"""A longer time between two positions of a drone in the air hides what it did meanwhile."""
FARTHEST_M, HIGHEST_M, LATEST_S = 1e6, 1e5, 1e11
"""Plausible bounds of a horizontal coordinate, a height and a time."""


def read_tracks(path: Path) -> dict[str, Track]:
    """The tracks of a file by drone. A half-written last line is skipped; raises InputError for an unreadable file."""
    points = _points(path)
    tracks = {}
    for drone in sorted({point.drone for point in points}):
        own = sorted((point for point in points if point.drone == drone), key=lambda point: point.stamp_s)
        tracks[drone] = Track(
            stamp_s=np.array([point.stamp_s for point in own]),
            position_m=np.array([(point.east_m, point.north_m, point.up_m) for point in own]),
            battery_fraction=np.array([point.battery_fraction for point in own]),
            armed=np.array([point.armed for point in own]),
            in_air=np.array([point.in_air for point in own]),
            mode=np.array([point.mode for point in own]),
        )
    return tracks


def along_m(ways_m: Floats) -> Floats:
    """(n, 3) places along (m, 2, 3) ways, both ends included: a hundred steps on each."""
    return (ways_m[:, :1] + np.linspace(0.0, 1.0, 101)[:, None] * (ways_m[:, 1:] - ways_m[:, :1])).reshape(-1, 3)


def first_in_air_s(tracks: Mapping[str, Track]) -> float | None:
    """The stamp of the first take-off; None if no drone flew."""
    return min((float(track.stamp_s[track.in_air][0]) for track in tracks.values() if track.in_air.any()), default=None)


def system_time(stamp_s: float) -> datetime | None:
    """UTC of a stamp of real drones, by the clock of the drones' computer; None for an impossible stamp."""
    try:
        return datetime.fromtimestamp(stamp_s, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def is_place(east_m: float, north_m: float, up_m: float) -> bool:
    """Whether the coordinates are within the plausible bounds; False for NaN."""
    return abs(east_m) <= FARTHEST_M and abs(north_m) <= FARTHEST_M and abs(up_m) <= HIGHEST_M


def _points(path: Path) -> list[TrackPoint]:
    try:
        with open_file(path) as opened, TextIOWrapper(opened, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(path, "", f"is missing or not a track file ({error})", "restore it, or fly again") from error
    if not rows or tuple(rows[0]) != COLUMNS:
        raise InputError(path, "line 1", "is not the heading of a track file", f"it should be {','.join(COLUMNS)}")
    if len(rows[-1]) < len(COLUMNS):
        del rows[-1]
    return [_point(path, number, row) for number, row in enumerate(rows[1:], 2)]


def _point(path: Path, number: int, row: Sequence[str]) -> TrackPoint:
    try:
        stamp_s, drone, east_m, north_m, up_m, battery, armed, in_air, mode = row
        point = TrackPoint(
            float(stamp_s), drone, float(east_m), float(north_m), float(up_m), float(battery), armed == "1",
            in_air == "1", mode,
        )  # fmt: skip
    except ValueError as error:
        raise InputError(path, f"line {number}", f"is not a line of a track ({error})", "restore the file") from error
    known = not abs(point.battery_fraction) > 10.0  # NaN: the drone sent no battery state
    if not (abs(point.stamp_s) <= LATEST_S and is_place(point.east_m, point.north_m, point.up_m) and known):
        raise InputError(path, f"line {number}", "has an impossible time, position or battery", "restore the file")
    return point
