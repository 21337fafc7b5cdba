"""One cleared plan, the request, and the figures shared by several clearances."""

from __future__ import annotations

from dataclasses import dataclass, field

from shapely import Polygon

from blindspot.law.clearances.clearance import Gate
from blindspot.law.clearances.lapse import Lapse
from blindspot.law.clearances.ledger import DayCount
from blindspot.law.clearances.live import LiveAuthorisation
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


@dataclass(frozen=True, slots=True)
class Airspace:
    """The ground below a drone's flight: the fence, which contains the ways home."""

    drone: str
    fence: Polygon
    separation_m: float


def airspace_of(route: Route, separation_m: float) -> Airspace:
    """The airspace that a route takes."""
    fence = Polygon(route.failsafe.fence)
    return Airspace(route.drone, fence if fence.is_valid else fence.convex_hull, separation_m)


def cameras_beside(auth: Authorisation | None, others: list[Clearance]) -> int:
    """Cameras of the other plans in force: all under the same authorisation count together, and so do all on a test
    range."""
    beside = [(each, each.gate.authorisation) for each in others if each.gate.in_force is not None]
    return sum(
        len(each.drones)
        for each, other in beside
        if auth is not None and other is not None and _is_one_range(auth, other)
    )


def _is_one_range(one: Authorisation, other: Authorisation) -> bool:
    """On a test range one person watches all drones, however many files authorise them."""
    return one.id == other.id or one.file.profile == other.file.profile == "TEST-RANGE"


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
