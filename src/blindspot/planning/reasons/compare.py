"""Two plans of one perimeter side by side: the costs and the seen ground of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shapely.geometry import Polygon

from blindspot.core import InputError
from blindspot.mission import Plan

SAME_OUTLINE_M2 = 1.0
"""Two perimeters with a smaller difference are the same perimeter, rounded."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs and seen ground of a plan, all drones together."""

    drones: int
    views: int
    flight_min: float
    longest_flight_min: float
    distance_km: float
    energy_wh: float
    least_battery_left: float
    blind_area_m2: float
    seen_area_m2: float
    private_m2s: float | None
    facade_m2s: float | None
    highest_px_per_m: float | None
    """The last three are None for a plan that is older than these measures."""

    @property
    def seen_share(self) -> float:
        return self.seen_area_m2 / self.blind_area_m2 if self.blind_area_m2 else 1.0


LABELS: Mapping[str, str] = {
    "drones": "drones",
    "views": "views and legs",
    "flight_min": "flight, min",
    "longest_flight_min": "longest flight, min",
    "distance_km": "distance, km",
    "energy_wh": "energy, Wh",
    "least_battery_left": "least battery left",
    "blind_area_m2": "blind ground, m2",
    "seen_area_m2": "of it seen, m2",
    "seen_share": "share seen",
    "private_m2s": "private ground in view, m2 s",
    "facade_m2s": "facades in view, m2 s",
    "highest_px_per_m": "highest px/m",
}
"""Every figure in the order in which it is shown."""


def costs_of(plan: Plan) -> Costs:
    expected, intrusion = [route.expected for route in plan.routes], plan.intrusion
    return Costs(
        drones=len(plan.routes),
        views=sum(route.view_count for route in plan.routes),
        flight_min=round(sum(x.flight_time_s for x in expected) / 60, 2),
        longest_flight_min=round(max((x.flight_time_s for x in expected), default=0.0) / 60, 2),
        distance_km=round(sum(x.distance_m for x in expected) / 1000, 3),
        energy_wh=round(sum(x.energy_wh for x in expected), 2),
        least_battery_left=min((x.battery_left_fraction for x in expected), default=1.0),
        blind_area_m2=plan.coverage.blind_area_m2,
        seen_area_m2=plan.coverage.planned_area_m2,
        private_m2s=intrusion.private_m2s if intrusion else None,
        facade_m2s=intrusion.facade_m2s if intrusion else None,
        highest_px_per_m=intrusion.highest_px_per_m if intrusion else None,
    )


def figures_of(costs: Costs) -> dict[str, float | None]:
    """The figures by the names of LABELS."""
    figures = {name: getattr(costs, name) for name in LABELS}
    return {name: None if value is None else round(float(value), 4) for name, value in figures.items()}


def compare_plans(before: Plan, after: Plan, path: Path) -> dict[str, object]:
    """Both plans and their differences as one JSON document. `path` is the later plan's, for the message.

    Raises InputError if they have different perimeters, densities or sites, since their figures are then incomparable.
    """
    _refuse_others(before, after, path)
    old, new = figures_of(costs_of(before)), figures_of(costs_of(after))
    return {
        "schema": "blindspot.plan_comparison/1",
        "before": {"id": before.id, "sha256": before.sha256, **old},
        "after": {"id": after.id, "sha256": after.sha256, **new},
        "change": {name: _more(old[name], new[name]) for name in LABELS},
    }


def _more(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else round(after - before, 4)


def _refuse_others(before: Plan, after: Plan, path: Path) -> None:
    again = "plan both for one mission's perimeter and band"
    if before.origin != after.origin:
        raise InputError(path, "origin", "is that of another site", again)
    apart_m2 = Polygon(before.perimeter).symmetric_difference(Polygon(after.perimeter)).area
    if apart_m2 > SAME_OUTLINE_M2:
        raise InputError(path, "perimeter", f"differs from the other plan's by {apart_m2:,.0f} m2", again)
    if before.band.min_px_per_m != after.band.min_px_per_m:
        asked = f"{after.band.min_px_per_m:g} px/m, the other plan's {before.band.min_px_per_m:g}"
        raise InputError(path, "band.min_px_per_m", f"is {asked}", again)
