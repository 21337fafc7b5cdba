"""Missions in the page: choose one, see its plan, order the flight."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blindspot.console import PageOrder, PageOrders
from blindspot.console.crew import AskedPlan, PageFlights, Prepared, text_in
from blindspot.core import BlindspotError, InputError, one_line
from blindspot.law.orders import FLY, named

if TYPE_CHECKING:
    from blindspot.mission import Fleet, Mission
    from blindspot.stack import stack_record

MOST_MISSIONS = 50
WHERE = "the console"


class FlyActs:
    """The mission files of a fleet are those in its folder, and those in the folder `missions` beside that folder.
    `flights` are those of the console's feed."""

    def __init__(
        self, record: stack_record.StackRecord, fleet: Fleet, orders: PageOrders, flights: PageFlights
    ) -> None:
        self._record, self._fleet, self._orders, self._flights = record, fleet, orders, flights

    def missions(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        """The missions that this fleet can fly: file, name, kind, drones."""
        return {
            "missions": [
                {
                    "file": file, "name": one_line(mission.file.name, 100), "kind": mission.file.kind,
                    "drones": [drone.name for drone in mission.file.fleet],
                }
                for file, mission in self._known().items()
            ]
        }  # fmt: skip

    def plan(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """Let one of these missions be planned. All pages see the plan, and no drone moves."""
        from blindspot.acts.plans import refuse_start
        from blindspot.cli.sessions.sim_run import make_run_dir
        from blindspot.law import Loaded
        from blindspot.mission import MissionRef

        mission = self._known().get(text_in(said, "mission"))
        if mission is None:
            raise InputError(WHERE, "mission", "is no mission of this fleet", "choose one of the list")
        if self._flights.is_busy:
            raise InputError(WHERE, "plan", "is being made", "wait for it")
        if self._record.simulated:
            refuse_start(Loaded(mission))
        run_dir = make_run_dir(self._record.stack_dir, mission.path, "see the disk of the stack's folder")
        ref = MissionRef.of(self._fleet, mission)
        self._flights.ask(AskedPlan(one_line(mission.file.name, 100), mission.path, ref, run_dir))
        return {"run": run_dir.name}

    def fly(self, said: Mapping[str, Any]) -> Prepared:
        """The order to fly the plan that the page shows."""
        person, reason = named(text_in(said, "person"), text_in(said, "reason"))
        run, id_ = text_in(said, "run"), text_in(said, "page_id", 64)
        planned = self._flights.planned(run)
        if planned is None:
            raise InputError(WHERE, "plan", "is not the one of now", "plan again")

        def carry(signature: str) -> Mapping[str, Any]:
            self._orders.add(PageOrder(id_, FLY, planned.drones, person, reason, signature, {"run": run}))
            return {}

        return Prepared(planned.ordered(person, reason), carry)

    def _known(self) -> dict[str, Mission]:
        from blindspot.mission import load_mission

        folder = self._fleet.path.parent
        found: dict[str, Mission] = {}
        files = {*folder.glob("*.yaml"), *(folder.parent / "missions").glob("*.yaml")}
        for file in sorted(files, key=lambda file: file.name)[:MOST_MISSIONS]:
            try:
                mission = load_mission(file)
            except (BlindspotError, OSError):  # a file of another kind
                continue
            if not self._fleet.why_not(mission):
                found[_shown(file, folder)] = mission
        return found


def _shown(file: Path, folder: Path) -> str:
    return file.name if file.parent == folder else f"{file.parent.name}/{file.name}"
