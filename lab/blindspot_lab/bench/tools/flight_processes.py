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
from blindspot.mission.mission_copy import MissionRef
from blindspot.mission.mission_file import load_mission
from blindspot.nodes.clients.operator import Operator
from blindspot.stack.bringup import stack
from blindspot.stack.programs.processes import Options, Stack
from blindspot.stack.supervisor import Supervisor, pss_mb
from blindspot_lab.bench.tools.target import Target

CPU_GOAL, MEMORY_GOAL_MB, ABORT_GOAL_S = 0.10, 120.0, 0.5
WATCHED_S = 20.0
START_LIMIT_S, CLIMB_LIMIT_S, ABORT_LIMIT_S = 60.0, 240.0, 30.0
DRONES = ("drone1", "drone2", "drone3")
PERSON, REASON = "bench", "a measurement"
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
    """Plan the mission, and wait until every drone is on its route. Raises BlindspotError if one stops earlier."""
    assert what.fleet is not None
    _wait(operator, lambda: not (operator.absent() or operator.unreachable()), START_LIMIT_S, "start")
    plan = operator.plan(str(mission_path), lambda: None)
    operator.start(plan, MissionRef.of(what.fleet, load_mission(mission_path)), PERSON, REASON)
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
