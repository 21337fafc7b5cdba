"""The name of a mission between computers: the path of its file, seen from the fleet file, and the hash of its content.

Each computer reads its own copy. A copy with another content is refused: a drone flies by the limits in its own files,
and these are the limits that the gate has judged.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from blindspot.core import InputError
from blindspot.mission.fleet_file import Fleet
from blindspot.mission.mission_file import Mission, load_mission

_RUN = re.compile(r"|\w[\w.-]{0,119}")


@dataclass(frozen=True, slots=True)
class MissionRef:
    """A mission file, relative to the folder of the fleet file, and its hash."""

    file: str
    sha256: str


def mission_sha256(mission: Mission) -> str:
    """Hash of the mission file and of each file that it names, except the site and the authorisation.

    The gate reads the authorisation anew for each lease, and the plan checker judges every plan on the site itself.
    Raises InputError for an unreadable file.
    """
    files = [mission.path, mission.perimeter_path, *mission.model_paths]
    files += [] if mission.events_path is None else [mission.events_path]
    digest = hashlib.sha256()
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise InputError(file, "", f"can't be read ({error.strerror})", "restore the mission's files") from error
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def mission_ref(fleet: Fleet, mission: Mission) -> MissionRef:
    """The reference to a mission in messages of this fleet."""
    return MissionRef(os.path.relpath(mission.path, fleet.path.parent), mission_sha256(mission))


def mission_path(fleet: Fleet, file: str) -> Path:
    """The path of a mission file in a message; raises InputError unless it is a file on this computer."""
    path = Path("" if "\0" in file else os.path.normpath(fleet.path.parent / file))
    if not file or not path.is_file():
        raise InputError(
            "mission", "file", f"{file or 'the name'} is no file here", f"copy it, as seen from {fleet.path.parent}"
        )
    return path


def mission_of(fleet: Fleet, ref: MissionRef) -> Mission:
    """This computer's copy of a mission.

    Raises
    ------
    InputError
        The file is missing or wrong, has another content than the reference, or names drones that the fleet lacks.
    """
    path = mission_path(fleet, ref.file)
    mission = load_mission(path)
    if mission_sha256(mission) != ref.sha256:
        raise InputError(
            path,
            "",
            "differs here from the copy that the mission was ordered with",
            "copy the mission's files to every computer",
        )
    if problem := fleet.why_not(mission):
        raise InputError(path, "fleet", problem, "name the drones of the fleet as its file does")
    return mission


def run_folder(stack_dir: Path, run: str) -> Path:
    """The folder of a run inside the stack's folder; raises InputError for a name that leads elsewhere."""
    if not _RUN.fullmatch(run):
        raise InputError(
            "mission", "run", f"{run[:40]!r} is no name of a folder", "use letters, digits, '.', '_' and '-'"
        )
    return stack_dir / run
