"""The pose of every picture, as reported by the camera: the file `looks.csv` of a run."""

from __future__ import annotations

import csv
import math
import os
from contextlib import suppress
from dataclasses import astuple, dataclass, fields
from io import StringIO
from pathlib import Path
from typing import TextIO

from blindspot.camera import CameraPose
from blindspot.core import read_file
from blindspot.evidence.observed.track import cut_torn_line

POSES_FILE = "looks.csv"
MAX_POSES = 500_000
"""Lines of a file, at most: more than a day of pictures of one drone, five a second."""


@dataclass(frozen=True, slots=True)
class PicturePose:
    """One exposure: position m ENU, angles deg as in `CameraPose`."""

    stamp_s: float
    drone: str
    east_m: float
    north_m: float
    up_m: float
    heading_deg: float
    pitch_deg: float
    roll_deg: float


def picture_pose(drone: str, pose: CameraPose) -> PicturePose:
    angles = pose.heading_deg, pose.pitch_deg, pose.roll_deg
    return PicturePose(pose.stamp_s, drone, pose.east_m, pose.north_m, pose.up_m, *angles)


COLUMNS = tuple(field.name for field in fields(PicturePose))
GAP = "," * (len(COLUMNS) - 1) + "\n"
"""The line of a picture, or of several, whose pose is unknown."""


class PoseWriter:
    """Appends poses. A full disk or `most` lines end the file, and the caller goes on: `trouble` then holds the
    reason. The file of an earlier process is continued behind a gap: nobody wrote the poses in between."""

    def __init__(self, path: Path, most: int = MAX_POSES) -> None:
        self.trouble = ""
        self._path, self._most, self._left = path, most, most
        self._file: TextIO | None = None
        try:
            is_known = path.is_file()
            if is_known:
                cut_torn_line(path)
            is_new = not (path.is_file() and path.stat().st_size)
            self._file = path.open("a", newline="", encoding="utf-8", buffering=1)
            if is_new:
                self._file.write(",".join(COLUMNS) + "\n")
        except OSError as error:
            self._fail(error)
            return
        if is_known:
            self.gap("the poses of the pictures before this start may be incomplete")

    def write(self, pose: PicturePose) -> None:
        if self._file is None:
            return
        if self._left <= 0:
            self.gap(f"the poses of the pictures after the first {self._most} were not written")
            self.close()
            return
        self._left -= 1
        try:
            csv.writer(self._file).writerow(
                f"{value:.3f}" if isinstance(value, float) else value for value in astuple(pose)
            )
        except OSError as error:
            self._fail(error)

    def gap(self, why: str) -> None:
        """Write that the poses of some pictures are unknown."""
        self.trouble = why
        try:
            if self._file is not None:
                self._file.write(GAP)
        except OSError as error:
            self._fail(error)

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:
                self._fail(error)

    def _fail(self, error: OSError) -> None:
        """End the file. A full disk has no room for a gap: the end of the last line is overwritten, which tears it."""
        self.trouble, self._file = f"the pictures' poses are no longer written: {error.strerror}", None
        with suppress(OSError), self._path.open("r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(b",")


def read_whole(path: Path) -> tuple[tuple[PicturePose, ...] | None, bool]:
    """(the poses of a file without its torn and foreign lines, None if the file is missing; whether all pictures have
    a pose: no line is a gap, torn, or unreadable)."""
    try:
        text = read_file(path).decode("utf-8", "replace")
        rows = list(csv.DictReader(StringIO(text, newline="")))
    except (OSError, csv.Error):
        return None, False
    poses = tuple(pose for row in rows if (pose := _pose(row)) is not None)
    return poses, len(poses) == len(rows) and text.endswith("\n")


def _pose(row: dict[str, str]) -> PicturePose | None:
    try:
        numbers = {name: float(row[name]) for name in COLUMNS if name != "drone"}
        drone = row["drone"]
    except (KeyError, TypeError, ValueError):
        return None
    return PicturePose(drone=drone, **numbers) if drone and all(map(math.isfinite, numbers.values())) else None
