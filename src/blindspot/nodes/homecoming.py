"""The drones of a run that nobody manages any more: which are down, by their autopilots' word, and who is brought home.

A flight_control that has a flight in hand comes home by itself. Where it is lost, or was started again and knows of no
flight, the return is commanded from here, over a link of its own to the drone's MAVROS; the pilot comes before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence

from blindspot_msgs.msg import DroneStatus

from blindspot.flight import UNFLYABLE, Outcome
from blindspot.flight.control import LastTold, TakeOver
from blindspot.flight.vehicle import Vehicle

WITHOUT_A_FLIGHT = ("idle", "landed", "failed")
SETTLED_S = 2.0
"""Nobody has flown a drone for so long on the wall clock: then it is nobody's."""


class Homecoming:
    """Feed it every status of the run; call `step` once nobody manages the run, until it says that all are accounted
    for. `link` makes the vehicle behind a drone's name."""

    def __init__(self, drones: Sequence[str], link: Callable[[str], Vehicle]) -> None:
        self.ends: dict[str, tuple[Outcome, str]] = {}
        """What became of each drone, and why; "completed" of one that is down without anybody's doing here."""
        self.told: list[str] = []
        """What is done about a drone, one sentence each."""
        self._drones, self._link = tuple(drones), link
        self._statuses: dict[str, DroneStatus] = {}
        self._last_told: dict[str, LastTold] = {}
        self._nobodys_since_s: dict[str, float] = {}
        self._take_overs: dict[str, TakeOver] = {}

    @property
    def flown(self) -> bool:
        """Whether a drone has begun a flight."""
        return any(told.phases for told in self._last_told.values())

    def heard(self, status: DroneStatus) -> None:
        before = self._last_told.get(status.drone, LastTold())
        self._last_told[status.drone] = before.heard(status.phase, time.monotonic())
        self._statuses[status.drone] = status

    def step(self, lost: Collection[str]) -> bool:
        """Look at each drone that is out; `lost` are the nodes that are silent or ended. True once none is out."""
        for drone in self._drones:
            if drone not in self.ends:
                end = self._end_of(drone, lost)
                if end is not None:
                    self.ends[drone] = end
        return len(self.ends) == len(self._drones)

    def _end_of(self, drone: str, lost: Collection[str]) -> tuple[Outcome, str] | None:
        status = self._statuses.get(drone, DroneStatus(drone=drone, phase="idle", autopilot="unknown"))
        has_control = f"/{drone}/flight_control" not in lost
        has_flight = has_control and status.phase not in WITHOUT_A_FLIGHT
        if drone in self._take_overs:
            take_over = self._take_overs[drone]
            take_over.step(time.monotonic())
            if take_over.outcome is not None:
                return take_over.outcome, f"{drone}: {take_over.reason}"
        elif has_control and not has_flight and status.autopilot == "down":
            return "completed", ""
        elif not has_flight and not self._last_told.get(drone, LastTold()).phases and status.autopilot != "up":
            return "completed", ""  # it was never told to fly
        if any(node.rpartition("/")[2] in UNFLYABLE for node in lost):
            return "unaccounted", f"{drone} is not accounted for: what moves it is gone, in phase {self._phase(drone)}"
        if has_flight and drone not in self._take_overs:
            self._nobodys_since_s.pop(drone, None)
            return None
        since_s = self._nobodys_since_s.setdefault(drone, time.monotonic())
        if drone not in self._take_overs and time.monotonic() - since_s >= SETTLED_S:
            self.told.append(f"{drone} is flown by nobody: the ground station brings it home, unless its pilot has it")
            self._take_overs[drone] = TakeOver(self._link(drone), str(self._last_told.get(drone, "")))
        return None

    def _phase(self, drone: str) -> str:
        return str(self._last_told.get(drone, "")).rpartition(" ")[2] or "unknown"
