"""A computer's own pre-flight checks: its disk and the zones of the mission's authorisation."""

from __future__ import annotations

from pathlib import Path

import pytest

from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.flight.watch.ladder import Situation
from blindspot.flight.watch.surroundings import Around
from blindspot.mission.mission_file import load_mission
from blindspot.nodes.on_board import checks_of_this_computer, mavros_version

MISSION = Path(__file__).parents[3] / "config" / "missions" / "crossroads.yaml"


@pytest.fixture(scope="module")
def mission():
    return load_mission(MISSION)


def judged(mission, folder, *, simulated):
    """The result of each check; the vehicle's state plays no part."""
    situation = Situation(Telemetry(0.0), "ok", 0.0, None, FlightSettings(mission.model_of("drone1")), Around())
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
