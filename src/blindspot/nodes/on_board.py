"""What the computer that runs a node adds to the pre-flight list: its disk, and the zones that its files name."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from math import nan
from pathlib import Path

from blindspot.flight.checklist import Check, Judged
from blindspot.flight.preflight import on_board_checks
from blindspot.law.authorisation import load_authorisation
from blindspot.law.geozones import judge_geozones
from blindspot.planning.mission import Mission


def checks_of_this_computer(mission: Mission, folder: Path, *, simulated: bool) -> tuple[Check, ...]:
    """`folder` is on the disk that recordings and logs go to. Raises InputError for an authorisation that can't be
    read."""
    authorisation = load_authorisation(mission.authorisation_path)

    def free_gb() -> float:
        try:
            return shutil.disk_usage(folder).free / 1e9
        except OSError:
            return nan

    def geozones() -> Judged:
        now_utc = mission.file.start if simulated else datetime.now(UTC)
        return Judged(*judge_geozones(authorisation, now_utc, simulated=simulated))

    return on_board_checks(free_gb, geozones)
