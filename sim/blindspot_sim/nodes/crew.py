"""The crew of a simulation: it carries each drone to the pad of the sortie that comes next.

The plans lie in the folder of the run. A mission that is being cleared flies its own plan, one whose packs are changed
the sortie after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from blindspot.core import BlindspotError
from blindspot.flight.missions import next_sortie, sortie_file
from blindspot.mission import Plan, Point, load_plan, run_folder

CLEARED, CHANGED = "authorising", "swapping"
MOST_SORTIES = 1000


class Crew:
    """Follows the missions of a stack. `carry` moves a drone, by its name, to a pad if it stands elsewhere with its
    motors off. `warn` gets the reason if a plan can't be read."""

    def __init__(self, stack_dir: Path, carry: Callable[[str, Point], object], warn: Callable[[str], object]) -> None:
        self._stack_dir, self._carry, self._warn = stack_dir, carry, warn
        self._served = dict[str, tuple[str, str]]()

    def missions_are(self, missions: Iterable[Any]) -> None:
        """Take the `MissionStatus` of all missions; each change of plan or phase is served once."""
        for mission in missions:
            asked = (mission.phase, mission.plan)
            if mission.phase not in (CLEARED, CHANGED) or self._served.get(mission.run) == asked:
                continue
            self._served[mission.run] = asked
            try:
                plan = self._next(run_folder(self._stack_dir, mission.run), *asked)
            except BlindspotError as error:
                self._warn(f"the crew has no pads for run {mission.run[:40]!r}: {error}")
                continue
            for route in plan.routes if plan is not None else ():
                self._carry(route.drone, route.home)

    def _next(self, folder: Path, phase: str, plan_id: str) -> Plan | None:
        """The plan that is flown next; None while its file is missing."""
        for number in range(1, MOST_SORTIES + 1):
            file = folder / sortie_file(number)
            if not file.is_file():
                return None
            plan = load_plan(file)
            if plan.id == plan_id:
                return plan if phase == CLEARED or plan.sortie is None else next_sortie(folder, plan)
        return None
