"""Benchmark `flight`: the flight logic and three simulated drones outside ROS, over an empty field, in wind."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from blindspot.core.config_file import read_yaml
from blindspot.law.leases.lease import Lease
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.mission_file import Wind
from blindspot.mission.plan import Aim, DensityBand, Expected, Failsafe, Origin, Plan, Point, Relief, Route, View
from blindspot.mission.plan_figures import Coverage
from blindspot_lab.bench import reactions
from blindspot_lab.bench.tools import flight_processes
from blindspot_lab.bench.tools.target import Target

if TYPE_CHECKING:
    from blindspot_sim.in_process.fleet_flight import InProcessFleet

DRONES = Path(__file__).resolve().parents[3] / "config" / "drones"
FIELD = ((-300.0, -60.0), (500.0, -60.0), (500.0, 400.0), (-300.0, 400.0))
START = datetime(2026, 11, 6, 19, tzinfo=UTC)
ROWS, COLUMNS, SPACING_M = 6, 4, 40.0
SPEED_GOAL, DEVIATION_GOAL_M, CAPTURE_GOAL_S = 500.0, 3.0, 1.0


def run() -> list[Target]:
    """Fly 24 views with each of three drones: speed, deviation from the routes, sensor time per view. Then measure the
    reactions of one drone, and three drones of the whole stack in real time."""
    model = read_yaml(DRONES / "reference.yaml", DroneModel)
    plan = planned()
    fleet = fleet_of(plan, model)
    began_s = time.process_time()  # of this process alone
    fleet.run()
    cpu_s = time.process_time() - began_s
    log = fleet.log()
    drones = list(log.drones.values())
    completed = sum(drone.outcome == "completed" for drone in drones)
    speed = log.duration_s / cpu_s
    deviation_m = max(drone.max_route_deviation_m for drone in drones)
    capture_s = sum(float(drone.capturing.sum()) * 0.2 for drone in drones) / (len(drones) * ROWS * COLUMNS)
    return [
        Target("three drones in process, speed by CPU time", f">= {SPEED_GOAL:g}", speed, "x real time",
               speed >= SPEED_GOAL),
        Target("routes completed", f"{len(drones)}", completed, "routes", completed == len(drones)),
        Target("largest deviation from the route", f"<= {DEVIATION_GOAL_M:g}", deviation_m, "m",
               deviation_m <= DEVIATION_GOAL_M),
        Target("sensor on a view, mean", f">= {CAPTURE_GOAL_S:g}", capture_s, "s", capture_s >= CAPTURE_GOAL_S),
        Target("violations", "0", len(log.violations), "", not log.violations),
        *reactions.targets(plan.model_copy(update={"routes": plan.routes[:1]}), model, partial(fleet_of, model=model)),
        *flight_processes.targets(),
    ]  # fmt: skip


def fleet_of(plan: Plan, model: DroneModel) -> InProcessFleet:
    from blindspot_sim.in_process.fleet_flight import InProcessFleet

    return InProcessFleet(
        plan, {"reference": model}, lambda _, now: Lease(True, now + timedelta(seconds=3), may_look=True),
        lambda now_s: START + timedelta(seconds=now_s), seed=1, wind=Wind(from_deg=250.0, speed_mps=4.0, gust_mps=1.0),
    )  # fmt: skip


def planned() -> Plan:
    return Plan(
        id="bench", mission="bench", site="field", seed=1, perimeter=FIELD,
        origin=Origin(lat_deg=47.2, lon_deg=-1.55, datum_amsl_m=8.0, geoid_m=48.0),
        relief=Relief(lowest_m=0.0, highest_m=0.0),
        band=DensityBand(min_px_per_m=25.0, max_px_per_m=60.0),
        routes=(_route("drone1", -200.0, 72.0), _route("drone2", 200.0, 90.0), _route("drone3", 0.0, 108.0)),
        coverage=Coverage(cell_m=2.0, public_area_m2=0.0, fixed_area_m2=0.0, blind_area_m2=0.0, reachable_area_m2=0.0,
                          planned_area_m2=0.0),
    )  # fmt: skip


def _route(drone: str, east_m: float, up_m: float) -> Route:
    """A lawnmower path of views with different headings."""
    steps: list[View] = []
    for row in range(ROWS):
        columns = range(COLUMNS) if row % 2 == 0 else reversed(range(COLUMNS))
        for column in columns:
            number = len(steps)
            to = Point(east_m=east_m + SPACING_M * column, north_m=SPACING_M * (row + 1), up_m=up_m)
            aim = Aim(heading_deg=float(number * 45 % 360), pitch_deg=-90.0 if number % 2 else -60.0)
            steps.append(View(id=f"{drone}-{number}", to=to, aim=aim, speed_mps=8.0, dwell_s=6.0))
    return Route(
        drone=drone, model="reference", pad=drone, home=Point(east_m=east_m, north_m=0.0, up_m=0.0), takeoff_up_m=up_m,
        steps=tuple(steps),
        failsafe=Failsafe(rtl_type=0, rtl_return_alt_m=up_m, fence=FIELD, fence_max_alt_m=up_m + 10.0),
        expected=Expected(flight_time_s=600.0, distance_m=1400.0, energy_wh=40.0, battery_left_fraction=0.5),
    )  # fmt: skip
