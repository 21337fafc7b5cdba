"""Figures of planning: the time, what is seen of what could be seen, and the independent checker's verdict."""

from __future__ import annotations

import time
from pathlib import Path

from blindspot.bench.target import Target
from blindspot.planning.check import check_plan
from blindspot.planning.mission import load_mission
from blindspot.planning.planner import make_plan
from blindspot.site.load import load_site

MISSION = Path("config") / "missions" / "nantes_evening.yaml"


def run() -> list[Target]:
    """Plans the evening mission of Nantes; from the repository's root."""
    mission = load_mission(MISSION)
    start_s = time.perf_counter()
    plan = make_plan(mission)
    plan_s = time.perf_counter() - start_s
    start_s = time.perf_counter()
    violations = check_plan(plan, mission, load_site(mission.site_dir, mission.file.start))
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
