"""All of Nantes: 160 cameras, six drones with battery swaps, on their own pads and on further ones. It runs only by
name, since it takes minutes.

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
from blindspot.planning.fleet import drone_sorties as sorties
from blindspot.planning.planner import make_sorties
from blindspot.planning.views.reachable import OTHER_SORTIE
from blindspot_lab.bench.tools.target import Target

CONFIG = Path("config")
PADS = (
    (-1.5552012, 47.2202934), (-1.5677573, 47.2220558), (-1.5455522, 47.2097241), (-1.5680844, 47.2090403),
    (-1.5570362, 47.2113796), (-1.5440717, 47.2191775),
)  # fmt: skip
"""Longitude and latitude, deg: the open public ground nearest to the middles of six parts with equal blind ground."""
FURTHER_PADS = (
    (-1.5733539, 47.2175127), (-1.5637162, 47.2151122), (-1.5608251, 47.2155621), (-1.5696562, 47.2131328),
    (-1.5656826, 47.2121527), (-1.5584488, 47.2144648), (-1.5486802, 47.2131333), (-1.5657633, 47.2204100),
    (-1.5748204, 47.2207686), (-1.5492876, 47.2115323), (-1.5619735, 47.2146266), (-1.5651679, 47.2131062),
    (-1.5689700, 47.2139963), (-1.5673457, 47.2114330), (-1.5676240, 47.2163261), (-1.5687320, 47.2124403),
    (-1.5648646, 47.2148872), (-1.5488784, 47.2114153),
)  # fmt: skip
"""The places that `blindspot plan --pads 20` proposes beside those, the one that opens most first."""
SWAPS, FURTHER_SWAPS = 9, 11
LONGER = 4.0
"""Effort of the comparison's search per sortie, as a multiple of the plan's."""
NAME, FURTHER_NAME = "whole Nantes, six drones: ", f"whole Nantes, {len(FURTHER_PADS)} further pads: "


def run() -> list[Target]:
    """Time, memory, views against their bound, the flights against those of a longer search, and those with further
    pads."""
    with tempfile.TemporaryDirectory() as scratch:
        mission = whole_nantes(Path(scratch) / "own")
        start_s, start_cpu_s = time.perf_counter(), time.process_time()
        plans = make_sorties(mission, progress=_Progress("the plan"))
        plan_s, cpu_s = time.perf_counter() - start_s, time.process_time() - start_cpu_s
        found = _shown(_of_the_plan(plans, plan_s, cpu_s))
        start_s = time.perf_counter()
        served = whole_nantes(Path(scratch) / "further", FURTHER_PADS)
        further = make_sorties(served, progress=_Progress("further pads"))
        found += _shown(_with_further_pads(further, time.perf_counter() - start_s))
        effort = sorties.EFFORT
        sorties.EFFORT = LONGER * effort
        try:
            longer = make_sorties(mission, progress=_Progress("the longer search"))
        finally:
            sorties.EFFORT = effort
    return [*found, *_compared(plans, longer)]


def _shown(targets: list[Target]) -> list[Target]:
    for target in targets:
        print(f"{target.name}: {target.measured:.4g} {target.unit}", file=sys.stderr)
    return targets


def _with_further_pads(plans: Sequence[Plan], plan_s: float) -> list[Target]:
    seen = 100.0 * _seen_m2(plans[0]) / plans[0].coverage.reachable_area_m2
    return [
        Target(FURTHER_NAME + "plan", "", plan_s, "s", None),
        Target(FURTHER_NAME + "sorties", "", len(plans), "", None),
        Target(FURTHER_NAME + "flights", "", sum(len(plan.routes) for plan in plans), "", None),
        Target(FURTHER_NAME + "time in the air", "", _flown_s(plans) / 3600.0, "h", None),
        Target(FURTHER_NAME + "seen of what legal views can see", ">= 92 %", seen, "%", seen >= 92.0),
    ]


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


def whole_nantes(folder: Path, further: Sequence[tuple[float, float]] = ()) -> Mission:
    """Write the mission with its site into a folder. `further` are longitude and latitude of further pads, deg; each
    drone then has more batteries."""
    site = folder / "nantes"
    shutil.copytree(CONFIG / "sites" / "nantes", site)
    places = {f"pad{number}": at for number, at in enumerate((*PADS, *further), 1)}
    names, pads = list(places), [
        {"type": "Feature", "properties": {"name": name, "invented": True},
         "geometry": {"type": "Point", "coordinates": at}}
        for name, at in places.items()
    ]  # fmt: skip
    (site / "launch_pads.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": pads}))
    data = yaml.safe_load((CONFIG / "missions" / "nantes_evening.yaml").read_text(encoding="utf-8"))
    data |= {
        "name": "Whole Nantes", "site": str(site), "perimeter": str(site / "area_of_interest.geojson"),
        "authorisation": str((CONFIG / "authorisations" / "nantes_sim.yaml").resolve()),
        "fleet": [
            {"name": f"drone{number}", "model": "reference", "pad": pad, "swaps": FURTHER_SWAPS if further else SWAPS}
            for number, pad in enumerate(names[: len(PADS)], 1)
        ],
        "further_pads": names[len(PADS) :],
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
