"""Towns of a fault campaign: always the same for a seed, with plans that the checker accepts."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from blindspot.core.config_file import read_yaml
from blindspot.core.errors import PlanningError
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.plan import View
from blindspot_lab.campaign import random_town as towns
from blindspot_lab.campaign.faults import KINDS, draw
from blindspot_lab.campaign.random_town import make_town

REPOSITORY = Path(__file__).resolve().parents[4]
SHORT = (2.0, 3.0)


@pytest.fixture(scope="module")
def model():
    return read_yaml(REPOSITORY / "config/drones/reference.yaml", DroneModel)


@pytest.fixture(scope="module")
def town(model, tmp_path_factory):
    """Two drones."""
    return make_town(3, model, tmp_path_factory.mktemp("law"), SHORT)


def test_a_seed_gives_one_town(town, model, tmp_path):
    again, other = (make_town(seed, model, tmp_path, SHORT) for seed in (3, 4))
    assert again.plan == town.plan and again.site.buildings == town.site.buildings
    assert other.plan.routes != town.plan.routes


def test_a_route_takes_as_long_as_was_asked_sees_something_and_comes_back(town):
    for route in town.plan.routes:
        assert 120.0 <= route.expected.flight_time_s <= 300.0
        assert any(isinstance(step, View) for step in route.steps)
        assert (route.steps[-1].to.east_m, route.steps[-1].to.north_m) == (route.home.east_m, route.home.north_m)


def test_a_plan_that_the_checker_refuses_is_no_town(model, tmp_path, monkeypatch):
    monkeypatch.setattr(towns, "EDGE_M", 2.0)  # no room to brake before the fence
    with pytest.raises(PlanningError, match=r"perimeter|fence"):
        make_town(3, model, tmp_path, SHORT)


def test_every_kind_of_fault_has_its_turn(town):
    drawn = [draw(Random(seed), seed, town) for seed in range(len(KINDS))]
    assert {faults[0].kind for faults in drawn} == KINDS.keys()
    assert {len(faults) for faults in drawn} == {1, 2, 3}
    for fault in (fault for faults in drawn for fault in faults):
        low_s, high_s = KINDS[fault.kind].lasts_s
        assert fault.at_s > 0.0 and low_s <= fault.for_s <= high_s and town.plan.route_of(fault.drone) is not None
