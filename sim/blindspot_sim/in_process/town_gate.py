"""The gate of a run outside ROS with several clearances at a time: the registry, the rights to look, the monitor and
the leases.

It is the counterpart of the node `authority`. The plans were checked when they were made, so the checker does not run
again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from blindspot.camera import CameraPose
from blindspot.law import Authorisation
from blindspot.law.clearances import (
    AskedPlan,
    Clearance,
    Clearances,
    DayMeter,
    FlightMonitor,
    Ledger,
    LiveAuthorisation,
)
from blindspot.law.leases import Lease
from blindspot.mission import Mission, Plan
from blindspot_sim.in_process.fleet_flight import LegalClock

REQUESTER = "the watch of this process"


@dataclass(frozen=True, slots=True)
class SentLease:
    """A lease on its way to a drone; `until_s` is on the clock of the simulation."""

    drone: str
    lease: Lease
    until_s: float


@dataclass(frozen=True, slots=True)
class LookEntry:
    """An entry `look` of the journal: a drone gets or loses the right to look; `most` may look at the same time."""

    stamp_s: float
    drone: str
    may_look: bool
    reason: str
    most: int


class TownGate:
    """Call `renew` at 2 Hz. All times are s of the simulation, which only goes forward.

    `ledger` is the folder of the day's flight times: a gate that starts again reads it.
    """

    def __init__(self, mission: Mission, ledger: Path, legal_time: LegalClock) -> None:
        self._mission, self._legal_time = mission, legal_time
        self._live = LiveAuthorisation(mission.authorisation_path)
        self.clearances = Clearances(DayMeter(Ledger(ledger)), simulated=True)
        self.looks = self.clearances.looks
        self.looks.enter = lambda change: self.changes.append(
            LookEntry(self._now_s, change.drone, change.may_look, change.reason, change.most)
        )
        self.changes: list[LookEntry] = []
        # No detector reports its masks here, so nobody waits for the reports.
        self.monitor = FlightMonitor(simulated=True, wall_s=lambda: 0.0, looks=self.looks)
        self.withheld: dict[str, str] = {}
        """By drone: the rule that the drone breaks, with the evidence."""
        self._now_s = 0.0

    @property
    def authorisation(self) -> Authorisation | None:
        """The authorisation as it is on the disk now."""
        return self._live.look()

    def ask(self, plan: Plan, now_s: float) -> str:
        """The reasons against a plan; empty if the plan is cleared now."""
        asked = AskedPlan(plan, self._mission, "", REQUESTER, self._live)
        verdicts = self.clearances.authorise(asked, self._legal_time(now_s), lambda _: None)
        return "; ".join(str(verdict) for verdict in verdicts)

    def give_back(self, plan: Plan) -> None:
        """End the clearance of a plan."""
        clearance = self.clearances.of_plan(plan.sha256)
        if clearance is not None:
            self.clearances.withdraw(clearance)
            for drone in clearance.drones:
                self.withheld.pop(drone, None)

    def pass_look(self, to: str, from_: str, now_s: float) -> str:
        """The reason against passing the right to look; empty if the change has begun."""
        self._now_s = now_s
        return self.looks.pass_look(to, from_, REQUESTER, now_s)

    def exposed(self, drone: str, pose: CameraPose, now_s: float) -> None:
        """A drone's camera has made an exposure."""
        self.monitor.heard(drone, pose, now_s)

    def reported(self, drone: str, now_s: float, *, inhibited: bool) -> None:
        """A drone reports whether its sensor is inhibited."""
        self.looks.reported(drone, now_s, inhibited=inhibited)

    def renew(self, airborne: Collection[str], now_s: float) -> Iterable[SentLease]:
        """The leases of all cleared drones; `airborne` are all drones of the town that may be in the air."""
        self._now_s = now_s
        self.clearances.in_the_air(airborne)
        self.looks.step(now_s)
        now_utc = self._legal_time(now_s)
        for clearance in self.clearances.now:
            self.clearances.look(clearance, now_utc)
            self.clearances.count(clearance, set(airborne) & set(clearance.drones), now_utc)
            for drone in clearance.drones:
                yield self._lease(clearance, drone, now_s)

    def _lease(self, clearance: Clearance, drone: str, now_s: float) -> SentLease:
        now_utc = self._legal_time(now_s)
        lease = self.clearances.lease(clearance, drone, now_utc)
        breach = self.monitor.breach(clearance, drone, now_s) if lease.granted else None
        if breach is None:
            self.withheld.pop(drone, None)
        else:
            self.withheld[drone] = str(breach)
            lease = Lease(False, now_utc, breach.rule, breach.reason)
        until_s = now_s + (lease.valid_until - now_utc).total_seconds()
        if lease.may_look:
            self.looks.leased(drone, until_s)
        return SentLease(drone, lease, until_s)
