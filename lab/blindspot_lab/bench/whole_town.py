"""All of Nantes: 160 cameras, six drones with battery swaps. It runs only by name, since it takes minutes.

It logs its progress on stderr, and the plan's figures as soon as they are known. The longer search, which is the
comparison, takes several times as long.

The town's own pads lie around one square. Six other pads, on public ground all over the town, are written beside a copy
of its site.
"""

from __future__ import annotations

import json
import math
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import yaml

from blindspot.mission.mission_file import Mission, load_mission
from blindspot.mission.plan import Plan
from blindspot.planning.planner import make_sorties
from blindspot.planning.tours import sorties
from blindspot.planning.views.reachable import OTHER_SORTIE
from blindspot_lab.bench.target import Target

CONFIG = Path("config")
PADS = (
    (-1.5552012, 47.2202934), (-1.5677573, 47.2220558), (-1.5455522, 47.2097241), (-1.5680844, 47.2090403),
    (-1.5570362, 47.2113796), (-1.5440717, 47.2191775),
)  # fmt: skip
"""Longitude and latitude, deg: the open public ground nearest to the middles of six parts with equal blind ground."""
SWAPS = 9
LONGER = 4.0
"""Effort of the comparison's search per sortie, as a multiple of the plan's."""
NAME = "whole Nantes, six drones: "


def run() -> list[Target]:
    """Time, memory, views against their bound, and the flights against those of a longer search."""
    with tempfile.TemporaryDirectory() as scratch:
        mission = whole_nantes(Path(scratch))
        start_s, start_cpu_s = time.perf_counter(), time.process_time()
        plans = make_sorties(mission, progress=_Progress("the plan"))
        plan_s, cpu_s = time.perf_counter() - start_s, time.process_time() - start_cpu_s
        found = _of_the_plan(plans, plan_s, cpu_s)
        for target in found:
            print(f"{target.name}: {target.measured:.4g} {target.unit}", file=sys.stderr)
        effort = sorties.EFFORT
        sorties.EFFORT = LONGER * effort
        try:
            longer = make_sorties(mission, progress=_Progress("the longer search"))
        finally:
            sorties.EFFORT = effort
    return [*found, *_compared(plans, longer)]


def _of_the_plan(plans: Sequence[Plan], plan_s: float, cpu_s: float) -> list[Target]:
    ground, looks = plans[0].coverage, [plan.looks for plan in plans if plan.looks is not None]
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    gap = _more(sum(look.planned for look in looks), sum(look.least for look in looks))
    return [
        Target(NAME + "plan", "<= 180 s", plan_s, "s", plan_s <= 180.0),
        Target(NAME + "processor time", "", cpu_s, "s", None),
        Target(NAME + "peak memory", "<= 4 GB", peak_gb, "GB", peak_gb <= 4.0),
        Target(NAME + "sorties", "", len(plans), "", None),
        Target(NAME + "flights", "", sum(len(plan.routes) for plan in plans), "", None),
        Target(NAME + "time in the air", "", _flown_s(plans) / 3600.0, "h", None),
        Target(NAME + "way flown", "", _flown_km(plans), "km", None),
        Target(NAME + "seen of blind ground", "", 100.0 * _seen_m2(plans[0]) / ground.blind_area_m2, "%", None),
        Target(NAME + "looks over their bound", "", gap, "%", None),
    ]


def _compared(plans: Sequence[Plan], longer: Sequence[Plan]) -> list[Target]:
    """Compare time and distance per square metre, since each plan sees different ground."""
    seen, best_seen = _seen_m2(plans[0]), _seen_m2(longer[0])
    against = f", over {LONGER:g} x the search"
    return [
        Target(
            NAME + "time a m2" + against, "", _more(_flown_s(plans) / seen, _flown_s(longer) / best_seen), "%", None
        ),
        Target(
            NAME + "way a m2" + against, "", _more(_flown_km(plans) / seen, _flown_km(longer) / best_seen), "%", None
        ),
        Target(NAME + "ground seen" + against, "", _more(seen, best_seen), "%", None),
    ]


class _Progress:
    """Logs the start of each stage, and every tenth of it."""

    def __init__(self, what: str) -> None:
        self._what, self._last = what, ("", -1)

    def __call__(self, stage: str, fraction: float) -> None:
        now = (stage, int(10.0 * fraction))
        if now != self._last:
            self._last = now
            print(f"{self._what}: {stage}, {10 * now[1]} %", file=sys.stderr, flush=True)


def whole_nantes(folder: Path) -> Mission:
    """Write the mission with its site into a folder."""
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
    """Ground that all sorties see together."""
    others_m2 = sum(rest.area_m2 for rest in first.coverage.unseen if rest.cause == OTHER_SORTIE)
    return first.coverage.planned_area_m2 + others_m2


def _flown_s(plans: Sequence[Plan]) -> float:
    return sum(route.expected.flight_time_s for plan in plans for route in plan.routes)


def _flown_km(plans: Sequence[Plan]) -> float:
    return sum(route.expected.distance_m for plan in plans for route in plan.routes) / 1000.0


def _more(found: float, other: float) -> float:
    """Excess of one over the other, %."""
    return 100.0 * (found / other - 1.0) if other else math.nan
