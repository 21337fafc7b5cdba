"""Pre-flight checks of the computer that runs a node: its disk, its MAVROS, and the zones in its files."""

from __future__ import annotations

import os
import re
import shutil
from datetime import UTC, datetime
from math import nan
from pathlib import Path

from blindspot.flight.preflight import Check, Judged, on_board_checks
from blindspot.law import judge_geozones, load_authorisation
from blindspot.mission import Mission


def checks_of_this_computer(
    mission: Mission, folder: Path, *, simulated: bool, flies: bool = True
) -> tuple[Check, ...]:
    """The pre-flight checks of this computer.

    `folder` is on the disk for recordings and logs. A computer that does not fly the drone may lack MAVROS. Raises
    InputError for an unreadable authorisation.
    """
    authorisation = load_authorisation(mission.authorisation_path)

    def free_gb() -> float:
        try:
            return shutil.disk_usage(folder).free / 1e9
        except OSError:
            return nan

    def geozones() -> Judged:
        now_utc = mission.file.start if simulated else datetime.now(UTC)
        return Judged(*judge_geozones(authorisation, now_utc, simulated=simulated))

    version = mavros_version()
    found = on_board_checks(free_gb, geozones, version)
    return found if flies or version is not None else found[1:]


def mavros_version() -> tuple[int, ...] | None:
    """The version in the manifest of the sourced MAVROS package; None if MAVROS is missing."""
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        manifest = Path(prefix) / "share" / "mavros" / "package.xml"
        try:
            text = manifest.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if found := re.search(r"<version>\s*(\d+(?:\.\d+)*)\s*<", text):
            return tuple(int(part) for part in found[1].split("."))
    return None
