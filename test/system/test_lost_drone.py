"""Whole missions outside ROS with a lost drone: the other drone sees the rest, and the drones stay separated."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from test.system.conftest import apart_m

from blindspot.cli.sessions.sim_in_process import Eyes, Pictures, seen_ground
from blindspot.coverage.ground import SeenGround
from blindspot.law import Loaded
from blindspot.mission.mission_file import Mission, load_mission
from blindspot.mission.plan import Plan
from blindspot.planning.checker.check_seen import ground_of
from blindspot.planning.planner import make_plan
from blindspot.site.load import load_site
from blindspot_sim.in_process.fleet_flight import InProcessFleet, fly_in_process, gate_of, legal_clock
from blindspot_sim.in_process.ground_station import GroundStation
from blindspot_sim.in_process.log import FlightLog

MISSION = Path(__file__).resolve().parents[2] / "config" / "missions" / "crossroads.yaml"
Act = Callable[[InProcessFleet, str], object]


@pytest.fixture(scope="module")
def mission() -> Mission:
    return load_mission(MISSION)


@pytest.fixture(scope="module")
def plan(mission: Mission, made_once: Callable[[str, Callable[[], Plan]], Plan]) -> Plan:
    return made_once("plan", lambda: make_plan(mission))


@pytest.fixture(scope="module")
def run_dir(mission: Mission, plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    spots = ground_of(plan, load_site(mission.site_dir, mission.file.start))
    spots.masks.save(folder / "ground.npz")
    return folder


def call_home(fleet: InProcessFleet, lost: str) -> None:
    fleet.drones[lost].flight.return_home("it is wanted elsewhere")


def land(fleet: InProcessFleet, lost: str) -> None:
    fleet.drones[lost].flight.abort("something is wrong with it")


def pilot_takes(fleet: InProcessFleet, lost: str) -> None:
    fleet.drones[lost].mavros.pilot("POSCTL")


class Flown:
    """One flight that loses the drone `lost`: after a time `act` happens to it. The replan is optional."""

    def __init__(self, mission: Mission, plan: Plan, lost: str, at_s: float, act: Act, *, replans: bool = True) -> None:
        gate, utc = gate_of(Loaded(mission)), legal_clock(mission)
        self.station = GroundStation(plan, mission, lambda rest, s: "; ".join(map(str, gate.authorise(rest, utc(s)))))
        self.fleet: InProcessFleet | None = None
        happened = []

        def until(fleet: InProcessFleet) -> bool:
            self.fleet = fleet
            if fleet.now_s >= at_s and not happened:
                happened.append(act(fleet, lost))
            if replans:
                self.station.step(fleet)
            return False

        self.log: FlightLog = fly_in_process(plan, mission, seed=7, until=until, gate=gate)


def seen_by(log: FlightLog, mission: Mission, plan: Plan, run_dir: Path) -> SeenGround:
    eyes = Eyes.of(Loaded(mission))
    return seen_ground(Pictures.of(log, eyes), eyes, plan, run_dir)


LOSSES = [
    pytest.param(lost, random.Random(seed).uniform(55.0, 120.0), marks=[pytest.mark.thorough] if seed > 0 else [])
    for seed, lost in enumerate(["drone1", "drone2"] * 3)
]


@pytest.mark.parametrize(("lost", "at_s"), LOSSES)
def test_no_less_is_seen_than_the_other_alone_would_have_seen(mission, plan, run_dir, lost, at_s):
    seen = [
        seen_by(Flown(mission, plan, lost, at_s, call_home, replans=replans).log, mission, plan, run_dir)
        for replans in (True, False)
    ]
    assert seen[0].seen_area_m2 >= 0.99 * seen[1].seen_area_m2


@pytest.fixture(scope="module")
def landed(mission: Mission, plan: Plan) -> Flown:
    """Drone 2 lands after a minute, and drone 1 flies the rest."""
    return Flown(mission, plan, "drone2", 58.0, land)


def test_nearly_all_is_seen_although_a_drone_lands_early(mission, plan, run_dir, landed):
    alone = Flown(mission, plan, "drone2", 58.0, land, replans=False)
    seen, without = (seen_by(log, mission, plan, run_dir) for log in (landed.log, alone.log))
    planned = plan.coverage.planned_blind_fraction
    assert seen.seen_fraction > planned - 0.02 > without.seen_fraction + 0.1
    assert {name: drone.outcome for name, drone in landed.log.drones.items()} == {
        "drone1": "completed", "drone2": "aborted",
    }  # fmt: skip
    assert landed.log.violations == () and apart_m(landed.log) >= mission.file.limits.separation_m
    assert landed.log.drones["drone1"].max_route_deviation_m < 3.0
    assert landed.log.drones["drone1"].battery_left_fraction > mission.model_of("drone1").energy.reserve_fraction
    assert [change.phase for change in landed.log.drones["drone1"].phases] == [
        "preflight", "armed", "takeoff", "en_route", "hold", "hold", "en_route", "landing", "landed",
    ]  # fmt: skip
    assert "drone2 is lost to the plan" in landed.station.run.reason


def test_a_drone_in_its_pilots_hands_keeps_its_area_and_the_other_goes_on_with_its_own(mission, plan):
    flown = Flown(mission, plan, "drone1", 60.0, pilot_takes)
    [rest] = flown.station.rests
    assert [route.drone for route in rest.routes] == ["drone2"]
    assert flown.log.drones["drone2"].outcome == "completed"
    assert apart_m(flown.log) >= mission.file.limits.separation_m and flown.log.violations == ()


def test_the_same_loss_gives_the_same_flight(mission, plan, landed):
    first, second = landed.log, Flown(mission, plan, "drone2", 58.0, land).log
    assert (first.drones["drone1"].truth_m == second.drones["drone1"].truth_m).all()
