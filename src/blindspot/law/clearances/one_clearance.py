"""One cleared plan, the request, and the figures shared by several clearances."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from blindspot.law.clearances.clearance import Gate
from blindspot.law.clearances.lapse import Lapse
from blindspot.law.clearances.ledger import DayCount
from blindspot.law.clearances.live import LiveAuthorisation
from blindspot.law.clearances.looks import Looker
from blindspot.law.clearances.rest import is_turn
from blindspot.law.signatures.authorisation import Authorisation
from blindspot.mission import Mission, Plan, Route


@dataclass(frozen=True, slots=True)
class AskedPlan:
    """A request for clearance."""

    plan: Plan
    mission: Mission
    mission_sha256: str
    requester: str
    live: LiveAuthorisation
    run: str = ""
    person: str = ""
    """The person who orders the flight."""


@dataclass(slots=True, eq=False)
class Clearance:
    """One cleared plan of one mission."""

    asked: AskedPlan
    """The first request."""
    gate: Gate
    count: DayCount
    authorisation: str
    """Id of the authorisation at the last reading."""
    flown: Plan
    """The latest cleared route of each drone, from the plan or from a rest of it."""
    plans: tuple[str, ...]
    """Hashes of the plan and of each cleared rest; the last hash is in force."""
    id: str
    """A random text: the journal counts the plan's places under it."""
    lapse: Lapse = field(default_factory=Lapse)

    @property
    def drones(self) -> tuple[str, ...]:
        return tuple(route.drone for route in self.flown.routes)

    @property
    def separation_m(self) -> float:
        return self.asked.mission.file.limits.separation_m


def looker_of(auth: Authorisation, requester: str, plan: Plan) -> Looker:
    """A drone of a plan, as the right to look counts it."""
    most, is_range = auth.file.sensors.max_simultaneous_cameras, auth.file.profile == "TEST-RANGE"
    return Looker(requester, auth.id, is_range, most, is_turn(plan))


def cameras_beside(
    count: Callable[[Looker, Collection[str]], frozenset[str]], auth: Authorisation | None, plan: Plan,
    own: Clearance | None,
) -> int:  # fmt: skip
    """Cameras of other flights beside a plan; `count` is `rights` or `looking` of `Looks`. A turn of a watch begins
    without the right to look, so its drone is counted by the right that the drone holds."""
    if auth is None:
        return 0
    ours = frozenset(route.drone for route in plan.routes).union(own.drones if own is not None else ())
    return len(count(looker_of(auth, "", plan), frozenset() if is_turn(plan) else ours))


def promised_s(others: list[Clearance]) -> float:
    """Flight time that other plans in force still have to fly, s."""
    return sum(
        max(0.0, planned_s(route) - each.count.used_s.get(route.drone, 0.0))
        for each in others
        if each.gate.in_force is not None
        for route in each.flown.routes
    )


def planned_s(route: Route) -> float:
    return route.expected.flight_time_s + (route.begin.flown_s if route.begin is not None else 0.0)
