"""The facts that the gate of real flights takes: of the drones, of the journal and of the links with others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from rclpy.node import Node

from blindspot.core import InputError, one_line
from blindspot.law import Authorisation
from blindspot.law.airspace import zones_at
from blindspot.law.clearances import AskedPlan, Clearance, Known
from blindspot.law.rules import Flying
from blindspot.mission import Fleet
from blindspot.nodes.autopilot.drone_facts import DroneFacts
from blindspot.nodes.autopilot.flight_journal import FlightJournal
from blindspot.nodes.autopilot.journal_facts import book_of, takes_entries
from blindspot.nodes.rights.links import Links, has_twin
from blindspot.nodes.rights.recorded_reports import RecordedReports
from blindspot.vision.models import allowed_models


class GateFacts:
    """Reads what is known before and in a real flight. `now` is the node's time, s; `journal` its journal file.

    In the rehearsal of a real flight in a simulation (`simulated`) the simulator's nodes belong to the stack.
    """

    def __init__(
        self, node: Node, now: Callable[[], float], fleet: Fleet, journal: Path, *, simulated: bool = False
    ) -> None:
        allowed = [model.sha256 for model in allowed_models().values() if not model.only_simulated]
        self._node, self._now, self._fleet, self._journal = node, now, fleet, journal
        self._drones = DroneFacts(node, now, fleet, allowed)
        self._links = Links(node, fleet, self._drones, simulated=simulated)
        entries = FlightJournal(journal, "authority", node.get_logger().error)
        self._recorded = RecordedReports(fleet.names, self._drones.recorded, entries)

    def known(self, asked: AskedPlan, going_on: Collection[str], airborne: Collection[str]) -> Known:
        """The facts of pre-flight about a request; `going_on` are the runs that the journal may leave open.

        Raises InputError beside a second gate: each gate counts its own flights, and knows its own fences alone. A
        restarted gate sees the earlier gate for some seconds more: a plan whose drones may be `airborne` does not
        wait.
        """
        drones = [route.drone for route in asked.plan.routes]
        if not set(drones).intersection(airborne) and has_twin(self._node):
            fix = "stop one of them; a killed node is seen for half a minute more"
            raise InputError("authority", "", "another authority runs in this ROS domain", fix)
        links = self._links_out(drones, asked.live.now)
        pilots = (asked.person, *(pilot for drone in drones if (pilot := self._fleet.member(drone).pilot)))
        ready = replace(self._drones.ready(drones), links_out=links, pilots=pilots if asked.person else None)
        protection = asked.live.now.file.data_protection if asked.live.now is not None else None
        recipient = one_line(protection.register_recipient, 200) if protection is not None else ""
        return ready, book_of(self._journal, going_on, [self._drones.book(drone) for drone in drones], recipient)

    def flying(self, drone: str, clearance: Clearance, now_utc: datetime) -> Flying:
        """The facts about a cleared drone in flight that no exposure shows."""
        auth, place = clearance.gate.authorisation, self._drones.place(drone)
        zone, emergency = None, None
        if auth is not None and place is not None:
            zone, emergency = zones_at(auth, clearance.flown, place, now_utc)
        return Flying(
            remote_id=self._drones.remote_id([drone]), links_out=self._links_out([drone], auth), zone=zone,
            emergency=emergency, green_light=self._drones.green_light([drone]),
        )  # fmt: skip

    def note_recorded(self, clearances: Collection[Clearance]) -> None:
        """Enter what the drones report of their recordings, after the flights of these clearances too."""
        self._recorded.look(clearances)

    def journal_works(self) -> bool:
        """Whether the journal takes entries now."""
        return takes_entries(self._journal)

    def hear_raw(self, drone: str, message: Any) -> None:
        """One mavros_msgs/Mavlink from the drone."""
        self._drones.hear_raw(drone, message)

    def _links_out(self, drones: Sequence[str], auth: Authorisation | None) -> tuple[str, ...] | None:
        statement = auth.separation if auth is not None else None
        return self._links.out(drones, statement.hosts if statement is not None else (), self._now())
