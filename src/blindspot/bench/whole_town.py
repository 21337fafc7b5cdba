"""All of Nantes: 160 cameras, six drones whose batteries are swapped. Asked for by name: it takes minutes.

The town's own pads lie around one square; six others, on public ground all over the town, are written beside a copy of
its site.
"""

from __future__ import annotations

import json
import math
import resource
import shutil
import tempfile
import time
from pathlib import Path

import yaml

from blindspot.bench.target import Target
from blindspot.planning import sorties
from blindspot.planning.mission import Mission, load_mission
from blindspot.planning.plan import Plan
from blindspot.planning.planner import make_sorties
from blindspot.planning.reach import OTHER_SORTIE

CONFIG = Path("config")
PADS = (
    (-1.5552012, 47.2202934), (-1.5677573, 47.2220558), (-1.5455522, 47.2097241), (-1.5680844, 47.2090403),
    (-1.5570362, 47.2113796), (-1.5440717, 47.2191775),
)  # fmt: skip
"""Longitude and latitude, deg: open public ground, the nearest to the middles of six parts of equal blind ground."""
SWAPS = 9
LONGER = 4.0
"""So many times the search of a sortie that the plan is compared with."""


def run() -> list[Target]:
    """Time, memory, looks against their bound, and the flights against those of a longer search."""
    with tempfile.TemporaryDirectory() as scratch:
        mission = whole_nantes(Path(scratch))
        start_s, start_cpu_s = time.perf_counter(), time.process_time()
        plans = make_sorties(mission)
        plan_s, cpu_s = time.perf_counter() - start_s, time.process_time() - start_cpu_s
        peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        effort = sorties.EFFORT
        sorties.EFFORT = LONGER * effort
        try:
            longer = make_sorties(mission)
        finally:
            sorties.EFFORT = effort
    ground, looks = plans[0].coverage, [plan.looks for plan in plans if plan.looks is not None]
    seen_m2, bound = _seen_m2(plans[0]), sum(look.least for look in looks)
    rate, best_rate = (_seen_m2(some[0]) / _flown_s(some) for some in (plans, longer))
    told = "whole Nantes, six drones: "
    return [
        Target(told + "plan", "<= 180 s", plan_s, "s", plan_s <= 180.0),
        Target(told + "processor time", "", cpu_s, "s", None),
        Target(told + "peak memory", "<= 4 GB", peak_gb, "GB", peak_gb <= 4.0),
        Target(told + "flights", "", sum(len(plan.routes) for plan in plans), "", None),
        Target(told + "time in the air", "", _flown_s(plans) / 3600.0, "h", None),
        Target(told + "way flown", "", _flown_km(plans), "km", None),
        Target(told + "seen of blind ground", "", 100.0 * seen_m2 / ground.blind_area_m2, "%", None),
        Target(told + "looks over their bound", "", _gap(sum(look.planned for look in looks), bound), "%", None),
        Target(told + f"ground a second, against {LONGER:g} x the search", "", 100.0 * rate / best_rate, "%", None),
    ]


def whole_nantes(folder: Path) -> Mission:
    """The mission, written with its site into a folder."""
    site = folder / "nantes"
    shutil.copytree(CONFIG / "sites" / "nantes", site)
    pads = [
        {"type": "Feature", "properties": {"name": f"pad{number}", "invented": True},
         "geometry": {"type": "Point", "coordinates": at}}
        for number, at in enumerate(PADS, 1)
    ]  # fmt: skip
    (site / "launch_pads.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": pads}))
    data = yaml.safe_load((CONFIG / "missions" / "nantes_evening.yaml").read_text(encoding="utf-8"))
    data |= {
        "name": "Whole Nantes", "site": str(site), "perimeter": str(site / "area_of_interest.geojson"),
        "authorisation": str((CONFIG / "authorisations" / "nantes_sim.yaml").resolve()),
        "fleet": [
            {"name": f"drone{number}", "model": "reference", "pad": f"pad{number}", "swaps": SWAPS}
            for number in range(1, len(PADS) + 1)
        ],
    }  # fmt: skip
    file = folder / "whole_nantes.yaml"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    return load_mission(file, CONFIG / "drones")


def _seen_m2(first: Plan) -> float:
    """What all sorties see."""
    others_m2 = sum(rest.area_m2 for rest in first.coverage.unseen if rest.cause == OTHER_SORTIE)
    return first.coverage.planned_area_m2 + others_m2


def _flown_s(plans: tuple[Plan, ...]) -> float:
    return sum(route.expected.flight_time_s for plan in plans for route in plan.routes)


def _flown_km(plans: tuple[Plan, ...]) -> float:
    return sum(route.expected.distance_m for plan in plans for route in plan.routes) / 1000.0


def _gap(found: float, bound: float) -> float:
    return 100.0 * (found / bound - 1.0) if bound else math.nan
