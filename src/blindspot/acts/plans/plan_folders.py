"""The folders in which plans and libraries lie by default."""

from __future__ import annotations

from pathlib import Path

from blindspot.mission import Mission

LIBRARY_DIR = "library"
"""The folder of a patrol's library in the folder of its plan."""
ATLAS_DIR = "atlas"
"""The folder of a dispatch's atlas in the folder of its plan."""


def plan_folder(mission: Path) -> Path:
    """Where `blindspot plan` keeps the plan of a mission file by default."""
    return Path("runs") / f"plan-{mission.stem}"


def library_folder(mission: Mission) -> Path:
    """Where `blindspot plan` keeps the library of a mission by default."""
    return plan_folder(mission.path) / LIBRARY_DIR
