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
        self._flown = dict[str, Plan]()
        """By run: the plan to whose pads its drones were carried last."""

    def missions_are(self, missions: Iterable[Any]) -> None:
        """Take the `MissionStatus` of all missions; each change of plan or phase is served once."""
        now = {mission.run: mission for mission in missions}
        for run in self._served.keys() - now.keys():
            del self._served[run]
            self._flown.pop(run, None)
        for run, mission in now.items():
            asked = (mission.phase, mission.plan)
            if mission.phase not in (CLEARED, CHANGED) or self._served.get(run) == asked:
                continue
            try:
                plan = self._next(run, *asked)
            except BlindspotError as error:
                self._warn(f"the crew has no pads for run {run[:40]!r}: {error}")
                self._served[run] = asked
                continue
            if plan is not None:
                self._served[run], self._flown[run] = asked, plan
                for route in plan.routes:
                    self._carry(route.drone, route.home)

    def _next(self, run: str, phase: str, plan_id: str) -> Plan | None:
        """The plan that is flown next; None while its file is missing."""
        folder = run_folder(self._stack_dir, run)
        plan = self._flown.get(run)
        if plan is None or plan.id != plan_id:
            plan = _plan_in(folder, plan_id)
        return plan if plan is None or plan.sortie is None or phase == CLEARED else next_sortie(folder, plan)


def _plan_in(folder: Path, plan_id: str) -> Plan | None:
    """The plan with an id among the sorties of a folder."""
    for number in range(1, MOST_SORTIES + 1):
        file = folder / sortie_file(number)
        if not file.is_file():
            break
        if (plan := load_plan(file)).id == plan_id:
            return plan
    return None
