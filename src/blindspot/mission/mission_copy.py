"""The name of a mission between computers: its file's path, seen from the fleet file, and a hash of path and content.

Each computer reads its own copy. A copy with another content or at another path is refused: a drone flies by the
limits in the files on board, and the gate has judged exactly these limits. The authorisation is the file that the
mission at this path names. A mission of the same content in another folder names another authorisation, so it is
another mission.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from blindspot.core import InputError, read_file, readable_or_error
from blindspot.mission.fleet_file import Fleet
from blindspot.mission.mission_file import Mission, load_mission
from blindspot.site import site_files

_RUN = re.compile(r"|\w[\w.-]{0,119}")


@dataclass(frozen=True, slots=True)
class MissionRef:
    """A mission file, relative to the folder of the fleet file, and the mission's hash, see `mission_sha256`."""

    file: str
    sha256: str

    @classmethod
    def of(cls, fleet: Fleet, mission: Mission) -> MissionRef:
        """The reference to a mission in messages of this fleet."""
        file = os.path.relpath(mission.path, fleet.path.parent)
        return cls(file, mission_sha256(file, mission))

    def read(self, fleet: Fleet) -> Mission:
        """This computer's copy of the mission.

        Raises
        ------
        InputError
            The file is missing or wrong, has another content or path than the reference, or names drones that the fleet
            lacks.
        """
        path = fleet.mission_path(self.file)
        mission = load_mission(path)
        if mission_sha256(self.file, mission) != self.sha256:
            problem = "differs here from the copy that the mission was ordered with"
            raise InputError(path, "", problem, "copy the mission's files to every computer")
        if problem := fleet.why_not(mission):
            raise InputError(path, "fleet", problem, "name the drones of the fleet as its file does")
        return mission


def mission_sha256(file: str, mission: Mission) -> str:
    """Hash of a mission's path in messages, of the mission file, of each named file and of the site's files.

    The masks on board are made from the site: an older copy there would show a zone that was drawn meanwhile. Only the
    authorisation is left out, since the gate reads it anew for each lease. Raises InputError for an unreadable file.
    """
    files = [mission.path, mission.perimeter_path, *mission.model_paths, *site_files(mission.site_dir)]
    files += [*([] if mission.events_path is None else [mission.events_path]), *mission.area_paths]
    contents = [file.encode(errors="surrogateescape")]
    for path in files:
        with readable_or_error(path, "restore the mission's files"):
            stat = path.stat()
            contents.append(_digest(path, stat.st_size, stat.st_mtime_ns, stat.st_ino))
    return hashlib.sha256(b"".join(len(each).to_bytes(8, "big") + each for each in contents)).hexdigest()


@lru_cache(maxsize=256)
def _digest(path: Path, *of_this_version: int) -> bytes:
    """The file's hash. A town may have hundreds of megabytes, and nodes compare missions at each order."""
    return hashlib.sha256(read_file(path)).digest()


def run_folder(stack_dir: Path, run: str) -> Path:
    """Give the folder of a run inside the stack's folder.

    Parameters
    ----------
    stack_dir
        The stack's folder.
    run
        The name of the run, from a message or a user.

    Returns
    -------
    Path
        The folder; it may be missing still.

    Raises
    ------
    InputError
        The name leads to another place.

    Example
    -------
    >>> run_folder(Path("runs/stack"), "evening-1").name
    'evening-1'
    """
    if not _RUN.fullmatch(run):
        raise InputError(
            "mission", "run", f"{run[:40]!r} is no name of a folder", "use letters, digits, '.', '_' and '-'"
        )
    return stack_dir / run
