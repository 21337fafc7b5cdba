"""The nodes of the ground station, and the operator of autostart."""

from __future__ import annotations

from pathlib import Path

import pytest

from blindspot.core.errors import InputError
from blindspot.stack.bringup import stack
from blindspot.stack.programs.processes import Options

ROOT = Path(__file__).parents[4]
FLEET = ROOT / "config" / "fleets" / "crossroads.yaml"
MISSION = ROOT / "config" / "missions" / "crossroads.yaml"
FLYING = ("embedded", "sitl", "gazebo", "hardware")


@pytest.mark.parametrize("mode", FLYING)
def test_only_simulations_report_to_the_authority_that_they_are(made, node_of, mode):
    assert node_of(made(mode), "/blindspot/authority").parameters["simulated"] is (mode != "hardware")


@pytest.mark.parametrize("mode", FLYING)
def test_the_manager_watches_every_other_node_of_ours(made, node_of, mode):
    what = made(mode)
    watched = node_of(what, "/blindspot/mission_manager").parameters["watched_nodes"]
    assert {*watched, "/blindspot/mission_manager"} == set(what.watched)


@pytest.mark.parametrize("mode", ["embedded", "sitl", "gazebo"])
def test_the_starter_waits_for_all_nodes_and_no_node_waits_for_it(made, node_of, undeclared, mode):
    what = made(mode, autostart=True)
    starter = node_of(what, "/blindspot/mission_starter")
    assert set(starter.parameters["watched_nodes"]) == set(what.watched) == set(made(mode).watched)
    assert starter.parameters["mission"] == str(MISSION)
    assert undeclared(starter) == []
    assert '"mission_starter"' in (ROOT / "setup.py").read_text()


def test_no_real_flight_starts_by_itself(made):
    with pytest.raises(InputError, match="a real flight is started by a person"):
        made("hardware", autostart=True)


def test_the_starter_of_a_fleet_flies_a_named_mission_of_it(node_of, tmp_path):
    what = stack("embedded", FLEET, Options(tmp_path, autostart=True, mission=MISSION))
    given = node_of(what, "/blindspot/mission_starter").parameters
    assert (given["fleet"], given["mission"]) == (str(FLEET), str(MISSION))
    with pytest.raises(InputError, match=r"autostart: needs a mission, and .*crossroads\.yaml is a fleet file"):
        stack("embedded", FLEET, Options(tmp_path, autostart=True))
    with pytest.raises(InputError, match=r"mission: .* is for site nantes, the fleet stands at crossroads"):
        stack("embedded", FLEET, Options(tmp_path, autostart=True, mission=MISSION.with_name("nantes_evening.yaml")))


@pytest.mark.parametrize("mode", FLYING)
def test_the_manager_is_relaxed_in_simulations_alone(made, node_of, mode):
    assert node_of(made(mode), "/blindspot/mission_manager").parameters["simulated"] is (mode != "hardware")
