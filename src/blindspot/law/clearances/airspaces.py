"""The ground below each cleared flight, and the distance that two flights keep."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from shapely import Polygon

from blindspot.law.clearances.one_clearance import AskedPlan
from blindspot.law.verdict import Verdict
from blindspot.mission import Route


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


def too_close(asked: AskedPlan, taken: Mapping[str, Airspace]) -> Iterator[Verdict]:
    """The refusals of a plan whose fences lack the larger separation to a taken airspace; `taken` is by drone."""
    for route in asked.plan.routes:
        own = airspace_of(route, asked.mission.file.limits.separation_m)
        for other in taken.values():
            least_m, apart_m = max(own.separation_m, other.separation_m), own.fence.distance(other.fence)
            # Written this way, NaN refuses as well.
            if not apart_m >= least_m:
                yield _too_close(
                    f"the fence of {own.drone} would be {apart_m:.1f} m from the fence of {other.drone}",
                    f"plan them {least_m:g} m apart, or wait until {other.drone} is down",
                    f"les séparer de {least_m:g} m, ou attendre que {other.drone} soit au sol",
                )


def of_unknown_way(drones: Collection[str]) -> Iterator[Verdict]:
    """The refusals because of drones in the air without a clearance."""
    for drone in sorted(drones):
        yield _too_close(
            f"{drone} is in the air without a clearance, so its way is unknown",
            f"wait until {drone} is down",
            f"attendre que {drone} soit au sol",
        )


def _too_close(reason: str, remedy: str, remedy_fr: str) -> Verdict:
    return Verdict("PLN-05", "policy", reason, remedy, remedy_fr)
