"""The town of a check: read for this check, or kept by the process from which the check was forked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blindspot.coverage.ground import BlindSpots
    from blindspot.mission import Mission
    from blindspot.site import Site

MOST_KEPT = 2
"""Towns in memory at a time: that of a patrol and that of a dispatch beside the patrol."""
_kept: dict[Path, tuple[str, KeptTown]] = {}
"""By mission file: the hash of the mission's files and the town that was read from them; the last used one is last."""


@dataclass(frozen=True, slots=True)
class KeptTown:
    """A mission and its town. `ground` is the ground inside the perimeter, for plans with the planner's cells; None if
    each check computes the ground."""

    mission: Mission
    site: Site
    ground: BlindSpots | None = None


def town_of(path: Path) -> KeptTown:
    """The kept town of a mission file, else the town as its files are now. Raises InputError."""
    from blindspot.law import Loaded

    if (found := _kept.get(path.resolve())) is not None:
        return found[1]
    loaded = Loaded.of(path)
    return KeptTown(loaded.mission, loaded.site)


def keep_town(path: Path) -> None:
    """Keep the town of a mission file for `town_of`, read again if a file of the mission has changed.

    Nothing is kept of a mission with a wrong file, or with a file that changes meanwhile: the check itself reports it.
    """
    from blindspot.core import BlindspotError
    from blindspot.mission import load_mission, mission_copy

    key = path.resolve()
    known = _kept.pop(key, None)
    try:
        mission = load_mission(path)
        sha256 = mission_copy.mission_sha256(key.name, mission)
        if known is None or known[0] != sha256:
            known = sha256, _read(mission)
            if mission_copy.mission_sha256(key.name, load_mission(path)) != sha256:
                return
    except (BlindspotError, OSError):
        return
    _kept[key] = known
    for oldest in list(_kept)[:-MOST_KEPT]:
        del _kept[oldest]


def _read(mission: Mission) -> KeptTown:
    from blindspot.mission import site_of
    from blindspot.planning.checker import ground_of_mission

    site = site_of(mission)
    return KeptTown(mission, site, ground_of_mission(mission, site))
