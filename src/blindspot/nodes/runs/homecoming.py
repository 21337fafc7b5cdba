"""The drones of a run whose mission manager is lost or has reported its outcome: which are down, which come home.

A drone is down when the autopilot reports the drone as down. A flight_control with a flight in progress comes home by
itself. If the flight_control is lost, or was restarted and so lost the flight, this module commands the return over a
separate link to the drone's MAVROS.
The pilot always has priority.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence

from blindspot_msgs.msg import DroneStatus

from blindspot.flight import UNFLYABLE, WORST_FIRST, Outcome, known_outcome
from blindspot.flight.control import LastTold, TakeOver
from blindspot.flight.route import LONGEST_S, way_home_limit_s
from blindspot.flight.vehicle import Vehicle
from blindspot.mission import Plan

WITHOUT_A_FLIGHT = ("idle", "landed", "failed")
NOT_HOME = ("aborted", "failed")
"""Outcomes of a flight, by its flight_control, whose drone may be down at any place."""
SETTLED_S = 2.0
"""Wall time without a flight_control that flies the drone, after which the ground station takes the drone."""


class Homecoming:
    """Pass it every status of the run's drones. Once the mission manager is lost or has reported its outcome, call
    `step` until the result is True: all drones are accounted for. A flight in another run is none of its business.

    `link` makes the vehicle of a drone's name; `run` is the name of the run.
    """

    def __init__(self, drones: Sequence[str], link: Callable[[str], Vehicle], run: str = "") -> None:
        self.limit_s = LONGEST_S
        """Wall time in which a drone must be down."""
        self.ends: dict[str, tuple[Outcome, str]] = {}
        """Outcome and reason of each drone; "completed" for a drone that is down by itself, whose flight is none of
        `NOT_HOME`."""
        self.messages: list[str] = []
        """Actions on drones, one sentence each."""
        self._drones, self._link, self._run = tuple(drones), link, run
        self._plan: Plan | None = None
        self._posts: dict[str, Plan] = {}
        self._statuses: dict[str, DroneStatus] = {}
        self._last_phases: dict[str, LastTold] = {}
        self._nobodys_since_s: dict[str, float] = {}
        self._take_overs: dict[str, TakeOver] = {}

    def flies(self, plan: Plan, posts: Mapping[str, Plan] | None = None) -> None:
        """The drones fly this plan from now on; in a watch each drone flies its own of the `posts`."""
        self._plan, self._posts, self.limit_s = plan, dict(posts or {}), way_home_limit_s(plan)

    @property
    def flown(self) -> bool:
        """Whether a drone has begun a flight."""
        return any(last.phases for last in self._last_phases.values())

    def heard(self, status: DroneStatus) -> None:
        """Take a drone's status. A drone that flies again in this run has no end yet, as in a watch."""
        if status.run == self._run:
            if status.phase not in WITHOUT_A_FLIGHT and status.drone not in self._take_overs:
                self.ends.pop(status.drone, None)
            before = self._last_phases.get(status.drone, LastTold())
            self._last_phases[status.drone] = before.heard(status.phase, time.monotonic())
        self._statuses[status.drone] = status

    def step(self, lost: Collection[str]) -> bool:
        """Check each drone that is out; `lost` are the silent or ended nodes. True once all are accounted for."""
        for drone in self._drones:
            if drone not in self.ends:
                end = self._end_of(drone, lost)
                if end is not None:
                    self.ends[drone] = end
        return len(self.ends) == len(self._drones)

    def _end_of(self, drone: str, lost: Collection[str]) -> tuple[Outcome, str] | None:
        status = self._statuses.get(drone, DroneStatus(drone=drone, phase="idle", autopilot="unknown"))
        has_control = f"/{drone}/flight_control" not in lost
        has_flight = has_control and status.run == self._run and status.phase not in WITHOUT_A_FLIGHT
        is_anothers = status.run not in (self._run, "")
        if drone in self._take_overs:
            take_over = self._take_overs[drone]
            take_over.step(time.monotonic())
            news = f"{drone} is to land where it is: {take_over.why_here}"
            if take_over.why_here and news not in self.messages:
                self.messages.append(news)
            if take_over.outcome is not None:
                return take_over.outcome, f"{drone}: {take_over.reason}"
        elif is_anothers:
            return "completed", ""  # the drone's flight in this run is over, or never began: another run has the drone
        elif has_control and not has_flight and status.autopilot == "down":
            return ("completed" if status.outcome not in NOT_HOME else known_outcome(status.outcome)), ""
        elif not has_flight and not self._last_phases.get(drone, LastTold()).phases and status.autopilot != "up":
            return "completed", ""  # it has flown no route in this run
        if any(node.rpartition("/")[2] in UNFLYABLE for node in lost):
            why = f"the simulator or its clock is gone, in phase {self._phase(drone)}"
            return "unaccounted", f"{drone} is not accounted for: {why}"
        if has_flight and drone not in self._take_overs:
            self._nobodys_since_s.pop(drone, None)
            return None
        since_s = self._nobodys_since_s.setdefault(drone, time.monotonic())
        if drone not in self._take_overs and time.monotonic() - since_s >= SETTLED_S:
            news = f"no flight_control flies {drone}: the ground station brings the drone home, unless the pilot flies"
            self.messages.append(news)
            left_in = str(self._last_phases.get(drone, ""))
            plan = self._posts.get(drone, self._plan)
            route = None if plan is None else plan.route_of(drone)
            self._take_overs[drone] = TakeOver(self._link(drone), left_in, limit_s=self.limit_s, route=route)
        return None

    def give_up(self, why: str) -> None:
        """End the watch: each drone of the run that is not known to be down is unaccounted, for this reason."""
        for drone in (drone for drone in self._drones if drone not in self.ends):
            status, last = self._statuses.get(drone), self._last_phases.get(drone, LastTold())
            is_down = status is not None and status.autopilot == "down" and status.phase in WITHOUT_A_FLIGHT
            flew = bool(last.phases) or (status is not None and status.autopilot == "up")
            if flew and not is_down:
                self.ends[drone] = "unaccounted", f"{drone} is not accounted for: {why}, in phase {self._phase(drone)}"
            else:
                self.ends[drone] = "completed", ""

    def _phase(self, drone: str) -> str:
        return str(self._last_phases.get(drone, "")).rpartition(" ")[2] or "unknown"


def outcome_of(result: tuple[str, str] | None, homecoming: Homecoming, lost: Sequence[str]) -> tuple[Outcome, str]:
    """Outcome and its one reason of a run, from the mission manager's result and the end of each drone's flight.

    `result` is None if the mission manager was lost. The worst outcome counts. A run that lost a node is at best
    `degraded`.
    """
    if result is None and homecoming.flown:
        came_home = all(end[0] in ("completed", "returned") for end in homecoming.ends.values())
        result = "returned", "the mission manager was lost" + ("; the drones came home without it" * came_home)
    elif result is None:
        result = "aborted", "the mission manager was lost before a drone flew"
    ends = [result, *homecoming.ends.values()]
    outcome = min((known_outcome(end[0]) for end in ends), key=WORST_FIRST.index)
    reasons = [end[1] for end in ends if known_outcome(end[0]) == outcome and end[1]] or [e[1] for e in ends if e[1]]
    if outcome == "completed" and lost:
        return "degraded", ", ".join(f"{node} is lost" for node in lost)
    return outcome, reasons[0] if reasons else ""
