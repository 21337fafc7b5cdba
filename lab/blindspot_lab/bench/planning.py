"""Figures of planning: the time, the seen share of the reachable ground, and the independent checker's verdict. Then a
comparison with a lawnmower over the reference scenes."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from blindspot.mission.mission_file import load_mission
from blindspot.mission.mission_site import site_of
from blindspot.planning.checker.check import check_plan
from blindspot.planning.drones.patrols import drones_of
from blindspot.planning.planner import make_plan
from blindspot.planning.views.target_ground import survey_ground
from blindspot_lab.bench.tools.scenes import SCENES, Scene, scenes_folder
from blindspot_lab.bench.tools.target import Target, in_parts
from blindspot_lab.bench.tours import cover, optimum, routes
from blindspot_lab.bench.tours.lawnmower import fastest_lawnmower
from blindspot_lab.bench.tours.scene_mission import scene_mission

MISSION = Path("config") / "missions" / "nantes_evening.yaml"


DUELS, LESS = (0.99, 0.965), 10.0
"""Least shares of the blind cells that the lawnmowers see, and the goal for the shorter flight on average, %."""
CAN_SEE = {"synthetic_seed7": 0.9942, "nantes_dense_crop": 0.9981}
"""Share of the blind cells that our drone can see."""
ABOUT = 1e-4
"""Rounding of these shares."""


def run(only: str | None = None) -> list[Target]:
    """All figures available on this machine, or those of one part; run from the repository's root. Missing ones are
    logged on stderr."""
    parts = {
        "nantes": nantes, "lawnmower": against_a_lawnmower, "cover": cover.run, "routes": routes.run,
        "optimum": optimum.run,
    }  # fmt: skip
    return in_parts("planning", parts, only)


def against_a_lawnmower() -> list[Target]:
    """Flight times and seen shares of blind cells on the reference scenes. Both fly over roofs, with equal rules."""
    folder = scenes_folder()
    if folder is None:
        print("NOT MEASURED: the reference scenes are absent; name their folder in BLINDSPOT_SCENES", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as scratch:
        found = [_duel(name, folder, Path(scratch)) for name in SCENES]
    less = float(np.mean([percent for _, some in found for percent in some]))
    average = Target("less flight than the lawnmower, on average", f">= {LESS:g} %", less, "%", less >= LESS)
    return [target for targets, _ in found for target in targets] + [average]


def _duel(name: str, scenes: Path, scratch: Path) -> tuple[list[Target], list[float]]:
    """(the figures of a scene, the percentages of less flight). Our plan is asked for the ground of the lawnmower."""
    duel = scene_mission(name, Scene.load(scenes / f"{name}.npz"), scratch)
    ground = survey_ground(duel.mission, duel.site)
    home, targets, saved = drones_of(duel.mission, ground)[0].home, [], []
    for wanted in DUELS:
        mower, theirs = fastest_lawnmower(duel.mission, ground, home, wanted)
        plan = make_plan(duel.mission, site=duel.site, goal_share=min(theirs / CAN_SEE[name], 1.0))
        ours, ours_s = plan.coverage.planned_blind_fraction, plan.routes[0].expected.flight_time_s
        saved.append(100.0 * (1.0 - ours_s / mower.time_s))
        label = f"{name}, {wanted:.1%}"
        targets += [
            Target(f"{label}: our flight", "", ours_s, "s", None),
            Target(f"{label}: blind cells seen", f">= {100 * theirs:.2f} %", 100 * ours, "%", ours >= theirs - ABOUT),
            Target(f"{label}: lawnmower that sees as much by the same rules", "", mower.time_s, "s", None),
            Target(f"{label}: less flight", ">= 0 %", saved[-1], "%", saved[-1] >= 0.0),
            Target(f"{label}: violations", "0", len(check_plan(plan, duel.mission, duel.site)), "", None),
        ]
    return targets, saved


def nantes() -> list[Target]:
    """The evening mission of Nantes."""
    mission = load_mission(MISSION)
    start_s = time.perf_counter()
    plan = make_plan(mission)
    plan_s = time.perf_counter() - start_s
    start_s = time.perf_counter()
    violations = check_plan(plan, mission, site_of(mission))
    check_s = time.perf_counter() - start_s
    seen = plan.coverage
    reached = seen.planned_area_m2 / seen.reachable_area_m2
    reachable = seen.reachable_area_m2 / seen.blind_area_m2
    minutes = max(route.expected.flight_time_s for route in plan.routes) / 60.0
    return [
        Target("plan, town and fixed coverage included", "<= 30 s", plan_s, "s", plan_s <= 30.0),
        Target("independent check", "", check_s, "s", None),
        Target("planned of reachable blind ground", ">= 98 %", 100 * reached, "%", reached >= 0.98),
        Target("reachable of blind ground", ">= 98 %", 100 * reachable, "%", reachable >= 0.98),
        Target("violations", "0", len(violations), "", not violations),
        Target("longest flight", "", minutes, "min", None),
    ]
