"""The whole stack in its own processes, with three drones in real time: the cost of `flight_control`, and the time from
an abort to the command at every autopilot."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from blindspot.core.errors import BlindspotError
from blindspot.core.folders import CONFIG_DIR
from blindspot.mission.homes import fleet_homes
from blindspot.mission.mission_copy import mission_ref
from blindspot.mission.mission_file import Mission, load_mission
from blindspot.mission.plan import (
    Aim,
    Coverage,
    DensityBand,
    Expected,
    Failsafe,
    Plan,
    Point,
    Relief,
    Route,
    View,
)
from blindspot.nodes.clients.operator import Operator
from blindspot.nodes.graph.messages import plan_message
from blindspot.site.frame import LocalFrame
from blindspot.site.geojson import load_area
from blindspot.stack.bringup import stack
from blindspot.stack.processes import Options, Stack
from blindspot.stack.supervisor import Supervisor, pss_mb
from blindspot_lab.bench.target import Target

CPU_GOAL, MEMORY_GOAL_MB, ABORT_GOAL_S = 0.10, 120.0, 0.5
WATCHED_S = 20.0
START_LIMIT_S, CLIMB_LIMIT_S, ABORT_LIMIT_S = 60.0, 240.0, 30.0
DRONES = ("drone1", "drone2", "drone3")
PERSON, REASON = "bench", "a measurement"
FENCE = ((-75.0, -75.0), (75.0, -75.0), (75.0, 75.0), (-75.0, 75.0))
LOWEST_M, LAYER_M = 60.0, 12.0
COMMAND = re.compile(r"\[(\d+\.\d+)\] \[simulator\]: (\w+) is asked for AUTO\.LAND")


def targets() -> list[Target]:
    """Take-off, 20 s of views, abort: about two minutes. Raises BlindspotError if the stack stops earlier."""
    with TemporaryDirectory(prefix="blindspot-bench-") as folder:
        mission_path = three_drones(Path(folder))
        run_dir = Path(folder) / "run"
        run_dir.mkdir()
        what = stack("embedded", mission_path, Options(run_dir=run_dir, speed_factor=1.0))
        with Supervisor(what, run_dir) as supervisor, operator_of(what) as operator:
            to_views(operator, what, mission_path)
            pid = supervisor.pids[f"/{DRONES[0]}/flight_control"]
            began_s, before_s = time.monotonic(), cpu_s(pid)
            operator.spin(WATCHED_S)
            share = (cpu_s(pid) - before_s) / (time.monotonic() - began_s)
            memory_mb = pss_mb(pid)
            asked_s = time.time()  # on the clock of the simulator's log
            operator.orders.send("abort", DRONES, PERSON, REASON)
            _wait(operator, lambda: _all_in(operator, "landing", DRONES), ABORT_LIMIT_S, "land")
            asked = COMMAND.findall((run_dir / "log" / "simulator.log").read_text())
    commands_s = {drone: float(stamp) - asked_s for stamp, drone in reversed(asked)}
    slowest_s = max(commands_s.get(drone, float("inf")) for drone in DRONES)
    return [
        Target("flight_control at 1 x real time", f"<= {CPU_GOAL:.0%}", 100.0 * share, "% of a core",
               share <= CPU_GOAL),
        Target("flight_control, memory (PSS)", f"<= {MEMORY_GOAL_MB:g}", memory_mb, "MB", memory_mb <= MEMORY_GOAL_MB),
        Target("abort, to the command at the last of 3 drones", f"< {ABORT_GOAL_S:g}", slowest_s, "s",
               slowest_s < ABORT_GOAL_S),
    ]  # fmt: skip


@contextmanager
def operator_of(what: Stack) -> Iterator[Operator]:
    """The operator of a stack that flies one run in the stack's own folder."""
    assert what.fleet is not None
    with Operator() as operator:
        operator.watch(what.watched)
        operator.follow("", what.fleet.names)
        yield operator


def to_views(operator: Operator, what: Stack, mission_path: Path) -> None:
    """Wait until every drone looks down over its own pad. Raises BlindspotError if one stops earlier."""
    assert what.fleet is not None
    mission = load_mission(mission_path)
    _wait(operator, lambda: not (operator.absent() or operator.unreachable()), START_LIMIT_S, "start")
    operator.start(plan_message(planned(mission)), mission_ref(what.fleet, mission), PERSON, REASON)
    _wait(operator, lambda: _all_in(operator, "en_route", operator.drones), CLIMB_LIMIT_S, "reach their views")


def _wait(operator: Operator, fact: Callable[[], bool], limit_s: float, what: str) -> None:
    deadline_s = time.monotonic() + limit_s
    while not fact():
        operator.spin()
        if operator.result is not None or time.monotonic() > deadline_s:
            raise BlindspotError(f"the drones of the bench did not {what}: {operator.result or 'no time left'}")


def _all_in(operator: Operator, phase: str, drones: Sequence[str]) -> bool:
    return all(name in operator.statuses and operator.statuses[name].phase == phase for name in drones)


def cpu_s(pid: int) -> float:
    """CPU time of a process so far, s."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def three_drones(folder: Path) -> Path:
    """Write the crossroads with a third pad and a third drone. Returns the mission file."""
    config = folder / "config"
    shutil.copytree(CONFIG_DIR, config, ignore=shutil.ignore_patterns("nantes*"))
    _replace(config / "sites" / "crossroads" / "launch_pads.geojson", "\n]}", ",\n"
             '{"type": "Feature", "properties": {"name": "middle"}, "geometry": {"type": "Point", "coordinates": '
             "[2.0, 47.0]}}\n]}")  # fmt: skip
    _replace(config / "authorisations" / "crossroads_sim.yaml", "max_simultaneous_cameras: 2",
             "max_simultaneous_cameras: 3")  # fmt: skip
    mission = config / "missions" / "crossroads.yaml"
    _replace(mission, "pad: south}\n", "pad: south}\n  - {name: drone3, model: reference, pad: middle}\n")
    return mission


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, path
    path.write_text(text.replace(old, new))


def planned(mission: Mission) -> Plan:
    """Each drone looks down over its own pad, for longer than the measurement."""
    origin, homes = fleet_homes(mission)
    frame = LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)
    levels_m = [LOWEST_M + LAYER_M * layer for layer in range(len(mission.file.fleet))]
    return Plan(
        id="bench", mission=str(mission.path), site=str(mission.site_dir), origin=origin, seed=1,
        perimeter=tuple(load_area(mission.perimeter_path, frame).exterior.coords)[:-1],
        band=DensityBand(min_px_per_m=25.0, max_px_per_m=60.0),
        routes=tuple(
            _route(drone.name, drone.pad, homes[drone.name], height_m)
            for drone, height_m in zip(mission.file.fleet, levels_m, strict=True)
        ),
        coverage=Coverage(cell_m=1.0, public_area_m2=1.0, fixed_area_m2=0.0, blind_area_m2=1.0, reachable_area_m2=1.0,
                          planned_area_m2=1.0),
        relief=Relief(lowest_m=0.0, highest_m=0.0),
    )  # fmt: skip


def _route(drone: str, pad: str, home: Point, height_m: float) -> Route:
    up_m = home.up_m + height_m
    over_pad = Point(east_m=home.east_m, north_m=home.north_m, up_m=up_m)
    view = View(id=f"{drone}-v1", to=over_pad, aim=Aim(heading_deg=0.0, pitch_deg=-90.0), speed_mps=5.0, dwell_s=120.0)
    return Route(
        drone=drone, model="reference", pad=pad, home=home, takeoff_up_m=up_m, steps=(view,),
        failsafe=Failsafe(rtl_type=0, rtl_return_alt_m=height_m, fence=FENCE, fence_max_alt_m=height_m + 15.0),
        expected=Expected(flight_time_s=240.0, distance_m=2 * height_m, energy_wh=15.0, battery_left_fraction=0.8),
    )  # fmt: skip
