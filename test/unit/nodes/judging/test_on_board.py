"""A computer's own files and checks: its copy of a mission, its disk, and the zones of the authorisation."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest
from test.unit.law.conftest import make_route

from blindspot.core.errors import InputError
from blindspot.flight.route.route_limits import HomeGround
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.flight.watch.ladder import Situation
from blindspot.flight.watch.surroundings import Around
from blindspot.mission.fleet_file import fleet_of_mission
from blindspot.mission.mission_copy import MissionRef
from blindspot.mission.mission_file import load_mission
from blindspot.nodes.judging.on_board import OwnMission, checks_of_this_computer, land_within_s, mavros_version

MISSION = Path(__file__).parents[4] / "config" / "missions" / "crossroads.yaml"


@pytest.fixture(scope="module")
def mission():
    return load_mission(MISSION)


def judged(mission, folder, *, simulated):
    """The result of each check; the vehicle's state plays no part."""
    settings = FlightSettings(mission.model_of("drone1"))
    situation = Situation(Telemetry(0.0), "ok", 0.0, make_route(), settings, Around())
    checks = checks_of_this_computer(mission, folder, simulated=simulated)
    return {check.name: check.judge(situation, 0.0) for check in checks}


def test_a_disk_that_can_not_be_read_is_not_enough(mission, tmp_path):
    assert "can't be read" in judged(mission, tmp_path / "none", simulated=True)["storage"].value
    assert judged(mission, tmp_path / "none", simulated=True)["storage"].todo
    assert judged(mission, tmp_path, simulated=True)["storage"].value.endswith(" GB free")


def test_a_real_flight_needs_zones_with_a_date(mission, tmp_path):
    assert judged(mission, tmp_path, simulated=True)["geozones"].todo == ""
    assert judged(mission, tmp_path, simulated=False)["geozones"].todo != ""


@pytest.fixture
def sourced(monkeypatch, tmp_path):
    """A prefix with a MAVROS whose manifest says this."""

    def sourced(manifest: str) -> None:
        file = tmp_path / "share" / "mavros" / "package.xml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(manifest)
        monkeypatch.setenv("AMENT_PREFIX_PATH", f"/none:{tmp_path}")

    return sourced


def test_the_version_of_mavros_is_its_manifests(sourced, monkeypatch):
    sourced("<package><name>mavros</name><version>2.12.0</version></package>")
    assert mavros_version() == (2, 12, 0)
    sourced("<package><version>soon</version></package>")
    assert mavros_version() is None
    monkeypatch.setenv("AMENT_PREFIX_PATH", "")
    assert mavros_version() is None


def test_a_computer_that_does_not_fly_the_drone_needs_no_mavros(mission, tmp_path, monkeypatch):
    monkeypatch.setenv("AMENT_PREFIX_PATH", "")
    found = [
        [check.name for check in checks_of_this_computer(mission, tmp_path, simulated=False, flies=flies)]
        for flies in (True, False)
    ]
    assert found[0] == ["MAVROS", *found[1]]


@pytest.fixture
def read(mission, tmp_path):
    fleet = fleet_of_mission(mission)
    ground = HomeGround.of(fleet, "drone1")

    def read(ref: MissionRef, drone: str = "drone1", **thresholds: float) -> OwnMission:
        return OwnMission.read(fleet, ref, drone, ground, tmp_path, simulated=True, thresholds=thresholds)

    return read


def test_its_own_copy_of_a_mission_gives_settings_limits_and_checks(mission, read):
    own = read(MissionRef.of(fleet_of_mission(mission), mission), near_drone_m=20.0)
    assert own.file == mission.file and own.limits.limits == mission.file.limits
    assert own.settings.simulated and own.settings.near_drone_m == 20.0
    assert own.settings.model == mission.model_of("drone1")
    assert own.settings.off_route_m == mission.file.limits.building_clearance_m - 2.0
    assert [check.name for check in own.checks][-3:] == ["geozones", "ROS graph", "orders"]


def test_another_copy_or_another_drones_mission_is_refused(mission, read):
    ref = MissionRef.of(fleet_of_mission(mission), mission)
    with pytest.raises(InputError, match="differs here"):
        read(MissionRef(ref.file, "0" * 64))
    with pytest.raises(InputError, match="has no drone9"):
        read(ref, "drone9")


@pytest.fixture
def file(mission):
    start = mission.file.start
    return mission.file.model_copy(update={"latest_landing": start.replace(hour=start.hour + 1)})


def test_by_utc_the_landing_is_counted_from_the_missions_start_whatever_the_clock(file):
    assert land_within_s(file, file.start.timestamp() + 600.0, None) == 3000.0


def test_in_simulation_the_start_is_where_it_began(file):
    assert land_within_s(file, 700.0, 100.0) == 3000.0


@pytest.mark.parametrize("began_s", [None, 0.0])
def test_a_mission_without_a_latest_landing_has_all_the_time(mission, began_s):
    assert land_within_s(mission.file, 700.0, began_s) == inf
